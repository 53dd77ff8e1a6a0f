"""shared_controller on the FinBench sample against an independent computation over the same files.

The oracle reads the files with SQL, finds control by adding up decimal votes party by party, and ownership by a linear
solve. It shares no code with the product.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import duckdb
import networkx as nx
import numpy as np
import pytest

from detectors import registry, shared_controller
from graph.schema import Loan
from graph.snapshot import Snapshot
from graph.store import GraphStore
from ingest.load import load

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "finbench"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the FinBench sample is not beside the project")

Found = dict[tuple[str, str, str, str], tuple[str, str, str]]
"""(borrower, other, common, loan) to (first day, relation, severity)."""


def sql(query: str) -> list[tuple[str, ...]]:
    """Rows of a query over the files; each is a table of its name, all columns text, `day` its day of creation."""
    with duckdb.connect() as connection:
        for path in FOLDER.glob("*.csv"):
            file = connection.read_csv(str(path), delimiter="|", all_varchar=True)
            file.create_view(f"raw_{path.stem}")
            connection.table(f"raw_{path.stem}").project("*, createTime[:10] AS day").create_view(path.stem)
        return connection.sql(query).fetchall()


class People:
    """Who stands behind whom on one day."""

    def __init__(self, holdings: list[tuple[str, str, str]]) -> None:
        self.holders: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
        self.held: dict[str, set[str]] = defaultdict(set)
        for holder, company, ratio in holdings:
            self.holders[company].append((holder, Decimal(ratio)))
            self.held[holder].add(company)

    def controlled(self, top: str) -> set[str]:
        """The companies whose votes `top` and what it controls hold more than half of."""
        inside = {top}
        waiting = list(self.held[top])
        while waiting:
            company = waiting.pop()
            votes = sum(votes for holder, votes in self.holders[company] if holder in inside and holder != company)
            if company not in inside and votes > Decimal("0.5"):
                inside.add(company)
                waiting += self.held[company]
        return inside - {top}

    @cached_property
    def ultimate(self) -> dict[str, str]:
        """The end of the chain above each controlled company; the smallest id of a ring."""
        control = nx.DiGraph((top, company) for top in list(self.held) for company in self.controlled(top))
        condensed = nx.condensation(control)
        return {
            company: min(min(condensed.nodes[end]["members"]) for end in ends)
            for number in condensed
            for ends in [[up for up in nx.ancestors(condensed, number) | {number} if condensed.in_degree(up) == 0]]
            for company in condensed.nodes[number]["members"]
            if ends != [number] or len(condensed.nodes[number]["members"]) > 1
        }

    @cached_property
    def beneficial(self) -> dict[str, set[str]]:
        """By company, the persons with at least a quarter over all paths. What persons own of the companies that own
        others is D N with N = (I - W)^-1 among these; of any company, what they own directly and through these."""
        middle = {id_: place for place, id_ in enumerate(id_ for id_ in self.held if id_[0] == "C")}
        persons = {id_: place for place, id_ in enumerate(id_ for id_ in self.held if id_[0] == "P")}
        held = list(self.holders)
        through = np.zeros((len(held), len(middle)))
        direct = np.zeros((len(held), len(persons)))
        for place, company in enumerate(held):
            for holder, ratio in self.holders[company]:
                into, column = (through, middle) if holder in middle else (direct, persons)
                into[place, column[holder]] += float(ratio)
        w, d = np.zeros((len(middle), len(middle))), np.zeros((len(middle), len(persons)))
        for place, company in enumerate(held):
            if company in middle:
                w[middle[company]], d[middle[company]] = through[place], direct[place]
        shares = direct + through @ np.linalg.solve(np.eye(len(middle)) - w, d)
        ids = list(persons)
        return {
            company: {ids[column] for column in np.flatnonzero(row >= 0.25 - 1e-9)}
            for company, row in zip(held, shares, strict=True)
        }

    def behind(self, party: str) -> set[str]:
        ultimate = {self.ultimate[party]} if party in self.ultimate else set()
        return {party} | ultimate | self.beneficial.get(party, set())


def judged(loan: str) -> bool:
    """One loan in thirty, chosen by number: the oracle is slow. On all of them the two agreed as well."""
    return int(loan) % 30 == 3


def expected() -> Found:
    holdings = sql(
        "SELECT 'C' || investorId, 'C' || companyId, ratio, day FROM CompanyInvestCompany "
        "UNION ALL SELECT 'P' || investorId, 'C' || companyId, ratio, day FROM PersonInvestCompany"
    )
    drawdowns = sql(
        "WITH borrower AS (SELECT 'C' || companyId AS id, loanId FROM CompanyApplyLoan "
        "UNION ALL SELECT 'P' || personId, loanId FROM PersonApplyLoan) "
        "SELECT drawn.day, borrower.id, drawn.loanId FROM LoanDepositAccount AS drawn "
        "JOIN borrower USING (loanId) ORDER BY drawn.createTime"
    )
    guarantees = sql(
        "SELECT 'C' || fromId, 'C' || toId, day FROM CompanyGuaranteeCompany "
        "UNION ALL SELECT 'P' || fromId, 'P' || toId, day FROM PersonGuaranteePerson"
    )
    guarantors: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for guarantor, obligor, day in guarantees:
        guarantors[obligor].append((guarantor, day))
    borrowers: set[str] = set()
    found: Found = {}
    for day in sorted({day for day, _, loan in drawdowns if judged(loan)}):
        people = People([(holder, company, ratio) for holder, company, ratio, since in holdings if since <= day])
        today = [(borrower, loan) for drawn, borrower, loan in drawdowns if drawn == day and judged(loan)]
        borrowers |= {borrower for drawn, borrower, _ in drawdowns if drawn <= day}
        in_front = defaultdict(set)
        for party in borrowers:
            for common in people.behind(party):
                in_front[common].add(party)
        for borrower, loan in today:
            behind = people.behind(borrower)
            others = {(party, "Y") for common in behind for party in in_front[common]}
            others |= {(guarantor, "O") for guarantor, since in guarantors[borrower] if since <= day}
            for other, severity in sorted(others):  # O before Y: the first severity seen is the highest of the day
                for common in behind & people.behind(other) if other != borrower else ():
                    relation = "one_behind_the_other" if common in (borrower, other) else "common"
                    first, _, highest = found.get((borrower, other, common, loan), (day, "", "Y"))
                    highest = "O" if "O" in (severity, highest) else "Y"
                    found[borrower, other, common, loan] = (first, relation, highest)
    return found


def test_the_findings_are_those_of_an_independent_computation(duckdb_store: GraphStore) -> None:
    load([FOLDER], duckdb_store, format="finbench")
    snapshot = Snapshot.of(duckdb_store)
    snapshot = snapshot.focused(loan.loan_id for loan in snapshot.rows(Loan) if judged(loan.loan_id))
    found: Found = {}
    for finding in registry.run(shared_controller, snapshot, shared_controller.Params(), date(2022, 12, 31)):
        signals = {signal.name: signal.value for signal in finding.signals}
        key = finding.identity
        found[key["party_id"], key["other_party_id"], key["controller_id"], key["loan_id"]] = (
            str(signals["first_day"]),
            str(signals["relation"]),
            finding.severity,
        )
    assert found
    assert found == expected()
