"""Open Financial Exchange: statements of bank accounts and credit cards, OFX 1.x (SGML) and 2.x (XML).

Both are read as a stream, whatever the size. Lines in reports are entries, counted from 1 through the file. The
ofxtools library reads the same files, but whole, and under a licence that we cannot take up; it is the second reading
in the tests.

Direction
    The sign of the amount.
Days
    The day is the one that is written, in the bank's own offset. Noon and midnight stand for a time that nobody knows.
    OFX does not say in which order the entries of a day were booked, so they have one place in the statement.
Left out
    Investment statements, pending entries, available balances.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path

from stdnum import iban

from graph.seen_twice import NOTHING
from ingest import sgml, xml
from ingest.assumptions import Assumptions
from ingest.chinese_values import plain
from ingest.contract import Batch, Claim, Options, Part
from ingest.format_problems import (
    ACCOUNT_UNKNOWN,
    BALANCE_OF_ANOTHER_DAY,
    BOOK_CURRENCY_TAKEN,
    BROKEN_FORMAT,
    CORRECTION,
    ENCODING_TAKEN,
    NO_RECORDS,
    NOT_BOOKED,
    NOT_LOADED,
    PERIOD_FROM_ENTRIES,
    TIME_UNKNOWN,
)
from ingest.journal import Journal
from ingest.problems import NUL_BYTES, WRONG_ENCODING, FileRefused, shown
from ingest.statements import COUNTED, MENTIONED, TABLES, Entry, Statement, StatementRows

FORMAT = "ofx"
BY_NAME = False

BEGINNING = 4096
BLOCK = 1 << 20
DEPTH = 50
"""Elements within one another; a statement has ten."""
GLOBAL_NUMBER = 15
"""Characters from which on an account number is taken as telling accounts of different banks apart."""

_SGML = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:OFXHEADER\s*:|<OFX>)", re.IGNORECASE)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?<\?OFX\s", re.IGNORECASE)
_HEADER = re.compile(rb"^\s*(ENCODING|CHARSET)\s*:\s*([\w-]*)", re.IGNORECASE | re.MULTILINE)
_CHARSETS = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "950": "big5", "none": "cp1252", "": "cp1252"}

_STATEMENTS = ("STMTRS", "CCSTMTRS")
_ENTRY, _PENDING = "STMTTRN", "STMTTRNP"
_LEFT_OUT = ("INVSTMTRS",)
CONTAINERS = frozenset(
    re.findall(
        r"\w+",
        "OFX SIGNONMSGSRSV1 SONRS STATUS FI BANKMSGSRSV1 STMTTRNRS STMTRS CREDITCARDMSGSRSV1 CCSTMTTRNRS CCSTMTRS "
        "BANKACCTFROM CCACCTFROM BANKTRANLIST STMTTRN PAYEE BANKACCTTO CCACCTTO CURRENCY ORIGCURRENCY IMAGEDATA "
        "LEDGERBAL AVAILBAL BALLIST BAL BANKTRANLISTP STMTTRNP INVSTMTMSGSRSV1 INVSTMTTRNRS INVSTMTRS INVTRANLIST "
        "INVBANKTRAN REWARDINFO",
    )
)
"""Elements that have others in them."""
_STAMP = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?(?:\.(\d{1,6})\d*)?)?\s*"
    r"(?:\[\s*([+-]?)(\d{1,4})(?:\.(\d{1,2}))?(?::[^\]]*)?\])?"
)
_KINDS = {"INT": "interest", "FEE": "fee", "SRVCHG": "fee", "ATM": "cash", "CASH": "cash"}
_AHEAD_OF_BOOKING = ("HOLD",)


def claim(files: Sequence[Path]) -> list[Claim]:
    """Files that begin with an OFX header, or with the element."""
    claims: list[Claim] = []
    for file in files:
        with file.open("rb") as opened:
            begin = opened.read(BEGINNING)
        written = _written(begin)
        if written is not None:
            read = partial(_read, file, written)
            claims.append(Part(file.as_posix(), file, FORMAT, TABLES, read, counted=COUNTED, mentioned=MENTIONED))
    return claims


def _written(begin: bytes) -> str | None:
    if _SGML.match(begin):
        return "sgml"
    if _XML.match(begin) or (begin.lstrip().startswith((b"<?xml", b"\xef\xbb\xbf<?xml")) and b"<OFX>" in begin):
        return "xml"
    return None


def _read(path: Path, written: str, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    journal.header(("element",))
    reading = _Reading(options, journal)
    tokens = _sgml(path, reading.assumptions, journal) if written == "sgml" else _xml(path, journal)
    for what, name, text in tokens:
        if what == "leaf":
            reading.leaf(name, text)
        elif what == "begin":
            reading.begin(name)
        else:
            reading.end(name)
        if reading.rows.full:
            yield from reading.rows.batches()
    if reading.open:
        raise FileRefused(BROKEN_FORMAT(format="OFX", error=f"</{reading.open[-1]}> ?"))
    if not reading.found and not journal.read:
        raise FileRefused(NO_RECORDS(format="OFX"))
    yield from reading.rows.batches()
    reading.assumptions.tell(journal)


def _xml(path: Path, journal: Journal) -> Iterator[tuple[str, str, str]]:
    size = path.stat().st_size
    for what, name, text, done in xml.leaves(path, CONTAINERS):
        if name == _ENTRY:
            journal.at("read", done, size)
        yield what, name, text


def _sgml(path: Path, assumptions: Assumptions, journal: Journal) -> Iterator[tuple[str, str, str]]:
    encoding = _encoding(path, assumptions)
    size = path.stat().st_size

    def blocks() -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(encoding)("replace" if encoding == "cp1252" else "strict")
        done = 0
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                done += len(block)
                journal.at("read", done, size)
                yield decoder.decode(block)
            yield decoder.decode(b"", final=True)

    try:
        yield from sgml.leaves(blocks(), CONTAINERS)
    except UnicodeDecodeError as error:
        detail = {"detail_en": f"it is not {encoding}", "detail_zh": f"不是 {encoding}"}
        raise FileRefused(WRONG_ENCODING(**detail)) from error


def _encoding(path: Path, assumptions: Assumptions) -> str:
    """UTF-8 where the file is, whatever it says; else what it says. Raises `FileRefused`."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, is_utf8 = 1, True
    with path.open("rb") as file:
        said = {key.decode().upper(): value.decode().lower() for key, value in _HEADER.findall(file.read(BEGINNING))}
        file.seek(0)
        while block := file.read(BLOCK):
            if b"\0" in block:
                line = lines + block[: block.index(b"\0")].count(b"\n")
                raise FileRefused(NUL_BYTES(line=line), line)
            lines += block.count(b"\n")
            try:
                decoder.decode(block, final=len(block) < BLOCK)
            except UnicodeDecodeError:
                is_utf8 = False
    if is_utf8:
        return "utf-8"
    encoding, charset = said.get("ENCODING", ""), said.get("CHARSET", "")
    if encoding in ("utf-8", "utf8", "unicode") or charset in ("utf-8", "utf8"):
        detail = {"detail_en": "its header says UTF-8, its text is not", "detail_zh": "文件头注明 UTF-8，内容不是"}
        raise FileRefused(WRONG_ENCODING(**detail))
    name = _CHARSETS.get(charset) or (f"cp{charset}" if charset.isdigit() else charset)
    if name.startswith(("cp", "iso", "gb", "big5")):
        with suppress(LookupError):
            found = codecs.lookup(name).name
            if charset in ("none", ""):
                assumptions.add(ENCODING_TAKEN, lines, encoding="Windows-1252")
            return found
    detail = {"detail_en": f"nobody knows its charset {charset}", "detail_zh": f"字符集 {charset} 未知"}
    raise FileRefused(WRONG_ENCODING(**detail))


class _Reading:
    """Where the reading of one file stands: the open elements, and what the open statement and entry said so far."""

    def __init__(self, options: Options, journal: Journal) -> None:
        self.options = options
        self.journal = journal
        self.assumptions = Assumptions()
        self.rows = StatementRows(self.assumptions)
        self.open: list[str] = []
        self.found = 0
        self._said: dict[str, str] | None = None
        self._entry: dict[str, str] | None = None
        self._statement: Statement | None = None
        self._began = 0

    def begin(self, name: str) -> None:
        self.open.append(name)
        if len(self.open) > DEPTH:
            raise FileRefused(BROKEN_FORMAT(format="OFX", error=f"<{name}> … > {DEPTH}"))
        if name in _STATEMENTS:
            self.found += 1
            self._said, self._statement = {}, None
            self._began = self.journal.read + 1
        elif name == _ENTRY and self._said is not None:
            self._entry = {}

    def leaf(self, name: str, text: str) -> None:
        if not text or not self.open:
            return
        inside = self.open[-1]
        if self._entry is not None:
            self._entry.setdefault(name if inside == _ENTRY else f"{inside}/{name}", text)
        elif self._said is not None:
            self._said.setdefault(f"{inside}/{name}", text)

    def end(self, name: str) -> None:
        if name not in self.open:
            return
        if self.open[-1] != name:
            raise FileRefused(BROKEN_FORMAT(format="OFX", error=f"<{self.open[-1]}> … </{name}>"))
        self.open.pop()
        if name == _ENTRY and self._entry is not None:
            self.journal.read += 1
            self._movement(self.journal.read, self._entry)
            self._entry = None
        elif name == _PENDING:
            self.assumptions.add(NOT_BOOKED, self.journal.read, status=_PENDING)
        elif name in _STATEMENTS:
            self._close()
        elif name in _LEFT_OUT:
            what = {"what_en": "investment statements", "what_zh": "证券账户对账单"}
            self.assumptions.add(NOT_LOADED, self.journal.read, **what)
            self.found += 1

    def _opened(self) -> Statement | None:
        """The statement, open from its first entry on; None where it does not say of which account it is."""
        said = self._said or {}
        number = said.get("BANKACCTFROM/ACCTID") or said.get("CCACCTFROM/ACCTID")
        account = _account(number, said.get("BANKACCTFROM/BANKID"))
        if self._statement is None and account is not None:
            currency = next((said[f"{of}/CURDEF"] for of in _STATEMENTS if f"{of}/CURDEF" in said), None)
            if currency is None:
                self.assumptions.add(BOOK_CURRENCY_TAKEN, self._began, currency=self.options.currency)
            self._statement = Statement(
                account,
                currency=currency or self.options.currency,
                bank=said.get("BANKACCTFROM/BANKID"),
                begins=_day(said.get("BANKTRANLIST/DTSTART")),
                ends=_day(said.get("BANKTRANLIST/DTEND")),
            )
            self.rows.open(self._began, self._statement)
        return self._statement

    def _close(self) -> None:
        statement, said = self._opened(), self._said or {}
        if statement is not None:
            if not (statement.begins and statement.ends):
                self.assumptions.add(PERIOD_FROM_ENTRIES, self._began)
            on = _day(said.get("LEDGERBAL/DTASOF"))
            last = max(statement.last or "", statement.ends or "")
            if "LEDGERBAL/BALAMT" in said and (on is None or on >= (statement.last or "")):
                if on is None or on <= last or not last:
                    statement.closing = _amount(said["LEDGERBAL/BALAMT"])
                else:
                    self.assumptions.add(BALANCE_OF_ANOTHER_DAY, self._began)
            self.rows.close(self._began)
        self._said = self._statement = None

    def _movement(self, line: int, said: dict[str, str]) -> None:
        statement = self._opened()
        problem = None
        if statement is None:
            problem = ACCOUNT_UNKNOWN()
        elif "CORRECTACTION" in said or "CORRECTFITID" in said:
            problem = CORRECTION(reference=shown(said.get("CORRECTFITID", "?")))
        if problem is not None or statement is None:
            assert problem is not None
            record = [f"{name}: {text}" for name, text in said.items()]
            self.journal.set_aside()
            self.journal.bad(line, "", shown("; ".join(record)), problem, record)
            return
        type_ = said.get("TRNTYPE", "").upper()
        if type_ in _AHEAD_OF_BOOKING:
            self.assumptions.add(NOT_BOOKED, line, status=type_)
            return
        day, booked = _day(said.get("DTPOSTED")), _instant(said.get("DTPOSTED"))
        if booked == day and len(said.get("DTPOSTED", "")) > len("YYYYMMDD"):
            self.assumptions.add(TIME_UNKNOWN, line)
        amount = _amount(said.get("TRNAMT"))
        to = "BANKACCTTO" if "BANKACCTTO/ACCTID" in said else "CCACCTTO"
        fitid = _stated(said.get("FITID"))
        texts = (said.get("MEMO"), f"CHECKNUM {said['CHECKNUM']}" if "CHECKNUM" in said else None)
        self.rows.add(
            line,
            Entry(
                credit=not (amount or "").startswith("-"),
                amount=(amount or "").removeprefix("-") or None,
                currency=said.get("CURRENCY/CURSYM") or statement.currency,
                booked=booked,
                reference=f"{day}:{fitid}" if fitid else None,  # some banks number each download anew
                value=None,
                counter_account=_account(said.get(f"{to}/ACCTID"), said.get(f"{to}/BANKID")),
                counter_name=said.get("PAYEE/NAME") or said.get("EXTDNAME") or said.get("NAME"),
                counter_bank=said.get(f"{to}/BANKID"),
                purpose=" ".join(filter(None, texts)) or None,
                kind=_KINDS.get(type_, "payment"),
                channel=type_ or None,
                place=_ordinal(day),
            ),
        )


def _account(number: str | None, bank: str | None) -> str | None:
    """A number that only one bank gives out goes with its bank: equal short numbers of two banks are two accounts."""
    own, of = _stated(plain(number or "")), plain(bank or "")
    if own is None or not of or len(own) >= GLOBAL_NUMBER or iban.is_valid(own):
        return own
    return f"{of}/{own}"


def _stated(text: str | None) -> str | None:
    """None where a bank writes that there is nothing."""
    return None if text is None or text.strip().upper() in NOTHING else text.strip()


def _amount(text: str | None) -> str | None:
    """A comma is the decimal sign where there is no point."""
    if text is None:
        return None
    found = text.strip().removeprefix("+")
    if "." not in found and found.count(",") == 1:
        found = found.replace(",", ".")
    return re.sub(r"^(-?)\.", r"\g<1>0.", found).removesuffix(".")


def _day(text: str | None) -> str | None:
    """The day that is written; a text that is none stays as it is."""
    match = _STAMP.fullmatch(text or "")
    return f"{match[1]}-{match[2]}-{match[3]}" if match else text


def _instant(text: str | None) -> str | None:
    """The day, with the time of day and its offset (without one, UTC) where it has one other than noon and midnight."""
    match = _STAMP.fullmatch(text or "")
    if match is None:
        return text
    _, _, _, hour, minute, second, fraction, sign, offset, part = match.groups()
    if hour is None or (hour in ("00", "12") and not (minute + (second or "") + (fraction or "")).strip("0")):
        return _day(text)
    hours, minutes = (int(offset[:-2]), int(offset[-2:])) if offset and len(offset) > 2 else (int(offset or 0), 0)
    minutes += round(float(f"0.{part}") * 60) if part else 0
    of_day = f"T{hour}:{minute}:{second or '00'}{'.' + fraction if fraction else ''}"
    return f"{_day(text)}{of_day}{'-' if sign == '-' else '+'}{hours:02d}:{minutes:02d}"


def _ordinal(day: str | None) -> int:
    try:
        return date.fromisoformat(day or "").toordinal()
    except ValueError:  # told when the entry is judged
        return 0
