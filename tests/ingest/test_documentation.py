"""Templates and the schema's page: derived, complete, and never stale."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from graph.documentation import PAGE, TYPES, WRITTEN, schema_markdown, write_templates
from graph.schema import TABLES
from ingest.load import load


def test_the_page_of_the_schema_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == schema_markdown(), "run `make docs`"


def test_every_column_is_on_the_page_in_both_languages() -> None:
    page = schema_markdown().replace("\\|", "|")
    for table in TABLES.values():
        section = page.partition(f"### `{table.name}`\n")[2].partition("\n#")[0]
        assert table.sentence.en in section
        assert table.sentence.zh in section
        for column in table.columns:
            assert column.file_name in section
            assert column.meaning.en in section
            assert column.meaning.zh in section
            assert all(f"`{choice}`" in section for choice in column.choices)
            assert column.type in TYPES
            assert column.type in WRITTEN


def test_templates_have_the_columns_as_files_name_them(tmp_path: Path) -> None:
    write_templates(tmp_path)
    with (tmp_path / "loan.csv").open(encoding="utf-8-sig", newline="") as file:
        [header] = list(csv.reader(file))
    assert header[:3] == ["loan_id", "borrower_id", "lender_id"]
    assert "amount" in header
    assert "amount_minor" not in header
    assert (tmp_path / "loan.csv").read_bytes().startswith(b"\xef\xbb\xbf")  # Excel reads Chinese aright
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert all(f"## {name}.csv" in readme for name in TABLES)


def test_untouched_templates_load_as_nothing_and_without_a_complaint(tmp_path: Path) -> None:
    write_templates(tmp_path)
    report = load([tmp_path], None, dry_run=True)
    assert {file.tables[0] for file in report.files} == set(TABLES)
    assert [(file.read, file.ok, file.warnings) for file in report.files] == [(0, True, [])] * len(TABLES)
    assert report.exit_code == 0


def test_templates_never_overwrite_what_somebody_filled_in(tmp_path: Path) -> None:
    (tmp_path / "loan.csv").write_text("mine")
    with pytest.raises(FileExistsError, match=r"loan\.csv"):
        write_templates(tmp_path)
    assert (tmp_path / "loan.csv").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["loan.csv"]
