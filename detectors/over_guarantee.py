"""A guarantor has promised more than it has.

What it finds
    A party whose guarantees in force add up to more than its net assets in its latest statement, or that guarantees
    more than five borrowers. A guarantee of one loan counts with what is still owed, at most with its own amount; a
    guarantee of all debts of a party with its amount, or with what the party owes where it names none.
Why it is suspicious
    A guarantee is worth what the guarantor can pay. One that stands for everybody can pay for nobody, and many loans
    that look secured are not.
Source
    Post-loan method 6 (reconcile claims with borrower, guarantor and collateral). Five borrowers: the bank's rule.
Innocent explanations
    A guarantee company, whose business it is: known by the words 融资担保 in its name, which nobody else may bear, by
    its industry code, or by an exclusion. Guarantees inside a declared group: an exclusion of the pair. Guarantees that
    have ended and loans that are repaid do not count.
Blind spots
    Guarantees given to other lenders. A guarantor without statements is judged by the number of borrowers alone.
    Amounts in another currency than the statement are not compared. A statement may be old; its day is shown.
What to do next
    Ask the guarantor for a current statement and a list of all its guarantees. Do not count the guarantee beyond its
    net assets; ask the borrowers for other security.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter, text_parameter
from detectors.facts.guaranteed import (
    INDUSTRY_CODES,
    GuaranteeCompanies,
    Guaranteed,
    GuaranteesInForce,
    latest_statements,
    loan_of,
)
from detectors.facts.outstanding import Outstanding
from findings import BlindSpot, Evidence, Finding, Message, Range, Severity, Signal, Subject
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.money import text
from graph.schema import FinancialStatement, Guarantee, Loan
from graph.snapshot import Snapshot

DOC_ZH = """保证人担保过度。

发现什么
    保证人当前有效的担保合计超过其最近一期财务报表的净资产，或为超过五户借款人提供担保。单笔贷款的保证按未偿余额计，
    且不超过保证金额；最高额保证按其金额计，未约定金额的按被保证人的全部欠款计。
为何可疑
    保证的价值取决于保证人的偿付能力。为所有人担保，等于对谁都无力代偿，看似有担保的贷款实际上没有担保。
依据
    贷后管理方法六（与借款人、保证人、押品核对债权）。五户为本行规则。
正常解释
    以担保为业的融资担保公司：名称中含“融资担保”字样（依法他人不得使用）、行业代码相符，或已设豁免。已申报集团内部的
    担保：对双方设豁免。已到期的保证与已结清的贷款不计。
看不到的
    对其他金融机构的担保。没有财务报表的保证人只按户数判断。与报表币种不同的担保不作比较。报表可能陈旧，预警中注明
    其期末日。
下一步
    要求保证人提供最新报表和全部对外担保清单。超出净资产的部分不计入有效担保，要求借款人另行提供担保。
"""

META = Detector(
    title=Text(en="A guarantor promised more than it has", zh="保证人担保过度"),
    family="relationships",
    method=6,
    severity="O",
    maturity="stable",
    needs=(Guarantee, Loan),
    words={
        "guaranteed_amount": Text(en="Its guarantees in all", zh="担保合计"),
        "net_assets_amount": Text(en="Its net assets", zh="净资产"),
        "net_assets_day": Text(en="Net assets as of", zh="净资产期末日"),
        "guaranteed_borrowers": Text(en="Borrowers that it guarantees", zh="被担保借款人户数"),
        "net_assets_unknown": Text(en="The guarantor's net assets are not known", zh="保证人净资产不明"),
    },
)


@dataclass(frozen=True)
class Params:
    max_net_assets_share: float = parameter(
        1.0,
        unit="share",
        low=0.0,
        high=100.0,
        en="Alert when the guarantees are more than this share of net assets",
        zh="担保合计超过净资产的此比例即预警",
    )
    max_borrowers: int = parameter(
        5, unit="party", low=1, high=10_000, en="Alert when more borrowers are guaranteed", zh="担保户数超过此数即预警"
    )
    guarantee_company_codes: str = text_parameter(
        INDUSTRY_CODES,
        unit="list of industry codes",
        pattern=r"([A-Z]?\d{2,4}(,\s*[A-Z]?\d{2,4})*)?",
        en="Industry codes of companies whose business it is to give guarantees",
        zh="以担保为业的公司的行业代码",
        source="GB/T 4754-2017",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    outstanding = Outstanding(snapshot)
    companies = GuaranteeCompanies(snapshot, params.guarantee_company_codes)
    statements = latest_statements(snapshot, as_of)
    of_guarantor: dict[str, list[Guaranteed]] = defaultdict(list)
    for one in GuaranteesInForce(snapshot, outstanding, as_of).all:
        if one.guarantor_id not in companies:
            of_guarantor[one.guarantor_id].append(one)
    found = []
    for guarantor, given in sorted(of_guarantor.items()):
        finding = _judged(guarantor, given, statements.get(guarantor), outstanding, params)
        if finding is not None:
            found.append(finding)
    return found


def _judged(
    guarantor: str,
    given: list[Guaranteed],
    statement: FinancialStatement | None,
    outstanding: Outstanding,
    params: Params,
) -> Finding | None:
    sums: dict[str, tuple[int, int]] = {}
    for one in given:
        low, high = sums.get(one.currency, (0, 0))
        sums[one.currency] = (low + (one.promised if one.known else 0), high + one.promised)
    currency = (statement.currency if statement else None) or max(sums, key=lambda code: (sums[code][1], code))
    low, high = sums.get(currency, (0, 0))
    borrowers = sorted({one.obligor_id for one in given})
    too_many = len(borrowers) > params.max_borrowers
    bar = None
    if statement is not None and statement.net_assets_minor is not None:
        bar = exactly(params.max_net_assets_share) * statement.net_assets_minor
    if not too_many and (bar is None or high <= bar):
        return None
    # Beyond what it has only if balances nobody recorded were all that was granted: look at it.
    severity: Severity = "O" if too_many or (bar is not None and low > bar) else "Y"
    loan = loan_of(tuple(loan for one in given for loan in one.loans), outstanding)
    net_assets = statement.net_assets_minor if statement else None
    others = {code: amounts[1] for code, amounts in sums.items() if code != currency}
    unknown = tuple(dict.fromkeys(loan for one in given if not one.known for loan in one.loans))
    blind = [
        *([] if statement else [BlindSpot("net_assets_unknown", (guarantor,))]),
        *(
            BlindSpot(
                "other_currency", tuple(o.row_key for o in given if o.currency == code), detail={"currency": code}
            )
            for code in sorted(others)
        ),
        *([BlindSpot("balance_unknown", unknown)] if unknown else []),
    ]
    return Finding(
        identity={"guarantor_id": guarantor},
        subject=Subject("loan", loan.loan_id) if loan else Subject("party", guarantor),
        severity=severity,
        amount=Range(low, high, currency),
        message=Message(
            en="{guarantor} guarantees {borrowers} borrower(s) for {amount} in all; its net assets are {net_assets}.",
            zh="{guarantor} 为 {borrowers} 户借款人担保，合计 {amount}；其净资产为 {net_assets}。",
            values={
                "guarantor": guarantor,
                "borrowers": len(borrowers),
                "amount": text(high, currency),
                "net_assets": "?" if net_assets is None else text(net_assets, currency),
            },
        ),
        signals=(
            Signal("guaranteed_amount", high, None if bar is None else float(bar)),
            Signal("guaranteed_borrowers", len(borrowers), params.max_borrowers),
            Signal("net_assets_amount", net_assets),
            *([Signal("net_assets_day", statement.period_end.isoformat())] if statement else []),
        ),
        parties=(guarantor, *borrowers),
        evidence=(
            *(Evidence("guarantee", one.row_key, one.promised) for one in given),
            *([Evidence("financial_statement", statement.event_id)] if statement else []),
        ),
        blind_spots=tuple(blind),
    )
