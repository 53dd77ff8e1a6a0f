"""One contract that justifies several loans beyond its amount.

What it finds
    Loans that rest on the same contract and together exceed it. What each loan could show for itself alone is held
    against what all of them can show together when every contract is used once, as a maximum flow from loans to
    contracts. A contract is the same by its id; by its number where ids differ in writing alone and parties and amount
    are equal; and, as a weak sign that says so, where parties, amount, day, subject and quantity are equal.
Why it is suspicious
    A purchase is paid once. A second loan on the same contract has no purpose of its own.
Source
    Post-loan method 1 (trace the loan money). Loan money is paid under a real contract that it was granted for.
Innocent explanations
    Instalments: several loans that together stay within the contract's amount. A loan that rests on other contracts as
    well, which cover it. A declared refinancing: product or purpose have one of the words of `refinancing_words`.
Blind spots
    The same contract shown to other banks. Contracts in another currency than the loan. Two equal orders of one day
    look like one contract; the finding then says that only the content is the same, and is orange.
What to do next
    Ask for the original of the contract and for the invoices. Ask what the second loan was used for.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from detectors.contract import Detector, parameter, text_parameter
from detectors.facts.contract_book import ContractBook
from detectors.facts.deals import margin
from detectors.facts.loan_terms import has_words
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.algorithms.matching import shortage
from graph.columns import Text
from graph.money import text
from graph.schema import Contract, Loan, LoanContract
from graph.snapshot import Snapshot
from graph.store import ROW_KEY

DOC_ZH = """一份合同重复支持多笔贷款。

发现什么
    多笔贷款依据同一份合同，合计超过合同金额。每笔贷款单独可由合同支持的金额，与每份合同只用一次时全部贷款合计可支持的金额
    （贷款到合同的最大流）相比较。合同按编号认定；编号仅书写不同而当事人、金额相同的视为同一编号；当事人、金额、签订日、标的、
    数量均相同的为弱判断，预警会注明。
为何可疑
    一笔采购只付一次款。第二笔贷款没有自己的用途。
依据
    贷后管理方法一（追踪信贷资金）；贷款资金应按真实合同支付。
正常解释
    分期：多笔贷款合计未超过合同金额。贷款另有其他合同足以支持。已申报的再融资：产品或用途含参数 refinancing_words
    中的词。
看不到的
    同一合同用于他行贷款。与贷款币种不同的合同。同日两份相同订单看似同一合同，此时预警注明仅内容相同，级别为橙色。
下一步
    索取合同原件和发票；查明第二笔贷款的实际用途。
"""

META = Detector(
    title=Text(en="One contract for several loans", zh="一份合同重复支持多笔贷款"),
    family="documents",
    method=1,
    severity="R",
    maturity="stable",
    needs=(Contract, Loan, LoanContract),
    words={
        "loans": Text("Loans that rest on it", "依据该合同的贷款数"),
        "price": Text("Price of the contract", "合同价款"),
        "asked_amount": Text("What these loans show contracts for", "这些贷款的合同支持金额合计"),
        "excess_amount": Text("What no contract is left for", "无合同可支持的金额"),
        "same_by": Text("The same contract by", "认定同一合同的依据"),
        "same_by_content": Text("The same by content alone", "仅内容相同"),
    },
)


@dataclass(frozen=True)
class Params:
    tolerance: float = parameter(
        0.0,
        unit="share",
        low=0.0,
        high=0.5,
        en="By how much of its amount a contract may be exceeded",
        zh="合计允许超过合同金额的比例",
    )
    refinancing_words: str = text_parameter(
        "refinanc,借新还旧,再融资,续贷,置换",
        unit="words separated by commas",
        pattern=r"[^;]*",
        en="A loan whose product or purpose has one of these words is a declared refinancing",
        zh="产品或用途含有其中一词的贷款为已申报的再融资",
        source="our own proposal",
    )


@dataclass(frozen=True)
class _Paper:
    """What counts as one contract: the contracts on file for it, and by what they are one."""

    contracts: tuple[Contract, ...]
    same_by: str

    @property
    def contract(self) -> Contract:
        return self.contracts[0]


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    book = ContractBook.of(snapshot)
    loans_of = {
        id_: {loan for loan in loans if not has_words(book.loan[loan], params.refinancing_words)}
        for id_, loans in book.linked_contracts().items()
    }
    papers = _papers([book.contracts[id_] for id_ in sorted(loans_of)])
    resting = [sorted(set().union(*(loans_of[c.contract_id] for c in paper.contracts))) for paper in papers]
    findings: list[Finding] = []
    for members in _connected(resting):
        findings += _judged(snapshot, params, [papers[n] for n in members], [resting[n] for n in members])
    return findings


def _papers(contracts: list[Contract]) -> list[_Paper]:
    """Contracts put together that are one: by number first, the rest by content."""
    by_number: dict[tuple[object, ...], list[Contract]] = defaultdict(list)
    for contract in contracts:
        by_number[(_written(contract.contract_id), *_terms(contract))].append(contract)
    by_content: dict[tuple[object, ...], list[list[Contract]]] = defaultdict(list)
    for number, same in by_number.items():
        first = same[0]
        told = first.signed_on is not None and first.subject
        more = (first.signed_on, _written(first.subject or ""), first.quantity, first.unit)
        by_content[(*_terms(first), *more) if told else number].append(same)
    papers = []
    for groups in by_content.values():
        same = sorted((contract for group in groups for contract in group), key=lambda contract: contract.contract_id)
        papers.append(_Paper(tuple(same), "content" if len(groups) > 1 else "number" if len(same) > 1 else "id"))
    return sorted(papers, key=lambda paper: paper.contract.contract_id)


def _terms(contract: Contract) -> tuple[object, ...]:
    return contract.buyer_id, contract.seller_id, contract.amount_minor, contract.currency


def _written(number: str) -> str:
    """Letters and digits alone, whatever their width and case."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", number).casefold() if sign.isalnum())


def _connected(resting: list[list[str]]) -> Iterator[list[int]]:
    """Papers that have loans in common, also by way of others, where some loan is on several or some paper has several
    loans: nothing else can be used twice."""
    of_loan: dict[str, list[int]] = defaultdict(list)
    for number, loans in enumerate(resting):
        for loan in loans:
            of_loan[loan].append(number)
    seen: set[int] = set()
    for start in range(len(resting)):
        waiting, members = [start], set()
        while waiting:
            number = waiting.pop()
            if number not in seen:
                seen.add(number)
                members.add(number)
                waiting += [other for loan in resting[number] for other in of_loan[loan]]
        if any(len(resting[number]) > 1 for number in members):
            yield sorted(members)


def _judged(snapshot: Snapshot, params: Params, papers: list[_Paper], resting: list[list[str]]) -> Iterator[Finding]:
    book = ContractBook.of(snapshot)
    loans = sorted({loan for some in resting for loan in some})
    worth = np.array(
        [paper.contract.amount_minor + margin(paper.contract.amount_minor, params.tolerance) for paper in papers],
        dtype=np.int64,
    )
    tied = np.array(
        [
            [
                loan in some and paper.contract.currency == book.loan[loan].currency
                for paper, some in zip(papers, resting, strict=True)
            ]
            for loan in loans
        ]
    )
    lent = np.array([_lent(book, loan) for loan in loans], dtype=np.int64)
    asked = np.minimum(lent, (tied * worth[None, :]).sum(axis=1))
    excess, behind, exhausted = shortage(asked, worth, tied)
    if excess == 0:
        return
    for number in np.flatnonzero(exhausted).tolist():
        on_it = [loan for entry, loan in enumerate(loans) if tied[entry, number] and behind[entry]]
        if len(on_it) > 1 and (snapshot.focus is None or snapshot.focus & set(on_it)):
            amounts = [int(asked[loans.index(loan)]) for loan in on_it]
            yield _finding(snapshot, papers[number], on_it, amounts, excess)


def _lent(book: ContractBook, loan_id: str) -> int:
    """What was drawn of a loan; what was granted where nothing is drawn yet."""
    drawn = sum(drawdown.amount_minor for _, drawdown in book.drawn(loan_id))
    return drawn or book.loan[loan_id].amount_minor


def _finding(snapshot: Snapshot, paper: _Paper, loans: list[str], asked: list[int], excess: int) -> Finding:
    book, contract = ContractBook.of(snapshot), paper.contract
    ids = [one.contract_id for one in paper.contracts]
    latest = max(loans, key=lambda loan: (min((day for day, _ in book.drawn(loan)), default=date.max), loan))
    links = snapshot.table(LoanContract).to_pylist()
    keys = sorted(row[ROW_KEY] for row in links if row["loan_id"] in loans and row["contract_id"] in ids)
    by_content = paper.same_by == "content"
    borrowers = [book.loan[loan].borrower_id for loan in loans]
    return Finding(
        identity={"contract_id": contract.contract_id},
        subject=Subject("loan", latest),
        severity="O" if by_content else "R",
        amount=Range(excess, excess, contract.currency),
        message=Message(
            en="{count} loans rest on contract {contract} over {price}; {excess} of them has no contract left to rest "
            "on when every contract is used once.",
            zh="{count} 笔贷款依据合同 {contract}（价款 {price}）；每份合同只用一次时，其中 {excess} 没有合同支持。",
            values={
                "count": len(loans),
                "contract": ", ".join(ids),
                "price": text(contract.amount_minor, contract.currency),
                "excess": text(excess, contract.currency),
            },
        ),
        signals=(
            Signal("loans", len(loans), 2, 1.0),
            Signal("price", contract.amount_minor),
            Signal("asked_amount", sum(asked), contract.amount_minor),
            Signal("excess_amount", excess),
            Signal("same_by", paper.same_by, None, -0.5 if by_content else 0.0),
        ),
        parties=tuple(dict.fromkeys([*borrowers, contract.buyer_id, contract.seller_id])),
        evidence=(
            *(Evidence("contract", one.contract_id, one.amount_minor) for one in paper.contracts),
            *(Evidence("loan", loan, amount) for loan, amount in zip(loans, asked, strict=True)),
            *(Evidence("loan_contract", key) for key in keys),
        ),
        blind_spots=(BlindSpot("same_by_content", tuple(ids)),) if by_content else (),
    )
