"""`Casebook`: the one door to alerts, decisions, suppressions and the audit log.

Every method that changes something takes who acts and when, checks the role, and is one transaction: all of it
happened and is in the audit log, or nothing did. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

from casebook import alerts, audit, decisions, extract, folding, suppressions, sweep_log
from casebook.alerts import EVERYTHING, Alert, Decision, Filter, Version
from casebook.audit import AuditEntry, Head, Verification
from casebook.database import Database
from casebook.extract import Extract
from casebook.folding import Folded
from casebook.materiality import Materiality
from casebook.roles import Action, Actor, require
from casebook.suppressions import Suppression
from casebook.sweep_log import FoldedSweep


def open_casebook(url: str, password: str | None = None, *, create: bool = True) -> Casebook:
    """Open the casebook that a SQLAlchemy URL names and bring its tables up to date.

    ``sqlite:///casebook.sqlite``, ``sqlite:////absolute/path.sqlite`` or ``postgresql://user@host/database``; the
    password may come apart from the URL. An empty database becomes a casebook, unless `create` is off.
    Raises `CasebookUnavailable`.
    """
    database = Database(url, password)
    if not create:
        database.require_made()
    database.upgrade()
    return Casebook(database)


class Casebook:
    """See the module. Every method may raise `CasebookUnavailable`; those that take an actor, `NotAllowed`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # --- sweeps ----------------------------------------------------------------------------------------------

    def fold(
        self,
        result: Mapping[str, Any],
        *,
        actor: Actor,
        started_at: datetime,
        at: datetime,
        loans: Collection[str] | None = None,
        materiality: Materiality = Materiality(),  # noqa: B008 (frozen)
    ) -> Folded:
        """Fold what a sweep found into the alerts; folding the same run again changes nothing.

        result      the document of ``loantrail sweep --json``
        started_at  when the sweep began, `at` when it is folded
        loans       the loans it was restricted to; None = the whole book
        Raises `InvalidResult`.
        """
        require(actor, Action.SWEEP)
        restriction = None if loans is None else frozenset(loans)
        with self.database.writing() as session:
            sweep = folding.Sweep(folding.next_sweep_id(session), result, restriction, started_at, at, actor)
            return folding.fold(session, sweep, materiality)

    def turn(self, patience: float = 0.0) -> AbstractContextManager[None]:
        """Held while sweeping: one sweep at a time; see `casebook.database.Database.turn`. Raises `SweepRunning`."""
        return self.database.turn(patience)

    def sweeps(self, limit: int | None = None) -> list[FoldedSweep]:
        """The newest `limit` sweeps that were folded (None: all), newest first."""
        with self.database.reading() as session:
            return sweep_log.listed(session, limit)

    # --- alerts ----------------------------------------------------------------------------------------------

    def alerts(
        self, wanted: Filter = EVERYTHING, *, today: date, limit: int | None = None, offset: int = 0
    ) -> list[Alert]:
        """The alerts wanted, the most severe first, then by amount; suppressions as in force on `today`."""
        with self.database.reading() as session:
            return alerts.listed(session, wanted, today, limit=limit, offset=offset)

    def count(self, wanted: Filter = EVERYTHING, *, today: date) -> int:
        """How many alerts are wanted."""
        with self.database.reading() as session:
            return alerts.counted(session, wanted, today)

    def alert(self, reference: int | str, *, today: date) -> Alert:
        """The alert with this number or fingerprint. Raises `UnknownAlert`."""
        with self.database.reading() as session:
            return alerts.found(session, reference, today)

    def versions(self, alert_id: int) -> list[Version]:
        """Every version of an alert, oldest first."""
        with self.database.reading() as session:
            return alerts.versions(session, alert_id)

    def decisions(self, alert_id: int) -> list[Decision]:
        """Every step in an alert's life, oldest first: people's and sweeps'."""
        with self.database.reading() as session:
            return alerts.decisions(session, alert_id)

    def proposal(self, alert_id: int) -> Decision | None:
        """The proposal to dismiss a red alert that waits for a second person, if there is one."""
        with self.database.reading() as session:
            row = decisions.pending_proposal(session, alerts.row_of(session, alert_id))
            return None if row is None else alerts.decision(row)

    def decide(
        self,
        reference: int | str,
        action: str,
        *,
        actor: Actor,
        at: datetime,
        reason: str = "",
        version: int | None = None,
    ) -> str:
        """Take a decision and return what was recorded; see `casebook.decisions.decide`."""
        with self.database.writing() as session:
            return decisions.decide(session, reference, action, actor=actor, reason=reason, at=at, version=version)

    def extract(self, wanted: Filter = EVERYTHING, *, today: date) -> Extract:
        """The alerts wanted and all that an export says of them, read at one moment."""
        with self.database.reading() as session:
            return extract.extract(session, wanted, today)

    # --- suppressions ----------------------------------------------------------------------------------------

    def suppress(
        self, scope: str, value: str, *, reason: str, expires_on: date, actor: Actor, at: datetime, owner: str = ""
    ) -> Suppression:
        """Set aside what `scope` and `value` cover until `expires_on` (the first day it no longer holds).

        value  a party, account or detector id, a fingerprint or number of an alert, or two parties joined by ``|``
        owner  who answers for it; default: who acts
        Raises `SuppressionRefused`.
        """
        with self.database.writing() as session:
            return suppressions.suppress(
                session, scope, value, reason=reason, expires_on=expires_on, actor=actor, at=at, owner=owner
            )

    def withdraw(self, suppression_id: int, *, reason: str, actor: Actor, at: datetime) -> Suppression:
        """End a suppression before its day. Raises `SuppressionRefused`."""
        with self.database.writing() as session:
            return suppressions.withdraw(session, suppression_id, reason=reason, actor=actor, at=at)

    def suppressions(self) -> list[Suppression]:
        """Every suppression, expired and withdrawn ones too, with how many alerts each covers."""
        with self.database.reading() as session:
            return suppressions.listed(session)

    # --- audit -----------------------------------------------------------------------------------------------

    def record(self, action: str, object_: str, details: Mapping[str, Any], *, actor: Actor, at: datetime) -> Head:
        """Write an entry about something that happened outside, such as an export, and return the log's new end."""
        with self.database.writing() as session:
            entry = audit.append(session, actor, action, object_, details, at)
            return Head(entry.sequence, entry.hash)

    def audit(self, *, actor: Actor, limit: int | None = None) -> list[AuditEntry]:
        """The newest `limit` entries of the audit log (None: all), oldest first."""
        require(actor, Action.AUDIT)
        with self.database.reading() as session:
            return audit.entries(session, limit)

    def recorded(self, action: str) -> list[AuditEntry]:
        """The entries about one kind of action; anybody may look for the entry that proves an export."""
        with self.database.reading() as session:
            return audit.entries(session, action=action)

    def verify(self, expected: Head | None = None) -> Verification:
        """Check the audit log's chain; anybody may. `expected` is an end of the log known from an earlier day."""
        with self.database.reading() as session:
            return audit.verify(session, expected)

    def close(self) -> None:
        self.database.close()
