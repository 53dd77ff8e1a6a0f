"""One collateral secures more than it is worth, or is on the books twice.

What it finds
    A collateral that secures several loans, for more than its appraised value in all. And two entries of collateral
    with the same number in the public register that both secure loans. A pledge secures what is still owed, at most its
    own amount.
Why it is suspicious
    What is pledged twice can be sold once. A register number belongs to one thing; two entries with it are one thing
    counted twice, by mistake or on purpose.
Source
    Post-loan method 6 (reconcile claims with borrower, guarantor and collateral); Civil Code of the People's Republic
    of China, article 414 (several mortgages of one thing are paid in the order of registration).
Innocent explanations
    Ranked mortgages whose claims together are within the value. Pledges that were released and loans that are repaid do
    not count. One loan that is only partly secured (collateral_impaired looks at those). A collateral that replaced
    another on record: end the old pledge, or set an exclusion for the borrower.
Blind spots
    Mortgages for other lenders. Collateral without a value or in another currency than the loan is not compared.
    Register numbers with a misprint, and entries without a number.
What to do next
    Look the number up in the register. Compare the ranks; have the collateral valued again; ask for more security.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts.exclusions import Exclusions
from detectors.facts.guaranteed import loan_of
from detectors.facts.outstanding import Outstanding, owed
from findings import BlindSpot, Evidence, Finding, Message, Range, Severity, Signal, Subject
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.money import text
from graph.schema import Collateral, Pledge
from graph.snapshot import Snapshot, in_force, typed
from graph.store import ROW_KEY

DOC_ZH = """押品重复抵押。

发现什么
    同一押品同时担保多笔贷款，当前有效的抵质押所担保的债权合计超过其评估价值；或两条押品记录登记证号相同且都在担保贷款。每笔抵质押按所
    担保贷款的未偿余额计，且不超过抵质押金额。
为何可疑
    重复抵押的财产只能变现一次。一个登记证号对应一项财产，两条记录用同一证号，就是把一项财产算了两次，可能是差错，也
    可能是有意。
依据
    贷后管理方法六（与借款人、保证人、押品核对债权）；《民法典》第四百一十四条（同一财产多个抵押按登记先后清偿）。
正常解释
    在价值范围内的顺位抵押。单笔贷款仅部分有押品覆盖（见 collateral_impaired）。已解除的抵质押与已结清的贷款不计。
    押品置换：请终止原抵质押记录，或对借款人设豁免。
看不到的
    在其他金融机构的抵押。没有评估价值或与贷款币种不同的押品不作比较。证号有误或未登记证号的记录。
下一步
    到登记机构核查该证号及抵押顺位；重新评估押品；要求追加担保。
"""

META = Detector(
    title=Text(en="Collateral counted more than once", zh="押品重复抵押"),
    family="relationships",
    method=6,
    severity="R",
    maturity="stable",
    needs=(Collateral, Pledge),
    words={
        "secured_amount": Text(en="Secured by it", zh="所担保债权"),
        "value_amount": Text(en="Its value", zh="押品价值"),
        "secured_loan_count": Text(en="Loans that it secures", zh="所担保贷款笔数"),
        "same_register_number": Text(en="Entries with the same register number", zh="登记证号相同的记录数"),
    },
)


@dataclass(frozen=True)
class Params:
    max_share: float = parameter(
        1.0,
        unit="share",
        low=0.0,
        high=100.0,
        en="Alert when more than this share of the value is secured",
        zh="所担保债权超过押品价值的此比例即预警",
    )


@dataclass(frozen=True)
class _Secured:
    """One pledge in force: what it secures between two bounds, in the loan's currency."""

    row_key: str
    collateral_id: str
    loan_id: str
    low: int
    high: int
    currency: str


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    outstanding = Outstanding(snapshot)
    collateral = {row.collateral_id: row for row in snapshot.rows(Collateral)}
    pledges: dict[str, list[_Secured]] = defaultdict(list)
    for pledge in _in_force(snapshot, outstanding, as_of):
        pledges[pledge.collateral_id].append(pledge)
    found = [
        _beyond_value(collateral[id_], pledges[id_], outstanding, params) for id_ in sorted(pledges.keys() & collateral)
    ]
    by_number: dict[str, list[str]] = defaultdict(list)
    for id_ in sorted(pledges.keys() & collateral):
        number = _plain(collateral[id_].register_number)
        if number:
            by_number[number].append(id_)
    for ids in by_number.values():
        found += [_twice(collateral, ids[0], other, len(ids), pledges, outstanding) for other in ids[1:]]
    return [finding for finding in found if finding is not None]


def _in_force(snapshot: Snapshot, outstanding: Outstanding, day: date) -> list[_Secured]:
    """Pledges in force for loans that are not repaid and whose borrower is not left out."""
    exclusions = Exclusions(snapshot)
    table = snapshot.table(Pledge)
    table = table.filter(in_force(table, day))
    found = []
    for row, key in zip(typed(Pledge, table), table[ROW_KEY].to_pylist(), strict=True):
        loan = outstanding.loan(row.loan_id)
        if loan is None or owed(loan).high == 0 or exclusions.party(loan.borrower_id, day):
            continue
        limit = owed(loan).high if row.amount_minor is None else row.amount_minor
        low, high = min(limit, owed(loan).low), min(limit, owed(loan).high)
        found.append(_Secured(key, row.collateral_id, row.loan_id, low, high, loan.currency))
    return found


def _plain(number: str | None) -> str:
    """A register number without what is written now this way and now that: spaces, width, case, brackets."""
    return re.sub(r"[\s\-–—()\[\]〔〕【】第号]", "", unicodedata.normalize("NFKC", number or "").upper())


def _beyond_value(
    collateral: Collateral, pledges: list[_Secured], outstanding: Outstanding, params: Params
) -> Finding | None:
    value = collateral.value_minor
    currency = collateral.currency or outstanding.currency
    if value is None:
        return None
    counted = [pledge for pledge in pledges if pledge.currency == currency]
    low, high = sum(pledge.low for pledge in counted), sum(pledge.high for pledge in counted)
    bar = exactly(params.max_share) * value
    loans = tuple(dict.fromkeys(pledge.loan_id for pledge in counted))
    if high <= bar or len(loans) < 2:
        return None
    severity: Severity = "R" if low > bar else "Y"
    return Finding(
        identity={"collateral_id": collateral.collateral_id},
        subject=_subject(loans, outstanding),
        severity=severity,
        amount=Range(low, high, currency),
        message=Message(
            en="{collateral}, worth {value}, secures {secured} under {loans} loan(s).",
            zh="押品 {collateral} 价值 {value}，担保 {loans} 笔贷款共 {secured}。",
            values={
                "collateral": collateral.collateral_id,
                "value": text(value, currency),
                "secured": text(high, currency),
                "loans": len(loans),
            },
        ),
        signals=(
            Signal("secured_amount", high, float(bar)),
            Signal("value_amount", value),
            Signal("secured_loan_count", len(loans)),
        ),
        parties=_borrowers(loans, outstanding),
        evidence=(
            Evidence("collateral", collateral.collateral_id, value),
            *(Evidence("pledge", pledge.row_key, pledge.high) for pledge in counted),
        ),
        blind_spots=_blind_spots(pledges, currency, outstanding),
    )


def _twice(
    collateral: dict[str, Collateral],
    one: str,
    other: str,
    entries: int,
    pledges: dict[str, list[_Secured]],
    outstanding: Outstanding,
) -> Finding:
    of_both = [*pledges[one], *pledges[other]]
    loans = tuple(dict.fromkeys(pledge.loan_id for pledge in of_both))
    currency = of_both[0].currency
    counted = [pledge for pledge in of_both if pledge.currency == currency]
    return Finding(
        identity={"collateral_id": one, "other_collateral_id": other},
        subject=_subject(loans, outstanding),
        severity="R",
        amount=Range(sum(p.low for p in counted), sum(p.high for p in counted), currency),
        message=Message(
            en="{one} and {other} have the same register number; both secure loans.",
            zh="押品 {one} 与 {other} 登记证号相同，且都在担保贷款。",
            values={"one": one, "other": other},
        ),
        signals=(
            Signal("same_register_number", entries, 1),
            Signal("secured_amount", sum(p.high for p in counted)),
            Signal("secured_loan_count", len(loans)),
        ),
        parties=_borrowers(loans, outstanding),
        evidence=(
            Evidence("collateral", one, collateral[one].value_minor),
            Evidence("collateral", other, collateral[other].value_minor),
            *(Evidence("pledge", pledge.row_key, pledge.high) for pledge in of_both),
        ),
        blind_spots=_blind_spots(of_both, currency, outstanding),
    )


def _subject(loans: tuple[str, ...], outstanding: Outstanding) -> Subject:
    loan = loan_of(loans, outstanding)
    return Subject("loan", loan.loan_id if loan else loans[0])


def _borrowers(loans: tuple[str, ...], outstanding: Outstanding) -> tuple[str, ...]:
    known = [loan for loan in map(outstanding.loan, loans) if loan is not None]
    return tuple(dict.fromkeys(loan.borrower_id for loan in known))


def _blind_spots(pledges: list[_Secured], currency: str, outstanding: Outstanding) -> tuple[BlindSpot, ...]:
    others = [pledge for pledge in pledges if pledge.currency != currency]
    unknown = tuple(dict.fromkeys(pledge.loan_id for pledge in pledges if pledge.low < pledge.high))
    return (
        *(
            BlindSpot("other_currency", (pledge.row_key,), pledge.high, {"currency": pledge.currency})
            for pledge in others
        ),
        *([BlindSpot("balance_unknown", unknown)] if unknown else []),
    )
