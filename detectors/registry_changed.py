"""The public register changed who runs or owns a borrower or guarantor.

What it finds
    Changes of legal representative, shareholder, director, finance head or actual controller of a party that owes us or
    guarantees a loan of ours, within the last twelve months and after we first lent on it. One is yellow, more than one
    is orange, and a change of the controller is red: declared, or because the change of shareholders moved the end of
    the chain of control. Several entries of one kind on one day are one change. One finding a party.
Why it is suspicious
    A loan is granted to people as much as to a company. When they leave, sell or hand over after the money is drawn,
    the promise they gave may leave with them. Fraud is often prepared by a new legal representative who has nothing.
Source
    Post-loan method 7 (watch the public registry for changes).
Innocent explanations
    Name, address, business scope, capital and supervisors are not looked at. An entry whose old and new are the same is
    a correction. What had changed, and was public, before we first lent was known. A change that we agreed to: an
    exclusion of the party.
Blind spots
    Changes nobody loaded, and those the register does not know: proxies, agreements to vote together. Whether a
    shareholder that changed was large shows only where the holdings are loaded too.
What to do next
    Ask for the reason and the resolution; see the new people; have the guarantee and the mandate confirmed by them.
    Where the controller changed, decide again whether the loan would be granted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from detectors.contract import Detector, parameter
from detectors.facts.exclusions import Exclusions
from detectors.facts.loan_people import LoanPeople
from detectors.facts.registry import same_entry
from findings import Evidence, Finding, Message, Severity, Signal, Subject
from graph.columns import Text
from graph.control import ControlRegister
from graph.schema import Loan, RegistryChange
from graph.snapshot import Snapshot

DOC_ZH = """借款人或保证人的登记信息变更了经营者或所有者。

发现什么
    尚欠本行贷款或为本行贷款提供保证的当事人，在最近十二个月内、且在本行首次放贷之后，变更了法定代表人、股东、董事、
    财务负责人或实际控制人。一次变更为黄色，多于一次为橙色，控制人变更为红色（披露的实际控制人变更，或股东变更使控制链
    终点改变）。同一天同类事项的多条记录算一次变更。每个当事人一条预警。
为何可疑
    贷款既是借给公司，也是借给经营它的人。放款之后，这些人离任、转让或交接，当初的承诺可能随之落空。更换没有任何资产的
    法定代表人，常是欺诈的前奏。
依据
    贷后管理方法七（关注工商登记变更）。
正常解释
    名称、地址、经营范围、注册资本、监事的变更不计。变更前后内容相同的属于更正。首次放贷前已公示的变更当时已知。本行已
    同意的变更：对该当事人设豁免。
看不到的
    未导入的变更，以及登记机关不掌握的情况：委托、一致行动协议。变更的股东持股多少，只有同时导入股权数据才能看出。
下一步
    了解变更原因，索取决议；会见新任人员，请其确认保证和预留印鉴。控制人变更的，重新判断是否仍应发放该贷款。
"""

FIELDS = ("legal_representative", "shareholder", "director", "finance_head", "actual_controller")

META = Detector(
    title=Text(en="Registered people or owners changed", zh="工商登记变更"),
    family="loan_life",
    method=7,
    severity="Y",
    maturity="stable",
    needs=(RegistryChange, Loan),
    words={
        "changes": Text(en="Changes within the window", zh="期间内变更次数"),
        "changed_field": Text(en="Changed", zh="变更事项"),
        "controller_before": Text(en="At the end of the chain of control before", zh="变更前最终控制人"),
        "controller_after": Text(en="At the end of the chain of control after", zh="变更后最终控制人"),
        "role_in_loans": Text(en="The party is", zh="该当事人为"),
    },
)


@dataclass(frozen=True)
class Params:
    window_days: int = parameter(
        365, unit="day", low=1, high=3650, en="How far back changes are counted", zh="统计变更的天数"
    )
    max_changes: int = parameter(
        1, unit="change", low=0, high=100, en="Orange when there are more", zh="超过此次数为橙色"
    )


@dataclass(frozen=True)
class _Moved:
    """A change of shareholder that moved the end of the chain of control; None: nobody."""

    before: str | None
    after: str | None


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    people = LoanPeople(snapshot, as_of)
    exclusions = Exclusions(snapshot)
    register = ControlRegister.of(snapshot)
    earliest = as_of - timedelta(days=params.window_days)
    changes: dict[str, list[RegistryChange]] = defaultdict(list)
    for row in snapshot.rows(RegistryChange):
        lent_on = people.since.get(row.party_id)
        if lent_on is None or row.field not in FIELDS or same_entry(row.old, row.new):
            continue
        known_on = max(row.effective_on, row.published_on or row.effective_on)
        if earliest < row.effective_on <= as_of and known_on >= lent_on:
            changes[row.party_id].append(row)
    found = []
    for party, rows in sorted(changes.items()):
        if exclusions.party(party, as_of) is None:
            rows.sort(key=lambda row: (row.effective_on, row.field, row.event_id))
            found.append(_finding(party, rows, people, _moved(register, rows), params))
    return found


def _moved(register: ControlRegister, rows: list[RegistryChange]) -> _Moved | None:
    """The latest change of shareholder that moved the ultimate controller, where the holdings show one before it."""
    found = None
    for row in rows:
        if row.field == "shareholder":
            before = register.as_of(row.effective_on - timedelta(days=1))
            after = register.as_of(row.effective_on).ultimate_controller(row.party_id)
            known_before = before.unexplained_share(row.party_id) < 1.0 or before.controllers(row.party_id)
            if known_before and before.ultimate_controller(row.party_id) != after:
                found = _Moved(before.ultimate_controller(row.party_id), after)
    return found


def _finding(
    party: str, rows: list[RegistryChange], people: LoanPeople, moved: _Moved | None, params: Params
) -> Finding:
    distinct = {(row.field, row.effective_on): row for row in rows}
    severity: Severity = "O" if len(distinct) > params.max_changes else "Y"
    if moved or any(row.field == "actual_controller" for row in rows):
        severity = "R"
    fields = list(dict.fromkeys(row.field for row in rows))
    loan = people.loan(party)
    return Finding(
        identity={"party_id": party},
        subject=Subject("loan", loan) if loan else Subject("party", party),
        severity=severity,
        message=Message(
            en="{count} change(s) in the register of {party} since it is our {role_en}: {fields_en}, the latest on "
            "{day}.",
            zh="{party}（本行{role_zh}）登记变更 {count} 次：{fields_zh}，最近一次为 {day}。",
            values={
                "party": party,
                "count": len(distinct),
                "role_en": people.role(party),
                "role_zh": {"borrower": "借款人", "guarantor": "保证人"}[people.role(party)],
                "fields_en": ", ".join(field.replace("_", " ") for field in fields),
                "fields_zh": "、".join(FIELDS_ZH[field] for field in fields),
                "day": rows[-1].effective_on.isoformat(),
            },
        ),
        signals=(
            Signal("changes", len(distinct), params.max_changes),
            *(Signal("changed_field", field) for field in fields),
            Signal("role_in_loans", people.role(party)),
            *([Signal("controller_before", moved.before), Signal("controller_after", moved.after)] if moved else []),
        ),
        parties=tuple(dict.fromkeys([party, *(p for p in ((moved.before, moved.after) if moved else ()) if p)])),
        evidence=tuple(Evidence("registry_change", row.event_id) for row in rows),
    )


FIELDS_ZH = {
    "legal_representative": "法定代表人",
    "shareholder": "股东",
    "director": "董事",
    "finance_head": "财务负责人",
    "actual_controller": "实际控制人",
}
