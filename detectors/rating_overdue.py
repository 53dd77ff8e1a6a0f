"""A borrower was not rated for a quarter.

What it finds
    A party with a loan that is alive, and without a credit rating by the end of the quarter after its last one; where
    it was never rated, by the end of the quarter after the first drawdown of its living loans.
Why it is suspicious
    Limits, prices and provisions rest on the rating. An old one says how the borrower was, not how it is.
Source
    Post-loan method 4 (rate credit every quarter on accurate data).
Innocent explanations
    All loans were repaid. The rating is done and not entered yet. The quarter is not over.
Blind spots
    Whether the data behind a rating were accurate cannot be seen. A rating on any scale counts. Until when a rating
    says it is valid is not looked at. The day on which a loan was repaid is not on record.
What to do next
    Rate the borrower with its latest statements, and look at what changed since the last rating.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts import duties
from detectors.facts.loan_life import LoanLife
from findings import Evidence, Finding, Message, Signal, Subject
from graph.columns import Text
from graph.schema import CreditRating, Loan
from graph.snapshot import Snapshot

DOC_ZH = """信用评级逾期。

发现什么
    有存续贷款的主体，自上次评级所在季度的下一季度末仍未重新评级；从未评级的，自存续贷款首次放款所在季度的下一季度末仍
    未评级。
为何可疑
    额度、定价与拨备均以评级为基础；过时的评级说明的是过去而非现在。
依据
    贷后管理方法四（依据准确数据每季度评级）。
正常解释
    贷款均已结清；评级已完成尚未录入；季度尚未结束。
看不到的
    看不到评级所依据数据是否准确。任何评级体系的评级均算。不看评级自身的有效期。结清日期未登记。
下一步
    依据最新报表重新评级，并查看上次评级以来的变化。
"""

META = Detector(
    title=Text(en="Credit rating overdue", zh="信用评级逾期"),
    family="loan_life",
    method=4,
    severity="Y",
    maturity="stable",
    needs=(Loan, CreditRating),
    words={"quarters_missed": Text(en="Quarters that ended without it", zh="已缺失季度数")},
)


@dataclass(frozen=True)
class Params:
    quarters: int = parameter(
        1,
        unit="quarter",
        low=1,
        high=8,
        en="Quarters that may end without a rating before it alerts",
        zh="缺失几个季度即预警",
        source="post-loan method 4: every quarter",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life = LoanLife.of(snapshot)
    findings = []
    for party_id, loans in life.borrowers(as_of, snapshot.focus).items():
        duty = duties.rating(life, loans, as_of)
        missed = duty.quarters_missed(as_of)
        if missed < params.quarters:
            continue
        findings.append(
            Finding(
                identity={"party_id": party_id, "due_on": duty.due_on.isoformat()},
                subject=Subject("party", party_id),
                severity="Y",
                message=Message(
                    en="{party} was to be rated by {due}; {quarters} quarters have ended without it. Last rating: "
                    "{last}. It has {loans} living loans.",
                    zh="{party} 应于 {due} 前重新评级，已缺失 {quarters} 个季度。"
                    "上次评级：{last}。存续贷款 {loans} 笔。",
                    values={
                        "party": party_id,
                        "due": duty.due_on.isoformat(),
                        "quarters": missed,
                        "last": duty.last_on.isoformat() if duty.last_on else "–",
                        "loans": len(loans),
                    },
                ),
                signals=(Signal("quarters_missed", missed, params.quarters),),
                parties=(party_id,),
                evidence=(*duty.evidence, *(Evidence("loan", living.loan_id, living.balance) for living in loans)),
            )
        )
    return findings
