"""Borrower and its seller, guarantor or another borrower have one controller.

What it finds
    A loan whose borrower, on the day of a drawdown, has somebody behind it who also stands behind the seller of the
    loan's contract, behind a guarantor, or behind another borrower. Behind a party stand itself, its ultimate
    controller (more than half of the votes, also jointly through companies it controls), its declared actual
    controllers and those of the companies that control it, and its beneficial owners (natural persons with a quarter
    or more over all paths). One finding for each loan, other party and common party.
Why it is suspicious
    A purchase from oneself is no purchase: the contract can be written to fit the loan. A guarantee from the same
    hand is worth what the borrower is worth. Loans to several companies of one person are one exposure, and together
    may go beyond what that person would be lent.
Source
    Post-loan methods 1 (trace the loan money) and 7 (watch the public registry). What control and ownership mean is in
    `docs/design.md`, "Who is behind whom".
Innocent explanations
    A group that was declared: an exclusion of one of the parties, of the pair, or of the common party. A state asset
    supervisor that owns both: public bodies end the chain. An entry that stands for several holders (kind group).
    Funding of a group through one company of it, on record.
Blind spots
    Shares that are not disclosed, of unknown size, or held by nominees and trustees: the finding says how much of
    either party they are. Agreements to vote together. Kin, who are not the same person. Registers that follow late.
What to do next
    Set both ownership paths side by side and ask for the missing shares. Treat seller and borrower as one: ask for
    delivery notes and invoices of third parties. Replace or add a guarantor. Add up the exposure of the group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, groupby

from detectors.contract import Detector, Reach, parameter
from detectors.facts.exclusions import Exclusions
from detectors.facts.loan_parties import CO_BORROWER, GUARANTOR, SELLER, LoanParties
from findings import SEVERITY_ORDER, BlindSpot, Evidence, Finding, Message, Range, Severity, Signal, Subject
from graph.columns import Text
from graph.control import Control, ControlRegister
from graph.ownership import OwnershipPath
from graph.schema import Drawdown, Loan, Office, Shareholding
from graph.snapshot import Snapshot

DOC_ZH = """借款人与其卖方、保证人或其他借款人同受一人控制。

发现什么
    放款当日，借款人背后的人同时也在贷款合同卖方、保证人或其他借款人的背后。一方“背后”的人包括：其本身；其最终控制人
    （表决权过半，含通过所控制公司合计过半）；其自身及其控制公司所披露的实际控制人；其受益所有人（各路径合计持有四分之一
    及以上权益的自然人）。每笔贷款、每个对方、每个共同背后人各出一条预警。
为何可疑
    向自己购货不是真实购货，合同可以按贷款来写。同一人提供的保证不比借款人自身更可靠。同一人的多家公司分别借款，实为一个
    风险敞口，合计可能超出对该人的授信承受能力。
依据
    贷后管理方法一（追踪信贷资金）与方法七（关注工商登记变更）；控制与持股的口径见设计文件“谁在背后”一节。
正常解释
    已申报的集团客户：对一方、双方或共同背后人设置豁免。同属国有资产监督管理机构：公共机构为链条终点。一条记录代表多名
    持有人（类型为 group）。有据可查的集团统一融资。
看不到的
    未披露、比例不详、由名义持有人或受托人代持的股份，预警会注明其占双方的比例。一致行动协议。亲属并非同一人。登记变更
    滞后。
下一步
    将双方股权路径并列核对，要求补充未披露部分。将卖方与借款人视为一体，索取第三方的送货单和发票。更换或追加保证人。合并
    计算集团敞口。
"""

META = Detector(
    title=Text(en="Parties to a loan share a controller", zh="贷款相关方同受一人控制"),
    family="relationships",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Drawdown, (Shareholding, Office)),
    reach=Reach(days=("contract_days",)),
)

SEVERITY: dict[str, Severity] = {SELLER: "O", GUARANTOR: "O", CO_BORROWER: "Y"}
ROLE_WORDS = {
    SELLER: ("seller", "卖方"),
    GUARANTOR: ("guarantor", "保证人"),
    CO_BORROWER: ("co-borrower", "另一借款人"),
}


@dataclass(frozen=True)
class Params:
    beneficial_share: float = parameter(
        0.25,
        unit="share",
        low=0.05,
        high=1.0,
        en="From this share over all paths on a person stands behind a company",
        zh="各路径合计持股达到此比例的自然人视为背后人",
    )
    contract_days: int = parameter(
        90,
        unit="day",
        low=0,
        high=730,
        en="How long after the drawdown a payment that names a contract makes its seller a party to the loan",
        zh="放款后多少天内注明合同的付款，使该合同卖方成为本笔贷款的相关方",
        source="our own proposal",
    )


@dataclass
class _Shared:
    """What was seen of a borrower, another party and a common party over the drawdowns of a loan. Paths, shares and
    blind spots are those of the first day."""

    day: date
    sides: dict[str, list[OwnershipPath]]
    shares: tuple[Signal, ...]
    blind_spots: tuple[BlindSpot, ...]
    roles: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    drawdowns: dict[str, int] = field(default_factory=dict)


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    register = ControlRegister.of(snapshot)
    exclusions = Exclusions(snapshot)
    parties = LoanParties(snapshot, params.contract_days)
    found: dict[tuple[str, str, str], _Shared] = {}
    for day, drawdowns in _by_day(snapshot, parties.loans, as_of):
        control = register.as_of(day)
        for drawdown in drawdowns:
            borrower = parties.loans[drawdown.loan_id].borrower_id
            behind = control.behind(borrower, params.beneficial_share)
            near = frozenset().union(*(control.in_front_of(common, params.beneficial_share) for common in behind))
            others = chain(
                parties.sellers(drawdown), parties.guarantors(drawdown, day), parties.co_borrowers(near, day)
            )
            for other in others:
                if other.party_id == borrower:
                    continue
                for common in sorted(behind & control.behind(other.party_id, params.beneficial_share)):
                    if _excluded(exclusions, borrower, other.party_id, common, day):
                        continue
                    key = (drawdown.loan_id, other.party_id, common)
                    if key not in found:
                        found[key] = _seen(snapshot, control, day, borrower, other.party_id, common, params)
                    found[key].roles.setdefault(other.role, other.evidence)
                    found[key].drawdowns[drawdown.drawdown_id] = drawdown.amount_minor
    return [
        _finding(parties.loans[loan_id], other, common, shared) for (loan_id, other, common), shared in found.items()
    ]


def _by_day(snapshot: Snapshot, loans: dict[str, Loan], as_of: date) -> Iterator[tuple[date, list[Drawdown]]]:
    """The drawdowns to be judged, by day, in order of time."""
    judged = sorted(snapshot.judged(Drawdown), key=lambda row: (row.drawn_at, row.drawdown_id))
    judged = [row for row in judged if row.loan_id in loans and snapshot.day_of(row.drawn_at) <= as_of]
    for day, drawdowns in groupby(judged, key=lambda row: snapshot.day_of(row.drawn_at)):
        yield day, list(drawdowns)


def _excluded(exclusions: Exclusions, borrower: str, other: str, common: str, day: date) -> bool:
    """Whether the two are a declared group on the day: one of them, the common party, or the pair is excluded."""
    return exclusions.pair(borrower, other, day) is not None or any(
        exclusions.party(party, day) is not None for party in (borrower, other, common)
    )


def _seen(
    snapshot: Snapshot, control: Control, day: date, borrower: str, other: str, common: str, params: Params
) -> _Shared:
    sides = {party: control.paths(common, party) for party in (borrower, other) if party != common}
    return _Shared(
        day,
        sides,
        (
            *_shares("party", control, common, borrower, sides, params),
            *_shares("other_party", control, common, other, sides, params),
        ),
        tuple(_blind_spots(snapshot, control, borrower, other)),
    )


def _shares(
    side: str, control: Control, common: str, party: str, sides: dict[str, list[OwnershipPath]], params: Params
) -> Iterator[Signal]:
    """How the common party stands behind one of the two."""
    if party in sides:
        yield Signal(f"share_of_{side}", control.share(common, party), params.beneficial_share)
        yield Signal(f"controls_{side}", common in control.controllers(party))
        yield Signal(f"declared_for_{side}", any(path.kind == "office" for path in sides[party]))


def _blind_spots(snapshot: Snapshot, control: Control, *parties: str) -> Iterator[BlindSpot]:
    for party in parties:
        unexplained = control.unexplained_share(party)
        if unexplained > 0:
            yield BlindSpot("owners_unknown", (party,), detail={"share": unexplained})
        rows = [row for fault in control.faults(party) for row in fault["rows"]]
        if rows:
            yield BlindSpot("ownership_fault", tuple(dict.fromkeys(rows)), detail={"party_id": party})
    absent = tuple(row.TABLE.name for row in (Shareholding, Office) if snapshot.is_empty(row))
    if absent:
        yield BlindSpot("absent_table", absent)


def _finding(loan: Loan, other: str, common: str, shared: _Shared) -> Finding:
    roles = sorted(shared.roles, key=lambda role: (-SEVERITY_ORDER[SEVERITY[role]], role))
    hops = [hop for paths in shared.sides.values() for path in paths for hop in path.hops]
    drawn = sum(shared.drawdowns.values())
    evidence = [
        *(Evidence("drawdown", id_, amount) for id_, amount in shared.drawdowns.items()),
        *(Evidence(hop.table, hop.row_key) for hop in hops),
        *(record for role in roles for record in shared.roles[role]),
    ]
    return Finding(
        identity={
            "party_id": loan.borrower_id,
            "other_party_id": other,
            "controller_id": common,
            "loan_id": loan.loan_id,
        },
        subject=Subject("loan", loan.loan_id),
        severity=SEVERITY[roles[0]],
        amount=Range(drawn, drawn, loan.currency),
        message=_message(loan, other, common, roles, shared),
        signals=(
            Signal("relation", "common" if len(shared.sides) == 2 else "one_behind_the_other"),
            *(Signal("role", role) for role in roles),
            Signal("first_day", shared.day.isoformat()),
            *shared.shares,
        ),
        parties=tuple(dict.fromkeys([loan.borrower_id, other, common, *(hop.holder_id for hop in hops)])),
        evidence=tuple({(record.table, record.id): record for record in reversed(evidence)}.values())[::-1],
        blind_spots=shared.blind_spots,
    )


def _message(loan: Loan, other: str, common: str, roles: list[str], shared: _Shared) -> Message:
    values = {
        "loan": loan.loan_id,
        "party": loan.borrower_id,
        "other": other,
        "common": common,
        "roles_en": " and ".join(ROLE_WORDS[role][0] for role in roles),
        "roles_zh": "、".join(ROLE_WORDS[role][1] for role in roles),
        "day": shared.day.isoformat(),
        "ways": "; ".join(_way(paths[0]) for paths in shared.sides.values() if paths),
    }
    if len(shared.sides) == 2:
        return Message(
            en="Loan {loan}: {common} stands behind the borrower {party} and behind its {roles_en} {other}, first at "
            "the drawdown of {day}: {ways}.",
            zh="贷款 {loan}：{common} 同在借款人 {party} 与{roles_zh} {other} 的背后，{day} 放款时首次成立：{ways}。",
            values=values,
        )
    return Message(
        en="Loan {loan}: of the borrower {party} and its {roles_en} {other}, one stands behind the other, first at the "
        "drawdown of {day}: {ways}.",
        zh="贷款 {loan}：借款人 {party} 与{roles_zh} {other} 中，一方在另一方背后，{day} 放款时首次成立：{ways}。",
        values=values,
    )


def _way(path: OwnershipPath) -> str:
    """A path in one line that reads in both languages: ``P → H 60% → C 70%``, ``P ⇒ C`` for a declaration."""
    text, at = "", ""
    for hop in path.hops:
        if hop.holder_id != at:
            text += f"{', ' if text else ''}{hop.holder_id}"
        text += f" ⇒ {hop.company_id}" if hop.share is None else f" → {hop.company_id} {hop.share * 100:.6g}%"
        at = hop.company_id
    return text
