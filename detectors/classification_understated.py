"""A loan is classified better than its days past due allow.

What it finds
    A loan that is alive and past due for longer than its five-level classification admits: any day past due demands
    special mention, more than 90 days substandard, more than 270 doubtful, more than 360 loss.
Why it is suspicious
    A class that is too good hides bad loans and saves provisions.
Source
    Post-loan method 5 (keep the five-level classification true). Measures for the Risk Classification of Financial
    Assets of Commercial Banks (商业银行金融资产风险分类办法), in force since 1 July 2023.
Innocent explanations
    A payment due today. An instalment that was paid in full. A class that was lowered in time. A loan that was
    repaid.
Blind spots
    Days past due come from the schedule of repayments, as of the day asked about, and from the loan's own record,
    which says them for the day of its file; the larger counts. A loan that names neither is past due when it is not
    repaid after its maturity. The class is the worse of the latest decision and the loan's record. Impairment,
    restructuring and what else the Measures demand a worse class for is not on record. Days before the Measures came
    into force are judged by the same numbers.
What to do next
    Classify the loan as demanded, provide for it, and find out who left it where it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts.loan_life import LivingLoan, LoanLife, until
from detectors.facts.past_due import FROM_RECORD, PastDue, Schedules
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.columns import Text
from graph.schema import Loan
from graph.snapshot import Snapshot

DOC_ZH = """五级分类偏低风险（分类不实）。

发现什么
    存续贷款的逾期天数已超出其五级分类所容：逾期即应至少关注类，超过90天应至少次级类，超过270天应至少可疑类，超过360天
    应为损失类。
为何可疑
    分类虚高掩盖不良、少提拨备。
依据
    贷后管理方法五（如实进行五级分类）；《商业银行金融资产风险分类办法》，2023年7月1日起施行。
正常解释
    当日到期；已足额归还；已及时下调；贷款已结清。
看不到的
    逾期天数取还款计划（截至判断日）与借据记录（截至数据日）中较大者；两者均无的，到期未结清视为逾期。分类取最近认定与
    借据记录中较差者。减值、重组等其他应下调情形未登记。办法施行前的日期按同一标准判断。
下一步
    按规定下调分类、计提拨备，并查明责任。
"""

META = Detector(
    title=Text(en="Classified better than its days past due allow", zh="五级分类与逾期天数不符"),
    family="loan_life",
    method=5,
    severity="R",
    maturity="stable",
    needs=(Loan,),
    words={
        "days_past_due": Text(en="Days past due", zh="逾期天数"),
        "classification": Text(en="Classification", zh="现分类"),
        "classification_demanded": Text(en="Classification demanded", zh="应有分类"),
        "days_past_due_undated": Text(en="Days past due as of the day of the file", zh="逾期天数以数据日为准"),
        "classification_unknown": Text(en="Classification not on record", zh="分类未登记"),
    },
)

CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
"""Best to worst."""
CLASSES_ZH = dict(zip(CLASSES, ("正常", "关注", "次级", "可疑", "损失"), strict=True))
MEASURES = (
    "Measures for the Risk Classification of Financial Assets of Commercial Banks (商业银行金融资产风险分类办法, "
    "CBIRC and PBC Order [2023] No. 1)"
)
IN_FORCE = date(2023, 7, 1)


@dataclass(frozen=True)
class Params:
    special_mention_days: int = parameter(
        0,
        unit="day",
        low=0,
        high=3650,
        en="Special mention at least when past due for more days than this",
        zh="逾期超过此天数至少为关注类",
        source=MEASURES,
        effective_on=IN_FORCE,
    )
    substandard_days: int = parameter(
        90,
        unit="day",
        low=0,
        high=3650,
        en="Substandard at least when past due for more days than this",
        zh="逾期超过此天数至少为次级类",
        source=MEASURES,
        effective_on=IN_FORCE,
    )
    doubtful_days: int = parameter(
        270,
        unit="day",
        low=0,
        high=3650,
        en="Doubtful at least when past due for more days than this",
        zh="逾期超过此天数至少为可疑类",
        source=MEASURES,
        effective_on=IN_FORCE,
    )
    loss_days: int = parameter(
        360,
        unit="day",
        low=0,
        high=3650,
        en="Loss when past due for more days than this",
        zh="逾期超过此天数应为损失类",
        source=MEASURES,
        effective_on=IN_FORCE,
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life, schedules = LoanLife.of(snapshot), Schedules.of(snapshot)
    findings = []
    for living in life.living(as_of, snapshot.focus):
        past_due = schedules.past_due(living, as_of)
        if past_due is None:
            continue
        demanded = _demanded(past_due.days, params)
        decided = until(life.classifications.get(living.loan_id, ()), as_of)
        known = [living.loan.classification, decided[-1]["classification"] if decided else None]
        classes = [CLASSES.index(name) for name in known if name]
        if demanded > (max(classes) if classes else 0):
            decision = Evidence("loan_classification", decided[-1]["id"]) if decided else None
            findings.append(_finding(living, past_due, demanded, max(classes) if classes else None, decision, params))
    return findings


def _demanded(days: int, params: Params) -> int:
    """Position in CLASSES of the best class that so many days past due allow."""
    bounds = (params.special_mention_days, params.substandard_days, params.doubtful_days, params.loss_days)
    return max((number for number, bound in enumerate(bounds, start=1) if days > bound), default=0)


def _finding(
    living: LivingLoan,
    past_due: PastDue,
    demanded: int,
    classified: int | None,
    decision: Evidence | None,
    params: Params,
) -> Finding:
    bounds = (params.special_mention_days, params.substandard_days, params.doubtful_days, params.loss_days)
    known = "–" if classified is None else CLASSES[classified]
    return Finding(
        identity={"loan_id": living.loan_id, "classification": CLASSES[demanded]},
        subject=Subject("loan", living.loan_id),
        severity="R",
        amount=Range(living.balance, living.balance, living.loan.currency),
        message=Message(
            en="Loan {loan} is {days} days past due, which demands {demanded}; it is classified {classified}.",
            zh="贷款 {loan} 已逾期 {days} 天，应至少为{demanded_zh}类，现分类为{classified_zh}。",
            values={
                "loan": living.loan_id,
                "days": past_due.days,
                "demanded": CLASSES[demanded],
                "demanded_zh": CLASSES_ZH[CLASSES[demanded]],
                "classified": known,
                "classified_zh": CLASSES_ZH.get(known, "未登记"),
            },
        ),
        signals=(
            Signal("days_past_due", past_due.days, bounds[demanded - 1]),
            Signal("classification", known),
            Signal("classification_demanded", CLASSES[demanded]),
        ),
        parties=(living.loan.borrower_id,),
        evidence=tuple(dict.fromkeys([Evidence("loan", living.loan_id, living.balance), *past_due.evidence]))
        + ((decision,) if decision else ()),
        blind_spots=tuple(
            BlindSpot(kind, (living.loan_id,))
            for kind, holds in (
                ("days_past_due_undated", past_due.source == FROM_RECORD),
                ("classification_unknown", classified is None),
            )
            if holds
        ),
    )
