"""The collateral of a loan no longer covers it.

What it finds
    A loan that is alive and whose collateral in force is worth less than 80 % of what it covers, was seized, is
    missing, or was not valued for twelve months.
Why it is suspicious
    Collateral is for the day when the borrower does not pay. On that day it must be there, free, and worth enough.
Source
    Post-loan method 10 (regular inspections of borrower, guarantor and collateral).
Innocent explanations
    Several collaterals that together cover the loan. A pledge that ended. A pledge of a part: only that part is to be
    covered. A seizure that was lifted. A loan that was repaid. Collateral valued again in time.
Blind spots
    One collateral that secures several loans counts for each of them in full; duplicate_collateral looks at that.
    Values in another currency than the loan's, unknown values, and values of a later day than the one asked about are
    not held against the loan; the finding says so. States are read from words. A value without a day counts as of the
    day of the pledge.
What to do next
    Go and see it; have it valued; ask for more; if it was seized, object in court in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from detectors.contract import Detector, parameter
from detectors.facts import collateral_states
from detectors.facts.duties import Duty, revaluation
from detectors.facts.loan_life import LivingLoan, LoanLife
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.schema import Collateral, Loan, Pledge
from graph.snapshot import Snapshot
from graph.store import ROW_KEY

DOC_ZH = """押品减值、灭失或逾期未重估。

发现什么
    存续贷款的有效押品价值低于所担保部分的80%，或被查封、灭失，或十二个月未重新评估。
为何可疑
    押品是借款人违约时的最后保障，届时须在、须无瑕疵、须足值。
依据
    贷后管理方法十（定期检查借款人、保证人与押品）。
正常解释
    多项押品合计足值；抵质押已终止；仅担保部分金额；查封已解除；贷款已结清；已按期重估。
看不到的
    同一押品担保多笔贷款的，对每笔均按全值计算，重复抵押由 duplicate_collateral 判断。币种不同、价值未知、评估日晚于判
    断日的不作比较，预警中注明。状态按文字识别。无评估日的按抵质押生效日计。
下一步
    现场查看、重新评估、要求补充担保；被查封的及时提出异议。
"""

META = Detector(
    title=Text(en="Collateral impaired", zh="押品减值、灭失或逾期未重估"),
    family="loan_life",
    method=10,
    severity="O",
    maturity="stable",
    needs=(Loan, Pledge, Collateral),
    words={
        "cover": Text(en="Value against what it covers", zh="押品价值与担保金额之比"),
        "seized": Text(en="Seized", zh="被查封"),
        "missing": Text(en="Missing", zh="灭失"),
        "not_valued": Text(en="Not valued in time", zh="逾期未重估"),
        "value_unknown": Text(en="Value not known on the day", zh="当日价值未知"),
        "other_currency": Text(en="Valued in another currency", zh="评估币种不同"),
    },
)


@dataclass(frozen=True)
class Params:
    min_cover: float = parameter(
        0.80,
        unit="share",
        low=0.0,
        high=10.0,
        en="Value of what it covers at least",
        zh="押品价值与担保金额之比下限",
        source="post-loan method 10",
    )
    valued_within_months: int = parameter(
        12,
        unit="month",
        low=1,
        high=120,
        en="Valued again within so many months",
        zh="重估周期（月）",
        source="post-loan method 10",
    )


@dataclass(frozen=True)
class _Looked:
    """What was found at the collateral of one loan: rows of `collateral` by what is wrong with them."""

    pledges: list[dict[str, Any]]
    worth: int
    covered: int
    wrong: dict[str, list[str]]
    not_compared: dict[str, list[str]]


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life = LoanLife.of(snapshot)
    collateral = snapshot.derived(_by_id)
    findings = []
    for living in life.living(as_of, snapshot.focus):
        pledges = life.pledges(living.loan_id, as_of)
        if not pledges:
            continue
        looked = _look(living, pledges, collateral, params, as_of)
        short = not looked.not_compared and looked.worth < exactly(params.min_cover) * looked.covered
        if short or any(looked.wrong.values()):
            findings.append(_finding(living, looked, short, params))
    return findings


def _by_id(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    return {row["collateral_id"]: row for row in snapshot.described(Collateral).to_pylist()}


def _look(
    living: LivingLoan,
    pledges: list[dict[str, Any]],
    collateral: dict[str, dict[str, Any]],
    params: Params,
    as_of: date,
) -> _Looked:
    wrong: dict[str, list[str]] = {"seized": [], "missing": [], "not_valued": []}
    not_compared: dict[str, list[str]] = {}
    worth = covered = 0
    for pledge in pledges:
        id_ = pledge["collateral_id"]
        row = collateral.get(id_)
        covered += living.balance if pledge["amount_minor"] is None else min(pledge["amount_minor"], living.balance)
        if row is None:
            not_compared.setdefault("value_unknown", []).append(id_)
            continue
        state = collateral_states.read(row["state"])
        if state is not None:
            wrong[state].append(id_)
        later = row["valued_on"] is not None and row["valued_on"] > as_of
        if not later and _duty(living, pledge, row, params).is_overdue(as_of):
            wrong["not_valued"].append(id_)
        if row["value_minor"] is None or later:
            not_compared.setdefault("value_unknown", []).append(id_)
        elif row["currency"] not in {None, living.loan.currency}:
            not_compared.setdefault("other_currency", []).append(id_)
        else:
            worth += row["value_minor"]
    return _Looked(pledges, worth, min(covered, living.balance), wrong, not_compared)


def _duty(living: LivingLoan, pledge: dict[str, Any], row: dict[str, Any], params: Params) -> Duty:
    record = Evidence("pledge", pledge[ROW_KEY])
    months = params.valued_within_months
    return revaluation(living, record, row["collateral_id"], row["valued_on"], pledge["valid_from"], months)


def _finding(living: LivingLoan, looked: _Looked, short: bool, params: Params) -> Finding:
    loan = living.loan
    signs = (["cover"] if short else []) + [name for name, ids in looked.wrong.items() if ids]
    concerned = (
        {pledge["collateral_id"] for pledge in looked.pledges}
        if short
        else {id_ for ids in looked.wrong.values() for id_ in ids}
    )
    missing = max(0, looked.covered - looked.worth) if short else looked.covered
    cover = looked.worth / looked.covered if looked.covered and not looked.not_compared else None
    return Finding(
        identity={"loan_id": loan.loan_id},
        subject=Subject("loan", loan.loan_id),
        severity="O",
        amount=Range(missing, missing, loan.currency),
        message=Message(
            en="Collateral {collateral} of loan {loan}: {signs}.",
            zh="贷款 {loan} 的押品 {collateral}：{signs_zh}。",
            values={
                "collateral": ", ".join(sorted(concerned)),
                "loan": loan.loan_id,
                "signs": ", ".join(
                    f"worth {looked.worth * 100 // looked.covered} % of what it covers"
                    if name == "cover"
                    else META.words[name].en.lower()
                    for name in signs
                ),
                "signs_zh": "、".join(
                    f"价值为担保金额的{looked.worth * 100 // looked.covered}%"
                    if name == "cover"
                    else META.words[name].zh
                    for name in signs
                ),
            },
        ),
        signals=(
            Signal("cover", cover, params.min_cover),
            *(Signal(name, len(ids)) for name, ids in looked.wrong.items() if ids),
        ),
        parties=(loan.borrower_id,),
        evidence=(
            Evidence("loan", loan.loan_id, living.balance),
            *(Evidence("pledge", pledge[ROW_KEY]) for pledge in looked.pledges),
            *(Evidence("collateral", id_) for id_ in sorted(concerned)),
        ),
        blind_spots=tuple(BlindSpot(kind, tuple(sorted(ids))) for kind, ids in sorted(looked.not_compared.items())),
    )
