"""Which files are there, which reader each belongs to, and in which order they are loaded."""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from graph.schema import TABLES
from ingest.contract import Claim, Part, Reader, Refused
from ingest.format_problems import PACKED
from ingest.problems import (
    NOT_A_FILE,
    NOT_FOUND,
    NOT_RECOGNISED,
    NOTHING_HERE,
    UNKNOWN_FORMAT,
    UNREADABLE_FILE,
    FileRefused,
    Problem,
)
from ingest.readers import mapping, readers

SUFFIXES = (
    ".csv", ".parquet", ".pq", ".xlsx", ".xls", ".xml", ".ofd", ".ofx", ".qfx", ".sta", ".mt940", ".mt942", ".jsonl",
)  # fmt: skip
"""What looks like data of ours: in a folder, such a file is never passed over without a word."""


def discover(paths: Iterable[Path], format_: str | None) -> tuple[list[Claim], list[Path]]:
    """What the paths hold, in the order of loading, and the files in folders that are no data.

    Raises `FileRefused` where no reader is named `format_`.
    """
    asked = _asked(format_)
    claims: list[Claim] = []
    passed_over: list[Path] = []
    for path in paths:
        if not path.exists():
            claims.append(Refused(path.as_posix(), path, "", NOT_FOUND()))
        elif path.is_dir() and path.suffix.lower() not in SUFFIXES:
            found, rest = _folder(path, asked)
            claims += found
            passed_over += rest
        else:
            claims += _claims([path], asked) if path.is_file() else [_no_file(path)]
    order = list(TABLES)
    return sorted(claims, key=lambda claim: _place(claim, order)), passed_over


def _asked(format_: str | None) -> list[Reader]:
    known = readers()
    if format_ is None:
        # What a person wrote down beside a file comes before what it looks like.
        return sorted(known.values(), key=lambda one: (one.FORMAT != mapping.FORMAT, one.BY_NAME, one.FORMAT))
    if format_ not in known:
        raise FileRefused(UNKNOWN_FORMAT(format=format_, formats=", ".join(known)))
    return [known[format_]]


def _place(claim: Claim, order: Sequence[str]) -> tuple[int, str]:
    if isinstance(claim, Part) and claim.tables:
        return order.index(claim.tables[0].name), claim.name
    return -1, claim.name


def _folder(folder: Path, asked: Sequence[Reader]) -> tuple[list[Claim], list[Path]]:
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    candidates = [entry for entry in entries if entry.is_file()]
    claims = _claims(candidates, asked, sure=False)
    claims += [_no_file(entry) for entry in entries if not entry.is_file() and entry.suffix.lower() in SUFFIXES]
    taken = {claim.path for claim in claims}
    taken |= {path for claim in claims if isinstance(claim, Part) for path in claim.needs}
    if not claims:
        claims.append(Refused(folder.as_posix(), folder, "", NOTHING_HERE(tables=", ".join(TABLES))))
    return claims, [entry for entry in entries if entry not in taken]


def _claims(files: Sequence[Path], asked: Sequence[Reader], *, sure: bool = True) -> list[Claim]:
    """Each file goes to the first reader that claims it; what none claims is refused, in a folder (not `sure`) only
    where it looks like data."""
    readable = [file for file in files if os.access(file, os.R_OK)]
    claims: list[Claim] = [_unreadable(file) for file in files if file not in readable]
    left = list(readable)
    for reader in asked:
        found = reader.claim(left)
        taken = {claim.path for claim in found}
        left = [file for file in left if file not in taken]
        claims += found
    unclaimed = left if sure else [file for file in left if file.suffix.lower() in SUFFIXES]
    return claims + [Refused(file.as_posix(), file, "", _unknown(file)) for file in unclaimed]


def _no_file(path: Path) -> Refused:
    problem = NOT_A_FILE() if path.exists() else NOT_FOUND()  # a link may lead nowhere
    return Refused(path.as_posix(), path, "", problem)


def _unreadable(path: Path) -> Refused:
    return Refused(path.as_posix(), path, "", UNREADABLE_FILE(error=os.strerror(errno.EACCES)))


_PACKED = {b"PK\x03\x04": "ZIP", b"\x1f\x8b": "GZIP", b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!": "RAR", b"BZh": "BZIP2"}


def _unknown(file: Path) -> Problem:
    with file.open("rb") as opened:
        beginning = opened.read(8)
    for mark, name in _PACKED.items():
        if beginning.startswith(mark):
            return PACKED(format=name)
    close = difflib.get_close_matches(file.stem.lower(), list(TABLES), n=1)
    hints = {"hint_en": f"; did you mean {close[0]}?", "hint_zh": f"；是否为 {close[0]}？"} if close else {}
    return NOT_RECOGNISED(stem=file.stem, tables=", ".join(TABLES), **{"hint_en": "", "hint_zh": "", **hints})
