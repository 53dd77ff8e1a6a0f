"""The borrower's accounts got worse.

What it finds
    A borrower with a loan that is alive, whose latest statement, of a period that ended after the loan was drawn,
    shows revenue or disposable income 30 % or more below the period it is compared with, net assets below zero, or
    operating cash flow below zero twice in a row. One sign is yellow; several, or net assets below zero, are orange.
Why it is suspicious
    Loans are repaid from income. When it goes, the loan follows.
Source
    Post-loan method 10 (regular inspections of borrower, guarantor and collateral).
Innocent explanations
    A season: the same months of the year before are compared wherever they were stated. A statement that was
    corrected: of several versions of a period the mildest counts. A loan that was repaid. A loss known before the
    loan was drawn.
Blind spots
    Where the same months of the year before were not stated the period just before is compared, and the finding says
    so. Periods of different length, of unknown length against known, and in different currencies are not compared.
    Whether statements are true cannot be seen here. Guarantors' statements are not judged. What is not stated is not
    judged.
What to do next
    Ask for the reasons and for the monthly accounts since; hold revenue against receipts and invoices; rate again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts.loan_life import LivingLoan, LoanLife
from detectors.facts.statements import Period, Statements, is_year_before
from findings import BlindSpot, Evidence, Finding, Message, Signal, Subject
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.schema import FinancialStatement, Loan
from graph.snapshot import Snapshot

DOC_ZH = """财务状况恶化。

发现什么
    有存续贷款的借款人，放款后结束的最近一期报表显示：营业收入或可支配收入较比较期下降30%及以上、净资产为负，或经营现
    金流连续两期为负。一项为黄色；多项或净资产为负为橙色。
为何可疑
    贷款靠收入偿还；收入下滑，贷款随之变坏。
依据
    贷后管理方法十（定期检查借款人、保证人与押品）。
正常解释
    季节性：有上年同期的与上年同期比较；报表更正：同一期间有多个版本的取最有利者；贷款已结清；放款前已知的亏损。
看不到的
    无上年同期的与上一期比较，预警中注明。期间长度不同、长度未知与已知、币种不同的不比较。报表真伪此处无从判断。不判断
    保证人报表。未填报的项目不判断。
下一步
    了解原因并索取此后各月报表，以回款与开票核对收入，重新评级。
"""

META = Detector(
    title=Text(en="Financials deteriorate", zh="财务状况恶化"),
    family="loan_life",
    method=10,
    severity="Y",
    maturity="stable",
    needs=(Loan, FinancialStatement),
    words={
        "revenue_change": Text(en="Change of revenue", zh="营业收入变化"),
        "income_change": Text(en="Change of disposable income", zh="可支配收入变化"),
        "net_assets": Text(en="Net assets", zh="净资产"),
        "operating_cash_flow": Text(en="Operating cash flow", zh="经营现金流"),
        "operating_cash_flow_before": Text(en="Operating cash flow before", zh="上期经营现金流"),
        "compared_with_period_before": Text(en="Compared with the period before", zh="与上一期比较"),
        "restated": Text(en="Stated more than once", zh="报表有多个版本"),
    },
)


@dataclass(frozen=True)
class Params:
    revenue_fall: float = parameter(
        0.30,
        unit="share",
        low=0.0,
        high=1.0,
        en="Fall of revenue at least",
        zh="营业收入降幅下限",
        source="post-loan method 10",
    )
    income_fall: float = parameter(
        0.30,
        unit="share",
        low=0.0,
        high=1.0,
        en="Fall of disposable income at least",
        zh="可支配收入降幅下限",
        source="post-loan method 10",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life, statements = LoanLife.of(snapshot), Statements.of(snapshot)
    findings = []
    for party_id, loans in life.borrowers(as_of, snapshot.focus).items():
        periods = statements.periods(party_id, as_of)
        if not periods or periods[-1].end <= loans[0].drawn_on:
            continue
        latest = periods[-1]
        compared = statements.compared(periods, latest)
        signs = _signs(periods, latest, compared, params)
        if signs:
            findings.append(_finding(party_id, loans, latest, compared, signs))
    return findings


@dataclass(frozen=True)
class _Sign:
    """Something that got worse: as a signal, with the periods that show it."""

    signal: Signal
    periods: tuple[Period, ...]
    more: tuple[Signal, ...] = ()


def _signs(periods: list[Period], latest: Period, compared: Period | None, params: Params) -> list[_Sign]:
    signs = []
    for name, column, fall in (
        ("revenue_change", "revenue_minor", params.revenue_fall),
        ("income_change", "disposable_income_minor", params.income_fall),
    ):
        now = latest.most(column)
        then = compared.least(column) if compared else None
        if compared is None or now is None or then is None or then <= 0:
            continue
        if then - now >= exactly(fall) * then:
            signs.append(_Sign(Signal(name, (now - then) / then, -fall), (latest, compared)))
    net = latest.most("net_assets_minor")
    if net is None:
        assets, owed = latest.most("total_assets_minor"), latest.least("total_liabilities_minor")
        net = assets - owed if assets is not None and owed is not None else None
    if net is not None and net < 0:
        signs.append(_Sign(Signal("net_assets", net, 0), (latest,)))
    before = next((period for period in reversed(periods) if period.end < latest.end), None)
    flow = latest.most("operating_cash_flow_minor")
    flow_before = before.most("operating_cash_flow_minor") if before else None
    if before is not None and flow is not None and flow_before is not None and flow < 0 and flow_before < 0:
        earlier = Signal("operating_cash_flow_before", flow_before, 0)
        signs.append(_Sign(Signal("operating_cash_flow", flow, 0), (latest, before), (earlier,)))
    return signs


def _finding(
    party_id: str, loans: list[LivingLoan], latest: Period, compared: Period | None, signs: list[_Sign]
) -> Finding:
    worst = len(signs) > 1 or any(sign.signal.name == "net_assets" for sign in signs)
    shown = list(dict.fromkeys(period for sign in signs for period in (p.ids for p in sign.periods)))
    names = [sign.signal.name for sign in signs]
    changed = any(sign.signal.name.endswith("_change") for sign in signs)
    by_period_before = changed and compared is not None and not is_year_before(compared, latest)
    restated = sorted({id_ for sign in signs for p in sign.periods if len(p.versions) > 1 for id_ in p.ids})
    return Finding(
        identity={"party_id": party_id, "period_end": latest.end.isoformat()},
        subject=Subject("party", party_id),
        severity="O" if worst else "Y",
        message=Message(
            en="The accounts of {party} to {end} got worse: {signs}. It has {loans} living loans.",
            zh="{party} 截至 {end} 的报表恶化：{signs_zh}。存续贷款 {loans} 笔。",
            values={
                "party": party_id,
                "end": latest.end.isoformat(),
                "signs": ", ".join(META.words[name].en.lower() for name in names),
                "signs_zh": "、".join(META.words[name].zh for name in names),
                "loans": len(loans),
            },
        ),
        signals=tuple(signal for sign in signs for signal in (sign.signal, *sign.more)),
        parties=(party_id,),
        evidence=(
            *(Evidence("financial_statement", id_) for id_ in dict.fromkeys(id_ for ids in shown for id_ in ids)),
            *(Evidence("loan", living.loan_id, living.balance) for living in loans),
        ),
        blind_spots=tuple(
            BlindSpot(kind, tuple(ids))
            for kind, ids in (
                ("compared_with_period_before", compared.ids if by_period_before and compared else ()),
                ("restated", restated),
            )
            if ids
        ),
    )
