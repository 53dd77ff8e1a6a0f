"""`control` and `groups`: who is behind whom, since when and why, as tables and for other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command, written

KEYS = [
    "party_id",
    "as_of",
    "controllers",
    "ultimate_controller_id",
    "beneficial_owners",
    "control_group",
    "unexplained_share",
    "faults",
]


@pytest.fixture
def owned(loaded: Command, tmp_path: Path) -> Command:
    """P has had 60 % of B since 2025, and S since March 2026 by way of B: 60 % × 50 %; Q has 45 % of S."""
    (tmp_path / "shareholding.csv").write_text(
        written(
            """
            holder_id,company_id,ratio,valid_from
            P,B,0.6,2025-01-01
            B,S,0.5,2026-03-01
            Q,S,0.45,2026-03-01
            """
        ),
        encoding="utf-8",
    )
    (tmp_path / "repaid.csv").write_text(
        written(
            """
            loan_id,borrower_id,lender_id,amount,currency,signed_on,balance
            L1,B,bank,1000000.00,CNY,2026-03-01,900000.00
            L2,S,bank,5000.00,CNY,2026-03-01,5000.00
            """
        ),
        encoding="utf-8",
    )
    (tmp_path / "repaid.csv").rename(tmp_path / "loan.csv")
    assert loaded("load", tmp_path / "shareholding.csv", tmp_path / "loan.csv").exit_code == 0
    return loaded


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_one_party_as_the_fixed_json(owned: Command) -> None:
    [answer] = lines(owned("control", "B", "--json").stdout)
    assert list(answer) == KEYS
    assert answer["ultimate_controller_id"] == "P"
    assert answer["beneficial_owners"] == [{"party_id": "P", "share": 0.6, "basis": "ownership"}]
    assert answer["unexplained_share"] == 0.4
    assert answer["as_of"] == "2026-03-03"


def test_the_day_decides(owned: Command) -> None:
    [before] = lines(owned("control", "S", "--json", "--as-of", "2026-02-28").stdout)
    [after] = lines(owned("control", "S", "--json", "--as-of", "2026-03-01").stdout)
    assert (before["unexplained_share"], after["unexplained_share"]) == (1.0, 0.7)


def test_every_company_one_line_each(owned: Command) -> None:
    answers = lines(owned("control", "--all", "--json").stdout)
    assert [answer["party_id"] for answer in answers] == ["B", "S"]
    assert all(list(answer) == KEYS for answer in answers)


def test_history_and_paths_are_keys_of_their_own(owned: Command) -> None:
    [answer] = lines(owned("control", "S", "--history", "--explain", "--cascade", "--json").stdout)
    assert list(answer) == [*KEYS, "history", "paths", "error_bound", "cascade"]
    assert [(period["since"], period["unexplained_share"]) for period in answer["history"]] == [
        (None, 1.0),
        ("2026-03-01", 0.7),
    ]
    assert answer["history"][1]["changed"] == ["beneficial_owners", "unexplained_share"]
    assert [record["id"] for record in answer["history"][1]["records"]] == ["B|S|2026-03-01", "Q|S|2026-03-01"]
    [path] = answer["paths"]
    assert (path["party_id"], path["share"], [hop["company_id"] for hop in path["hops"]]) == ("P", 0.3, ["B", "S"])
    assert answer["error_bound"] <= 1e-9
    [of_p] = lines(owned("control", "P", "--cascade", "--json").stdout)
    assert of_p["cascade"] == [{"party_id": "B", "share": 0.6}, {"party_id": "S", "share": 0.5}]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_as_tables(owned: Command, language: str) -> None:
    shown = owned("control", "S", "--history", "--explain", "--cascade", LOANTRAIL_LANGUAGE=language).stdout
    for words in ("2026-03-01", "70 %", "P → B 60 % → S 50 %", "30 %"):
        assert words in shown


def test_groups_show_what_is_hidden_beside_what_was_declared(owned: Command) -> None:
    """B is controlled by P; half of S is not more than half: two groups, nothing hidden."""
    assert [group["hidden"] for group in lines(owned("groups", "--json").stdout)] == [0, 0]
    shown = owned("groups").stdout
    assert "900,000.00 CNY" in shown
    assert owned("groups", LOANTRAIL_LANGUAGE="zh").exit_code == 0


def test_wrong_usage_is_said(owned: Command) -> None:
    assert owned("control").exit_code == 2
    assert owned("control", "--all", "B").exit_code == 2
    assert owned("control", "--all", "--history").exit_code == 2
    answer = owned("control", "nobody")
    assert answer.exit_code == 2
    assert "nobody" in answer.stderr
