"""A loan was not inspected for a quarter.

What it finds
    A loan that is alive and that nobody inspected by the end of the quarter after the last inspection, or after the
    drawdown where there was none.
Why it is suspicious
    What nobody looks at changes unseen: stock is sold, machines leave, the business stops.
Source
    Post-loan method 10 (regular inspections of borrower, guarantor and collateral), once a quarter.
Innocent explanations
    A loan that was repaid. A report that was not entered yet. A quarter that is not over.
Blind spots
    What was looked at cannot be seen: an inspection counts for borrower, guarantor and collateral together, on site
    or not. The day on which a loan was repaid is not on record: a balance of zero ends the duty for all days.
What to do next
    Inspect now, on site, guarantor and collateral included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts import duties, overdue
from detectors.facts.loan_life import LoanLife
from findings import Finding, Message
from graph.columns import Text
from graph.schema import Inspection, Loan
from graph.snapshot import Snapshot

DOC_ZH = """逾期未进行定期检查。

发现什么
    存续贷款自上次检查（无检查的自放款）所在季度的下一季度末仍未检查。
为何可疑
    无人查看，变化便无人知晓：存货变卖、设备转移、停产停业。
依据
    贷后管理方法十（定期检查借款人、保证人与押品），每季度一次。
正常解释
    贷款已结清；检查报告尚未录入；季度尚未结束。
看不到的
    看不到检查了什么：一次检查视为涵盖借款人、保证人与押品，不论是否现场。结清日期未登记，余额为零即视为不再需要检查。
下一步
    立即现场检查，包括保证人与押品。
"""

META = Detector(
    title=Text(en="Regular inspection overdue", zh="定期检查逾期"),
    family="loan_life",
    method=10,
    severity="Y",
    maturity="stable",
    needs=(Loan, Inspection),
    words={"quarters_missed": Text(en="Quarters that ended without it", zh="已缺失季度数")},
)


@dataclass(frozen=True)
class Params:
    quarters: int = parameter(
        1,
        unit="quarter",
        low=1,
        high=8,
        en="Quarters that may end without an inspection before it alerts",
        zh="缺失几个季度即预警",
        source="post-loan method 10: every quarter",
    )


MESSAGE = Message(
    en="Loan {loan} was to be inspected by {due}; {quarters} quarters have ended without it. Last inspection: {last}.",
    zh="贷款 {loan} 应于 {due} 前进行定期检查，已缺失 {quarters} 个季度。上次检查：{last}。",
)


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life = LoanLife.of(snapshot)
    findings = []
    for living in life.living(as_of, snapshot.focus):
        duty = duties.inspection(life, living, as_of)
        missed = duty.quarters_missed(as_of)
        if missed >= params.quarters:
            findings.append(overdue.finding(living, duty, missed, params.quarters, MESSAGE))
    return findings
