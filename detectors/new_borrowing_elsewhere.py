"""The borrower's credit at other lenders grows after our drawdown.

What it finds
    Within 90 days of a drawdown, other lenders' credit to the borrower grows by a fifth or more, or two or more
    lenders appear that were not there before. One finding a loan: the first drawdown that it followed.
Why it is suspicious
    Short-term borrowing from several places at once is how a borrower without cash pays one lender with another's
    money.
Source
    Post-loan method 3 (watch for growth of short-term borrowing elsewhere).
Innocent explanations
    Credit granted before the drawdown and reported after it. A lender replaced by another, with the old credit
    reported as repaid. A loan of ours that was repaid.
Blind spots
    A lender's credit counts as last reported, until it is reported again; what grew only because a lender was not
    reported again is yellow. The balance counts, or the limit where no balance is reported, and never one against the
    other. Credit whose first report says that it was granted before the drawdown has no earlier balance to compare.
    Sums are kept apart by currency. Credit that no report shows, and that of other companies of the group, is not
    seen.
What to do next
    Ask the borrower what the new credit is for; hold it against the cash flow; ask for a fresh report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from detectors.contract import Detector, parameter
from detectors.facts.external_debt import Growth, Reports
from detectors.facts.loan_life import LivingLoan, LoanLife
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.money import text
from graph.schema import Drawdown, ExternalCredit, Loan
from graph.snapshot import Snapshot

DOC_ZH = """他行借款增加。

发现什么
    放款后九十日内，借款人在其他机构的授信余额增加两成及以上，或新增两家及以上机构。每笔贷款一条：其后首次发生增加的放
    款。
为何可疑
    同时向多家机构短期借款，往往是缺乏现金、借新还旧。
依据
    贷后管理方法三（关注他行短期借款增加）。
正常解释
    放款前已授信、放款后才报告；更换授信机构且原授信已报告结清；本行贷款已结清。
看不到的
    各机构授信以最近一次报告为准，直至再次报告；仅因某机构未再报告而显示的增长为黄色。有余额取余额，无余额取额度，两者
    不混比。首次报告即显示放款前已授信的，无此前余额可比。不同币种分别计算。未报告的授信及集团内其他公司的授信看不到。
下一步
    询问新增授信用途，与现金流比对，并查询最新征信报告。
"""

META = Detector(
    title=Text(en="New borrowing elsewhere", zh="他行借款增加"),
    family="loan_life",
    method=3,
    severity="O",
    maturity="stable",
    needs=(Loan, Drawdown, ExternalCredit),
    words={
        "growth": Text(en="Growth at other lenders", zh="他行授信增幅"),
        "new_lenders": Text(en="New lenders", zh="新增机构数"),
        "before": Text(en="At other lenders before", zh="增加前他行授信"),
        "not_reported_again": Text(en="Lenders not reported again", zh="未再报告的机构"),
        "not_reported_before": Text(en="Granted before, reported after", zh="放款前已授信、放款后报告"),
    },
)


@dataclass(frozen=True)
class Params:
    within_days: int = parameter(
        90, unit="day", low=1, high=730, en="Days after the drawdown", zh="放款后天数", source="post-loan method 3"
    )
    growth: float = parameter(
        0.20, unit="share", low=0.0, high=10.0, en="Growth at least", zh="增幅下限", source="post-loan method 3"
    )
    new_lenders: int = parameter(
        2, unit="lender", low=1, high=50, en="New lenders at least", zh="新增机构数下限", source="post-loan method 3"
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life, reports = LoanLife.of(snapshot), Reports.of(snapshot)
    findings = []
    for living in life.living(as_of, snapshot.focus):
        if not reports.has(living.loan.borrower_id):
            continue
        for drawn_on, evidence in life.drawdowns(living.loan_id, as_of):
            last = min(as_of, drawn_on + timedelta(days=params.within_days))
            growth = next(_alerting(reports, living, drawn_on, last, params), None)
            if growth is not None:
                findings.append(_finding(living, drawn_on, evidence, growth, params))
                break
    return findings


def _alerting(reports: Reports, living: LivingLoan, drawn_on: date, last: date, params: Params) -> Iterator[Growth]:
    """How credit elsewhere stood on each day on which it was reported and had grown enough, the earliest first."""
    for growth in reports.growths(living.loan.borrower_id, drawn_on, last, living.loan.currency):
        if len(growth.new_lenders) >= params.new_lenders or _grew(growth.before, growth.after, params):
            yield growth


def _grew(before: int, after: int, params: Params) -> bool:
    return before > 0 and after - before >= exactly(params.growth) * before


def _finding(living: LivingLoan, drawn_on: date, drawn: Evidence, growth: Growth, params: Params) -> Finding:
    sure = len(growth.new_lenders) >= params.new_lenders or _grew(growth.before, growth.after_at_least, params)
    by = max(0, growth.after - growth.before)
    return Finding(
        identity={"loan_id": living.loan_id, drawn.table + "_id": drawn.id},
        subject=Subject("loan", living.loan_id),
        severity="O" if sure else "Y",
        amount=Range(max(0, min(by, growth.after_at_least - growth.before)), by, growth.currency),
        message=Message(
            en="{party} drew loan {loan} on {drawn}; by {day} its credit at other lenders went from {before} to "
            "{after}, with {new} new lenders.",
            zh="{party} 于 {drawn} 提取贷款 {loan}；至 {day}，其他行授信由 {before} 增至 {after}，新增机构 {new} 家。",
            values={
                "party": living.loan.borrower_id,
                "loan": living.loan_id,
                "drawn": drawn_on.isoformat(),
                "day": growth.day.isoformat(),
                "before": text(growth.before, growth.currency),
                "after": text(growth.after, growth.currency),
                "new": len(growth.new_lenders),
            },
        ),
        signals=(
            Signal("growth", by / growth.before if growth.before else None, params.growth),
            Signal("new_lenders", len(growth.new_lenders), params.new_lenders),
            Signal("before", growth.before),
        ),
        parties=(living.loan.borrower_id,),
        evidence=(drawn, *(Evidence("external_credit", id_, amount) for id_, amount in growth.records)),
        blind_spots=_blind_spots(growth),
    )


def _blind_spots(growth: Growth) -> tuple[BlindSpot, ...]:
    named: Sequence[tuple[str, tuple[str, ...]]] = (
        ("not_reported_again", growth.not_again),
        ("not_reported_before", growth.not_before),
    )
    return tuple(BlindSpot(kind, ids) for kind, ids in named if ids)
