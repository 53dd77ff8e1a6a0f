"""The five-level classification of a loan was not reviewed for a quarter.

What it finds
    A loan that is alive and whose classification was not decided again by the end of the quarter after the last
    decision. A loan that was never classified owes its first decision by the end of the quarter after its drawdown.
Why it is suspicious
    A classification that nobody reviews stays at normal while the loan goes bad. Overdue reviews are where losses
    hide.
Source
    Post-loan method 5 (keep the five-level classification true): reviewed at least once a quarter, as the Measures
    for the Risk Classification of Financial Assets of Commercial Banks demand (in force since 1 July 2023).
Innocent explanations
    A loan that was repaid. A decision made on paper that was not entered yet. A quarter that is not over.
Blind spots
    Whether the review looked at anything cannot be seen, only that somebody decided. The day on which a loan was
    repaid is not on record: a balance of zero ends the duty for all days.
What to do next
    Classify the loan now, with the days past due and the latest statements; then ask why the review was left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts import duties, overdue
from detectors.facts.loan_life import LoanLife
from findings import Finding, Message
from graph.columns import Text
from graph.schema import Loan, LoanClassification
from graph.snapshot import Snapshot

DOC_ZH = """五级分类逾期未重检。

发现什么
    存续贷款自上次认定所在季度的下一季度末仍未重新认定五级分类。从未认定的，首次认定应于放款次季末前完成。
为何可疑
    无人重检的分类一直停留在正常类，风险却在累积；逾期未重检处往往隐藏损失。
依据
    贷后管理方法五（如实进行五级分类）；《商业银行金融资产风险分类办法》（2023年7月1日起施行）：至少每季度进行一次风险
    分类。
正常解释
    贷款已结清；已书面认定尚未录入；季度尚未结束。
看不到的
    只能看到有无认定，看不到认定是否认真。结清日期未登记，余额为零即视为不再需要认定。
下一步
    结合逾期天数与最新报表立即认定，并查明遗漏原因。
"""

META = Detector(
    title=Text(en="Classification not reviewed", zh="五级分类逾期未重检"),
    family="loan_life",
    method=5,
    severity="Y",
    maturity="stable",
    needs=(Loan, LoanClassification),
    words={"quarters_missed": Text(en="Quarters that ended without it", zh="已缺失季度数")},
)


@dataclass(frozen=True)
class Params:
    quarters: int = parameter(
        1,
        unit="quarter",
        low=1,
        high=8,
        en="Quarters that may end without a review before it alerts",
        zh="缺失几个季度即预警",
        source="Measures for the Risk Classification of Financial Assets of Commercial Banks "
        "(商业银行金融资产风险分类办法): at least once a quarter",
        effective_on=date(2023, 7, 1),
    )


MESSAGE = Message(
    en="The classification of loan {loan} was to be reviewed by {due}; {quarters} quarters have ended "
    "without it. Last decision: {last}.",
    zh="贷款 {loan} 的五级分类应于 {due} 前重检，已缺失 {quarters} 个季度。上次认定：{last}。",
)


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life = LoanLife.of(snapshot)
    findings = []
    for living in life.living(as_of, snapshot.focus):
        duty = duties.classification(life, living, as_of)
        missed = duty.quarters_missed(as_of)
        if missed >= params.quarters:
            findings.append(overdue.finding(living, duty, missed, params.quarters, MESSAGE))
    return findings
