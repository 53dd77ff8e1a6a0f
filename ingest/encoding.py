"""What a text file is, found out in one pass: its SHA-256 and its encoding, or why it is refused.

UTF-8 is recognised because it is valid from end to end; GB18030 because it is valid and reads as Chinese. GB18030
gives a meaning to nearly every byte, so text in another encoding is told apart by what it would mean: in Chinese
business text nearly all characters are among the 3,755 of GB 2312 level 1 and its punctuation.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.problems import NUL_BYTES, UNREADABLE_FILE, WRONG_ENCODING, FileRefused

CHUNK = 1 << 20
SAMPLE = 200_000
"""Characters beyond ASCII that are looked at to tell Chinese from anything else."""
COMMON_SHARE = 0.7

_BOM = codecs.BOM_UTF8
_WIDE = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True)
class Identity:
    """A file as it was when it was hashed."""

    sha256: str
    size: int
    modified: int

    def still(self, path: Path) -> bool:
        """Whether the file is there, with the size and time of modification it had."""
        if not path.exists():
            return False
        now = path.stat()
        return (now.st_size, now.st_mtime_ns) == (self.size, self.modified)


def identify(path: Path) -> Identity:
    """Hash a file. Raises `FileRefused` where it cannot be read."""
    digest = hashlib.sha256()
    try:
        before = path.stat()
        for chunk in _chunks(path):
            digest.update(chunk)
    except OSError as error:
        raise FileRefused(UNREADABLE_FILE(error=error.strerror or error)) from error
    return Identity(digest.hexdigest(), before.st_size, before.st_mtime_ns)


def detect(path: Path) -> str:
    """``utf-8`` (with or without byte order mark) or ``gb18030``. Raises `FileRefused` for anything else."""
    with path.open("rb") as file:
        start = file.read(4)
    for mark, name in _WIDE.items():
        if start.startswith(mark):
            detail = {"detail_en": f"it is {name}", "detail_zh": f"实际为 {name}"}
            raise FileRefused(WRONG_ENCODING(**detail))
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 0
    for chunk in _chunks(path):
        if b"\0" in chunk:
            raise FileRefused(NUL_BYTES(line=lines + chunk[: chunk.index(b"\0")].count(b"\n") + 1))
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line = lines + error.object[: error.start].count(b"\n") + 1
            return _gb18030(path, start.startswith(_BOM), line, error.object[error.start : error.start + 2])
        lines += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return _gb18030(path, start.startswith(_BOM), lines + 1, error.object[error.start :])
    return "utf-8"


def _gb18030(path: Path, claims_utf8: bool, line: int, found: bytes) -> str:
    where = {
        "detail_en": f"bytes {found.hex(' ').upper()} in line {line} are not UTF-8",
        "detail_zh": f"第 {line} 行字节 {found.hex(' ').upper()} 不是 UTF-8",
    }
    if claims_utf8:
        raise FileRefused(WRONG_ENCODING(**where))
    decoder = codecs.getincrementaldecoder("gb18030")()
    beyond_ascii = ""
    try:
        for chunk in _chunks(path):
            if b"\0" in chunk:
                raise FileRefused(NUL_BYTES(line=line))
            text = decoder.decode(chunk)
            if len(beyond_ascii) < SAMPLE:
                beyond_ascii += "".join(character for character in text if character > "\x7f")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise FileRefused(WRONG_ENCODING(**where)) from None
    if _common_share(beyond_ascii) < COMMON_SHARE:
        raise FileRefused(WRONG_ENCODING(**where))
    return "gb18030"


def _common_share(text: str) -> float:
    """Share of characters that are punctuation or level 1 of GB 2312 (rows A1-A3 and B0-D7)."""
    pairs = np.frombuffer(text.encode("gb2312", errors="ignore"), dtype=np.uint8)[0::2]
    common = ((pairs >= 0xB0) & (pairs <= 0xD7)) | ((pairs >= 0xA1) & (pairs <= 0xA3))
    return float(common.sum()) / max(len(text), 1)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def utf8_chunks(path: Path, encoding: str) -> Iterator[tuple[bytes, int]]:
    """The file as UTF-8 without byte order mark and with ``\\n`` line ends, and how many bytes of it are read.

    A carriage return counts as a line end wherever it stands, alone or before a line feed: so do editors.
    """
    decoder = codecs.getincrementaldecoder(encoding)() if encoding != "utf-8" else None
    done = 0
    held = b""
    for chunk in _chunks(path):
        if done == 0:
            text = chunk.removeprefix(_BOM) if decoder is None else decoder.decode(chunk).encode()
        else:
            text = chunk if decoder is None else decoder.decode(chunk).encode()
        done += len(chunk)
        text = held + text
        held = b"\r" if text.endswith(b"\r") else b""
        text = text[: len(text) - len(held)]
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield text, done
    if held:
        yield b"\n", done
