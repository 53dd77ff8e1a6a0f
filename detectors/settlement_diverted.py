"""Turnover that was promised to us runs elsewhere.

What it finds
    A loan that is alive and under which a share of the borrower's turnover was promised to us, while less than 80 %
    of what was promised came in over the last three months of which the turnover is known; orange where in each of
    the last two of them it was less than half.
Why it is suspicious
    Whoever sees the receipts can take them. A borrower that moves its settlement away moves them out of our reach,
    and often because it no longer earns what it states.
Source
    Post-loan method 8 (watch the settlement channel and volume): by flows, statements and VAT invoices.
Innocent explanations
    A season with little turnover: what is owed falls with it. A promise that began or ended within the months. A loan
    that was repaid. Customers that pay late: three months are taken together.
Blind spots
    Turnover is what the borrower states or what it invoiced, whichever is more; statements are spread evenly over
    their months. Months of which neither is known are not judged, and nothing is judged where the latest known month
    is more than half a year old. Receipts in other currencies than the loan's are not added. Borrowers that hold no
    account with us, as far as is known, are not judged.
What to do next
    Ask for the statements of the accounts at other banks; remind the borrower of its promise; call the loan if it
    stays broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts.loan_life import LivingLoan, LoanLife
from detectors.facts.settlement import Month, Settlement
from detectors.facts.turnover import Turnover
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.money import text
from graph.schema import AccountHolder, FinancialStatement, Invoice, Loan, SettlementCommitment, Transfer
from graph.snapshot import Snapshot

DOC_ZH = """结算资金转移他行。

发现什么
    存续贷款约定了在本行结算的比例，而在可知营业额的最近三个月内，本行实际回款低于约定的80%为黄色；其中最近两个月每月
    均低于50%为橙色。
为何可疑
    掌握回款才能控制回款。借款人转走结算，即脱离本行视线，且往往因为实际收入不及所报。
依据
    贷后管理方法八（关注结算渠道与结算量）：以流水、报表与增值税发票核对。
正常解释
    淡季营业额低，应结算额随之降低；承诺在期间内开始或终止；贷款已结清；客户延迟付款（三个月合并计算）。
看不到的
    营业额取报表与开票中较大者，报表按月均摊。两者均无的月份不判断；最近可知月份超过半年的不判断。非贷款币种的回款不计
    入。据登记在本行无账户的借款人不判断。
下一步
    索取他行账户流水，提示履行承诺；仍不履行的，提前收贷。
"""

META = Detector(
    title=Text(en="Promised turnover runs elsewhere", zh="结算资金转移他行"),
    family="loan_life",
    method=8,
    severity="Y",
    maturity="stable",
    needs=(Loan, SettlementCommitment, Transfer, AccountHolder, (FinancialStatement, Invoice)),
    words={
        "fulfilled": Text(en="Of what was promised, came in", zh="承诺结算完成比例"),
        "promised": Text(en="Share of turnover promised", zh="承诺结算比例"),
        "turnover": Text(en="Turnover in these months", zh="期间营业额"),
        "received": Text(en="Came in with us", zh="本行回款"),
        "by_statements": Text(en="Turnover as stated", zh="报表营业额"),
        "by_invoices": Text(en="Turnover as invoiced", zh="开票营业额"),
        "other_currencies": Text(en="Receipts in other currencies", zh="其他币种回款"),
        "restated": Text(en="Stated more than once; the lowest counts", zh="报表有多个版本，取低值"),
    },
)


@dataclass(frozen=True)
class Params:
    months: int = parameter(
        3,
        unit="month",
        low=1,
        high=12,
        en="Months taken together",
        zh="合并计算的月数",
        source="our own proposal",
    )
    oldest_months: int = parameter(
        6,
        unit="month",
        low=1,
        high=36,
        en="How many months back the latest known one may be",
        zh="最近可知月份最多可早于几个月",
        source="our own proposal",
    )
    min_fulfilled: float = parameter(
        0.80,
        unit="share",
        low=0.0,
        high=1.0,
        en="Yellow when less than this of what was promised came in",
        zh="低于承诺的此比例为黄色",
        source="post-loan method 8",
    )
    min_fulfilled_orange: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="Orange when less than this came in, month after month",
        zh="逐月低于此比例为橙色",
        source="post-loan method 8",
    )
    months_orange: int = parameter(
        2, unit="month", low=1, high=12, en="For so many months", zh="持续月数", source="post-loan method 8"
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    life, settlement = LoanLife.of(snapshot), Settlement.of(snapshot)
    least, least_orange = exactly(params.min_fulfilled), exactly(params.min_fulfilled_orange)
    findings = []
    for living in life.living(as_of, snapshot.focus):
        months = settlement.months(living, as_of, params.months, params.oldest_months)
        if not months:
            continue
        received, owed = sum(month.received for month in months), sum(month.owed for month in months)
        latest = months[-params.months_orange :]
        broken = len(latest) == params.months_orange and all(
            month.received < least_orange * month.owed for month in latest
        )
        short = len(months) == params.months and received < least * owed
        if broken or short:
            findings.append(_finding(snapshot, living, months, broken, params))
    return findings


def _finding(snapshot: Snapshot, living: LivingLoan, months: list[Month], broken: bool, params: Params) -> Finding:
    loan = living.loan
    received, owed = sum(month.received for month in months), sum(month.owed for month in months)
    turnover = sum(month.turnover for month in months)
    stated = [month.stated for month in months if month.stated is not None]
    invoiced = [month.invoiced for month in months if month.invoiced is not None]
    others = [name for name in Turnover.of(snapshot).currencies(loan.borrower_id) if name != loan.currency]
    restated = sorted({id_ for m in months if m.statement and len(m.statement.versions) > 1 for id_ in m.statement.ids})
    missing = int(owed) - received
    return Finding(
        identity={"loan_id": loan.loan_id},
        subject=Subject("loan", loan.loan_id),
        severity="O" if broken else "Y",
        amount=Range(missing, missing, loan.currency),
        message=Message(
            en="From {first} on, {months} months: {party} promised us {owed} of its turnover and {received} came in.",
            zh="自 {first} 起 {months} 个月：{party} 承诺在本行结算 {owed}，实际回款 {received}。",
            values={
                "first": months[0].first.isoformat(),
                "months": len(months),
                "party": loan.borrower_id,
                "owed": text(int(owed), loan.currency),
                "received": text(received, loan.currency),
            },
        ),
        signals=(
            Signal(
                "fulfilled", float(received / owed), params.min_fulfilled_orange if broken else params.min_fulfilled
            ),
            Signal("promised", float(months[-1].promised)),
            Signal("turnover", int(turnover)),
            Signal("received", received),
            Signal("by_statements", int(sum(stated)) if stated else None),
            Signal("by_invoices", sum(invoiced) if invoiced else None),
        ),
        parties=(loan.borrower_id,),
        evidence=tuple(
            dict.fromkeys(
                [
                    *(Evidence("settlement_commitment", month.commitment_id) for month in months),
                    *(
                        Evidence("financial_statement", id_)
                        for month in months
                        if month.statement
                        for id_ in month.statement.ids
                    ),
                    *(record for month in months for record in month.invoices),
                ]
            )
        ),
        blind_spots=tuple(
            BlindSpot(kind, tuple(ids)) for kind, ids in (("other_currencies", others), ("restated", restated)) if ids
        ),
    )
