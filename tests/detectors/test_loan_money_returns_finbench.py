"""loan_money_returns on the FinBench sample against an independent computation over the same files.

The oracle reads the files itself, finds groups by adding up votes, walks level by level, and takes the ceiling from
the linear programme. It shares no code with the tracer.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest

from detectors import loan_money_returns, registry
from graph.snapshot import Snapshot
from graph.store import GraphStore
from ingest.load import load
from tests.graph.linear_programme import Payment, Question, back_to, bounds

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "finbench"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the FinBench sample is not beside the project")

HORIZON = 30 * 86_400_000
HOPS = 6


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="|"))


def milliseconds(text: str) -> int:
    whole, _, fraction = text.partition(".")
    instant = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    return int(instant.timestamp()) * 1000 + int(fraction.ljust(3, "0") or 0)


def fen(text: str) -> int:
    return int((Decimal(text) * 100).quantize(Decimal(1), ROUND_HALF_EVEN))


def groups_by_day() -> tuple[list[tuple[str, str, Decimal, date]], dict[str, list[str]]]:
    """Holdings (holder, company, ratio, since) and accounts by holder."""
    holdings = []
    for kind, name in (("C", "CompanyInvestCompany"), ("P", "PersonInvestCompany")):
        for row in read(name):
            since = datetime.fromtimestamp(milliseconds(row["createTime"]) / 1000, UTC).date()
            holdings.append((kind + row["investorId"], "C" + row["companyId"], Decimal(row["ratio"]), since))
    accounts = defaultdict(list)
    for kind, name in (("C", "CompanyOwnAccount"), ("P", "PersonOwnAccount")):
        for row in read(name):
            accounts[kind + row[f"{'company' if kind == 'C' else 'person'}Id"]].append(row["accountId"])
    return holdings, accounts


Stakes = dict[str, list[tuple[str, Decimal]]]


def stakes_on(day: date, holdings: list[tuple[str, str, Decimal, date]]) -> Stakes:
    """What each holder holds on a day; own shares carry no votes."""
    stakes: Stakes = defaultdict(list)
    for holder, company, ratio, since in holdings:
        if since <= day and holder != company:
            stakes[holder].append((company, ratio))
    return stakes


def group_of(party: str, stakes: Stakes) -> set[str]:
    """Everybody under the party's ultimate controller. Control begins with a direct majority, so only holders that
    have one can be at the top."""

    def controlled(top: str) -> set[str]:
        inside, votes = {top}, defaultdict(Decimal)
        queue = [top]
        while queue:
            for company, ratio in stakes.get(queue.pop(), ()):
                votes[company] += ratio
                if votes[company] > Decimal("0.5") and company not in inside:
                    inside.add(company)
                    queue.append(company)
        return inside

    found = {party}
    for top in [holder for holder, held in stakes.items() if any(ratio > Decimal("0.5") for _, ratio in held)]:
        under = controlled(top)
        if party in under:
            found |= under
    return found


def test_the_drawdowns_that_come_back_and_how_much_of_them(duckdb_store: GraphStore) -> None:
    load([FOLDER], duckdb_store)
    snapshot = Snapshot.of(duckdb_store)
    params = loan_money_returns.Params()
    findings = registry.run(registry.discover()["loan_money_returns"], snapshot, params, date(2022, 12, 31))
    found = {finding.identity["drawdown_id"]: finding.amount for finding in findings}

    holdings, accounts = groups_by_day()
    tied = {party for holder, company, _, _ in holdings for party in (holder, company)}
    borrower = {
        row["loanId"]: kind + row[f"{word}Id"]
        for kind, word, name in (("C", "company", "CompanyApplyLoan"), ("P", "person", "PersonApplyLoan"))
        for row in read(name)
    }
    leaving: dict[str, list[tuple[int, str, int, str]]] = defaultdict(list)
    arriving: dict[str, list[tuple[int, str, int, str]]] = defaultdict(list)
    for prefix, name in (("T", "AccountTransferAccount"), ("W", "AccountWithdrawAccount")):
        for i, row in enumerate(read(name)):
            if row["fromId"] != row["toId"]:
                at, amount = milliseconds(row["createTime"]), fen(row["amount"])
                leaving[row["fromId"]].append((at, row["toId"], amount, f"{prefix}{i}"))
                arriving[row["toId"]].append((at, row["fromId"], amount, f"{prefix}{i}"))

    def comes_back(start: str, begin: int, own: set[str]) -> bool:
        frontier = {start: begin}
        for _ in range(HOPS):
            reached: dict[str, int] = {}
            for account, since in frontier.items():
                for at, payee, _, _ in leaving[account]:
                    if since <= at <= begin + HORIZON:
                        if payee in own and account not in own:
                            return True
                        reached[payee] = min(at, reached.get(payee, at))
            frontier = reached
        return False

    returning = {}
    stakes: dict[date, Stakes] = {}
    for row in read("LoanDepositAccount"):
        at = milliseconds(row["createTime"])
        party = borrower[row["loanId"]]
        start = row["accountId"]
        if not leaving[start]:
            continue
        day = datetime.fromtimestamp(at / 1000, UTC).date()
        if party not in tied and not comes_back(start, at, set(accounts[party])):
            continue
        if day not in stakes:
            stakes[day] = stakes_on(day, holdings)
        own = {account for member in group_of(party, stakes[day]) for account in accounts[member]}
        if comes_back(start, at, own):
            returning[f"D:{row['loanId']}:{start}:{at}"] = (start, at, fen(row["amount"]), own)
    assert len(returning) == 12  # `semantics.md` 2: 12, not the 705 that walking through repayments would give

    expected = {}
    for drawdown, (start, at, drawn, own) in returning.items():
        near = {start}
        for _ in range(HOPS):
            near |= {payee for a in near for t, payee, _, _ in leaving[a] if at <= t <= at + HORIZON}
        payments = [Payment("credit", "the bank", start, drawn, at)]
        payments += [
            Payment(id_, a, payee, amount, t)
            for a in sorted(near)
            for t, payee, amount, id_ in leaving[a]
            if at <= t <= at + HORIZON
        ]
        floor, ceiling = bounds(payments, {}, Question((payments[0],), back_to(own), at + HORIZON, HOPS))
        if ceiling * 5 >= drawn and ceiling >= 100_000_00:
            expected[drawdown] = (floor, ceiling)
    assert {id_: (amount.low, amount.high) for id_, amount in found.items() if amount} == expected
    assert expected
