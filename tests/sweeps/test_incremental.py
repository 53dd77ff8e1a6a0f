"""A sweep after a small change finds what a full one finds: on random books and random changes, for every detector
that says how far it reaches."""

from __future__ import annotations

import dataclasses
import os
import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors import registry
from detectors.contract import DetectorModule
from graph.columns import Row
from graph.schema import (
    TABLES,
    Loan,
)
from graph.snapshot import Snapshot
from graph.tracing import Limits
from sweeps.affected import KNOWN, Affected
from sweeps.again import Again, Base
from sweeps.changes import Changes
from sweeps.sweep import run
from tests.story import rows, story

LOCAL: Mapping[str, DetectorModule] = {
    id_: module for id_, module in registry.discover().items() if module.META.reach is not None
}
EXAMPLES = 3000 if os.environ.get("LOANTRAIL_NIGHTLY") else 25
EAGER: Mapping[str, Any] = {
    "min_share": 0.01, "min_amount": 0, "min_pro_rata_share": 0.0, "yellow_share": 0.01, "orange_share": 0.02,
    "strong_pro_rata_share": 0.01, "min_old_share": 0.0, "horizon_days": 12, "hub_counterparties": 3, "max_hops": 3,
}  # fmt: skip
"""Parameters with which random books have findings, and something out of reach."""


def eager(module: DetectorModule) -> Any:
    names = {field.name for field in dataclasses.fields(module.Params)}
    return module.Params(**{name: value for name, value in EAGER.items() if name in names})


class Dice:
    """A random book of a few circles of people, and random changes to it."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.next_id = 0

    def name(self, letter: str) -> str:
        self.next_id += 1
        return f"{letter}{self.next_id}"

    def day(self, low: int = 1, high: int = 90) -> date:
        return date(2026, 1, 1) + timedelta(days=self.dice.randint(low, high))

    def book(self) -> list[str]:
        """The lines of a story: sixteen companies and four persons, with accounts, loans and payments."""
        self.companies = [f"B{n}" for n in range(16)]
        self.persons = [f"P{n}" for n in range(4)]
        self.parties = self.companies + self.persons
        self.accounts = {party: [f"{party.lower()}a"] for party in self.parties}
        self.loans: list[str] = []
        lines = [f"company {', '.join(self.companies)}", f"person {', '.join(self.persons)}"]
        lines += [f"{party} holds {party.lower()}a" for party in self.parties]
        lines += ["account x off us", "account cash is suspense"]
        self.all_accounts = [a for held in self.accounts.values() for a in held] + ["x", "cash"]
        for n in (0, 3, 6, 9):
            lines.append(f"{self.dice.choice(self.parties[n + 1 :])} owns {self.dice.choice((40, 60, 100))}% of B{n}")
        for _ in range(8):
            lines += self.lend()
        for _ in range(30):
            lines.append(self.payment())
        for account in self.dice.sample(self.all_accounts[:20], 7):
            lines.append(f"account {account} opens with {self.dice.randint(0, 900)}")
        return lines

    def lend(self) -> list[str]:
        loan, borrower = self.name("L"), self.dice.choice(self.companies)
        self.loans.append(loan)
        account = self.dice.choice(self.accounts[borrower])
        lines = [f"{self.day()} 09:00 {loan} of {borrower} pays {self.dice.randint(2, 9) * 100} to {account}"]
        drawn, amount = date.fromisoformat(lines[0][:10]), self.dice.randint(1, 5) * 100
        way = [account, *self.dice.sample(self.all_accounts, self.dice.randint(1, 2))]
        way.append(self.dice.choice([account, account, "x", "cash", *self.accounts[self.dice.choice(self.parties)]]))
        for hop, (source, target) in enumerate(pairwise(way), start=1):  # where the money goes
            kind = (
                "cash"
                if target == "cash"
                else self.dice.choice(["payment", "payment", "loan_repayment", "bill_margin"])
            )
            if source != target:
                when = f"{drawn + timedelta(days=hop)} 10:00"
                lines.append(f"{when} {source} pays {amount} to {target} as {kind} id {self.name('T')}")
        if self.dice.random() < 0.4:
            lines.append(f"{self.dice.choice(self.parties)} guarantees {loan}")
        if self.dice.random() < 0.5:
            seller = self.dice.choice(self.companies)
            lines.append(f"{self.name('K')}: {borrower} buys from {seller} for {self.dice.randint(1, 9) * 100}"
                         f" on {self.day(1, 40)} for {loan}")  # fmt: skip
        return lines

    def payment(self, low: int = 1, high: int = 100) -> str:
        source, target = self.dice.sample(self.all_accounts, 2)
        if self.dice.random() < 0.3:
            source = self.dice.choice(self.accounts[self.dice.choice(self.companies)])
        target = "nobody" if self.dice.random() < 0.05 else target
        kind = self.dice.choice(["payment"] * 8 + ["cash", "refund", "loan_repayment", "bill_margin"])
        when = f"{self.day(low, high)}" + ("" if self.dice.random() < 0.3 else f" {self.dice.randint(9, 17):02}:00")
        if target == source:
            target = "x"
        return f"{when} {source} pays {self.dice.randint(1, 9) * 50} to {target} as {kind} id {self.name('T')}"

    def changed(self, lines: list[str]) -> list[str]:
        """The lines with one or two changes of any kind."""
        for _ in range(self.dice.randint(1, 2)):
            lines = self.dice.choice(self.CHANGES)(self, list(lines))
        return lines

    def pay_later(self, lines: list[str]) -> list[str]:
        return [*lines, self.payment(95, 110)]

    def pay_before(self, lines: list[str]) -> list[str]:
        return [*lines, self.payment()]

    def take_back(self, lines: list[str]) -> list[str]:
        paid = [line for line in lines if " id T" in line]
        lines.remove(self.dice.choice(paid))
        return lines

    def own(self, lines: list[str]) -> list[str]:
        one, other = self.dice.sample(self.parties, 2)
        if not other.startswith("B"):
            one, other = other, "B15" if one != "B15" else "B14"
        return lines if one == other else [*lines, f"{one} owns 60% of {other} from {self.day()}"]

    def sell(self, lines: list[str]) -> list[str]:
        owned = [line for line in lines if " owns " in line]
        if owned:
            lines.remove(self.dice.choice(owned))
        return lines

    def open(self, lines: list[str]) -> list[str]:
        account, payer = self.name("n"), self.dice.choice(self.all_accounts)
        paid = f"{self.day(1, 100)} 11:00 {payer} pays 100 to {account} id {self.name('T')}"
        return [*lines, f"{self.dice.choice(self.parties)} holds {account}", paid]

    def tell_balance(self, lines: list[str]) -> list[str]:
        return [*lines, f"account {self.dice.choice(self.all_accounts[:20])} opens with {self.dice.randint(0, 500)}"]

    def tell_kind(self, lines: list[str]) -> list[str]:
        kind = self.dice.choice(["margin", "wealth", "deposit", "psp", "payroll"])
        return [*lines, f"account {self.dice.choice(self.all_accounts[:20])} is {kind}"]

    def lend_more(self, lines: list[str]) -> list[str]:
        return [*lines, *self.lend()]

    def guarantee(self, lines: list[str]) -> list[str]:
        return [*lines, f"{self.dice.choice(self.parties)} guarantees {self.dice.choice(self.loans)}"]

    def exclude(self, lines: list[str]) -> list[str]:
        return [*lines, f"exclude account {self.dice.choice(self.all_accounts)}: pool until 2027-01-01"]

    def pledge(self, lines: list[str]) -> list[str]:
        collateral, account = self.name("C"), self.dice.choice(self.all_accounts[:20])
        return [*lines, f"collateral {collateral} registered as {account}", f"account {account} is deposit",
                f"{collateral} secures {self.dice.choice(self.loans)}"]  # fmt: skip

    def trade(self, lines: list[str]) -> list[str]:
        buyer, seller = self.dice.sample(self.companies, 2)
        contract = self.name("K")
        return [*lines, f"{contract}: {buyer} buys from {seller} for {self.dice.randint(1, 9) * 100} on {self.day()}",
                f"{self.payment()} ".replace(" id ", f" under {contract} id ").strip()]  # fmt: skip

    CHANGES: tuple[Callable[[Dice, list[str]], list[str]], ...] = (
        pay_later, pay_later, pay_later, pay_before, pay_before, take_back, own, sell, open, open, tell_balance,
        tell_kind, lend_more, guarantee, exclude, pledge, trade,
    )  # fmt: skip


def told(lines: list[str]) -> Snapshot:
    """The story; a row of a relationship that is told twice is one."""
    found: dict[Any, Row] = {}
    for number, row in enumerate(rows("\n".join(lines))):
        key = tuple(getattr(row, column.name) for column in row.TABLE.key)
        found[(row.TABLE.name, key if any(key) else number)] = row
    return Snapshot.from_rows(found.values())


def findings(snapshot: Snapshot, day: date, base: Base | None = None) -> tuple[dict[str, Any], Any]:
    params = {id_: eager(module) for id_, module in LOCAL.items()}
    result = run(snapshot, as_of=day, detectors=LOCAL, params=params, base=base)
    assert result.failed == ()
    return {id_: [f.to_json() for f in result.findings if f.detector == id_] for id_ in LOCAL}, result


def base_of(snapshot: Snapshot, day: date) -> Base:
    _, result = findings(snapshot, day)
    silent = {one.detector for one in result.not_checked}
    said = {id_: tuple(f for f in result.findings if f.detector == id_) for id_ in LOCAL if id_ not in silent}
    return Base(snapshot.until(day), day, said, result.params)


def check(seed: int) -> tuple[int, int, int]:
    """Judge a random book, change it, judge it again both ways. Loans, loans judged again, findings."""
    dice = Dice(seed)
    lines = dice.book()
    before = told(lines)
    base = base_of(before, dice.dice.choice([date(2026, 3, 20), date(2026, 4, 25)]))
    after = told(dice.changed(lines))
    day = max(base.as_of, dice.dice.choice([base.as_of, date(2026, 4, 25)]))
    full, _ = findings(after, day)
    again, _ = findings(after, day, base)
    for id_ in LOCAL:
        assert again[id_] == full[id_], f"seed {seed}: {id_}"
    judged = Affected(Changes.between(base.snapshot, after.until(day))).loans(Limits(12, 3, 3))
    return len(after.rows(Loan)), len(judged), sum(map(len, full.values()))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_what_is_judged_again_is_enough(seed: int) -> None:
    check(seed)


def test_the_random_books_would_show_it() -> None:
    """Books have findings, some loans are judged again and some are not: the property is not empty."""
    seen = [check(seed) for seed in range(12)]
    assert sum(found for _, _, found in seen) > 60
    assert any(0 < judged < loans for loans, judged, _ in seen)


def test_detectors_that_follow_money_say_how_far_they_reach() -> None:
    assert {"loan_money_returns", "destination_not_visible", "shared_controller"} <= set(LOCAL)


@pytest.mark.parametrize("id_", LOCAL)
def test_a_detector_with_a_reach_reads_only_what_is_followed(id_: str) -> None:
    """Whatever else it read could change without its loans being judged again."""
    snapshot = told(Dice(3).book())
    read: set[str] = set()

    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            read.add(name)
            return super().__getitem__(name)

    watched = Snapshot(Watched(snapshot.tables), data_cut="x", timezone="UTC", store="rows")
    registry.run(LOCAL[id_], watched, eager(LOCAL[id_]), date(2026, 4, 25))
    ids_only = {table.name for table in TABLES.values()} - {row.TABLE.name for row in KNOWN}
    assert read
    assert read & ids_only <= {"invoice", "contact"}  # codes of all node tables are made at once


@pytest.mark.parametrize("id_", LOCAL)
def test_the_day_matters_only_by_what_is_known_on_it(id_: str) -> None:
    snapshot = told(Dice(4).book())
    module = LOCAL[id_]
    one, later = (
        [f.to_json() for f in registry.run(module, snapshot, eager(module), day)]
        for day in (date(2026, 4, 25), date(2030, 1, 1))
    )
    assert one == later


BANK = """
    company B, C, D, E
    B holds b
    C holds c
    D holds d
    E owns 10% of D
    E is director of D
    E guarantees party D
    2026-01-05 09:00  L1 of B pays 1,000 to b
    2026-01-06 09:00  b pays 500 to c id T1
    2026-02-05 09:00  L2 of D pays 1,000 to d
"""


@pytest.mark.parametrize(
    ("change", "judged"),
    [
        ("2026-01-07 10:00 c pays 1 to x id N", {"L1"}),  # the money of L1 can be on c
        ("2026-03-07 10:00 c pays 1 to x id N", set()),  # its window is over: thirty days after 5 January
        ("2026-01-03 10:00 x pays 1 to c id N", {"L1"}),  # what was on c when it came
        ("2026-03-01 10:00 y pays 1 to d id N", {"L2"}),
        ("2026-03-01 10:00 y pays 1 to z id N", set()),
        ("C owns 60% of B", {"L1"}),
        ("D is director of C", {"L1", "L2"}),  # D borrowed L2, and the money of L1 reaches C
        ("D guarantees L1", {"L1", "L2"}),
        ("exclude account nowhere: pool until 2027-01-01", {"L1", "L2"}),
    ],
)
def test_which_loans_are_within_reach_of_a_change(change: str, judged: set[str]) -> None:
    before, after = story(BANK), story(BANK + change)
    found = Affected(Changes.between(before, after)).loans(Limits(30, 6, 1000))
    assert found == judged


def test_nothing_changed_is_nothing_asked() -> None:
    snapshot = story(BANK)
    base = base_of(snapshot, date(2026, 2, 5))

    again = Again(base, snapshot.until(base.as_of), base.as_of, LOCAL, {id_: eager(m) for id_, m in LOCAL.items()})
    for id_, module in LOCAL.items():
        if id_ in base.findings:
            assert again.found(id_, module, eager(module), base.as_of) == list(base.findings[id_])
    module = LOCAL["loan_money_returns"]
    assert again.found("loan_money_returns", module, module.Params(), base.as_of) is None  # asked otherwise then
