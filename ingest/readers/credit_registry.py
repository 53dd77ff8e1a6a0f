"""What a credit registry tells of a party's credit at other lenders: lists and the tables of credit reports (征信).

CSV (UTF-8, GB18030), XLS or XLSX. A table is found by its headings wherever it begins; there may be several, one after
the other, each below lines that name the borrower, the day of the report, the unit and who asked. `HEADINGS` has what
the columns may be called. Lines in reports are those of the file.

Borrower
    Our customer number where there is one; else a number of the party's own, whose check digits must hold. The party is
    then mentioned under that number, and is the same as a customer of ours by it (`loantrail identity`). A name alone
    tells nobody.
Our own credit
    A registry lists it too. What the institution that asked has granted itself is left out: otherwise our own loan
    would be new borrowing elsewhere.
Amounts
    In the unit of heading, cell or title (万元 …), exactly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from hashlib import blake2b
from pathlib import Path

from graph.identifiers import identifier
from graph.schema import ExternalCredit, Party
from ingest.assumptions import Assumptions
from ingest.chinese_values import amount, currency, instant, plain
from ingest.contract import Batch, Claim, Options, Part
from ingest.east_columns import SUPERVISORS
from ingest.format_problems import (
    BOOK_CURRENCY_TAKEN,
    NO_BORROWER,
    NO_RECORDS,
    NUMBER_WRONG,
    OWN_CREDIT,
    ROWS_ELSEWHERE,
    SUMS_LEFT_OUT,
    UNIT_TAKEN,
    VALUES_LEFT_OUT,
    WHO_ASKED,
)
from ingest.grids import Cell, Row, grid, part_name, recognised, written
from ingest.journal import Journal
from ingest.problems import FileRefused, Problem, shown
from ingest.table_rows import TableRows
from ingest.title_lines import titles

FORMAT = "credit_registry"
BY_NAME = False

TABLES = (Party.TABLE, ExternalCredit.TABLE)
MENTIONED = frozenset({Party.TABLE.name})
HEADER_ROWS = 40
"""Rows in which the first headings must stand."""

HEADINGS: dict[str, str] = {
    "party": "客户号 客户编号 客户代码 借款人编号 借款人客户号 customerid customerno borrowerid partyid",
    "uscc": "统一社会信用代码 社会信用代码 信用代码 unifiedsocialcreditcode uscc",
    "resident": "身份证号 身份证号码 居民身份证号",
    "registry": "中征码 贷款卡编码 贷款卡号",
    "name": "企业名称 借款人名称 借款人 客户名称 被查询者名称 被查询者姓名 姓名 borrower borrowername customername",
    "lender": "授信机构 授信机构名称 贷款机构 贷款机构名称 放款机构 发放机构 金融机构 金融机构名称 债权机构 管理机构 "
    "业务管理机构 业务管理机构名称 lender lendername lendinginstitution creditor",
    "reported": "报告日期 报告时间 信用报告日期 查询日期 查询时间 信息报告日期 reportdate reportedon",
    "kind": "业务种类 贷款种类 信贷业务种类 信贷业务类型 授信种类 业务类型 贷款类型 业务品种 kind "
    "credittype loantype product",
    "granted": "发放日期 放款日期 授信日期 开立日期 起始日期 贷款发放日期 开户日期 grantedon grantdate "
    "startdate opened",
    "limit": "授信额度 信用额度 授信金额 合同金额 借款金额 贷款金额 发放金额 creditlimit limit "
    "amountgranted loanamount",
    "balance": "余额 贷款余额 业务余额 未结清余额 本金余额 当前余额 balance outstanding outstandingbalance",
    "currency": "币种 币别 currency",
    "settled": "结清日期 关闭日期 settledon closedon",
    "state": "账户状态 业务状态 结清状态 accountstatus",
    "id": "账户编号 业务编号 账户标识 业务号 合同编号 accountid accountnumber loannumber",
}
"""What the column of a field may be called: without spaces, marks and units, in small letters."""
_FIELD = {heading: name for name, headings in HEADINGS.items() for heading in headings.split()}
_REPORT = re.compile(r"信用报告|征信|creditreport|creditregistry|creditbureau", re.IGNORECASE)
_LABELS = {
    "party": re.compile(r"(?:客户号|客户编号|借款人编号|CustomerID)", re.IGNORECASE),
    "uscc": re.compile(r"(?:统一)?(?:社会)?信用代码"),
    "resident": re.compile(r"(?:居民)?身份证号码?"),
    "registry": re.compile(r"(?:中征码|贷款卡编码|贷款卡号)"),
    "name": re.compile(r"(?:企业名称|借款人|借款人名称|被查询者名称|被查询者姓名|姓名|Borrower)", re.IGNORECASE),
    "reported": re.compile(r"(?:报告日期|报告时间|查询日期|查询时间|ReportDate)", re.IGNORECASE),
    "asked": re.compile(r"(?:查询机构|查询单位|查询操作机构|Requestedby|Inquirer)", re.IGNORECASE),
    "unit": re.compile(r"(?:金额)?单位|Unit", re.IGNORECASE),
    "currency": re.compile(r"(?:币种|Currency)", re.IGNORECASE),
}
_BORROWER = ("party", "uscc", "resident", "registry")
_SCHEMES = {"uscc": "uscc", "resident": "resident_id", "registry": "other"}
_SUM = re.compile(r"合计|总计|小计|本页|^total", re.IGNORECASE)
_SETTLED = re.compile(r"已?结清|已?关闭|销户|settled|closed", re.IGNORECASE)
_UNITS = {"元": 0, "千元": 3, "万": 4, "万元": 4, "百万元": 6, "亿": 8, "亿元": 8}
_UNIT = re.compile(r"(?:人民币)?(百万元|千元|万元|亿元|元)")
_IN_BRACKETS = re.compile(r"\((?:单位:?)?(?:人民币)?(百万元|千元|万元|亿元|元|CNY|RMB)\)")
_IN_CELL = re.compile(r"(.*\d)(万元|万|亿元|亿)")


@dataclass
class Table:
    """The headings of one table: where they stand, the column of each field, the power of ten of its amounts, and what
    the columns are called."""

    line: int
    columns: dict[str, int]
    units: dict[str, int | None]
    names: list[str]
    above: dict[str, str] = field(default_factory=dict)


def claim(files: Sequence[Path]) -> list[Claim]:
    """Sheets and CSV files with the headings of credit at lenders, and a day of report or the word in its titles."""
    return [
        Part(part_name(file, sheet), file, FORMAT, TABLES, partial(_read, file, sheet), mentioned=MENTIONED)
        for file, sheet in recognised(files, HEADER_ROWS, _recognised)
    ]


def _recognised(rows: Sequence[Row]) -> bool:
    above: list[str] = []
    for line, cells in rows:
        found = table(line, cells)
        if found is not None:
            told = titles(above, _LABELS)
            ours = {column.file_name for column in ExternalCredit.TABLE.columns}
            if SUPERVISORS & set(found.names) or all(cell in ours for cell in cells if cell is not None):
                return False
            return "reported" in {*found.columns, *told} or any(_REPORT.search(plain(text)) for text in above)
        above += [cell for cell in cells if isinstance(cell, str)]
    return False


def table(line: int, cells: Sequence[Cell]) -> Table | None:
    """The table that begins below these headings; None where they are none of such a table."""
    names = [_heading(cell) if isinstance(cell, str) else "" for cell in cells]
    columns: dict[str, int] = {}
    for place, name in enumerate(names):
        if (field_ := _FIELD.get(name)) is not None:
            columns.setdefault(field_, place)
    if "lender" not in columns or not {"limit", "balance"} & set(columns) or len(columns) < 3:
        return None
    units = {}
    for name in ("limit", "balance"):
        cell = cells[columns[name]] if name in columns else None
        match = _IN_BRACKETS.search(plain(cell)) if isinstance(cell, str) else None
        units[name] = _UNITS.get(match[1], 0) if match else None
    return Table(line, columns, units, names)


def _heading(cell: str) -> str:
    return re.sub(r"[*:：_\-.]", "", _IN_BRACKETS.sub("", plain(cell))).lower()


def _read(path: Path, sheet: str, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    reading = _Reading(options, journal)
    for line, cells in grid(path, sheet):
        reading.row(line, cells)
        if reading.rows.full:
            yield from reading.rows.batches()
    if not journal.read:
        raise FileRefused(NO_RECORDS(format="credit registry"))
    yield from reading.rows.batches()
    reading.tell()


class _Reading:
    """Where the reading of one sheet stands: the open table, and the lines since the one before."""

    def __init__(self, options: Options, journal: Journal) -> None:
        self.options = options
        self.journal = journal
        self.assumptions = Assumptions()
        self.rows = TableRows()
        self._table: Table | None = None
        self._above: dict[str, str] = {}
        self._equal: Counter[bytes] = Counter()
        self._left_out: Counter[str] = Counter()

    def row(self, line: int, cells: list[Cell]) -> None:
        if (found := table(line, cells)) is not None:
            self._begin(found)
            return
        told = [cell for cell in cells if isinstance(cell, str)]
        text = plain("".join(told))
        lender = self._text(cells, "lender")
        titled = ":" in text and bool(titles(told, _LABELS))
        if self._table is not None and _SUM.search(plain(told[0]) if lender else text):
            self.assumptions.add(SUMS_LEFT_OUT, line)
        elif self._table is not None and not titled and (len(told) > 2 or (lender is not None and len(told) > 1)):
            self.journal.read += 1
            self._record(self._table, line, cells)
        elif self._table is not None or titled or len(told) <= 2:
            self._between(told)
        else:
            self.assumptions.add(ROWS_ELSEWHERE, line)

    def tell(self) -> None:
        self.assumptions.tell(self.journal)
        if self._left_out:
            told = ", ".join(f"{shown(name)} ({count})" for name, count in self._left_out.most_common())
            self.journal.warn(VALUES_LEFT_OUT(count=self._left_out.total(), values=told))

    def _begin(self, found: Table) -> None:
        if self._table is None or self._table.names != found.names:
            self.journal.header(found.names)
        found.above = dict(self._above)
        self._table = found
        unit = _UNIT.search(plain(found.above.get("unit", "")))
        for name in ("limit", "balance"):
            if name in found.columns and found.units[name] is None:
                if unit is None:
                    self.assumptions.add(UNIT_TAKEN, found.line)
                    break
                found.units[name] = _UNITS[unit[1]]
        if "asked" not in found.above:
            self.assumptions.add(WHO_ASKED, found.line)

    def _between(self, told: Sequence[str]) -> None:
        """A line between tables. What names a borrower puts another one in the place of the one before."""
        self._table = None
        named = titles(told, _LABELS)
        if any(name in named for name in _BORROWER) and not all(named.get(n) == self._above.get(n) for n in named):
            for name in (*_BORROWER, "name"):
                self._above.pop(name, None)
        self._above |= named
        for text in told:
            if match := _IN_BRACKETS.search(plain(text)):
                self._above["unit"] = match[1]

    def _record(self, open_: Table, line: int, cells: list[Cell]) -> None:
        judged = (cells[place] for place in open_.columns.values() if place < len(cells))
        problem = next((cell for cell in judged if isinstance(cell, Problem)), None)
        borrower = self._borrower(open_, cells) if problem is None else problem
        record = written(cells)
        if isinstance(borrower, Problem):
            self.journal.set_aside()
            self.journal.bad(line, "", shown(" ".join(filter(None, record))), borrower, record)
            return
        lender = self._text(cells, "lender")
        asked = open_.above.get("asked")
        if lender is not None and asked is not None and _of_one_bank(lender, asked):
            self.assumptions.add(OWN_CREDIT, line, lender=shown(asked))
            return
        party_id, party = borrower
        told_as = " | ".join(record)
        if party:
            self.rows.add(Party, line, party, told_as)
        told = {
            "party_id": party_id,
            "lender": lender,
            "reported_on": _day(self._text(cells, "reported") or open_.above.get("reported")),
            "kind": self._text(cells, "kind"),
            "granted_on": _day(self._text(cells, "granted")),
            "credit_limit": self._amount(open_, cells, "limit"),
            "balance": self._amount(open_, cells, "balance"),
            "currency": self._currency(open_, line, cells),
        }
        settled = self._text(cells, "settled") or _SETTLED.search(self._text(cells, "state") or "")
        if settled and told["balance"] is None:
            told["balance"] = "0"
        self.rows.add(ExternalCredit, line, {**told, "event_id": self._id(told, self._text(cells, "id"))}, told_as)
        known = set(open_.columns.values())
        for place, cell in enumerate(cells):
            if cell is not None and place not in known:
                name = open_.names[place] if place < len(open_.names) else ""
                self._left_out[name or "–"] += 1

    def _borrower(self, open_: Table, cells: Sequence[Cell]) -> tuple[str, dict[str, str | None]] | Problem:
        """(the id of the party, what is known of it); of the row before that of the lines above."""
        of_row = {name: self._text(cells, name) for name in (*_BORROWER, "name")}
        told = of_row if any(of_row[name] for name in _BORROWER) else {**open_.above}
        name = of_row["name"] or told.get("name")
        customer = told.get("party")
        if customer:
            return customer, {}
        for column, scheme in _SCHEMES.items():
            if number := told.get(column):
                found = identifier(scheme, number)
                if found.valid is False or not found.number:
                    return NUMBER_WRONG(number=shown(number))
                party_id = f"{scheme if scheme != 'other' else column}:{found.number}"
                kind = "person" if scheme == "resident_id" else "unknown"
                return party_id, {
                    "party_id": party_id, "kind": kind, "name": name or found.number, "id_scheme": scheme,
                    "id_number": found.number,
                }  # fmt: skip
        return NO_BORROWER()

    def _amount(self, open_: Table, cells: Sequence[Cell], name: str) -> str | None:
        text = amount(self._text(cells, name))
        power = open_.units.get(name) or 0
        if text is None:
            return None
        if match := _IN_CELL.fullmatch(text):
            text, power = amount(match[1]) or match[1], _UNITS[match[2]]
        try:
            return format(Decimal(text).scaleb(power), "f") if power and len(text) < 40 else text
        except InvalidOperation:
            return text  # what is no amount is told when the row is judged

    def _currency(self, open_: Table, line: int, cells: Sequence[Cell]) -> str:
        told = currency(self._text(cells, "currency")) or currency(open_.above.get("currency"))
        if told is None:
            self.assumptions.add(BOOK_CURRENCY_TAKEN, line, currency=self.options.currency)
        return told or self.options.currency

    def _id(self, told: Mapping[str, str | None], number: str | None) -> str:
        """From the number of the account there, else from all that is told; equal records are numbered, because two
        equal loans are two."""
        names = (told["party_id"], told["lender"], told["reported_on"])
        if number is not None:
            return ":".join(str(name) for name in (*names, number))
        content = blake2b("\x1f".join(map(str, told.values())).encode("utf-8", "replace"), digest_size=8)
        self._equal[content.digest()] += 1
        nth = self._equal[content.digest()]
        return ":".join(str(name) for name in (*names, content.hexdigest())) + (f":{nth}" if nth > 1 else "")

    def _text(self, cells: Sequence[Cell], name: str) -> str | None:
        place = self._table.columns.get(name) if self._table is not None else None
        cell = cells[place] if place is not None and place < len(cells) else None
        return cell if isinstance(cell, str) and plain(cell) not in ("", "-", "--") else None


def _of_one_bank(lender: str, asked: str) -> bool:
    """Whether both are one bank, its branches included: by the name to 银行, else where one begins with the other."""
    one, other = plain(lender).lower(), plain(asked).lower()
    banks = [re.match(r".+?银行", name) for name in (one, other)]
    if banks[0] and banks[1]:
        return banks[0][0] == banks[1][0]
    return one.startswith(other) or other.startswith(one)


def _day(text: str | None) -> str | None:
    found = instant(text)
    return found[:10] if found is not None and re.match(r"\d{4}-\d{2}-\d{2}", found) else found
