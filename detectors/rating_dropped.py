"""The rating of a borrower fell.

What it finds
    A party with a loan that is alive, whose latest rating is worse than the one before it on the same scale, both
    known after the loan was drawn or the later one at least. One notch is yellow, two or more are orange.
Why it is suspicious
    The bank's own judgement got worse after the money was paid out.
Source
    Post-loan method 4 (rate credit every quarter on accurate data).
Innocent explanations
    A rating on another scale, by another agency. A fall that was known before the loan was drawn. A correction of the
    rating method that moved everybody.
Blind spots
    Grades in letters are ordered as the agencies order them (AAA is best), in full notches on scales that use no + or
    -. Grades in numbers, or in words, are judged only on scales whose direction is given as a parameter: 1 may be
    best or worst. Grades that stand in no known order are not compared.
What to do next
    Read what the rating rests on; check limit, price and collateral; inspect.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from detectors.contract import Detector, parameter, text_parameter
from detectors.facts.loan_life import LivingLoan, LoanLife, until
from detectors.facts.rating_scales import Scales
from findings import Evidence, Finding, Message, Signal, Subject
from graph.columns import Text
from graph.schema import CreditRating, Loan
from graph.snapshot import Snapshot

DOC_ZH = """信用评级下调。

发现什么
    有存续贷款的主体，最近一次评级低于同一评级体系的上一次评级，且最近一次评级在放款之后。下调一级为黄色，两级及以上为
    橙色。
为何可疑
    放款之后，本行自身的判断变差。
依据
    贷后管理方法四（依据准确数据每季度评级）。
正常解释
    其他机构、其他体系的评级；放款前已知的下调；评级方法调整导致普遍变动。
看不到的
    字母等级按评级机构惯例排序（AAA 最高），不使用加减号的体系按整级计算。数字或文字等级仅在参数指明方向的体系中判断：
    1可能最好也可能最差。顺序未知的等级不比较。
下一步
    查看评级依据，复核额度、定价与押品，并进行检查。
"""

META = Detector(
    title=Text(en="Credit rating dropped", zh="信用评级下调"),
    family="loan_life",
    method=4,
    severity="Y",
    maturity="stable",
    needs=(Loan, CreditRating),
    words={
        "notches": Text(en="Notches lost", zh="下调级数"),
        "grade": Text(en="Grade now", zh="现等级"),
        "grade_before": Text(en="Grade before", zh="原等级"),
    },
)


@dataclass(frozen=True)
class Params:
    notches: int = parameter(1, unit="notch", low=1, high=20, en="Notches lost at least (Y)", zh="下调级数下限（黄）")
    notches_orange: int = parameter(
        2, unit="notch", low=1, high=20, en="Notches lost at least (orange)", zh="下调级数下限（橙）"
    )
    low_is_best: str = text_parameter(
        "",
        unit="list of scales joined by |",
        pattern=r"[^;]*",
        en="Scales graded in numbers on which the lowest number is best",
        zh="数字越小越好的评级体系（以 | 相连）",
    )
    high_is_best: str = text_parameter(
        "",
        unit="list of scales joined by |",
        pattern=r"[^;]*",
        en="Scales graded in numbers on which the highest number is best",
        zh="数字越大越好的评级体系（以 | 相连）",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life = LoanLife.of(snapshot)
    scales = Scales.of(snapshot).with_numbers(params.low_is_best, params.high_is_best)
    findings = []
    for party_id, loans in life.borrowers(as_of, snapshot.focus).items():
        by_scale: dict[str, list[dict[str, Any]]] = {}
        for event in until(life.ratings.get(party_id, ()), as_of):
            by_scale.setdefault(event["scale"], []).append(event)
        for scale, events in sorted(by_scale.items()):
            days = sorted({event["on"] for event in events})
            if len(days) < 2 or days[-1] <= loans[0].drawn_on:
                continue
            latest = [event for event in events if event["on"] == days[-1]]
            before = [event for event in events if event["on"] == days[-2]]
            fell = scales.least_fall(scale, [e["grade"] for e in before], [e["grade"] for e in latest])
            if fell is not None and fell >= params.notches:
                findings.append(_finding(party_id, loans, scale, before[-1], latest[-1], fell, params))
    return findings


def _finding(
    party_id: str,
    loans: list[LivingLoan],
    scale: str,
    before: dict[str, Any],
    latest: dict[str, Any],
    fell: int,
    params: Params,
) -> Finding:
    return Finding(
        identity={"party_id": party_id, "scale": scale, "rated_on": latest["on"].isoformat()},
        subject=Subject("party", party_id),
        severity="O" if fell >= params.notches_orange else "Y",
        message=Message(
            en="On {day} {party} was rated {grade} on the scale {scale}, {notches} notches below {before} "
            "of {earlier}.",
            zh="{day}，{party} 在评级体系“{scale}”中评为 {grade}，较 {earlier} 的 {before} 下调 {notches} 级。",
            values={
                "day": latest["on"].isoformat(),
                "party": party_id,
                "grade": latest["grade"],
                "scale": scale,
                "notches": fell,
                "before": before["grade"],
                "earlier": before["on"].isoformat(),
            },
        ),
        signals=(
            Signal("notches", fell, params.notches),
            Signal("grade", latest["grade"]),
            Signal("grade_before", before["grade"]),
        ),
        parties=(party_id,),
        evidence=(
            Evidence("credit_rating", before["id"]),
            Evidence("credit_rating", latest["id"]),
            *(Evidence("loan", living.loan_id, living.balance) for living in loans),
        ),
    )
