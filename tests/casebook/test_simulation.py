"""Years of a bank told at random: real detectors sweep its changing books night after night, people decide in between.

What must hold at the end is worked out from the sweeps' own documents and from the stored history, with a rule for
"material" that is written down here once more.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from casebook import (
    Actor,
    Casebook,
    CaseRefused,
    Decision,
    DecisionRefused,
    NotAllowed,
    Role,
    SuppressionRefused,
    UnknownAlert,
    Version,
    open_casebook,
)
from detectors import registry
from detectors.contract import DetectorModule
from sweeps.sweep import run
from tests.story import story

START = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)
MACHINE = Actor("night", Role.ADMINISTRATOR)
PEOPLE = [Actor("Ines", Role.INVESTIGATOR), Actor("Rui", Role.REVIEWER), Actor("Chen", Role.COMPLIANCE)]
CHEN = PEOPLE[2]
DETECTORS = ("contract_paid_to_individual", "shared_controller")
LOANS = range(1, 6)
PERSONS = ("P1", "P2", "P3")
AMOUNTS = (300, 500, 560, 600, 700, 900)


class Bank:
    """Five borrowers, each with a loan for a purchase. What changes from night to night: whom the sellers' money goes
    to and how much of it, who owns the sellers, and the price."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.price = dict.fromkeys(LOANS, 1000)
        self.payments: dict[int, dict[str, int]] = {loan: {} for loan in LOANS}
        self.owner: dict[int, str | None] = dict.fromkeys(LOANS)

    def live_a_day(self) -> None:
        for _ in range(self.chance.randint(0, 4)):
            loan = self.chance.choice(LOANS)
            match self.chance.randint(0, 5):
                case 0 | 1 | 2:
                    self.payments[loan][self.chance.choice(PERSONS)] = self.chance.choice(
                        (300, 500, 560, 600, 700, 900)
                    )
                case 3:
                    self.payments[loan].pop(self.chance.choice(PERSONS), None)
                case 4:
                    self.owner[loan] = self.chance.choice((None, f"O{loan}", "P1"))
                case 5:
                    self.price[loan] = self.chance.choice((800, 1000, 1400))

    def told(self) -> str:
        lines = [f"person {', '.join(PERSONS)}", *(f"{person} holds {person.lower()}" for person in PERSONS)]
        for loan in LOANS:
            lines += [
                f"company B{loan}, S{loan}",
                f"person O{loan}",
                f"B{loan} holds b{loan}",
                f"S{loan} holds s{loan}",
                f"O{loan} owns 100% of B{loan}",
                f"K{loan}: B{loan} buys from S{loan} for {self.price[loan]} on 2026-02-20 for L{loan}",
                f"2026-03-01 09:00 L{loan} of B{loan} pays 1000 to b{loan}",
            ]
            if self.owner[loan] is not None:
                lines.append(f"{self.owner[loan]} owns 80% of S{loan}")
            lines += [
                f"2026-03-0{2 + number} 10:00 b{loan} pays {amount} to {person.lower()} id X{loan}{person}{amount}"
                for number, (person, amount) in enumerate(sorted(self.payments[loan].items()))
            ]
        return "\n".join(lines)


class Life:
    """Sweeps a bank into a casebook, decides at random, and remembers every finding that was ever handed over."""

    def __init__(self, book: Casebook, seed: int) -> None:
        self.book = book
        self.chance = random.Random(seed)
        self.bank = Bank(self.chance)
        self.modules: dict[str, DetectorModule] = {
            id_: module for id_, module in registry.discover().items() if id_ in DETECTORS
        }
        self.at = START
        self.found: dict[str, set[str]] = {}
        self.now: dict[str, str] = {}

    def sweep(self) -> None:
        self.at += timedelta(days=1)
        self.bank.live_a_day()
        loans = None if self.chance.random() < 0.8 else {f"L{self.chance.choice(LOANS)}"}
        late = self.chance.random() < 0.05  # began before the last one: history
        started = self.at - timedelta(days=2) if late else self.at
        result = run(story(self.bank.told()), as_of=date(2026, 6, 30), detectors=self.modules, loans=loans).to_json()
        if self.chance.random() < 0.05:
            broken = self.chance.choice(DETECTORS)
            result["findings"] = [f for f in result["findings"] if f["detector"] != broken]
            result["failed"] = [{"detector": broken, "error": "ValueError", "message": "broken"}]
        for time in range(1 + (self.chance.random() < 0.1)):
            folded = self.book.fold(result, actor=MACHINE, started_at=started, at=self.at, loans=loans)
            assert folded.repeated == (time == 1)
        for finding in result["findings"]:
            fingerprint = finding["fingerprint"]
            known = fingerprint in self.found
            if not late or not known:
                self.found.setdefault(fingerprint, set()).add(finding["evidence_hash"])
                self.now[fingerprint] = finding["evidence_hash"]

    def decide(self) -> None:
        alerts = self.book.alerts(actor=CHEN, today=self.at.date())
        if not alerts:
            return
        for _ in range(self.chance.randint(0, 4)):
            alert, who = self.chance.choice(alerts), self.chance.choice(PEOPLE)
            self.at += timedelta(minutes=1)
            with suppress_refusals():
                match self.chance.randint(0, 12):
                    case 0 | 1 | 2 | 3 | 4:
                        self.book.decide(alert.alert_id, "dismiss", reason="a refund", actor=who, at=self.at)
                    case 5 | 6 | 7:
                        self.book.decide(alert.alert_id, "confirm", reason="it is so", actor=who, at=self.at)
                    case 8:
                        self.book.decide(alert.alert_id, "reopen", reason="look again", actor=who, at=self.at)
                    case 9:
                        self.book.assign(alert.alert_id, who.name, actor=who, at=self.at)
                    case 10:
                        self.book.attach(alert.alert_id, "note.txt", str(self.at).encode(), actor=who, at=self.at)
                    case 11:
                        until = self.at.date() + timedelta(days=9)
                        self.book.suppress("party", "P2", reason="known", expires_on=until, actor=CHEN, at=self.at)
                    case 12:
                        self.book.open_case(
                            "B1", [alert.alert_id], loans={alert.loan_id or ""}, actor=CHEN, at=self.at,
                            suspicious=self.chance.random() < 0.3,
                        )  # fmt: skip

    def judge(self) -> int:
        """Hold everything; returns how many alerts were reopened by evidence."""
        alerts = self.book.alerts(actor=CHEN, today=self.at.date())
        fingerprints = [alert.fingerprint for alert in alerts]
        assert sorted(fingerprints) == sorted(self.found)  # none lost, none invented
        assert len(set(fingerprints)) == len(fingerprints) == self.book.count(actor=CHEN, today=self.at.date())
        identities = [(alert.detector, tuple(sorted(alert.identity.items()))) for alert in alerts]
        assert len(set(identities)) == len(identities)  # none doubled
        reopened = 0
        for alert in alerts:
            versions = self.book.versions(alert.alert_id, actor=CHEN)
            assert {version.evidence_hash for version in versions} == self.found[alert.fingerprint]
            assert versions[-1].evidence_hash == self.now[alert.fingerprint]
            assert [version.number for version in versions] == list(range(1, len(versions) + 1))
            reopened += judged(versions, self.book.decisions(alert.alert_id, actor=CHEN), alert.case_status)
        checked = self.book.verify()
        assert checked.intact, checked.faults
        return reopened


@contextmanager
def suppress_refusals() -> Iterator[None]:
    """What people try at random is often refused."""
    try:
        yield
    except (CaseRefused, DecisionRefused, NotAllowed, SuppressionRefused, UnknownAlert):
        return


def judged(versions: list[Version], steps: list[Decision], status: str) -> int:
    """Replays one alert: evidence reopened it exactly when it had become material against what was decided."""
    findings = {version.number: version.finding for version in versions}
    closed: int | None = None
    reopened = 0
    for step in steps:
        if step.action in {"confirm", "dismiss"}:
            assert closed is None
            closed = step.version
        elif step.action in {"reopen", "reopened"}:
            assert closed is not None
            silent = range(closed + 1, step.version + (step.action == "reopen"))
            assert not any(material(findings[closed], findings[number]) for number in silent)
            if step.action == "reopened":
                assert material(findings[closed], findings[step.version])
                reopened += 1
            closed = None
    if closed is not None:
        assert not any(material(findings[closed], findings[n]) for n in range(closed + 1, len(versions) + 1))
    assert (status in {"confirmed", "dismissed"}) == (closed is not None)
    return reopened


def material(decided: Any, now: Any) -> bool:
    """A fifth more money, a party not named before, or a more severe colour."""
    colours = "YOR"
    if colours.index(now["severity"]) > colours.index(decided["severity"]):
        return True
    if any(party not in decided["parties"] for party in now["parties"]):
        return True
    if decided["amount"] is None or now["amount"] is None:
        return now["amount"] is not None
    return bool(now["amount"]["high"] >= Fraction(6, 5) * decided["amount"]["high"])


def live(book: Casebook, nights: int, seed: int) -> int:
    if book.database.engine.dialect.name == "sqlite":  # power cuts are not what is tried here
        event.listen(
            book.database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF")
        )
        book.database.engine.dispose()
    life = Life(book, seed)
    for number in range(nights):
        life.sweep()
        life.decide()
        if number % 100 == 99:
            assert book.verify().intact
    reopened = life.judge()
    with book.database.engine.connect() as connection:
        swept = connection.execute(text("SELECT count(*) FROM sweep")).scalar()
    assert swept == nights
    return reopened


def test_a_hundred_nights(tmp_path: Path) -> None:
    book = open_casebook(f"sqlite:///{tmp_path / 'casebook.sqlite'}")
    assert live(book, 100, seed=2026) > 0  # otherwise nothing was tried
    book.close()


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_a_thousand_nights(url: str) -> None:
    book = open_casebook(url)
    assert live(book, 1000, seed=11) > 20
    book.close()
