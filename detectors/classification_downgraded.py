"""A loan was classified down to substandard or worse.

What it finds
    A loan that is alive, whose latest decisions say substandard, doubtful or loss, and that was normal or special
    mention before them.
Why it is suspicious
    From here on the borrower cannot repay from its business. What is secured and collected in the first weeks is what
    the bank gets back.
Source
    Post-loan method 5 (keep the five-level classification true): special mention turned substandard or worse means
    collect early and secure assets.
Innocent explanations
    A loan that was upgraded again, or repaid. A loan that came from special mention back to normal.
Blind spots
    A loan whose first decision on record is substandard or worse has no downgrade on record and is not named here.
    Decisions on paper are not seen. The loan's own record of its class has no day and is not used.
What to do next
    Call the loan, block the accounts the contract allows to block, have the collateral secured, ask the guarantors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from detectors.contract import Detector, text_parameter
from detectors.facts.loan_life import LivingLoan, LoanLife, until
from findings import Evidence, Finding, Message, Range, Signal, Subject
from graph.columns import Text
from graph.schema import Loan, LoanClassification
from graph.snapshot import Snapshot

DOC_ZH = """五级分类下调为不良。

发现什么
    存续贷款最近的认定为次级、可疑或损失类，而此前为正常或关注类。
为何可疑
    借款人已无法依靠经营还款；最初几周内保全与收回的，就是最终能收回的。
依据
    贷后管理方法五（如实进行五级分类）：由关注下调为次级及以下的，应提前收贷、保全资产。
正常解释
    已重新上调或结清；由关注恢复为正常。
看不到的
    首次认定即为次级及以下的，无下调记录，不在此列。纸面认定看不到。借据记录中的分类无日期，不采用。
下一步
    宣布提前到期，按约冻结账户，保全押品，追索保证人。
"""

META = Detector(
    title=Text(en="Classified down to substandard or worse", zh="五级分类下调为不良"),
    family="loan_life",
    method=5,
    severity="R",
    maturity="stable",
    needs=(Loan, LoanClassification),
    words={
        "classification": Text(en="Classification", zh="现分类"),
        "classification_before": Text(en="Classification before", zh="原分类"),
    },
)

CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
CLASSES_ZH = dict(zip(CLASSES, ("正常", "关注", "次级", "可疑", "损失"), strict=True))


@dataclass(frozen=True)
class Params:
    from_class: str = text_parameter(
        "substandard",
        unit="classification",
        pattern="special_mention|substandard|doubtful|loss",
        en="Alert when classified down to this or worse",
        zh="下调至此类或更差即预警",
        source="post-loan method 5: substandard or worse",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life = LoanLife.of(snapshot)
    bar = CLASSES.index(params.from_class)
    findings = []
    for living in life.living(as_of, snapshot.focus):
        decided = until(life.classifications.get(living.loan_id, ()), as_of)
        worse = len(decided)
        while worse and CLASSES.index(decided[worse - 1]["classification"]) >= bar:
            worse -= 1
        if 0 < worse < len(decided):
            findings.append(_finding(living, decided[worse - 1], list(decided[worse:])))
    return findings


def _finding(living: LivingLoan, before: dict[str, Any], bad: list[dict[str, Any]]) -> Finding:
    now = bad[-1]["classification"]
    return Finding(
        identity={"loan_id": living.loan_id, "decided_on": bad[0]["on"].isoformat()},
        subject=Subject("loan", living.loan_id),
        severity="R",
        amount=Range(living.balance, living.balance, living.loan.currency),
        message=Message(
            en="Loan {loan} was {before} and is {now} since {day}: collect early, secure assets.",
            zh="贷款 {loan} 由{before_zh}类下调，自 {day} 起为{now_zh}类：应提前收贷、保全资产。",
            values={
                "loan": living.loan_id,
                "before": before["classification"],
                "before_zh": CLASSES_ZH[before["classification"]],
                "now": now,
                "now_zh": CLASSES_ZH[now],
                "day": bad[0]["on"].isoformat(),
            },
        ),
        signals=(Signal("classification", now), Signal("classification_before", before["classification"])),
        parties=(living.loan.borrower_id,),
        evidence=(
            Evidence("loan", living.loan_id, living.balance),
            Evidence("loan_classification", before["id"]),
            *_changes(bad),
        ),
    )


def _changes(bad: list[dict[str, Any]]) -> list[Evidence]:
    """The decisions that changed the class; those that confirmed it add nothing."""
    return [
        Evidence("loan_classification", event["id"])
        for number, event in enumerate(bad)
        if number == 0 or event["classification"] != bad[number - 1]["classification"]
    ]
