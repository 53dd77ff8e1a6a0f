"""The report on the command line: whom it is about, in which format and language, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import pytest

from tests.cli.conftest import Command


def test_a_report_is_written_in_both_formats_and_proves_itself(swept: Command, tmp_path: Path) -> None:
    page, word = tmp_path / "b.html", tmp_path / "b.docx"
    made = swept("export", "report", "B", page, "--purpose", "annual review", "--json")
    assert made.exit_code == 0, made.stderr
    assert made.json["rows"] == 1
    assert "Post-loan report: <bdi>Borrower Ltd</bdi>" in page.read_text(encoding="utf-8")
    assert swept("export", "report", "B", word, "--language", "zh", "--purpose", "年度检查").exit_code == 0
    assert docx.Document(str(word)).paragraphs[0].text == "贷后管理报告：Borrower Ltd (B)"
    for file in (page, word):
        assert swept("export", "--verify", file).exit_code == 0
    manifest = json.loads(Path(f"{page}.manifest.json").read_text(encoding="utf-8"))
    assert (manifest["borrower"], manifest["purpose"], manifest["format"]) == ("B", "annual review", "report html")
    page.write_text("<p>mended</p>", encoding="utf-8")
    assert swept("export", "--verify", page).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "B"), "loantrail export report BORROWER FILE"),
        (("report", "B", "b.pdf"), "ends in .docx or .html"),
        (("report", "nobody", "b.html"), "no party 'nobody' is loaded"),
        (("report", "B", "b.html", "--language", "fr"), "is none of en, zh"),
        (("report", "B", "b.html", "--filter", "status=all"), "leave --filter out"),
        (("csv", "B", "b.csv"), "write loantrail export csv OUT"),
    ],
)
def test_what_cannot_be_reported_is_wrong_usage(
    swept: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = swept("export", *arguments)
    assert answer.exit_code == 2
    assert said in " ".join(answer.stderr.split())
    assert not list(tmp_path.glob("b.*"))


def test_whoever_may_not_export_gets_no_report(swept: Command, tmp_path: Path) -> None:
    answer = swept("export", "report", "B", tmp_path / "b.html", LOANTRAIL_ROLE="investigator")
    assert answer.exit_code != 0
    assert "may not export" in answer.stderr
    assert not (tmp_path / "b.html").exists()
