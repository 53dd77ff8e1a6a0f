"""Money gathered from many and scattered to many.

What it finds
    An account that within 10 working days takes in money from at least five owners and pays at least 80 % of it on to
    at least five others; what it gathers then is at least a third of all that comes in half a year before and after,
    and it held little of its own when that began.
Why it is suspicious
    Gathering and scattering breaks every link between who paid and who received. A borrower's money that goes in with
    that of others cannot be told from it when it comes out.
Source
    Post-loan method 1 (trace the loan money). Funds gathered from and dispersed to many within a short time, PBoC Order
    [2006] No. 2, article 11; since Order [2016] No. 3 each bank sets its own figures. That the burst stands out of the
    account's year and does not come out of its own money is our own proposal: without it every trading company with
    five customers and five suppliers fits.
Innocent explanations
    Payroll: wages do not count. Retail collections: a business, of whose payers at least half are individuals. An
    ordinary trade, which gathers and scatters all the year. A cash pool: an exclusion. A payment provider (account kind
    psp). A declared agent: holder role agent, or an exclusion.
Blind spots
    An account that gathers and scatters all the year looks like a business. Accounts at other banks show only their
    payments with ours: such a finding is yellow. Without a known balance the account is taken to have held the least
    that covers its payments. In a year whose holidays are not announced yet working days are counted without make-up
    days, and the finding says so.
What to do next
    Ask the holder what was sold to the payers and bought from the payees. Look for one controller behind payers or
    payees. Follow a borrower's part with `loantrail trace`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from detectors.contract import MINOR_UNIT, Detector, parameter
from detectors.facts.concerned_loans import ConcernedLoans
from detectors.facts.payees import Payees
from detectors.facts.payments import Agents, Payments, ledger_of, owners
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal
from graph.algorithms.gather_scatter import Limits, counted, gathered_and_scattered, parts_passed
from graph.algorithms.pass_through import Ledger
from graph.algorithms.shares import band, exactly
from graph.calendar import days_of
from graph.columns import Text
from graph.money import text
from graph.schema import Transfer
from graph.snapshot import Snapshot
from graph.tracing import DAY_US
from graph.transfers import instant

Array = np.ndarray[Any, Any]

DOC_ZH = """分散转入、分散转出。

发现什么
    账户在十个工作日内从不少于五个所有人处收款，并将其中不少于八成付给不少于五个其他所有人；所归集金额不少于前后各半年全部
    入账的三分之一，且开始时自有余额很少。
为何可疑
    先集中再分散，付款人与收款人之间的对应关系就此切断。借款人的资金与他人资金一同进入，出来时便无法分辨。
依据
    贷后管理方法一（追踪信贷资金）。短期内资金分散转入、分散转出，见中国人民银行令〔2006〕第2号第十一条；〔2016〕第3号令
    后由各行自定标准。“突出于全年、且非自有资金”系本系统建议：否则任何有五家客户和五家供应商的贸易企业都会命中。
正常解释
    代发工资：工资不计。零售收款：经营者的付款人中个人不少于一半。全年如此的普通贸易。资金池：设豁免。支付机构（账户类型
    psp）。已申报的代理人：持有角色为 agent，或设豁免。
看不到的
    全年都在归集和分散的账户与正常经营无法区分。他行账户只能看到其与本行账户之间的收付，此类预警为黄色。余额未知的，按足以
    支付的最低余额估计。尚未公布放假安排的年份不含调休，预警中注明。
下一步
    询问持有人向付款人卖了什么、向收款人买了什么。查付款人或收款人背后是否同一控制人。用 `loantrail trace` 追踪
    借款人的部分。
"""

META = Detector(
    title=Text(en="Money gathered from many and scattered to many", zh="分散转入、分散转出"),
    family="money_flow",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Transfer,),
)

OURS = "our own proposal"


@dataclass(frozen=True)
class Params:
    min_sources: int = parameter(5, unit="owner", low=2, high=1000, en="Payers at least", zh="付款人数下限")
    min_targets: int = parameter(5, unit="owner", low=2, high=1000, en="Payees at least", zh="收款人数下限")
    working_days: int = parameter(
        10, unit="working day", low=0, high=250, en="Working days after the first credit", zh="首笔入账后的工作日数"
    )
    min_share: float = parameter(
        0.80, unit="share", low=0.0, high=1.0, en="Passed on of what was gathered: at least", zh="转出占归集比例下限"
    )
    min_amount: int = parameter(
        100_000_00,
        unit=MINOR_UNIT,
        low=0,
        high=10**15,
        en="Gathered at least",
        zh="归集金额下限（分）",
        source=OURS,
    )
    max_own_share: float = parameter(
        0.25,
        unit="share",
        low=0.0,
        high=1000.0,
        en="What the account held before, beside what it gathered: at most",
        zh="归集前余额与归集金额之比上限",
        source=OURS,
    )
    min_burst_share: float = parameter(
        0.33,
        unit="share",
        low=0.0,
        high=1.0,
        en="Gathered, of all that came in from half a year before to half a year after: at least",
        zh="归集金额占前后各半年全部入账的比例下限",
        source=OURS,
    )
    retail_share: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="A business whose payers are individuals to at least this share collects retail sales",
        zh="经营者的付款人中个人占比达到此值视为零售收款",
        source=OURS,
    )


HALF_A_YEAR_US = 183 * DAY_US


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    payments = Payments.of(snapshot)
    ledger = ledger_of(payments)
    payer, payee, many = owners(payments.tracer)
    day = snapshot.working_days.count(days_of(snapshot.transfers.since, snapshot.zone))
    limits = Limits(
        sources=params.min_sources,
        targets=params.min_targets,
        days=params.working_days,
        least=params.min_amount,
        enough=band(exactly(params.min_share), Fraction(1)),
        own=band(Fraction(0), exactly(params.max_own_share)),
        burst=band(exactly(params.min_burst_share), Fraction(1)),
        around=HALF_A_YEAR_US,
    )
    agents, payees = Agents(snapshot), Payees(snapshot)
    loans = ConcernedLoans(snapshot, payments.tracer)
    findings = []
    for first, credits, outs, _, _ in gathered_and_scattered(ledger, day, payer, payee, many, limits).tolist():
        burst = _burst(payments, ledger, first, credits, outs)
        if agents.hold(burst.account, burst.begin) or _is_retail(payees, burst, payments, payer, params):
            continue
        finding = _finding(snapshot, payments, ledger, loans, params, burst, payer, payee)
        if loans.judged(finding.subject):
            findings.append(finding)
    return findings


@dataclass(frozen=True, eq=False)
class _Burst:
    """credits, outs: int64 positions in time order; parts: int64, how much of each payment was money gathered."""

    account: int
    pocket: int
    begin: int
    credits: Array
    outs: Array
    parts: Array


def _burst(payments: Payments, ledger: Ledger, first: int, credits: int, outs: int) -> _Burst:
    book = payments.tracer.book
    pocket = int(book.target[first])
    came = counted(ledger.in_order, ledger.in_first, ledger, pocket)
    begin = int(np.flatnonzero(came == first)[0])
    came = came[begin : begin + credits]
    went = counted(ledger.out_order, ledger.out_first, ledger, pocket)
    went = went[ledger.tail[went] >= ledger.head[first]][:outs]
    parts = parts_passed(ledger, came, went)
    paid = parts > 0
    return _Burst(int(book.account[pocket]), pocket, int(ledger.since[first]), came, went[paid], parts[paid])


def _is_retail(payees: Payees, burst: _Burst, payments: Payments, payer: Array, params: Params) -> bool:
    """Whether the account is a business's, and of its payers at least the share is individuals."""
    index = payments.tracer.index
    if payees.individual(burst.account, burst.begin) is not None:
        return False
    sources, one_of_each = np.unique(payer[burst.credits], return_index=True)
    individuals = sum(
        int(index.source[p]) < index.accounts
        and payees.individual(int(index.source[p]), int(index.since[p])) is not None
        for p in burst.credits[one_of_each].tolist()
    )
    return individuals >= exactly(params.retail_share) * len(sources)


def _finding(
    snapshot: Snapshot,
    payments: Payments,
    ledger: Ledger,
    loans: ConcernedLoans,
    params: Params,
    burst: _Burst,
    payer: Array,
    payee: Array,
) -> Finding:
    tracer, index = payments.tracer, snapshot.transfers
    currency = index.currencies[int(index.currency[burst.credits[0]])]
    gathered, passed = int(ledger.amount[burst.credits].sum()), int(burst.parts.sum())
    known = bool(tracer.arrays.balances.known[burst.pocket])
    elsewhere = int(tracer.arrays.on_us[burst.account]) != 1
    own = int(ledger.own_before[burst.credits[0]])
    low = max(0, passed - own - _beside(ledger, burst)) if known else 0
    positions = np.concatenate([burst.credits, burst.outs])
    amounts = np.concatenate([ledger.amount[burst.credits], burst.parts])
    order = np.argsort(positions)
    end = int(index.until[positions].max())
    accounts = np.unique(np.concatenate([index.source[positions], index.target[positions]])).astype(np.int32)
    parties = tracer.holdings.holders_of(accounts, burst.begin, end)
    account_id = tracer.account_ids(np.array([burst.account]))[0]
    day, last = snapshot.day_of(instant(burst.begin)), snapshot.day_of(instant(end))
    sources = np.unique(payer[burst.credits])
    targets = np.setdiff1d(payee[burst.outs], sources)
    announced = snapshot.working_days.announced_until
    return Finding(
        identity={"account_id": account_id, "currency": currency, "first_on": day.isoformat()},
        subject=loans.subject(loans.of(parties, day, end), account_id),
        severity="Y" if elsewhere else "O",
        amount=Range(low, passed, currency),
        message=Message(
            en="From {day} to {last} account {account} gathered {came} from {sources} owners and passed {gone} on to "
            "{targets} others.",
            zh="{day} 至 {last}，账户 {account} 从 {sources} 个所有人处归集 {came}，"
            "向 {targets} 个其他所有人转出 {gone}。",
            values={
                "day": day.isoformat(),
                "last": last.isoformat(),
                "account": account_id,
                "came": text(gathered, currency),
                "gone": text(passed, currency),
                "sources": len(sources),
                "targets": len(targets),
            },
        ),
        signals=(
            Signal("sources", len(sources), params.min_sources),
            Signal("targets", len(targets), params.min_targets),
            Signal("share_passed_on", passed / gathered, params.min_share),
            Signal("own_share_before", own / gathered, params.max_own_share),
        ),
        parties=parties,
        evidence=tuple(
            Evidence("transfer", id_, int(amount))
            for id_, amount in zip(tracer.transfer_ids(positions[order].tolist()), amounts[order].tolist(), strict=True)
        ),
        blind_spots=tuple(
            BlindSpot(kind, ids)
            for kind, ids, holds in (
                ("off_us_hop", (account_id,), elsewhere),
                ("missing_balance", (account_id,), not known),
                ("calendar_not_announced", (), announced is not None and last > announced),
            )
            if holds
        ),
    )


def _beside(ledger: Ledger, burst: _Burst) -> int:
    """What came in meanwhile and does not count as gathered: it may have paid some of what went out."""
    low, high = ledger.in_first[ledger.first_node[burst.pocket : burst.pocket + 2]]
    came = ledger.in_order[low:high]
    meanwhile = (ledger.head[came] >= ledger.head[burst.credits[0]]) & (
        ledger.head[came] <= ledger.tail[burst.outs].max()
    )
    return int(ledger.amount[came[meanwhile & ~np.isin(came, burst.credits)]].sum())
