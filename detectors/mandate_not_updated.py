"""The register changed, and the signature mandate at the bank did not.

What it finds
    A party with an account at our bank, or that owes us or guarantees a loan, whose legal representative, finance head
    or name changed in the register more than 30 days ago, while the signature mandate at the bank was not updated. One
    finding a party, with all its changes that are still open.
Why it is suspicious
    Whoever still signs is no longer entitled to, or the new people do not want to be seen. Payments, drawdowns and
    guarantees signed by the former representative may not bind the company.
Source
    Post-loan method 7 (watch the public registry); Measures for the Administration of RMB Bank Settlement Accounts
    (People's Bank of China Order 2003 No. 5), article 46: changes are to be reported within five working days.
Innocent explanations
    The thirty days are not over. The mandate was updated, or a later change of the same entry was followed by an
    update. An entry whose old and new are the same is a correction. Changes of shareholders, directors, address or
    business scope do not touch the mandate. A party without an account or loan here has none. A mandate by hand: an
    exclusion.
Blind spots
    Changes nobody loaded. Updates that were made and not recorded.
What to do next
    Compare the mandate with the register. Stop payments signed by the former representative until it is renewed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts.exclusions import Exclusions
from detectors.facts.loan_people import LoanPeople
from detectors.facts.registry import same_entry
from findings import Evidence, Finding, Message, Signal, Subject
from graph.columns import Text
from graph.schema import Account, AccountHolder, RegistryChange
from graph.snapshot import Snapshot

DOC_ZH = """登记已变更，银行预留印鉴未更新。

发现什么
    在本行开户，或尚欠本行贷款、为本行贷款提供保证的当事人，其法定代表人、财务负责人或名称在登记机关变更已超过 30 天，
    而本行预留印鉴仍未更新。每个当事人一条预警，列出全部未更新的变更。
为何可疑
    仍在签字的人已无权签字，或新任人员不愿露面。由原法定代表人签署的付款、提款和保证，可能对公司不具约束力。
依据
    贷后管理方法七（关注工商登记变更）；《人民币银行结算账户管理办法》（中国人民银行令〔2003〕第 5 号）第四十六条：变更
    应于五个工作日内通知开户银行。
正常解释
    尚未满三十天。印鉴已更新，或其后同一事项再次变更并已更新。变更前后内容相同的属于更正。股东、董事、地址、经营范围的
    变更不影响印鉴。在本行没有账户和贷款的当事人无预留印鉴。人工办理的：设豁免。
看不到的
    未导入的变更；已更新但未登记的情况。
下一步
    核对预留印鉴与登记信息；更新之前，停止办理原法定代表人签署的支付。
"""

FIELDS = ("legal_representative", "finance_head", "name")
"""Entries of which the mandate consists: whose signatures or seals, and under which name."""
FIELDS_ZH = {"legal_representative": "法定代表人", "finance_head": "财务负责人", "name": "名称"}

META = Detector(
    title=Text(en="Signature mandate not updated", zh="预留印鉴未随登记变更"),
    family="loan_life",
    method=7,
    severity="R",
    maturity="stable",
    needs=(RegistryChange,),
    words={
        "changed_field": Text(en="Changed", zh="变更事项"),
        "days_open": Text(en="Days since the first open change", zh="最早未更新变更距今天数"),
        "open_changes": Text(en="Changes that the mandate does not follow", zh="印鉴未跟进的变更数"),
    },
)


@dataclass(frozen=True)
class Params:
    after_days: int = parameter(
        30, unit="day", low=0, high=730, en="Alert when more days have passed", zh="超过此天数仍未更新即预警"
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    people = LoanPeople(snapshot, as_of)
    with_us = _account_holders(snapshot, as_of) | people.since.keys()
    exclusions = Exclusions(snapshot)
    findings = []
    for party, rows in open_changes(snapshot, as_of).items():
        late = [row for row in rows if (as_of - row.effective_on).days > params.after_days]
        if late and party in with_us and exclusions.party(party, as_of) is None:
            findings.append(_finding(party, late, people, params, as_of))
    return findings


def open_changes(snapshot: Snapshot, as_of: date) -> dict[str, list[RegistryChange]]:
    """The changes by the day that the signature mandate at the bank has not followed, by party; by party id."""
    of_entry: dict[tuple[str, str], list[RegistryChange]] = defaultdict(list)
    for row in snapshot.rows(RegistryChange):
        if row.field in FIELDS and row.effective_on <= as_of and not same_entry(row.old, row.new):
            of_entry[row.party_id, row.field].append(row)
    still_open: dict[str, list[RegistryChange]] = defaultdict(list)
    for (party, _), rows in of_entry.items():
        followed = max(
            (row.effective_on for row in rows if row.bank_mandate_updated_on and row.bank_mandate_updated_on <= as_of),
            default=date.min,
        )
        unfollowed = [row for row in rows if row.effective_on > followed]
        if unfollowed:
            still_open[party] += unfollowed
    return dict(sorted(still_open.items()))


def _account_holders(snapshot: Snapshot, day: date) -> set[str]:
    """Who holds an account with us on the day that is not closed; an agent signs for somebody else."""
    ours = {
        account.account_id
        for account in snapshot.rows(Account)
        if account.on_us and (account.closed_on is None or account.closed_on > day)
    }
    return {
        row.party_id for row in snapshot.as_of(AccountHolder, day) if row.account_id in ours and row.role != "agent"
    }


def _finding(party: str, rows: list[RegistryChange], people: LoanPeople, params: Params, as_of: date) -> Finding:
    rows = sorted(rows, key=lambda row: (row.effective_on, row.field, row.event_id))
    fields = list(dict.fromkeys(row.field for row in rows))
    days = (as_of - rows[0].effective_on).days
    loan = people.loan(party)
    return Finding(
        identity={"party_id": party},
        subject=Subject("loan", loan) if loan else Subject("party", party),
        severity="R",
        message=Message(
            en="{party}: {fields_en} changed in the register, first on {day}, {days} days ago; the signature mandate "
            "at the bank has not followed.",
            zh="{party}：{fields_zh}已在登记机关变更（最早 {day}，距今 {days} 天），本行预留印鉴尚未更新。",
            values={
                "party": party,
                "fields_en": ", ".join(field.replace("_", " ") for field in fields),
                "fields_zh": "、".join(FIELDS_ZH[field] for field in fields),
                "day": rows[0].effective_on.isoformat(),
                "days": days,
            },
        ),
        signals=(
            Signal("days_open", days, params.after_days),
            Signal("open_changes", len(rows)),
            *(Signal("changed_field", field) for field in fields),
        ),
        parties=(party,),
        evidence=tuple(Evidence("registry_change", row.event_id) for row in rows),
    )
