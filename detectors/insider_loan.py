"""A loan to our own officers, or to those close to them.

What it finds
    A loan whose borrower, on the day of a drawdown, is an officer of the lending bank, is kin of one, or is controlled
    by one or by the kin of one: by votes, at any step of the chain, or as declared actual controller. Officers of the
    bank are those with an office on record at the party that is the loan's lender, in force on that day.
Why it is suspicious
    Whoever takes part in granting a loan should not be on the other side of it. Such loans are granted more easily, on
    better terms, and are called in later than others; the law forbids unsecured ones and better terms.
Source
    Commercial Bank Law of the People's Republic of China, article 40; rules on related-party transactions of banks and
    insurers (CBIRC Order 2022 No. 1).
Innocent explanations
    A transaction that was declared and approved: an exclusion of the pair of borrower and officer (or of the kin
    through whom the tie runs), or of one of them, until it expires. An office that ended before the drawdown, or began
    after it.
Blind spots
    Officers whose office at the bank is not on record, and their kin whom nobody declared. Owners below control.
    Friends.
What to do next
    Hand it to compliance. Compare terms and collateral with like loans; see who decided, and whether they stepped
    aside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from detectors.contract import Detector, parameter
from detectors.facts.exclusions import Exclusions
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.columns import Text
from graph.control import Control, ControlRegister
from graph.money import text
from graph.schema import Drawdown, Kinship, Loan, Office, Shareholding
from graph.snapshot import Snapshot
from graph.store import ROW_KEY

DOC_ZH = """向本行内部人及其近亲属、受控企业发放贷款。

发现什么
    放款当日，借款人本人是贷款行任职人员，或为其近亲属，或受该任职人员或其近亲属控制（表决权链条上任一层，或披露的实际
    控制人）。任职人员指在贷款行有任职记录且当日有效的人员。
为何可疑
    参与放贷的人不应站在交易的另一方。这类贷款往往更容易获批、条件更优、催收更晚；法律禁止向关系人发放信用贷款，也不得
    给予优于其他借款人的条件。
依据
    《商业银行法》第四十条；《银行保险机构关联交易管理办法》（银保监会令 2022 年第 1 号）。
正常解释
    已申报并经批准的关联交易：对借款人与该任职人员（或其亲属）成对设豁免，或对其中一方设豁免，到期失效。放款前已离任或
    放款后才任职。
看不到的
    未登记任职的人员、未申报的亲属。未达控制程度的持股人。朋友关系。
下一步
    移交合规部门。与同类贷款比较条件和担保；核查审批人及其是否回避。
"""

META = Detector(
    title=Text(en="Loan to the bank's own people", zh="内部人关联贷款"),
    family="relationships",
    method=None,
    severity="R",
    maturity="stable",
    needs=(Loan, Office),
    words={
        "insider_relation": Text(en="How the borrower is tied to the officer", zh="借款人与任职人员的关系"),
        "insider_role": Text(en="Office at the bank", zh="在本行职务"),
    },
)


@dataclass(frozen=True)
class Params:
    after_office_days: int = parameter(
        0,
        unit="day",
        low=0,
        high=3650,
        en="How long after an office ended its holder still counts as an officer",
        zh="离任后多少天内仍视为任职人员",
        source="our own proposal",
    )


@dataclass(frozen=True)
class _Tie:
    """How a borrower is tied to an officer: ``officer``, ``kin``, ``controlled`` or ``controlled_by_kin``."""

    relation: str
    person_id: str
    through: str
    records: tuple[Evidence, ...]


@dataclass
class _Seen:
    """A tie as it was first seen, and the drawdowns at which it held."""

    day: date
    ties: list[_Tie]
    roles: tuple[str, ...]
    blind_spots: tuple[BlindSpot, ...]
    drawdowns: dict[str, int] = field(default_factory=dict)


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    register = ControlRegister.of(snapshot)
    insiders = _Insiders(snapshot, timedelta(days=params.after_office_days))
    exclusions = Exclusions(snapshot)
    found: dict[tuple[str, str], _Seen] = {}
    loans = {loan.loan_id: loan for loan in snapshot.rows(Loan)}
    for loan, day, drawdown in _moments(snapshot, as_of):
        officers = insiders.officers(loan.lender_id, day)
        ties: dict[str, list[_Tie]] = defaultdict(list)
        for tie in insiders.ties(loan.borrower_id, officers, register.as_of(day), day) if officers else ():
            approved = (
                *(exclusions.pair(loan.borrower_id, other, day) for other in (tie.person_id, tie.through)),
                *(exclusions.party(party, day) for party in (loan.borrower_id, tie.person_id, tie.through)),
            )
            if not any(approved):
                ties[tie.person_id].append(tie)
        for person, of_person in ties.items():
            roles = tuple(dict.fromkeys(str(row["role"]) for row in officers[person]))
            blind = _blind_spots(snapshot, register.as_of(day), loan.borrower_id)
            seen = found.setdefault((loan.loan_id, person), _Seen(day, of_person, roles, blind))
            if drawdown is not None:
                seen.drawdowns[drawdown.drawdown_id] = drawdown.amount_minor
    return [_finding(loans[loan_id], person, seen) for (loan_id, person), seen in found.items()]


def _moments(snapshot: Snapshot, as_of: date) -> Iterator[tuple[Loan, date, Drawdown | None]]:
    """When each loan is judged: at its drawdowns, in order of time; where none is on record, on its day of signing."""
    loans = {loan.loan_id: loan for loan in snapshot.judged(Loan)}
    drawn = set()
    for drawdown in sorted(snapshot.judged(Drawdown), key=lambda row: (row.drawn_at, row.drawdown_id)):
        drawn.add(drawdown.loan_id)
        day = snapshot.day_of(drawdown.drawn_at)
        if drawdown.loan_id in loans and day <= as_of:
            yield loans[drawdown.loan_id], day, drawdown
    for loan in loans.values():
        if loan.loan_id not in drawn and loan.signed_on is not None and loan.signed_on <= as_of:
            yield loan, loan.signed_on, None


class _Insiders:
    """Who serves each bank, and who is kin of whom, on any day."""

    def __init__(self, snapshot: Snapshot, after: timedelta) -> None:
        self._after = after
        lenders = {loan.lender_id for loan in snapshot.rows(Loan)}
        self._offices: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in snapshot.table(Office).to_pylist():
            if row["company_id"] in lenders:
                self._offices[row["company_id"]].append(row)
        self._kin: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for row in snapshot.table(Kinship).to_pylist():
            self._kin[row["person_id"]].append((row["relative_id"], row))
            self._kin[row["relative_id"]].append((row["person_id"], row))

    def officers(self, lender: str, day: date) -> dict[str, list[dict[str, Any]]]:
        """The officers of a bank on a day, with their offices."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self._offices.get(lender, ()):
            if _in_force(row, day) or (row["valid_to"] and row["valid_to"] <= day < row["valid_to"] + self._after):
                found[row["person_id"]].append(row)
        return found

    def ties(
        self, borrower: str, officers: dict[str, list[dict[str, Any]]], control: Control, day: date
    ) -> Iterator[_Tie]:
        """Every tie of the borrower to an officer, the closest first for each officer."""
        controllers = {*control.controllers(borrower)}
        for party in (borrower, *sorted(controllers)):
            controllers |= set(control.declared_controllers(party))
        for person, offices in sorted(officers.items()):
            served = tuple(Evidence("office", row[ROW_KEY]) for row in offices)
            if person == borrower:
                yield _Tie("officer", person, person, served)
            elif person in controllers:
                yield _Tie("controlled", person, person, (*served, *_paths(control, person, borrower)))
            for relative, row in sorted(self._kin.get(person, ()), key=lambda it: (it[0], it[1][ROW_KEY])):
                if not _in_force(row, day) or relative == person:
                    continue
                kinship = Evidence("kinship", row[ROW_KEY])
                if relative == borrower:
                    yield _Tie("kin", person, relative, (*served, kinship))
                elif relative in controllers:
                    paths = _paths(control, relative, borrower)
                    yield _Tie("controlled_by_kin", person, relative, (*served, kinship, *paths))


def _in_force(row: dict[str, Any], day: date) -> bool:
    return (row["valid_from"] or date.min) <= day and (row["valid_to"] is None or day < row["valid_to"])


def _paths(control: Control, owner: str, company: str) -> tuple[Evidence, ...]:
    hops = [hop for path in control.paths(owner, company) for hop in path.hops]
    return tuple(dict.fromkeys(Evidence(hop.table, hop.row_key) for hop in hops))


def _blind_spots(snapshot: Snapshot, control: Control, borrower: str) -> tuple[BlindSpot, ...]:
    unexplained = control.unexplained_share(borrower)
    absent = tuple(row.TABLE.name for row in (Shareholding, Kinship) if snapshot.is_empty(row))
    return (
        *([BlindSpot("owners_unknown", (borrower,), detail={"share": unexplained})] if unexplained > 0 else []),
        *([BlindSpot("absent_table", absent)] if absent else []),
    )


RELATIONS = {
    "officer": ("is", "本人即为"),
    "kin": ("is kin of", "系其亲属，任职人员为"),
    "controlled": ("is controlled by", "受其控制，任职人员为"),
    "controlled_by_kin": ("is controlled by kin of", "受其亲属控制，任职人员为"),
}


def _finding(loan: Loan, person: str, seen: _Seen) -> Finding:
    amount = sum(seen.drawdowns.values()) or loan.amount_minor
    tie = seen.ties[0]
    evidence = [Evidence("drawdown", id_, drawn) for id_, drawn in seen.drawdowns.items()]
    evidence += [record for one in seen.ties for record in one.records]
    return Finding(
        identity={"loan_id": loan.loan_id, "person_id": person},
        subject=Subject("loan", loan.loan_id),
        severity="R",
        amount=Range(amount, amount, loan.currency),
        message=Message(
            en="Loan {loan} of {amount}: on {day} the borrower {borrower} {relation_en} {person}, an officer of the "
            "lender {lender}.",
            zh="贷款 {loan}，金额 {amount}：{day}，借款人 {borrower} {relation_zh} {person}"
            "（贷款行 {lender} 任职人员）。",
            values={
                "loan": loan.loan_id,
                "amount": text(amount, loan.currency),
                "day": seen.day.isoformat(),
                "borrower": loan.borrower_id,
                "person": person,
                "lender": loan.lender_id,
                "relation_en": RELATIONS[tie.relation][0],
                "relation_zh": RELATIONS[tie.relation][1],
            },
        ),
        signals=(
            *(Signal("insider_relation", one.relation) for one in seen.ties),
            *(Signal("insider_role", role) for role in seen.roles),
            Signal("first_day", seen.day.isoformat()),
        ),
        parties=tuple(dict.fromkeys([loan.borrower_id, person, *(one.through for one in seen.ties)])),
        evidence=tuple(dict.fromkeys(evidence)),
        blind_spots=seen.blind_spots,
    )
