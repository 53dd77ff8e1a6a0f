"""Packed files that are a document of their own (OFD): opened with limits, nothing written anywhere.

What a part would unpack to is known before it is unpacked, and Python unpacks no more of it than its directory entry
says. Archives in the archive, encrypted parts and names that lead out of it are refused: no such document needs them.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from types import TracebackType

from ingest.format_problems import ARCHIVE_TOO_LARGE, BROKEN_FORMAT, ENCRYPTED, NESTED_ARCHIVE, UNSAFE_NAME
from ingest.problems import FileRefused, shown

PARTS_LIMIT = 2_000
UNPACKED_LIMIT = 256 << 20
"""Bytes of all parts, unpacked."""
PART_LIMIT = 32 << 20
"""Bytes of one part that is read."""
ARCHIVES = (".zip", ".ofd", ".7z", ".rar", ".gz", ".tar", ".bz2", ".xz")
ZIP = b"PK\x03\x04"

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
"""What zipfile raises on what is damaged or made up."""


class Archive:
    """A ZIP file, open. `format` is how it is named to people. Raises `FileRefused`."""

    def __init__(self, path: Path, format: str) -> None:
        self._format = format
        try:
            self._file = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise self._broken(error) from error
        self._entries = {entry.filename: entry for entry in self._file.infolist()}
        try:
            self._judge()
        except FileRefused:
            self._file.close()
            raise

    @property
    def names(self) -> list[str]:
        return list(self._entries)

    def read(self, name: str) -> bytes:
        """One part, whole. Raises `FileRefused`."""
        if self._entries[name].file_size > PART_LIMIT:
            raise FileRefused(ARCHIVE_TOO_LARGE(limit=PART_LIMIT))
        try:
            data = self._file.read(name)
        except _BROKEN as error:
            raise self._broken(error) from error
        if data.startswith(ZIP):
            raise FileRefused(NESTED_ARCHIVE(name=shown(name)))
        return data

    def _judge(self) -> None:
        entries = self._entries.values()
        if len(self._file.infolist()) > PARTS_LIMIT or sum(entry.file_size for entry in entries) > UNPACKED_LIMIT:
            raise FileRefused(ARCHIVE_TOO_LARGE(limit=UNPACKED_LIMIT))
        for entry in entries:
            path = PurePosixPath(entry.filename)
            if "\\" in entry.filename or ":" in entry.filename or path.is_absolute() or ".." in path.parts:
                raise FileRefused(UNSAFE_NAME(name=shown(entry.filename)))
            if path.suffix.lower() in ARCHIVES:
                raise FileRefused(NESTED_ARCHIVE(name=shown(entry.filename)))
            if entry.flag_bits & 1:
                raise FileRefused(ENCRYPTED())

    def _broken(self, error: BaseException) -> FileRefused:
        return FileRefused(BROKEN_FORMAT(format=self._format, error=shown(error or type(error).__name__)))

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def holds(path: Path, name: str) -> bool:
    """Whether the file is a ZIP with a part of that name."""
    with path.open("rb") as file:
        if file.read(len(ZIP)) != ZIP:
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return name in archive.namelist()
    except _BROKEN:
        return False
