"""Statements as Chinese banks export them: CSV (UTF-8, GB18030), XLS or XLSX, with the bank's own headings.

The table is found by its headings wherever it begins; lines above it name the account, its holder, currency, period
and balances; sums and page ends below and between are left out. `HEADINGS` has what the columns may be called. Lines
in reports are those of the file.

Direction
    Two columns (借方发生额 and 贷方发生额, 支出 and 收入 …), a mark (借/贷 …), or the sign of the amount.
    借 is money that went, 贷 money that came: a customer's account is a debt of the bank. A negative amount in one
    of two columns is a booking taken back: it counts on the other side, kind reversal. The report says what was taken.
Order
    From the days and times, else from the running balances: many banks put the latest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import chain, islice, pairwise
from pathlib import Path

from ingest.assumptions import Assumptions
from ingest.chinese_values import IN, OUT, amount, currency, instant, is_day, is_zero, names, plain
from ingest.contract import Batch, Claim, Options, Part
from ingest.east_columns import SUPERVISORS
from ingest.format_problems import (
    BOOK_CURRENCY_TAKEN,
    BOTH_DIRECTIONS,
    DEBIT_IS_OUT,
    NO_DIRECTION,
    NO_OWN_ACCOUNT,
    ORDER_UNKNOWN,
    RED_ENTRY,
    SIGN_IS_DIRECTION,
    SUMS_LEFT_OUT,
    UNKNOWN_MARK,
)
from ingest.grids import Cell, Row, beginning, grid, part_name, recognised, written
from ingest.journal import Journal
from ingest.problems import FileRefused, Problem, shown
from ingest.statements import (
    COUNTED,
    MENTIONED,
    PLACES,
    TABLES,
    Entry,
    Statement,
    StatementRows,
    named,
    one,
    plain_account,
)
from ingest.title_lines import titles

FORMAT = "chinese_statement"
BY_NAME = False

HEADER_ROWS = 40
"""Rows in which the headings must stand."""
RED = "reversal"
LOOKED_AT = 200
"""Entries from which the order is told."""

HEADINGS: dict[str, str] = {
    "day": "交易日期 记账日期 入账日期 日期 交易日 记账日 入账日 账务日期 发生日期 交易日期时间",
    "time": "交易时间 记账时间 入账时间 时间",
    "value": "起息日 起息日期",
    "debit": "借方发生额 借方金额 借方 借方发生金额 支出 支出金额 付款金额 转出金额 支取 支出(借方) 借",
    "credit": "贷方发生额 贷方金额 贷方 贷方发生金额 收入 收入金额 收款金额 转入金额 存入 存入金额 收入(贷方) 贷",
    "amount": "交易金额 发生额 金额 交易额 发生金额",
    "mark": "借贷标志 借贷方向 借/贷 借贷 借贷标识 收支方向 收/支 收支 收付标志 交易方向 收支标志",
    "balance": "余额 账户余额 交易后余额 当前余额 联机余额 本次余额 结余",
    "counter_account": "对方账号 对方账户 对手账号 对方卡号 交易对手账号 对方账号/卡号 对方账户账号 对方帐号",
    "counter_name": "对方户名 对方名称 对方单位名称 对方姓名 交易对手名称 对手户名 对方账户名称 对方单位 交易对手",
    "counter_bank": "对方行号 对方联行号 对方开户行行号",
    "purpose": "摘要 交易摘要 摘要说明 交易说明",
    "use": "用途 交易用途",
    "note": "附言 备注 交易附言",
    "reference": "交易流水号 流水号 核心流水号 银行流水号 业务流水号 交易流水 日志号 柜员流水号 交易序号",
    "currency": "币种 货币 交易币种",
    "own": "账号 本方账号 卡号 交易账号 查询账号 客户账号 主账号 帐号 交易卡号",
    "own_name": "户名 账户名称 本方户名 账户名 客户名称",
    "channel": "交易渠道 渠道 交易方式",
}
"""What the column of a field may be called, in any of these words."""
_FIELD = {heading: field_ for field_, headings in HEADINGS.items() for heading in headings.split()}
_SUM = re.compile(
    r"合计|总计|小计|累计|本页|承前|过次|期初|期末|上期余额|打印|以下空白|总笔数|共\d+笔|制表|操作员|温馨提示"
)
_LABEL = {
    "own": re.compile(r"(?:账号|帐号|卡号|客户账号|本方账号|查询账号|账户)"),
    "own_name": re.compile(r"(?:户名|账户名称|客户名称|单位名称|本方户名)"),
    "currency": re.compile(r"(?:币种|货币)"),
    "period": re.compile(r"(?:起止日期|查询期间|日期范围|查询日期|时间段|起始日期|交易日期|对账期间|查询时间|期间)"),
    "opening": re.compile(r"(?:期初余额|上期余额|承前余额)"),
    "closing": re.compile(r"(?:期末余额|本期余额)"),
}
_SPAN = re.compile(
    r"(\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2})日?\s*(?:至|到|--?|—+|~|～)\s*(\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2})日?"
)
_KINDS = (
    (re.compile(r"冲正|冲账|抹账|退汇|撤销"), "reversal"),
    (re.compile(r"工资|代发薪|薪酬"), "payroll"),
    (re.compile(r"手续费|服务费|工本费|账户管理费|短信费"), "fee"),
    (re.compile(r"贷款发放|放款"), "loan_drawdown"),
    (re.compile(r"还贷|贷款归还|归还贷款|贷款还款|扣贷款"), "loan_repayment"),
    (re.compile(r"结息|利息"), "interest"),
    (re.compile(r"缴税|税款|国税|地税|税费"), "tax"),
    (re.compile(r"现金|取现|ATM取款|存现"), "cash"),
)


@dataclass
class Heading:
    """Where the table begins: the last row of its headings, the column of each field, and what stands above it."""

    line: int
    columns: dict[str, int]
    names: list[str]
    above: dict[str, str] = field(default_factory=dict)


def claim(files: Sequence[Path]) -> list[Claim]:
    """Sheets and CSV files with the headings of a statement."""
    return [
        Part(
            part_name(file, sheet),
            file,
            FORMAT,
            TABLES,
            partial(_read, file, sheet),
            counted=COUNTED,
            mentioned=MENTIONED,
        )
        for file, sheet in recognised(files, HEADER_ROWS, lambda rows: heading(rows) is not None)
    ]


def heading(rows: Sequence[Row]) -> Heading | None:
    """The headings of a statement among the first rows; two rows of them where 发生额 stands above 借方 and 贷方."""
    above: list[str] = []
    for place, (line, cells) in enumerate(rows):
        told = [names(cell) if isinstance(cell, str) else "" for cell in cells]
        below = rows[place + 1] if place + 1 < len(rows) else (0, [])
        found = _columns(told)
        lower = [names(cell) if isinstance(cell, str) else "" for cell in below[1]]
        if {"debit", "credit"} & {_FIELD.get(name) for name in lower} and not ({"debit", "credit"} & set(found)):
            width = max(len(told), len(lower))
            both = [(lower[i : i + 1] or [""])[0] or (told[i : i + 1] or [""])[0] for i in range(width)]
            if _is_statement(_columns(both)) and not _is_statement(_columns(lower)):
                return Heading(below[0], _columns(both), both, titles(above, _LABEL))
        if SUPERVISORS & set(told):
            return None
        if _is_statement(found):
            return Heading(line, found, told, titles(above, _LABEL))
        above += [cell for cell in cells if isinstance(cell, str)]
    return None


def _columns(told: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, name in enumerate(told):
        if (field_ := _FIELD.get(name)) is not None:
            found.setdefault(field_, place)
    if "day" not in found and "time" in found:
        found["day"] = found.pop("time")
    return found


def _is_statement(columns: Mapping[str, int]) -> bool:
    amounts = {"debit", "credit"} <= set(columns) or "amount" in columns
    others = {"balance", "counter_account", "counter_name", "purpose", "reference", "mark", "debit"}
    return "day" in columns and amounts and len(others & set(columns)) >= 2


def _read(path: Path, sheet: str, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    found = heading(beginning(path, sheet, HEADER_ROWS))
    if found is None:
        raise FileRefused(NO_OWN_ACCOUNT())
    journal.header(found.names)
    reading = _Reading(found, options, journal)
    rows = (row for row in grid(path, sheet) if row[0] > found.line)
    ahead = list(islice(rows, LOOKED_AT))
    reading.look_ahead(ahead)
    for line, cells in chain(ahead, rows):
        reading.row(line, cells)
        if reading.rows.full:
            yield from reading.rows.batches()
    reading.end()
    yield from reading.rows.batches()
    reading.assumptions.tell(journal)


class _Reading:
    """Where the reading of one sheet stands. There is a statement for each account that the rows name."""

    def __init__(self, heading_: Heading, options: Options, journal: Journal) -> None:
        self.heading = heading_
        self.options = options
        self.journal = journal
        self.assumptions = Assumptions()
        self.rows = StatementRows(self.assumptions)
        self.descending = False
        if {"debit", "credit"} <= set(heading_.columns) or "mark" in heading_.columns:
            journal.note(DEBIT_IS_OUT())
        else:
            journal.warn(SIGN_IS_DIRECTION(), [heading_.line])
        self._statements: dict[str, tuple[int, Statement]] = {}
        self._accounts: dict[str | None, str | None] = {}

    def look_ahead(self, rows: Sequence[Row]) -> None:
        """Tell the order of the entries from the first of them, and the account where only their rows have it."""
        entries = [cells for _, cells in rows if not self._passed_over(cells)]
        times = [instant(self._text(cells, "day"), self._text(cells, "time")) or "" for cells in entries]
        rising = sum(a < b for a, b in pairwise(times))
        falling = sum(a > b for a, b in pairwise(times))
        if rising == falling and len(entries) > 1:
            self.descending = self._falls_by_balance(entries)
        else:
            self.descending = falling > rising

    def _falls_by_balance(self, entries: Sequence[Sequence[Cell]]) -> bool:
        rising = falling = 0
        for before, after in pairwise(entries):
            try:
                balances = [Decimal(amount(self._text(cells, "balance")) or "") for cells in (before, after)]
                moved = [self._moved(cells) for cells in (before, after)]
            except InvalidOperation:
                continue
            rising += balances[1] - balances[0] == moved[1]
            falling += balances[0] - balances[1] == moved[0]
        if rising == falling:
            self.assumptions.add(ORDER_UNKNOWN, self.heading.line)
        return falling > rising

    def _moved(self, cells: Sequence[Cell]) -> Decimal:
        told = self._movement(cells)
        if isinstance(told, Problem):
            return Decimal("NaN")
        credit, value, _ = told
        return Decimal(value or "") * (1 if credit else -1)

    def row(self, line: int, cells: list[Cell]) -> None:
        """One row: an entry, or something between the entries."""
        if self._passed_over(cells):
            self.assumptions.add(SUMS_LEFT_OUT, line)
            return
        self.journal.read += 1
        judged = (self._at(cells, place) for place in self.heading.columns.values())
        problem = next((cell for cell in judged if isinstance(cell, Problem)), None)
        told = self._movement(cells) if problem is None else problem
        own = self._account(self._text(cells, "own")) or self._account(self.heading.above.get("own"))
        if isinstance(told, Problem) or own is None:
            told = told if isinstance(told, Problem) else NO_OWN_ACCOUNT()
            record = written(cells)
            self.journal.set_aside()
            self.journal.bad(line, "", shown(" ".join(filter(None, record))), told, record)
            return
        statement = self._statement(line, own, cells)
        credit, value, kind = told
        if kind == RED:
            self.assumptions.add(RED_ENTRY, line)
        texts = [self._text(cells, name) for name in ("purpose", "use", "note")]
        purpose = " ".join(dict.fromkeys(text for text in texts if text)) or None
        place = statement.entries + 1
        booked = instant(self._text(cells, "day"), self._text(cells, "time"))
        reference = self._text(cells, "reference")
        self.rows.statement = statement
        self.rows.add(
            line,
            Entry(
                credit=credit,
                amount=value,
                currency=currency(self._text(cells, "currency")) or statement.currency,
                booked=booked,
                reference=f"{(booked or '')[:10]}:{reference}" if reference else None,  # numbers begin anew each day
                value=(instant(self._text(cells, "value")) or "")[:10] or None,
                counter_account=self._text(cells, "counter_account"),
                counter_name=self._text(cells, "counter_name"),
                counter_bank=self._text(cells, "counter_bank"),
                purpose=purpose,
                kind=kind or next((kind for pattern, kind in _KINDS if purpose and pattern.search(purpose)), "payment"),
                channel=self._text(cells, "channel"),
                balance=amount(self._text(cells, "balance")),
                place=PLACES - place if self.descending else place,
            ),
        )

    def _account(self, text: str | None) -> str | None:
        if text not in self._accounts:
            self._accounts[text] = one(plain_account, text)
        return self._accounts[text]

    def end(self) -> None:
        for line, statement in self._statements.values():
            self.rows.statement = statement
            self.rows.close(line)

    def _statement(self, line: int, own: str, cells: list[Cell]) -> Statement:
        if own not in self._statements:
            above = self.heading.above
            span = _SPAN.search(above.get("period", ""))
            told = currency(above.get("currency")) or currency(self._text(cells, "currency"))
            if told is None:
                self.assumptions.add(BOOK_CURRENCY_TAKEN, line, currency=self.options.currency)
            statement = Statement(
                own,
                currency=told or self.options.currency,
                holder=one(named, self._text(cells, "own_name") or above.get("own_name")),
                begins=instant(span[1]) if span else None,
                ends=instant(span[2]) if span else None,
                opening=amount(above.get("opening")),
                closing=amount(above.get("closing")),
            )
            self._statements[own] = (line, statement)
            self.rows.open(line, statement)
        return self._statements[own][1]

    def _movement(self, cells: Sequence[Cell]) -> tuple[bool, str | None, str | None] | Problem:
        """(money came, how much, kind where it shows here) of one entry, or why that cannot be told."""
        columns = self.heading.columns
        if "debit" in columns and "credit" in columns:
            out, into = (amount(self._text(cells, name)) for name in ("debit", "credit"))
            if is_zero(out) == is_zero(into):
                return BOTH_DIRECTIONS() if not is_zero(out) else NO_DIRECTION()
            return _with_red(is_zero(out), (into if is_zero(out) else out) or "")
        value = amount(self._text(cells, "amount"))
        if "mark" in columns:
            mark = plain(self._text(cells, "mark") or "").upper()
            if mark not in OUT | IN:
                accepted = "借、贷、支出、收入、D、C"
                return UNKNOWN_MARK(accepted=accepted) if mark else NO_DIRECTION()
            return _with_red(mark in IN, value or "")
        if value is None:
            return NO_DIRECTION()
        return not value.startswith("-"), value.removeprefix("-"), None

    def _passed_over(self, cells: Sequence[Cell]) -> bool:
        """Sums, page ends and headings that are repeated."""
        day = self._text(cells, "day")
        if day is not None and is_day(day):
            return False
        told = [cell for cell in cells if isinstance(cell, str)]
        if sum(names(cell) in _FIELD for cell in told) >= 3:
            return True
        return not (day or "")[:4].isdigit() and bool(_SUM.search(plain("".join(told))))

    def _text(self, cells: Sequence[Cell], name: str) -> str | None:
        place = self.heading.columns.get(name)
        if place is None or place >= len(cells):
            return None
        cell = cells[place]
        return cell if isinstance(cell, str) else None

    @staticmethod
    def _at(cells: Sequence[Cell], place: int) -> Cell:
        return cells[place] if place < len(cells) else None


def _with_red(credit: bool, value: str) -> tuple[bool, str | None, str | None]:
    """A negative amount, written in red once, takes a booking of its side back."""
    if value.startswith("-") and not is_zero(value):
        return not credit, value[1:], RED
    return credit, value.removeprefix("-") or None, None
