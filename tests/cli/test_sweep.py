"""`detectors` and `sweep`: what is found, what other programs read, and every way to ask wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command

ONE = ("--detector", "contract_paid_to_individual")


def test_a_sweep_finds_shows_and_records(loaded: Command) -> None:
    answer = loaded("sweep", *ONE)
    assert answer.exit_code == 0
    assert "1,000,000.00 CNY" in answer.stdout
    assert "red: act now" in answer.stdout
    assert "1 new" in answer.stdout
    again = loaded("sweep", *ONE)
    assert "0 new, 0 changed (0 reopened), 1 as before" in again.stdout


def test_what_cannot_be_checked_is_said_with_the_reason(loantrail: Command, bank: Path) -> None:
    loantrail("load", bank / "loan.csv", bank / "drawdown.csv")
    answer = loantrail("sweep")
    assert answer.exit_code == 0
    assert "not checked: loan_money_returns: no rows in" in answer.stdout
    assert "0 findings as of 2026-03-02" in answer.stdout


def test_in_chinese(loaded: Command) -> None:
    answer = loaded("sweep", *ONE, LOANTRAIL_LANGUAGE="zh")
    for words in ("红：立即处理", "待处理", "新增 1", "截至 2026-03-03 发现 1 条"):
        assert words in answer.stdout


def test_json_to_a_file_shows_the_table_too(loaded: Command, tmp_path: Path) -> None:
    answer = loaded("sweep", *ONE, "--json", tmp_path / "out.json")
    assert "1,000,000.00 CNY" in answer.stdout
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [found["identity"] for found in document["findings"]] == [{"contract_id": "K1", "payee_id": "P"}]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_json_to_standard_output_is_one_document_and_nothing_else(loaded: Command) -> None:
    document = loaded("sweep", *ONE, "--json", "-").json
    assert loaded("sweep", *ONE, "--json").json["findings"] == document["findings"]
    assert loaded("sweep", "--json", *ONE).json["findings"] == document["findings"]
    assert (document["as_of"], document["store"], len(document["findings"])) == ("2026-03-03", "duckdb", 1)
    assert document["failed"] == document["not_checked"] == []


def test_the_same_sweep_twice_is_the_same_document_but_for_its_timings(loaded: Command) -> None:
    def text() -> str:
        return json.dumps({**loaded("sweep", "--json", "-").json, "timings": None})

    assert text() == text()


def test_only_looking_leaves_the_casebook_alone(loaded: Command, tmp_path: Path) -> None:
    assert loaded("sweep", *ONE, "--no-fold", "--json", "-").json["findings"]
    assert not (tmp_path / "casebook.sqlite").exists()


def test_an_earlier_day_knows_nothing_of_later_records(loaded: Command) -> None:
    document = loaded("sweep", *ONE, "--as-of", "2026-03-02", "--json", "-").json
    assert (document["as_of"], document["findings"]) == ("2026-03-02", [])


def test_a_sweep_of_one_loan(loaded: Command) -> None:
    assert len(loaded("sweep", *ONE, "--loan", "L1", "--json", "-").json["findings"]) == 1
    assert loaded("sweep", *ONE, "--loan", "L2", "--json", "-").json["findings"] == []
    listed = loaded("alerts", "list", "--json").json["alerts"]
    assert [alert["status"] for alert in listed] == ["open"]  # the sweep of L2 said nothing about L1


def test_parameters_are_read_and_written_down(loaded: Command) -> None:
    given = ("--param", "contract_paid_to_individual.days_after_drawdown=30", "--param",
             "contract_paid_to_individual.tolerance=0.1")  # fmt: skip
    params = loaded("sweep", *ONE, *given, "--json", "-").json["params"]["contract_paid_to_individual"]
    assert (params["days_after_drawdown"], params["tolerance"]) == (30, 0.1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--detector", "ghosts"], "no detector ghosts; there are "),
        (["--param", "horizon_days=3"], "is not DETECTOR.NAME=VALUE"),
        (["--param", "loan_money_returns.horizon_days"], "is not DETECTOR.NAME=VALUE"),
        (["--param", "ghosts.horizon_days=3"], "is no detector of this sweep"),
        ([*ONE, "--param", "loan_money_returns.horizon_days=3"], "is no detector of this sweep"),
        (["--param", "loan_money_returns.colour=3"], "has no parameter 'colour'; it has horizon_days"),
        (["--param", "loan_money_returns.horizon_days=731"], "horizon_days=731 is outside 1 to 730 (day)"),
        (["--param", "loan_money_returns.max_hops=21"], "outside 1 to 20"),
        (["--param", "loan_money_returns.horizon_days=soon"], "is not a whole number (day)"),
        (["--param", "loan_money_returns.min_share=nan"], "is not a number"),
        (["--loan", "L9"], "no loan L9 as of 2026-03-03"),
        (["--as-of", "yesterday"], "does not match the format"),
        (["--as-of", "2026-02-30"], "does not match the format"),
        (["--json", "/nowhere/at/all.json"], "there is no folder /nowhere/at"),
    ],
)
def test_what_is_wrongly_asked_says_what_is_right_and_exits_2(loaded: Command, arguments: list[str], told: str) -> None:
    answer = loaded("sweep", *arguments)
    assert answer.exit_code == 2
    assert told in " ".join(answer.stderr.replace("│", " ").split())
    assert loaded("alerts", "list", "--json").json["count"] == 0


def test_a_detector_that_breaks_is_told_and_exits_1(loaded: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from detectors import loan_money_returns

    def breaks(*_: Any) -> None:
        raise KeyError("P7")

    monkeypatch.setattr(loan_money_returns, "detect", breaks)
    answer = loaded("sweep", *ONE, "--detector", "loan_money_returns")
    assert answer.exit_code == 1
    assert "failed: loan_money_returns: KeyError: 'P7'" in answer.stdout
    assert "1 new" in answer.stdout  # the others have spoken
    [logged] = [json.loads(line) for line in answer.stderr.splitlines() if "detector failed" in line]
    assert "in breaks" in logged["exception"]


def test_without_a_store_or_a_casebook_the_exit_code_is_3(loaded: Command, tmp_path: Path) -> None:
    missing = loaded("sweep", LOANTRAIL_STORE=f"duckdb:///{tmp_path / 'other.duckdb'}")
    assert missing.exit_code == 3
    assert "there is no store" in missing.stderr
    unreachable = loaded("sweep", LOANTRAIL_CASEBOOK="postgresql://loantrail:hunter2@127.0.0.1:1/casebook")
    assert unreachable.exit_code == 3
    assert "hunter2" not in unreachable.stderr + unreachable.stdout
    wrong = loaded("sweep", LOANTRAIL_STORE="oracle://somewhere")
    assert wrong.exit_code == 2
    assert "LOANTRAIL_STORE" in wrong.stderr


def test_an_empty_store_says_that_there_is_nothing_to_sweep(loantrail: Command, bank: Path) -> None:
    loantrail("load", bank / "office.csv")
    answer = loantrail("sweep")
    assert answer.exit_code == 2
    assert "load files first" in answer.stderr


def test_detectors_are_listed_and_described(loantrail: Command) -> None:
    assert "contract_paid_to_individual" in loantrail("detectors").stdout
    shown = loantrail("detectors", "loan_money_returns").stdout
    for words in ("What it finds", "Blind spots", "loan_money_returns.horizon_days", "730"):
        assert words in shown
    assert "为何可疑" in loantrail("detectors", "loan_money_returns", LOANTRAIL_LANGUAGE="zh").stdout
    document = loantrail("detectors", "loan_money_returns", "--json").json
    assert {p["name"] for p in document["parameters"]} >= {"horizon_days", "max_hops", "min_share", "min_amount"}
    assert set(document["documentation"]) == {"en", "zh"}
    assert loantrail("detectors", "ghosts").exit_code == 2


def test_the_casebook_may_be_postgresql_with_its_password_in_a_file(
    loaded: Command, postgres_url: str, tmp_path: Path
) -> None:
    from sqlalchemy import make_url

    url = make_url(postgres_url)
    (tmp_path / "secret").write_text(f"{url.password}\n", encoding="utf-8")
    settings = {
        "LOANTRAIL_CASEBOOK": url.set(drivername="postgresql", password=None).render_as_string(),
        "LOANTRAIL_CASEBOOK_PASSWORD_FILE": str(tmp_path / "secret"),
    }
    assert loaded("sweep", *ONE, **settings).exit_code == 0
    assert loaded("alerts", "list", "--json", **settings).json["count"] == 1
    checked = loaded("check", **settings)
    assert "postgresql" in checked.stdout
    assert str(url.password) not in checked.stdout + checked.stderr
