"""The claim was not reconciled for a quarter with the borrower, a guarantor or a collateral.

What it finds
    A loan that is alive and whose claim was not reconciled, by the end of the quarter after the last time, with its
    borrower, a guarantor in force or a collateral in force. Who or what came later owes from the quarter after.
Why it is suspicious
    A borrower that disputes the amount, a guarantor that does not know of its guarantee and a collateral that is not
    there are found by asking, and only by asking.
Source
    Post-loan method 6 (reconcile claims with borrower, guarantor and collateral every quarter).
Innocent explanations
    A loan that was repaid. A guarantee or pledge that ended, or that began in this quarter or the last. A
    confirmation that came back and was not entered yet.
Blind spots
    A reconciliation that does not say with which guarantor or collateral counts only where the loan has one. One that
    did not agree is none. Guarantors that are not on record are not asked for.
What to do next
    Send the confirmation, have it signed by those who may sign; look at the collateral where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts import duties
from detectors.facts.loan_life import LivingLoan, LoanLife
from findings import BlindSpot, Finding, Message, Range, Signal, Subject
from graph.columns import Text
from graph.schema import ClaimReconciliation, Loan
from graph.snapshot import Snapshot

DOC_ZH = """债权核对逾期。

发现什么
    存续贷款自上次核对所在季度的下一季度末，仍未与借款人、有效保证人或有效押品核对债权。后加入的保证人、押品自其生效的
    次季起核对。
为何可疑
    借款人不认账、保证人不知情、押品不在原处，只有核对才能发现。
依据
    贷后管理方法六（每季度与借款人、保证人、押品核对债权）。
正常解释
    贷款已结清；保证或抵质押已终止，或本季、上季刚生效；回函已收到尚未录入。
看不到的
    未注明对象的核对，仅在只有一个保证人或押品时计入。核对不符的不算已核对。未登记的保证人无从核对。
下一步
    发送询证函并由有权签字人签收；现场查看押品。
"""

META = Detector(
    title=Text(en="Claim not reconciled", zh="债权核对逾期"),
    family="loan_life",
    method=6,
    severity="Y",
    maturity="stable",
    needs=(Loan, ClaimReconciliation),
    words={
        "quarters_missed": Text(en="Quarters that ended without it", zh="已缺失季度数"),
        "not_reconciled": Text(en="Borrower, guarantors and collateral not reconciled", zh="未核对对象数"),
        "not_agreed": Text(en="Reconciled, but did not agree", zh="已核对但不符"),
    },
)


@dataclass(frozen=True)
class Params:
    quarters: int = parameter(
        1,
        unit="quarter",
        low=1,
        high=8,
        en="Quarters that may end without it before it alerts (Y)",
        zh="缺失几个季度即预警（黄）",
        source="post-loan method 6: every quarter",
    )
    quarters_orange: int = parameter(
        2,
        unit="quarter",
        low=1,
        high=8,
        en="Quarters that may end without it before it is orange",
        zh="缺失几个季度升为橙色",
        source="post-loan method 6: two quarters",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life = LoanLife.of(snapshot)
    findings = []
    for living in life.living(as_of, snapshot.focus):
        owed = duties.reconciliations(life, living, as_of)
        overdue = [duty for duty in owed if duty.quarters_missed(as_of) >= params.quarters]
        if overdue:
            findings.append(_finding(life, living, overdue, params, as_of))
    return findings


def _finding(life: LoanLife, living: LivingLoan, overdue: list[duties.Duty], params: Params, as_of: date) -> Finding:
    due_on = min(duty.due_on for duty in overdue)
    missed = max(duty.quarters_missed(as_of) for duty in overdue)
    about = [duty.about[1] for duty in overdue]
    disputed = duties.disputed_reconciliations(life, living, as_of)
    return Finding(
        identity={"loan_id": living.loan_id, "due_on": due_on.isoformat()},
        subject=Subject("loan", living.loan_id),
        severity="O" if missed >= params.quarters_orange else "Y",
        amount=Range(living.balance, living.balance, living.loan.currency),
        message=Message(
            en="The claim of loan {loan} was to be reconciled with {about} by {due} at the latest; up to {quarters} "
            "quarters have ended without it.",
            zh="贷款 {loan} 的债权最迟应于 {due} 前与 {about} 核对，已缺失最多 {quarters} 个季度。",
            values={
                "loan": living.loan_id,
                "about": ", ".join(about),
                "due": due_on.isoformat(),
                "quarters": missed,
            },
        ),
        signals=(
            Signal("quarters_missed", missed, params.quarters),
            Signal("not_reconciled", len(overdue)),
        ),
        parties=tuple(
            dict.fromkeys([living.loan.borrower_id, *(duty.about[1] for duty in overdue if duty.about[0] == "party")])
        ),
        evidence=tuple(dict.fromkeys(record for duty in overdue for record in duty.evidence)),
        blind_spots=(BlindSpot("not_agreed", disputed),) if disputed else (),
    )
