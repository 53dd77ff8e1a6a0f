"""SWIFT customer statements: MT940 (end of day) and MT942 (within the day), bare or in their SWIFT blocks.

Read line by line, whatever the size. Lines in reports are those of the file. The other side stands in field 86, in the
structured forms that are common: subfields ``?31`` (account), ``?32``/``?33`` (name) and ``?20``–``?29`` (text) as
German banks write them, with ``EREF+`` … inside; keys such as ``/IBAN/``, ``/NAME/``, ``/EREF/``, ``/REMI/``; any
other text is the purpose. The mt-940 library reads the same files, but whole, and runs account and name into one.

Direction
    C and D; RC takes a credit back and is a debit, RD the other way; EC and ED (expected) are left out.
Days
    The entry date is the booking day; its year is the one nearest to the value date. A statement covers the days of its
    entries, to the day of its closing balance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from ingest.assumptions import Assumptions
from ingest.contract import Batch, Claim, Options, Part
from ingest.format_problems import (
    ACCOUNT_UNKNOWN,
    BROKEN_FORMAT,
    BROKEN_RECORD,
    ENCODING_TAKEN,
    NO_RECORDS,
    NOT_BOOKED,
    VALUE_DAY_TAKEN,
)
from ingest.journal import Journal
from ingest.problems import LINE_TOO_LONG, NUL_BYTES, FileRefused, shown
from ingest.statements import (
    COUNTED,
    MENTIONED,
    TABLES,
    Entry,
    Statement,
    StatementRows,
    one,
    plain_account,
    stated,
)

FORMAT = "mt940"
BY_NAME = False

LINE_LIMIT = 65_536
FIELD_LINES = 200
"""Lines of one field; field 86 has six."""
BEGINNING = 4096

_BEGINS = re.compile(
    rb"\s*(?:\{1:[^}]*\}\s*(?:\{[23]:(?:[^{}]|\{[^}]*\})*\}\s*)*\{4:\s*)?(?:[^\n:]{0,80}\r?\n){0,4}?:20:"
)
_TAG = re.compile(r":(\d{2}[A-Z]?):(.*)", re.DOTALL)
_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})(\d{1,15}),(\d{0,3})")
_ENTRY = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?(?P<mark>R?[CD]|E[CD])(?P<funds>[A-Z])?(?P<amount>\d{1,15},\d{0,3})"
    r"(?P<type>[NFS][A-Z0-9]{3})(?P<reference>(?:(?!//)[^\n])*)(?://(?P<bank>[^\n]*))?(?:\n(?P<more>.*))?",
    re.DOTALL,
)
_SUBFIELD = re.compile(r"\d{3}(?P<mark>[^\w\s/])")
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC)\+")
_KEY = re.compile(
    r"/(EREF|IBAN|NAME|REMI|CNTP|BIC|ACC|TRCD|KREF|MARF|CSID|ORDP|BENM|ID|UDTR|ULTC|ULTD|PREF|PURP|RTRN|SVCL)/"
)
_KINDS = {"CHG": "fee", "COM": "fee", "INT": "interest", "RTI": "reversal", "TAX": "tax", "LDP": "loan_repayment"}


def claim(files: Sequence[Path]) -> list[Claim]:
    """Files that begin with field 20, and have an account or an entry in their first lines."""
    claims: list[Claim] = []
    for file in files:
        with file.open("rb") as opened:
            begin = opened.read(BEGINNING)
        if _BEGINS.match(begin) and re.search(rb"\n:(?:25P?|28C?|60[FM]|34F|13D):", begin):
            read = partial(_read, file)
            claims.append(Part(file.as_posix(), file, FORMAT, TABLES, read, counted=COUNTED, mentioned=MENTIONED))
    return claims


def _read(path: Path, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    journal.header(("field",))
    reading = _Reading(journal)
    for line, tag, content in _fields(path, reading.assumptions, journal):
        reading.field(line, tag, content)
        if reading.rows.full:
            yield from reading.rows.batches()
    reading.end()
    if not reading.statements and not journal.read:
        raise FileRefused(NO_RECORDS(format="MT940"))
    yield from reading.rows.batches()
    reading.assumptions.tell(journal)


def _fields(path: Path, assumptions: Assumptions, journal: Journal) -> Iterator[tuple[int, str, str]]:
    """(line, tag, content) of each field; the end of a statement is a field without content and tag ``-``."""
    line, begun, tag = 0, 0, ""
    content: list[str] = []
    size = path.stat().st_size
    done = 0
    with path.open("rb") as file:
        while data := file.readline(LINE_LIMIT):
            line += 1
            done += len(data)
            if len(data) >= LINE_LIMIT:
                raise FileRefused(LINE_TOO_LONG(limit=LINE_LIMIT), line)
            if b"\0" in data:
                raise FileRefused(NUL_BYTES(line=line), line)
            text = _text(data, line, assumptions)
            if match := _TAG.match(text.rpartition("{4:")[2]):
                if tag:
                    yield begun, tag, "\n".join(content)
                begun, tag, content = line, match[1], [match[2]]
            elif text.strip() == "-" or text.startswith("-}"):
                if tag:
                    yield begun, tag, "\n".join(content)
                yield line, "-", ""
                tag, content = "", []
            elif tag:
                content.append(text)
                if len(content) > FIELD_LINES:
                    raise FileRefused(BROKEN_FORMAT(format="MT940", error=f":{tag}: > {FIELD_LINES}"), begun)
            if line % 10_000 == 0:
                journal.at("read", done, size)
    if tag:
        yield begun, tag, "\n".join(content)


def _text(data: bytes, line: int, assumptions: Assumptions) -> str:
    """SWIFT knows ASCII only; what banks write beyond it is UTF-8, or else taken as Windows-1252."""
    try:
        return data.decode("utf-8").strip("\r\n\ufeff")
    except UnicodeDecodeError:
        assumptions.add(ENCODING_TAKEN, line, encoding="Windows-1252")
        return data.decode("cp1252", errors="replace").strip("\r\n")


class _Reading:
    """Where the reading of one file stands: the open statement, and the entry whose field 86 may come."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.assumptions = Assumptions()
        self.rows = StatementRows(self.assumptions)
        self.statements = 0
        self._statement: Statement | None = None
        self._began = 0
        self._opened = False
        self._entry: tuple[int, Entry] | None = None
        self._interim = False

    def field(self, line: int, tag: str, content: str) -> None:
        if tag == "86":
            self._told(content)
            return
        self._flush()
        if tag in ("20", "-"):
            self.end()
            self._began, self._interim = line, False
        elif tag in ("25", "25P"):
            account = one(plain_account, content.partition("\n")[0])
            self._statement = None if account is None else Statement(account)
            self.statements += account is not None
        elif tag == "61":
            self._movement(line, content)
        elif self._statement is not None:
            self._of_statement(self._statement, tag, content)

    def end(self) -> None:
        """The open statement is at its end."""
        self._flush()
        if self._statement is not None:
            self._open(self._statement)
            self._statement.interim = self._interim
            self.rows.close(self._began)
        self._statement, self._opened = None, False

    def _of_statement(self, statement: Statement, tag: str, content: str) -> None:
        if tag in ("28", "28C"):
            statement.number = one(stated, content.partition("\n")[0])
        elif tag in ("13D", "34F", "90D", "90C"):
            self._interim = True
            if tag == "34F":
                statement.currency = statement.currency or content[:3]
        elif tag[:2] in ("60", "62") and (match := _BALANCE.match(content)):
            mark, on, currency, whole, part = match.groups()
            minus = "-" if mark == "D" and (whole + part).strip("0") else ""
            balance = f"{minus}{whole}.{part or '0'}"
            statement.currency = statement.currency or currency
            if tag.startswith("60"):
                statement.opening = balance
                if statement.account.endswith(currency) and statement.account[-4:-3].isdigit():
                    statement.account = statement.account[:-3]  # some banks write the currency behind the number
            else:
                statement.closing, statement.ends = balance, _day(on)

    def _open(self, statement: Statement) -> None:
        if not self._opened:
            self.rows.open(self._began, statement)
            self._opened = True

    def _movement(self, line: int, content: str) -> None:
        self.journal.read += 1
        found = _ENTRY.fullmatch(content)
        problem = None
        if self._statement is None:
            problem = ACCOUNT_UNKNOWN()
        elif found is None:
            en = "value date, mark C or D, amount with a comma, type, as in 2603020302C250,50NTRFREF//BANKREF"
            zh = "起息日、借贷标志 C/D、带逗号的金额、类型，如 2603020302C250,50NTRFREF//BANKREF"
            problem = BROKEN_RECORD(error=shown(content), accepted_en=en, accepted_zh=zh)
        if problem is not None or found is None or self._statement is None:
            assert problem is not None
            self.journal.set_aside()
            self.journal.bad(line, "", shown(content), problem, [content])
            return
        if found["mark"].startswith("E"):
            self.assumptions.add(NOT_BOOKED, line, status=found["mark"])
            return
        self._open(self._statement)
        value = _day(found["value"])
        if not found["entry"]:
            self.assumptions.add(VALUE_DAY_TAKEN, line)
        booked = _nearest(found["entry"], value) if found["entry"] else value
        taken_back = found["mark"].startswith("R")
        entry = Entry(
            credit=(found["mark"][-1] == "C") != taken_back,
            amount=found["amount"].replace(",", ".").removesuffix("."),
            currency=self._statement.currency,
            booked=booked,
            reference=f"{booked}:{found['bank'].strip()}" if found["bank"] else None,  # numbers begin anew each day
            value=value,
            link=found["reference"],
            purpose=(found["more"] or "").strip() or None,
            kind="reversal" if taken_back else _KINDS.get(found["type"][1:], "payment"),
            channel=found["type"],
        )
        self._entry = (line, entry)

    def _told(self, content: str) -> None:
        """Field 86 behind an entry says what is known of it; elsewhere it is about the statement and is left out."""
        if self._entry is not None:
            line, entry = self._entry
            self._entry = (line, _with_details(entry, content))
            self._flush()

    def _flush(self) -> None:
        if self._entry is not None:
            self.rows.add(*self._entry)
            self._entry = None


def _with_details(entry: Entry, content: str) -> Entry:
    if match := _SUBFIELD.match(content):
        return _from_subfields(entry, content.replace("\n", ""), match["mark"])
    flat = content.replace("\n", "")
    if _KEY.search(flat):
        return _from_keys(entry, flat)
    return entry._replace(purpose=" ".join(content.split()) or entry.purpose)


def _from_subfields(entry: Entry, content: str, mark: str) -> Entry:
    parts: dict[str, str] = {}
    for part in content.split(mark)[1:]:
        parts[part[:2]] = parts.get(part[:2], "") + part[2:]
    text = "".join(parts.get(f"{number}", "") for number in (*range(20, 30), *range(60, 64)))
    pieces = _SEPA.split(text)
    keyed = dict(zip(pieces[1::2], pieces[2::2], strict=False))
    return entry._replace(
        counter_account=parts.get("31") or keyed.get("IBAN"),
        counter_name=(parts.get("32", "") + parts.get("33", "")) or keyed.get("ABWA") or keyed.get("ABWE"),
        counter_bank=parts.get("30"),
        link=keyed.get("EREF") or entry.link,
        purpose=(keyed.get("SVWZ") or pieces[0] or text).strip() or parts.get("00") or entry.purpose,
    )


def _from_keys(entry: Entry, content: str) -> Entry:
    pieces = _KEY.split(content)
    keyed: dict[str, str] = {}
    for key, value in zip(pieces[1::2], pieces[2::2], strict=False):
        keyed.setdefault(key, value.strip())
    account, name, bank = keyed.get("IBAN") or keyed.get("ACC"), keyed.get("NAME"), keyed.get("BIC")
    if "CNTP" in keyed:  # account/bank/name/city
        told = [*keyed["CNTP"].split("/"), "", "", ""]
        account, bank, name = account or told[0], bank or told[1], name or told[2]
    remitted = re.sub(r"^(?:USTD|STRD)?/+", "", keyed.get("REMI", ""))
    return entry._replace(
        counter_account=account,
        counter_name=name,
        counter_bank=bank,
        link=keyed.get("EREF") or entry.link,
        purpose=remitted or pieces[0].strip() or entry.purpose,
    )


def _day(text: str) -> str:
    """YYMMDD; a day that does not exist stays one that does not."""
    return f"20{text[:2]}-{text[2:4]}-{text[4:]}"


def _nearest(entry: str, value: str) -> str:
    """The day MMDD of the year in which it is nearest to the value date."""
    try:
        valued = date.fromisoformat(value)
        days = [date(year, int(entry[:2]), int(entry[2:])) for year in range(valued.year - 1, valued.year + 2)]
    except ValueError:  # 29 February, or a day that does not exist
        return f"{value[:4]}-{entry[:2]}-{entry[2:]}"
    return min(days, key=lambda day: abs((day - valued).days)).isoformat()
