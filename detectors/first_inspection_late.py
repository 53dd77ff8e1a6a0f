"""The first inspection on site was late, or did not verify the purpose.

What it finds
    A loan that is alive and was not inspected on site within one calendar month of its first drawdown; or that was,
    while nobody verified what the money was used for.
Why it is suspicious
    In the first weeks the money leaves and the goods arrive, or do not. Later nobody can tell any more.
Source
    Post-loan method 9 (first on-site inspection within a month).
Innocent explanations
    A loan that was repaid. A drawdown that is not a month old. A visit that was not entered yet.
Blind spots
    A visit of which nobody recorded whether it was on site is not counted against anybody: where only such visits
    were made in time the loan is not alerted, and the checklist says that it was not checked. The same holds for a
    purpose of which nobody recorded whether it was verified. Only the first drawdown of a loan sets a first
    inspection off.
What to do next
    Go there now, with the contract and the invoices, and look for what was bought.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts import first_visits
from detectors.facts.loan_life import LivingLoan, LoanLife
from findings import Evidence, Finding, Message, Range, Signal, Subject
from graph.columns import Text
from graph.schema import Inspection, Loan
from graph.snapshot import Snapshot

DOC_ZH = """首次现场检查逾期或未核实用途。

发现什么
    存续贷款自首次放款起一个自然月内未进行现场检查；或虽已检查但未核实资金用途。
为何可疑
    放款后几周内资金付出、货物到位，或者并未到位；过后便难以查清。
依据
    贷后管理方法九（放款一个月内首次现场检查）。
正常解释
    贷款已结清；放款未满一个月；已检查尚未录入。
看不到的
    未注明是否现场的检查不作不利认定：若期限内只有此类检查则不预警，检查表中注明未检查。用途是否核实未登记的同理。仅首
    次放款触发首次检查。
下一步
    携合同与发票立即现场检查，查看所购货物。
"""

META = Detector(
    title=Text(en="First inspection late, or purpose not verified", zh="首次检查逾期或未核实用途"),
    family="loan_life",
    method=9,
    severity="O",
    maturity="stable",
    needs=(Loan, Inspection),
    words={
        "days_late": Text(en="Days after the due day", zh="逾期天数"),
        "purpose_verified": Text(en="Purpose verified", zh="用途已核实"),
    },
)


@dataclass(frozen=True)
class Params:
    months: int = parameter(
        1,
        unit="month",
        low=1,
        high=12,
        en="Calendar months after the drawdown within which the inspection is due",
        zh="放款后几个自然月内完成",
        source="post-loan method 9: within a month",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life = LoanLife.of(snapshot)
    findings = []
    for living in life.living(as_of, snapshot.focus):
        visit = first_visits.of(life, living, as_of, params.months)
        if visit.state in {first_visits.LATE, first_visits.UNVERIFIED}:
            findings.append(_finding(living, visit, as_of))
    return findings


def _finding(living: LivingLoan, visit: first_visits.FirstVisit, as_of: date) -> Finding:
    late = visit.state == first_visits.LATE
    days = ((visit.visited_on or as_of) - visit.due_on).days if late else 0
    if late:
        message = Message(
            en="Loan {loan}, drawn on {drawn}, was to be inspected on site by {due}; first visit: {visited}.",
            zh="贷款 {loan} 于 {drawn} 放款，应于 {due} 前完成首次现场检查；首次现场检查日：{visited}。",
            values={
                "loan": living.loan_id,
                "drawn": living.drawn_on.isoformat(),
                "due": visit.due_on.isoformat(),
                "visited": visit.visited_on.isoformat() if visit.visited_on else "–",
            },
        )
    else:
        message = Message(
            en="Loan {loan}, drawn on {drawn}, was inspected on site on {visited}, but its purpose was not verified.",
            zh="贷款 {loan} 于 {drawn} 放款，{visited} 现场检查时未核实资金用途。",
            values={
                "loan": living.loan_id,
                "drawn": living.drawn_on.isoformat(),
                "visited": visit.visited_on.isoformat() if visit.visited_on else "–",
            },
        )
    return Finding(
        identity={"loan_id": living.loan_id, living.drawn.table + "_id": living.drawn.id},
        subject=Subject("loan", living.loan_id),
        severity="O",
        amount=Range(living.balance, living.balance, living.loan.currency),
        message=message,
        signals=(Signal("days_late", days, 0), Signal("purpose_verified", visit.verified)),
        parties=(living.loan.borrower_id,),
        evidence=(living.drawn, *(Evidence("inspection", id_) for id_ in visit.visits)),
    )
