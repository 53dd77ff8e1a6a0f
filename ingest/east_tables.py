"""The supervisor's tables (EAST) one by one: by which headings each is known, and what becomes of its rows.

Headings are those of EAST 4 and 5 and their usual variants. A customer is named by 客户统一编号, the same in all
tables; whoever is none, by number or by name beside the customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import each_distinct
from graph.columns import Row
from graph.schema import (
    Account,
    AccountHolder,
    Drawdown,
    Guarantee,
    Kinship,
    Loan,
    Office,
    Party,
    Shareholding,
    Transfer,
)
from ingest.chinese_values import IN, OUT, instant, plain
from ingest.contract import Array, Batch, CellFault
from ingest.east_columns import Told
from ingest.format_problems import (
    FOREIGN_CAPITAL,
    MIXED_PAYMENT,
    OTHER_RELATION,
    PERCENT_TAKEN,
    RED_ENTRY,
    RELATION_ENDED,
    SHARED_GUARANTEE,
    UNKNOWN_CONTRACT,
    UNKNOWN_MARK,
)
from ingest.problems import shown
from ingest.statements import PLACED, StatementRows, plain_account
from ingest.times import instants

CUSTOMER = ("客户统一编号", "客户编号")
NUMBER = ("证件号码", "统一社会信用代码", "客户证件号码")
LICENCE = ("金融许可证号", "银行机构代码", "内部机构号", "银行机构名称")
CURRENCY = ("币种",)
SECOND = 1_000_000
"""Places within a second."""
_NULL = pa.scalar(None, pa.string())

Read = Callable[[Told], Iterator[Sequence[Batch]]]


@dataclass(frozen=True)
class EastTable:
    """One table, or one aspect of it.

    marks            headings of which the table must have one of each group
    never            headings that it does not have
    rows, mentioned  tables of ours that it brings, and of those the ones that it only mentions
    """

    marks: tuple[tuple[str, ...], ...]
    rows: tuple[type[Row], ...]
    read: Read
    aspect: str = ""
    never: tuple[str, ...] = ()
    mentioned: tuple[type[Row], ...] = ()
    needs_contracts: bool = False

    def fits(self, headings: frozenset[str]) -> bool:
        return all(headings & set(group) for group in self.marks) and not headings & set(self.never)


# --- customers ------------------------------------------------------------------------------------------------

COMPANY_MARKS = (
    "法人代表", "法定代表人", "注册资本", "企业分类", "成立日期", "注册地址", "经营范围", "企业规模",
    "统一社会信用代码",
)  # fmt: skip
LEADERS = {
    "legal_representative": (("法人代表", "法定代表人"), ("法人代表证件号码", "法定代表人证件号码")),
    "finance_head": (("财务负责人", "财务人员"), ("财务负责人证件号码", "财务人员证件号码")),
}


def _companies(told: Told) -> Iterator[Sequence[Batch]]:
    nothing = pa.nulls(len(told.lines), pa.string())
    party = told.party(told(*CUSTOMER), told(*NUMBER), told("客户名称"), nothing)
    kind = pc.if_else(pc.equal(party.kinds, "unknown"), _NULL, party.kinds)
    kind = pc.if_else(pc.match_substring(pc.fill_null(told("客户类型", "客户类别"), ""), "同业"), "bank", kind)
    capital, currency = told.figure("注册资本"), told.currency("注册资本币种")
    foreign = pc.and_(capital.is_valid(), pc.fill_null(pc.not_equal(currency, told.options.currency), False))
    told.assume(FOREIGN_CAPITAL, foreign, currency=told.options.currency)
    cells = party.cells() | {
        "kind": pc.fill_null(kind, "company"),
        "registered_on": told.day("成立日期", "注册日期"),
        "industry_code": told("所属行业", "行业代码", "所属行业代码"),
        "registered_capital": pc.if_else(foreign, _NULL, capital),
        "address": told("注册地址"),
    }
    yield [told.batch(Party, cells)]
    for headings in chain.from_iterable(LEADERS.values()):  # their aspect reads them
        told(*headings)


def _leaders(told: Told) -> Iterator[Sequence[Batch]]:
    company = told(*CUSTOMER)
    for role, (names, numbers) in LEADERS.items():
        person = told.party(pa.nulls(len(told.lines), pa.string()), told(*numbers), told(*names), company)
        there = told.where(pc.and_(person.names.is_valid(), company.is_valid()))
        if len(there):
            cells: Mapping[str, pa.Array | str] = {"person_id": person.ids, "company_id": company, "role": role}
            yield [told.batch(Office, cells, there), told.batch(Party, person.cells("person"), there)]


def _persons(told: Told) -> Iterator[Sequence[Batch]]:
    nothing = pa.nulls(len(told.lines), pa.string())
    party = told.party(told(*CUSTOMER), told(*NUMBER), told("客户姓名", "姓名", "客户名称"), nothing)
    yield [told.batch(Party, party.cells("person") | {"address": told("通讯地址", "居住地址", "家庭住址")})]


# --- credit ---------------------------------------------------------------------------------------------------

AMOUNT = ("贷款金额", "借款金额", "借据金额", "放款金额")
DRAWN = ("贷款发放日期", "贷款实际发放日期", "借据起始日期", "放款日期")
PAID_TO = ("贷款入账账号", "入账账号")
MIXED = "混合支付"


def _receipts(told: Told) -> Iterator[Sequence[Batch]]:
    cells = {
        "loan_id": told("信贷借据号", "借据号"),
        "borrower_id": told(*CUSTOMER),
        "lender_id": told(*LICENCE),
        "product": told("信贷业务种类", "业务品种", "贷款种类"),
        "purpose": told("借据贷款用途", "贷款用途", "借款用途"),
        "amount": told.figure(*AMOUNT),
        "currency": told.currency(*CURRENCY),
        "signed_on": told.day(*DRAWN),
        "matures_on": told.day("贷款到期日期", "贷款原始到期日期", "借据到期日期", "到期日期"),
        "balance": told.figure("贷款余额", "借款余额", "借据余额"),
        "classification": told.choice(
            ("normal", "special_mention", "substandard", "doubtful", "loss"), "贷款五级分类", "五级分类"
        ),
        "repayment_account_id": plain_account(told("还款账号")),
    }
    for others in (("信贷合同号",), ("放款方式", "支付方式"), PAID_TO):  # guarantees and drawdowns use them
        told(*others)
    yield [told.batch(Loan, cells)]


def _drawdowns(told: Told) -> Iterator[Sequence[Batch]]:
    loan, account = told("信贷借据号", "借据号"), plain_account(told(*PAID_TO))
    mode = told("放款方式", "支付方式")
    mixed = pc.fill_null(pc.equal(mode, MIXED), False)
    told.assume(MIXED_PAYMENT, mixed)
    cells = {
        "drawdown_id": loan,
        "loan_id": loan,
        "account_id": account,
        "amount": told.figure(*AMOUNT),
        "drawn_at": told.day(*DRAWN),
        "mode": pc.if_else(mixed, _NULL, told.choice(("entrusted", "self"), "放款方式", "支付方式")),
    }
    there = told.where(pc.and_(account.is_valid(), cells["drawn_at"].is_valid()))
    if len(there):
        yield [told.batch(Drawdown, cells, there)]


GUARANTOR = ("保证人客户统一编号", "担保人客户统一编号", "保证人编号", "担保人编号")
GUARANTOR_NAME = ("保证人名称", "担保人名称", "保证人", "担保人")


def _guarantees(told: Told) -> Iterator[Sequence[Batch]]:
    """One guarantee for each loan receipt of the contract that is secured."""
    secured, named = told("被担保合同号", "信贷合同号"), told("信贷借据号", "借据号")
    contract = pc.coalesce(told("担保合同号", "保证合同号"), secured, named)
    numbers = told("保证人证件号码", "担保人证件号码")
    guarantor = told.party(told(*GUARANTOR), numbers, told(*GUARANTOR_NAME), contract)
    places: list[int] = []
    loans: list[str | None] = []
    shared: list[int] = []
    for place, (one, number) in enumerate(zip(named.to_pylist(), secured.to_pylist(), strict=True)):
        found: list[str | None] = [one] if one else [*told.contracts.get(number or "", ())] or [None]
        places += [place] * len(found)
        loans += found
        shared += [place] * (len(found) > 1)
    several = np.zeros(len(told.lines), dtype=bool)
    several[shared] = True
    told.assume(SHARED_GUARANTEE, pa.array(several))
    cells = {
        "guarantor_id": guarantor.ids,
        "kind": told("担保类型", "担保方式", "保证方式"),
        "amount": pc.if_else(pa.array(several), _NULL, told.figure("担保金额", "保证金额")),
        "valid_from": told.day("担保起始日期", "担保生效日期", "保证起始日期"),
        "valid_to": told.day("担保到期日期", "保证到期日期"),
    }
    at = np.array(places, dtype=np.int64)
    batch = told.batch(Guarantee, cells, at, loan_id=pa.array(loans, pa.string()))
    missing = [
        CellFault(position, "loan_id", shown(secured[place].as_py()), UNKNOWN_CONTRACT())
        for position, (place, loan) in enumerate(zip(places, loans, strict=True))
        if loan is None
    ]
    yield [replace(batch, faults=missing), told.batch(Party, guarantor.cells(), at)]


# --- who is behind whom ---------------------------------------------------------------------------------------

HOLDER = ("股东客户统一编号", "股东编号")
HOLDER_NAME = ("股东名称", "股东姓名", "股东或关联方名称", "出资人名称")
SHARE = ("持股比例", "出资比例", "持股比例(%)", "出资比例(%)")
OWNED = (*CUSTOMER, "企业客户统一编号", *LICENCE)
ROLES = {
    "法定代表人": "legal_representative", "法人代表": "legal_representative", "董事": "director", "董事长": "director",
    "执行董事": "director", "监事": "supervisor", "高管": "executive", "高级管理人员": "executive",
    "总经理": "executive", "财务负责人": "finance_head", "实际控制人": "actual_controller",
}  # fmt: skip
KIN = frozenset({"配偶", "父母", "父亲", "母亲", "子女", "兄弟姐妹", "兄弟", "姐妹", "夫妻", "亲属"})
HOLDING = frozenset({"股东", "出资人", "投资人", "控股股东", "主要股东", "母公司"})
ENDED = frozenset({"失效", "无效"})


def _shareholders(told: Told) -> Iterator[Sequence[Batch]]:
    owned = told(*OWNED)
    holder = told.party(
        told(*HOLDER),
        told("股东证件号码", "股东或关联方证件号码", "出资人证件号码", "证件号码"),
        told(*HOLDER_NAME),
        owned,
    )
    share = told.figure(*SHARE)
    if pc.any(share.is_valid()).as_py():
        told.assumptions.add(PERCENT_TAKEN)
    ended = pc.is_in(told("股东或关联方状态", "股东状态", "关系状态"), value_set=pa.array(sorted(ENDED)))
    told.assume(RELATION_ENDED, ended)
    places = told.where(pc.invert(ended))
    if len(places):
        cells = {
            "holder_id": holder.ids,
            "company_id": owned,
            "ratio": each_distinct(share, _of_a_hundred),
            "valid_from": told.day("入股日期", "出资日期"),
        }
        yield [told.batch(Shareholding, cells, places), told.batch(Party, holder.cells(), places)]


def _of_a_hundred(text: str) -> str:
    """25.5 or 25.5% as 0.255; what is no number stays, and is a bad cell then."""
    found = plain(text).removesuffix("%")
    whole, _, part = found.partition(".")
    if not (whole.isdecimal() and whole.isascii() and (not part or part.isdecimal())):
        return text
    digits = whole.rjust(3, "0")
    return f"{digits[:-2]}.{digits[-2:]}{part}"


def _relations(told: Told) -> Iterator[Sequence[Batch]]:
    """One row says one relation; what is neither office, kin nor holding is counted and left out."""
    customer = pc.coalesce(told(*CUSTOMER), each_distinct(told("客户证件号码"), lambda number: f"number:{number}"))
    other = told.party(told("关联人客户统一编号"), told("关联人证件号码"), told("关联人名称"), customer)
    told("客户名称")
    relation = told("关系类型", "关联关系类型")
    ended = pc.is_in(told("关系状态"), value_set=pa.array(sorted(ENDED)))
    told.assume(RELATION_ENDED, ended)
    known = pa.array([*ROLES, *sorted(KIN), *sorted(HOLDING)])
    holds = pc.invert(ended)
    unknown = pc.and_(holds, pc.invert(pc.is_in(relation, value_set=known)))
    for word in pc.unique(relation.filter(unknown)).to_pylist():
        told.assume(
            OTHER_RELATION, pc.and_(unknown, pc.fill_null(pc.equal(relation, word), False)), relation=word or "–"
        )
    for words, row, cells in (
        (
            list(ROLES),
            Office,
            {"person_id": other.ids, "company_id": customer, "role": each_distinct(relation, ROLES.get)},
        ),
        (sorted(KIN), Kinship, {"person_id": customer, "relative_id": other.ids, "relation": relation}),
        (sorted(HOLDING), Shareholding, {"holder_id": other.ids, "company_id": customer}),
    ):
        places = told.where(pc.and_(holds, pc.is_in(relation, value_set=pa.array(words))))
        if len(places):
            yield [told.batch(row, cells, places), told.batch(Party, other.cells(), places)]


# --- accounts -------------------------------------------------------------------------------------------------

OWN = ("活期存款账号", "定期存款账号", "存款账号", "贷款分户账号", "分户账号", "内部分户账账号", "账号")
OPENED = ("开户日期",)
_KIND_OF_ACCOUNT = {"贷款分户账号": "loan", "内部分户账账号": "internal", "定期存款账号": "deposit"}


def _accounts(told: Told) -> Iterator[Sequence[Batch]]:
    own = plain_account(told(*OWN))
    heading = next(name for name in OWN if name in told.header)
    cells: dict[str, pa.Array | str] = {
        "account_id": own,
        "holder_name": told("账户名称", "户名", "存款账户名称", "客户名称"),
        "bank_id": told(*LICENCE),
        "kind": _KIND_OF_ACCOUNT.get(heading, "settlement"),
        "on_us": "true",
        "currency": told.currency(*CURRENCY),
        "opened_on": told.day(*OPENED),
        "closed_on": told.day("销户日期"),
    }
    holder = {"party_id": told(*CUSTOMER), "account_id": own, "valid_from": told.day(*OPENED)}
    yield [told.batch(Account, cells)]
    places = told.where(pc.and_(holder["party_id"].is_valid(), own.is_valid()))
    if len(places):
        yield [told.batch(AccountHolder, holder | {"role": "owner"}, places)]


DAY, MARK = ("核心交易日期", "交易日期"), ("借贷标志", "借贷标识", "交易借贷标记", "借贷方向")
FLOW = ("核心交易流水号", "交易流水号")
PART = ("笔次序号", "细分序号", "子交易流水号", "子交易序号", "明细序号")
BACK = frozenset({"冲", "抹", "冲账", "抹账", "冲正", "02", "03"})


def _movements(told: Told) -> Iterator[Sequence[Batch]]:
    own = plain_account(told(*OWN))
    amount, mark = told.figure("交易金额", "发生额"), each_distinct(told(*MARK), lambda text: plain(text).upper())
    red = pc.fill_null(pc.starts_with(amount, "-"), False)
    told.assume(RED_ENTRY, red)
    came, went = (pc.is_in(mark, value_set=pa.array(sorted(marks))) for marks in (IN, OUT))
    days, times = each_distinct(told.day(*DAY), instant), told("核心交易时间", "交易时间")
    clock = pc.if_else(pc.match_substring_regex(times, r"^\d{6}$"), times, pc.replace_substring(times, ":", ""))
    clock = pc.if_else(pc.match_substring_regex(clock, r"^\d{6}$"), clock, _NULL)
    within = pc.binary_join_element_wise(*(pc.utf8_slice_codeunits(clock, at, at + 2) for at in (0, 2, 4)), ":")
    booked = pc.coalesce(pc.binary_join_element_wise(days, within, "T"), days)
    flow = told(*FLOW)
    back = pc.is_in(told("冲补抹标志", "冲补抹标识"), value_set=pa.array(sorted(BACK)))
    link = pc.binary_join_element_wise(days, flow, ":")
    entries = {
        "credit": pc.xor(came, red),
        "amount": pc.replace_substring_regex(amount, "^-", ""),
        "currency": told.currency(*CURRENCY),
        "booked": booked,
        "reference": pc.coalesce(pc.binary_join_element_wise(link, told(*PART), "/"), link),
        "counter_account": told("对方账号"),
        "counter_name": told("对方户名", "对方名称"),
        "counter_bank": told("对方账号行号", "对方行号", "对方开户行行号"),
        "link": link,
        "purpose": told("摘要", "交易摘要"),
        "kind": pc.if_else(pc.or_(red, back), "reversal", "payment"),
        "channel": told("交易渠道"),
        "balance": told.figure("账户余额", "余额"),
        "own": own,
        "line": pa.array(told.lines),
        "sequence": _sequence(booked, told.lines),
    }
    rows = StatementRows(told.assumptions)
    nothing = pa.nulls(len(told.lines))
    rows.add_placed(pa.table({name: entries.get(name, nothing) for name in PLACED.names}))
    holder = told(*CUSTOMER)
    ours = _first_of(own, own)
    named: dict[str, pa.Array | str] = {"account_id": own, "holder_name": told("账户名称", "户名"), "on_us": "true"}
    yield [told.batch(Account, named, ours)]
    neither = told.where(pc.invert(pc.or_(came, went)))
    marks = UNKNOWN_MARK(accepted="借、贷、D、C")
    faults = [CellFault(int(place), "source_id", shown(mark[int(place)].as_py() or ""), marks) for place in neither]
    for batches in rows.batches():
        if batches[0].table is Transfer.TABLE:
            yield [Batch(Transfer.TABLE, batches[0].cells, told.lines, told.records, faults)]
        else:
            yield batches
    if len(pairs := _first_of(holder, own)):
        yield [told.batch(AccountHolder, {"party_id": holder, "account_id": own, "role": "owner"}, pairs)]


def _sequence(booked: pa.Array, lines: Array) -> pa.Array:
    """Places in the order of time, within a second (or a day) in that of the file."""
    found = pc.cast(instants(booked, "UTC").instants, pa.int64())
    seconds = pc.fill_null(found, 0).to_numpy(zero_copy_only=False) // 1_000_000
    return pa.array(seconds * SECOND + lines % SECOND)


def _first_of(one: pa.Array, other: pa.Array) -> Array:
    """Positions at which each pair stands first; pairs with a null are none."""
    keys = pc.binary_join_element_wise(one, other, "\n").dictionary_encode().indices
    found, first = np.unique(pc.fill_null(keys, -1).to_numpy(zero_copy_only=False), return_index=True)
    return first[found >= 0]


# --- all of them ----------------------------------------------------------------------------------------------

ALL = (
    EastTable(
        ((CUSTOMER[0],), ("客户名称",), COMPANY_MARKS),
        (Party,), _companies, never=("关联人名称", "信贷借据号", *HOLDER_NAME, *OWN),
    ),
    EastTable(
        ((CUSTOMER[0],), ("客户名称",), ("法人代表", "法定代表人", "财务负责人")),
        (Office, Party), _leaders, aspect="任职", never=("关联人名称", "信贷借据号", *HOLDER_NAME, *OWN),
        mentioned=(Party,),
    ),
    EastTable(((CUSTOMER[0],), ("客户姓名", "姓名"), NUMBER), (Party,), _persons, never=("信贷借据号", *OWN)),
    EastTable((("信贷借据号",), (CUSTOMER[0],), AMOUNT), (Loan,), _receipts, never=("被担保合同号", *DAY)),
    EastTable(
        (("信贷借据号",), (CUSTOMER[0],), AMOUNT, PAID_TO, DRAWN),
        (Drawdown,), _drawdowns, aspect="放款", never=("被担保合同号", *DAY),
    ),
    EastTable(
        (("担保合同号", "保证合同号", "被担保合同号"), ("被担保合同号", "信贷合同号", "信贷借据号"),
         (*GUARANTOR, *GUARANTOR_NAME)),
        (Guarantee, Party), _guarantees, mentioned=(Party,), needs_contracts=True,
    ),
    EastTable(((*HOLDER, *HOLDER_NAME), SHARE, OWNED), (Shareholding, Party), _shareholders, mentioned=(Party,)),
    EastTable(
        (("关联人名称",), ("关系类型", "关联关系类型")),
        (Office, Kinship, Shareholding, Party), _relations, mentioned=(Party,),
    ),
    EastTable((OWN, (CUSTOMER[0],), OPENED), (Account, AccountHolder), _accounts, never=DAY),
    EastTable(
        (OWN, ("核心交易日期",), MARK, ("交易金额",)),
        (Transfer, Account, AccountHolder), _movements, mentioned=(Account,),
    ),
)  # fmt: skip
