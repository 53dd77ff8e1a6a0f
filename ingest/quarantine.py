"""The quarantine: per source file a CSV of the records that were not loaded, as they were, with the reasons.

One line for each bad cell: where it is, what is accepted and why it is bad, in English and Chinese, and then the
record's own cells. The file opens in a spreadsheet program, so nothing in it can be taken for a formula there.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from ingest.problems import Fault

COLUMNS = (
    "line 行号",
    "column 列",
    "value 值",
    "reason",
    "accepted",
    "原因",
    "接受的值",
)

_FORMULA = re.compile(r"[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*")


def harmless(text: str) -> str:
    """`text` so that no spreadsheet program takes it for a formula: an apostrophe before what could be one."""
    stripped = text.strip()
    if _FORMULA.match(stripped) and not _NUMBER.fullmatch(stripped):
        return "'" + text
    return text


class Quarantine:
    """Writes one file of the quarantine, from the first bad record on; without bad records there is no file."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self.path = None if folder is None else folder / f"{_file_name(name)}.quarantine.csv"
        self._file: TextIO | None = None
        self.header: Sequence[str] = ()

    def write(self, fault: Fault, record: Sequence[str]) -> None:
        """One bad cell and the record it stands in."""
        if self.path is None:
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._row([*COLUMNS, *self.header])
        reason, accepted = fault.problem.reason, fault.problem.accepted
        said = [reason.en, accepted.en, reason.zh, accepted.zh]
        self._row([str(fault.line), fault.column, fault.value, *said, *record])

    def close(self) -> Path | None:
        """The file, if one was written. An older one of this name, of a load that went wrong, is taken away."""
        if self._file is not None:
            self._file.close()
            return self.path
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        return None

    def _row(self, cells: Sequence[str]) -> None:
        assert self._file is not None
        csv.writer(self._file).writerow([harmless(cell) for cell in cells])


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.\-]+", "_", name).strip("._") or "file"
