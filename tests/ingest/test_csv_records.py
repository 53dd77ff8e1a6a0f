"""CSV files in blocks: what is read, from which line, and what is set aside."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import csv_records, encoding
from ingest.csv_records import BLOCK, RECORD_LIMIT, CsvFile
from ingest.encoding import CHUNK
from ingest.journal import Journal
from ingest.problems import FileRefused
from tests.ingest.files import silent, written

Row = tuple[int, list[str | None]]


def rows(path: Path, journal: Journal | None = None, *, block: int = BLOCK, chunk: int = CHUNK) -> list[Row]:
    """(line, cells) of every record; small sizes make every boundary be met."""
    found: list[Row] = []
    opened = CsvFile(path)
    with patch.object(csv_records, "BLOCK", block), patch.object(encoding, "CHUNK", chunk):
        for records in opened.records(journal or silent()):
            cells = list(zip(*(column.to_pylist() for column in records.cells.columns), strict=True))
            found += [(int(line), list(row)) for line, row in zip(records.lines, cells, strict=True)]
    return found


def test_lines_are_physical_lines(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,b", "1,2", "", '"x', 'y",3', ",,", "4,", end="\r\n")
    journal = silent()
    assert rows(path, journal) == [(2, ["1", "2"]), (4, ["x\ny", "3"]), (7, ["4", None])]
    assert (journal.read, journal.blank, journal.quarantined) == (3, 2, 0)


def test_a_carriage_return_alone_ends_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,b", "1,2", "3,4", end="\r")
    assert rows(path) == [(2, ["1", "2"]), (3, ["3", "4"])]


def test_a_file_without_a_last_line_end(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,"2"')
    assert rows(path) == [(2, ["1", "2"])]


def test_ragged_records_are_set_aside_and_the_others_keep_their_lines(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,b", "1,2", "1,2,3", "4", "5,6")
    journal = silent()
    assert rows(path, journal) == [(2, ["1", "2"]), (5, ["5", "6"])]
    assert [(f.line, f.value, f.problem.values["found"]) for f in journal.faults] == [(3, "1,2,3", 3), (4, "4", 1)]
    assert (journal.read, journal.quarantined) == (4, 2)


def test_an_open_quotation_mark_costs_its_line_only(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,b", '1,"open', "2,x", '3,"fine, too"', "4,y")
    journal = silent()
    assert rows(path, journal) == [(3, ["2", "x"]), (4, ["3", "fine, too"]), (5, ["4", "y"])]
    assert [(f.line, f.problem.code) for f in journal.faults] == [(2, "broken_quote")]


def test_a_quotation_mark_inside_a_bare_text_is_a_character(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,b", '1,5" pipe', '2,"6"" pipe"')
    assert rows(path) == [(2, ["1", '5" pipe']), (3, ["2", '6" pipe'])]


def test_text_after_a_closing_mark_is_a_fault_and_not_guessed_at(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,b", '1,"x"y', "2,z")
    journal = silent()
    assert rows(path, journal) == [(3, ["2", "z"])]
    assert [(f.line, f.problem.code) for f in journal.faults] == [(2, "broken_quote")]


def test_marks_broken_all_over_end_the_reading(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,b", *['1,"x"y'] * 1001)
    with pytest.raises(FileRefused, match="more than 1000 places"):
        rows(path)


def test_a_long_line_is_set_aside_and_the_others_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,b", "1,2", "3," + "x" * (RECORD_LIMIT + 1), "4,5")
    journal = silent()
    assert rows(path, journal) == [(2, ["1", "2"]), (4, ["4", "5"])]
    assert [(f.line, f.problem.code, len(f.value)) for f in journal.faults] == [(3, "line_too_long", 201)]


def test_a_line_of_many_megabytes_never_comes_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1,2\n3,")
        for _ in range(150):
            file.write(b"x" * (1 << 20))
        file.write(b"\n4,5\n")
    journal = silent()
    tracemalloc.start()
    assert rows(path, journal) == [(2, ["1", "2"]), (4, ["4", "5"])]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(f.line, f.problem.code) for f in journal.faults] == [(3, "line_too_long")]
    assert peak < 100 << 20  # a few blocks of 16 MiB, of a line of 150 MiB


def test_one_endless_line_is_refused_after_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.write(b"transfer_id,amount")
        file.seek(2 << 30)  # two gigabytes, on disk almost nothing
        file.write(b"x")
    with pytest.raises(FileRefused, match="first line is longer than 131072 bytes"):
        CsvFile(path)


def test_text_that_was_damaged_before_is_told_once(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,b", "1,2", "1,\ufffd\ufffd", "1,\ufffd")
    journal = silent()
    assert len(rows(path, journal)) == 3
    assert [(warning.problem.code, warning.lines) for warning in journal.warnings] == [("replacement_characters", (3,))]


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n1,2\r\n", b"\xef\xbb\xbf"])
def test_without_a_header_there_is_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(FileRefused, match="is empty"):
        CsvFile(tmp_path / "t.csv")


CELL = st.text(st.sampled_from('ab,;"\n 中é='), max_size=6)


def expected(text: str, columns: int) -> list[Row]:
    """What Python's csv reads, with the line each record begins in; records without any value left out."""
    reader = csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline=""), strict=True)
    found: list[Row] = []
    begins = 1
    for row in reader:
        if any(row) and begins > 1:
            assert len(row) == columns
            found.append((begins, [cell or None for cell in row]))
        begins = reader.line_num + 1
    return found


@settings(deadline=None)
@given(
    st.integers(1, 3).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.lists(CELL, min_size=n, max_size=n)))),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.integers(1, 40),
    st.integers(1, 40),
)
def test_well_formed_files_read_as_by_the_standard_library(
    shape: tuple[int, list[list[str]]], end: str, quoting: int, block: int, chunk: int
) -> None:
    columns, cells = shape
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow([f"c{position}" for position in range(columns)])
    writer.writerows(cells)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(text.getvalue().encode())
        journal = silent()
        assert rows(path, journal, block=block, chunk=chunk) == expected(text.getvalue(), columns)
        assert journal.faults == []


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from('a,"x\n'), max_size=12), max_size=8), st.integers(1, 20), st.integers(1, 20))
def test_whatever_the_lines_are_each_record_is_read_or_set_aside(lines: list[str], block: int, chunk: int) -> None:
    """No record is lost or read twice, however the file is cut into blocks."""
    with TemporaryDirectory() as folder:
        path = written(Path(folder), "t.csv", "a,b", *lines)
        whole, cut = silent(), silent()
        at_once = rows(path, whole)
        in_pieces = rows(path, cut, block=block, chunk=chunk)
    assert in_pieces == at_once
    assert [(f.line, f.problem.code) for f in cut.faults] == [(f.line, f.problem.code) for f in whole.faults]
    assert whole.read == len(at_once) + whole.quarantined
    assert (cut.read, cut.blank, cut.quarantined) == (whole.read, whole.blank, whole.quarantined)
