"""Turnover that comes in just before quarters end.

What it finds
    A borrower whose receipts on its accounts with us lie to 30 % or more in the last three working days of the latest
    quarter that is over, and of at least one of the three quarters before.
Why it is suspicious
    Money that is borrowed for the last days of a quarter makes the turnover look as promised when it is looked at,
    and is gone when it is not.
Source
    Post-loan method 8 (watch the settlement channel and volume). The share is our own proposal.
Innocent explanations
    One large customer that pays by the quarter: such receipts, on the same days of the same quarter a year before,
    are a season. A business with few payments. A single quarter.
Blind spots
    Only receipts with us are seen. A quarter in which hardly anything came in on other days is not judged. In a year
    whose holidays are not announced yet working days are counted without make-up days, and the finding says so.
    Before the data begin nothing is known of last year's season.
What to do next
    Look at who paid in the last days and where it went in the first days of the next quarter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from detectors.contract import MINOR_UNIT, Detector, parameter
from detectors.facts.exclusions import payments_left_out
from detectors.facts.loan_life import LivingLoan, LoanLife
from detectors.facts.turnover import Receipts, Turnover
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.algorithms.shares import exactly
from graph.calendar import add_months, quarter
from graph.columns import Text
from graph.money import text
from graph.schema import AccountHolder, Loan, Transfer
from graph.snapshot import Snapshot

DOC_ZH = """季末冲量。

发现什么
    借款人在本行的回款，最近一个已结束季度及此前三个季度中至少一个季度，有30%以上集中在季末最后三个工作日。
为何可疑
    季末几日借来的资金使结算量看似达标，考核一过即转走。
依据
    贷后管理方法八（关注结算渠道与结算量）。比例为我方建议。
正常解释
    大客户按季付款：上年同季同样集中的视为季节性；收付笔数很少的企业；仅一个季度如此。
看不到的
    只见本行回款。其他日子几乎无回款的季度不判断。尚未公布放假安排的年份不含调休，预警中注明。数据起始日之前的季节性未
    知。
下一步
    查看季末付款人及次季初资金去向。
"""

META = Detector(
    title=Text(en="Turnover comes in just before quarters end", zh="季末冲量"),
    family="loan_life",
    method=8,
    severity="Y",
    maturity="stable",
    needs=(Loan, Transfer, AccountHolder),
    words={
        "share": Text(en="Share of the quarter's receipts", zh="占季度回款比例"),
        "quarters": Text(en="Quarters with such an end", zh="出现季度数"),
        "calendar_not_announced": Text(en="Holidays not announced yet", zh="放假安排尚未公布"),
        "last_year_unknown": Text(en="The year before is not on record", zh="上年同期无数据"),
    },
)

LOOKED_BACK = 3
"""Quarters before the latest."""


@dataclass(frozen=True)
class Params:
    working_days: int = parameter(
        3, unit="working day", low=1, high=30, en="Last working days of a quarter", zh="季末工作日数"
    )
    min_share: float = parameter(
        0.30,
        unit="share",
        low=0.0,
        high=1.0,
        en="Share of the quarter's receipts at least",
        zh="占季度回款比例下限",
        source="our own proposal",
    )
    quarters: int = parameter(
        2,
        unit="quarter",
        low=1,
        high=4,
        en="Such quarters at least, the latest among them",
        zh="出现季度数下限（含最近一季）",
        source="our own proposal",
    )
    min_amount: int = parameter(
        100_000_00,
        unit=MINOR_UNIT,
        low=0,
        high=10**15,
        en="Receipts in the last days at least",
        zh="季末回款金额下限（分）",
        source="our own proposal",
    )
    min_other_receipts: int = parameter(
        5,
        unit="payment",
        low=0,
        high=1000,
        en="Receipts on other days of the quarter at least",
        zh="其他日子回款笔数下限",
        source="our own proposal",
    )


@dataclass(frozen=True)
class _End:
    """The last days of a quarter: what came in then, and in the whole quarter."""

    first: date
    last: date
    surge: Receipts
    whole: Receipts


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life, turnover = LoanLife.of(snapshot), Turnover.of(snapshot)
    latest = _latest_quarter_over(as_of)
    ends = [_last_days(snapshot, add_months(latest, -3 * back), params) for back in range(LOOKED_BACK + 5)]
    left_out = payments_left_out(snapshot)
    findings = []
    for party_id, loans in life.borrowers(as_of, snapshot.focus).items():
        living = loans[0]
        receipts = turnover.receipts(party_id, living.loan.currency).without(left_out)
        if living.drawn_on > ends[0][1] or not len(receipts.days):
            continue
        if _surge(receipts, ends[0], params) is None:
            continue
        surges = [
            end
            for back in range(LOOKED_BACK + 1)
            if (end := _surge(receipts, ends[back], params)) is not None
            and _surge(receipts, ends[back + 4], params) is None
        ]
        if len(surges) >= params.quarters and surges[0].last == ends[0][1]:
            findings.append(_finding(snapshot, party_id, living, surges, receipts, params))
    return findings


def _latest_quarter_over(as_of: date) -> date:
    """The first day of the latest quarter that was over at the end of the day."""
    return quarter(quarter(as_of + timedelta(days=1))[0] - timedelta(days=1))[0]


def _last_days(snapshot: Snapshot, first: date, params: Params) -> tuple[date, date, date]:
    """First and last day of the quarter, and the first of its last working days."""
    last = quarter(first)[1]
    begins, left = last, params.working_days
    while True:
        left -= snapshot.working_days.is_working_day(begins)
        if left == 0 or begins == first:
            return first, last, begins
        begins -= timedelta(days=1)


def _surge(receipts: Receipts, days: tuple[date, date, date], params: Params) -> _End | None:
    first, last, begins = days
    whole, surge = receipts.between(first, last), receipts.between(begins, last)
    if (
        surge.total >= max(1, params.min_amount)
        and len(whole.days) - len(surge.days) >= params.min_other_receipts
        and surge.total >= exactly(params.min_share) * whole.total
    ):
        return _End(begins, last, surge, whole)
    return None


def _finding(
    snapshot: Snapshot, party_id: str, living: LivingLoan, surges: list[_End], receipts: Receipts, params: Params
) -> Finding:
    end, currency = surges[0], living.loan.currency
    ids = snapshot.table(Transfer)["transfer_id"]
    announced = snapshot.working_days.announced_until
    year_before = add_months(end.first, -12)
    earliest = receipts.between(date.min, year_before)
    return Finding(
        identity={"party_id": party_id, "period_end": end.last.isoformat()},
        subject=Subject("party", party_id),
        severity="Y",
        amount=Range(end.surge.total, end.surge.total, currency),
        message=Message(
            en="From {first} to {last} {surge} of the {whole} came in that {party} received in the quarter; {quarters} "
            "of the last four quarters ended so.",
            zh="{party} 本季回款 {whole}，其中 {surge} 集中在 {first} 至 {last}；"
            "近四个季度中有 {quarters} 个季度如此。",
            values={
                "first": end.first.isoformat(),
                "last": end.last.isoformat(),
                "surge": text(end.surge.total, currency),
                "whole": text(end.whole.total, currency),
                "party": party_id,
                "quarters": len(surges),
            },
        ),
        signals=(
            Signal("share", end.surge.total / end.whole.total, params.min_share),
            Signal("quarters", len(surges), params.quarters),
        ),
        parties=(party_id,),
        evidence=tuple(
            Evidence("transfer", ids[position].as_py(), amount)
            for surge in surges
            for position, amount in zip(surge.surge.positions.tolist(), surge.surge.amounts.tolist(), strict=True)
            if amount > 0
        ),
        blind_spots=tuple(
            BlindSpot(kind, (party_id,))
            for kind, holds in (
                ("calendar_not_announced", announced is not None and end.last > announced),
                ("last_year_unknown", not len(earliest.days)),
            )
            if holds
        ),
    )
