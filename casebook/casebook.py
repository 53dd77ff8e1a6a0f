"""`Casebook`: the one door to alerts, cases, decisions, suppressions and the audit log.

Every method takes who acts and checks the role; what the actor may not see does not exist for it. A method that
changes something also takes when, and is one transaction: all of it happened and is in the audit log, or nothing
did. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

from sqlalchemy import not_, select

from casebook import (
    alerts,
    assignment,
    attachments,
    audit,
    cases,
    checklists,
    concerns,
    decisions,
    erasure,
    extract,
    folding,
    parameters,
    people,
    retention,
    saved_views,
    score,
    standing,
    suppressions,
    sweep_changes,
    sweep_log,
)
from casebook.alerts import EVERYTHING, Alert, Decision, Filter, Version
from casebook.attachments import MOST_BYTES, Attachment
from casebook.audit import AuditEntry, Head, Verification
from casebook.cases import CaseFile, CaseSummary
from casebook.checklists import KeptChecklist
from casebook.concerns import Concern
from casebook.database import Database
from casebook.difference import Difference, difference
from casebook.erasure import Erasure
from casebook.extract import Extract
from casebook.folding import Folded
from casebook.materiality import Materiality
from casebook.parameters import SavedParameters
from casebook.people import Grant
from casebook.personal_data import LASTS, PurposeMissing, Unmasking
from casebook.retention import Retention
from casebook.roles import Action, Actor, Role, require
from casebook.saved_views import SavedView
from casebook.score import Score
from casebook.suppressions import Silenced, Suppression
from casebook.sweep_changes import Change
from casebook.sweep_log import FoldedSweep
from casebook.tables import AlertRow, CaseRow
from casebook.visibility import hidden, visible_case

OUTSIDE: Mapping[str, Action] = {
    "export": Action.EXPORT,
    "retract asked": Action.RETRACT,
    "retract": Action.RETRACT,
    "parties joined": Action.IDENTITY,
    "parties kept apart": Action.IDENTITY,
    "parties reopened": Action.IDENTITY,
}
"""What happens outside the casebook and is written into its log by `Casebook.record`, and what each takes."""


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
        The counts returned leave out alerts that the actor may not see. Raises `InvalidResult`.
        """
        require(actor, Action.SWEEP)
        restriction = None if loans is None else frozenset(loans)
        with self.database.writing() as session:
            sweep = folding.Sweep(folding.next_sweep_id(session), result, restriction, started_at, at, actor)
            return folding.fold(session, sweep, materiality)

    def turn(self, patience: float = 0.0) -> AbstractContextManager[None]:
        """Held while sweeping: one sweep at a time; see `casebook.database.Database.turn`. Raises `SweepRunning`."""
        return self.database.turn(patience)

    def sweeps(self, limit: int | None = None, *, actor: Actor) -> list[FoldedSweep]:
        """The newest `limit` sweeps that were folded (None: all), newest first; counts as the actor may know them."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return sweep_log.listed(session, limit, actor)

    def checklist(self, loan_id: str, *, actor: Actor) -> KeptChecklist | None:
        """The ten methods of a loan as the latest sweep that looked at it left them, None where none did. A line that
        rests on an alert that does not exist for the actor says nothing."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return checklists.kept(session, loan_id, actor)

    def sweep(self, sweep_id: int, *, actor: Actor) -> tuple[FoldedSweep | None, FoldedSweep | None]:
        """The sweep with this number and the one before it; None for one that does not exist."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return sweep_log.found(session, sweep_id, actor)

    def sweep_changes(self, sweep_id: int, *, actor: Actor) -> Mapping[int, tuple[Change, ...]]:
        """What a sweep did to each alert that it changed, by the alert's number."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return sweep_changes.changes(session, sweep_id, actor)

    # --- parameters of detectors -----------------------------------------------------------------------------

    def save_parameters(
        self,
        detector: str,
        values: Mapping[str, Any],
        *,
        reason: str,
        replaces: int | None,
        actor: Actor,
        at: datetime,
    ) -> SavedParameters:
        """Save what differs from a detector's defaults for later sweeps; see `casebook.parameters.save`."""
        with self.database.writing() as session:
            return parameters.save(session, detector, values, reason=reason, replaces=replaces, actor=actor, at=at)

    def saved_parameters(self) -> dict[str, SavedParameters]:
        """What was saved last for each detector that anything was saved for."""
        with self.database.reading() as session:
            return parameters.in_force(session)

    def parameter_history(self, detector: str, *, actor: Actor) -> list[SavedParameters]:
        """Everything that was ever saved for a detector, newest first."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return parameters.history(session, detector)

    # --- people ----------------------------------------------------------------------------------------------

    def grant(self, person: str, role: Role | None, *, reason: str, actor: Actor, at: datetime) -> Grant:
        """Give a person who signs in a role, or take it away (None). Raises `GrantRefused`."""
        with self.database.writing() as session:
            return people.grant(session, person, role, reason=reason, actor=actor, at=at)

    def role_of(self, person: str) -> Role | None:
        """The role of a person who signs in; None where nobody gave one."""
        with self.database.reading() as session:
            return people.role_of(session, person)

    def people(self, *, actor: Actor) -> list[Grant]:
        """Everybody who has a role, by name."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return people.listed(session)

    # --- alerts ----------------------------------------------------------------------------------------------

    def alerts(
        self, wanted: Filter = EVERYTHING, *, actor: Actor, today: date, limit: int | None = None, offset: int = 0
    ) -> list[Alert]:
        """The alerts wanted, the most severe first, then by amount; suppressions as in force on `today`."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return alerts.listed(session, wanted, actor, today, limit=limit, offset=offset)

    def count(self, wanted: Filter = EVERYTHING, *, actor: Actor, today: date) -> int:
        """How many alerts are wanted."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return alerts.counted(session, wanted, actor, today)

    def alert(self, reference: int | str, *, actor: Actor, today: date) -> Alert:
        """The alert with this number or fingerprint. Raises `UnknownAlert`."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return alerts.found(session, reference, actor, today)

    def unseen(self, *, actor: Actor) -> frozenset[str]:
        """Fingerprints of the alerts that do not exist for the actor: a sweep run by it must not print findings about
        them, or comparing findings with alerts would tell which are hidden."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return frozenset(session.scalars(select(AlertRow.fingerprint).where(hidden(actor))))

    def versions(self, reference: int | str, *, actor: Actor) -> list[Version]:
        """Every version of an alert that retention did not erase, oldest first. Raises `UnknownAlert`."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return alerts.versions(session, alerts.row_of(session, reference, actor).alert_id)

    def difference(self, reference: int | str, before: int, after: int, *, actor: Actor) -> Difference:
        """What changed between two versions of an alert's evidence. Raises `UnknownAlert`, also for a version that it
        does not have or that was erased."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            row = alerts.row_of(session, reference, actor)
            found = {version.number: version for version in alerts.versions(session, row.alert_id)}
        missing = [number for number in (before, after) if number not in found]
        if missing:
            raise alerts.UnknownAlert(
                "no_version",
                "alert {alert} has no version {version}; there is {versions}",
                alert=row.alert_id,
                version=missing[0],
                versions=", ".join(map(str, found)) or "-",
            )
        return difference(found[before].finding, found[after].finding, before=before, after=after)

    def scores(self, wanted: Sequence[Alert], *, actor: Actor) -> dict[int, Score]:
        """The score of each alert by its number, with its contributions; see `casebook.score`."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            found = standing.standings(session, [alert.alert_id for alert in wanted], actor)
        return {
            alert.alert_id: score.score(alert.finding, found[alert.alert_id])
            for alert in wanted
            if alert.alert_id in found
        }

    def decisions(self, reference: int | str, *, actor: Actor) -> list[Decision]:
        """Every step in an alert's life, oldest first: people's and sweeps', notes, assignments and attachments too.

        Raises `UnknownAlert`.
        """
        require(actor, Action.READ)
        with self.database.reading() as session:
            return alerts.decisions(session, alerts.row_of(session, reference, actor).alert_id, actor)

    def proposal(self, reference: int | str, *, actor: Actor) -> Decision | None:
        """The proposal to dismiss a red alert that waits for a second person, if there is one.

        Raises `UnknownAlert`.
        """
        require(actor, Action.READ)
        with self.database.reading() as session:
            row = decisions.pending_proposal(session, alerts.row_of(session, reference, actor))
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

    def assign(self, reference: int | str, to: str | None, *, actor: Actor, at: datetime) -> None:
        """Give an alert to a person, or to nobody (None). Raises `UnknownAlert` or `DecisionRefused`."""
        with self.database.writing() as session:
            assignment.assign(session, reference, to, actor=actor, at=at)

    def set_due(self, reference: int | str, day: date | None, *, actor: Actor, at: datetime) -> None:
        """Set the day by which an alert is to be decided (None: no day). Raises `UnknownAlert`."""
        with self.database.writing() as session:
            assignment.set_due(session, reference, day, actor=actor, at=at)

    def extract(
        self, wanted: Filter = EVERYTHING, *, actor: Actor, today: date, loans: Collection[str] = ()
    ) -> Extract:
        """The alerts wanted, all that an export says of them, and the checklists of `loans`, read at one moment; takes
        `Action.EXPORT`."""
        with self.database.reading() as session:
            return extract.extract(session, wanted, actor, today, loans)

    # --- attachments -----------------------------------------------------------------------------------------

    def attach(
        self,
        reference: int | str,
        name: str,
        content: bytes,
        *,
        actor: Actor,
        at: datetime,
        note: str = "",
        most_bytes: int = MOST_BYTES,
    ) -> Attachment:
        """Attach a file to an alert; each content is stored once. Raises `AttachmentRefused` or `UnknownAlert`."""
        with self.database.writing() as session:
            return attachments.attach(
                session, reference, name, content, note=note, actor=actor, at=at, most_bytes=most_bytes
            )

    def attachments(self, reference: int | str, *, actor: Actor) -> list[Attachment]:
        """The attachments of an alert, oldest first; a case has its own in `CaseFile`. Raises `UnknownAlert`."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            row = alerts.row_of(session, reference, actor)
            return attachments.listed(session, alert_id=row.alert_id)

    def attachment(self, attachment_id: int, *, actor: Actor) -> tuple[Attachment, bytes]:
        """An attachment of an alert or a case and its bytes, checked against its hash. Raises `AttachmentRefused`."""
        with self.database.reading() as session:
            return attachments.content(session, attachment_id, actor)

    # --- cases -----------------------------------------------------------------------------------------------

    def open_case(
        self,
        borrower_id: str,
        references: Sequence[int | str],
        *,
        loans: Collection[str],
        actor: Actor,
        at: datetime,
        title: str = "",
        suspicious: bool = False,
    ) -> int:
        """Open a case about a borrower with these alerts and return its number; `loans` are those it owes.

        `suspicious` makes it a suspicious-transaction case, which exists only for whoever may see it. Raises
        `CaseRefused` or `UnknownAlert`.
        """
        with self.database.writing() as session:
            return cases.open_case(
                session, borrower_id, references, loans=loans, title=title, suspicious=suspicious, actor=actor, at=at
            )

    def cases(self, *, actor: Actor, borrower_id: str | None = None, status: str | None = None) -> list[CaseSummary]:
        """The cases, of one borrower or of all, open or closed or both; open ones first, then the newest."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return cases.listed(session, actor, borrower_id=borrower_id, status=status)

    def case(self, case_id: int, *, actor: Actor, today: date) -> CaseFile:
        """A case with its alerts, steps and attachments. Raises `UnknownCase`."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return cases.found(session, case_id, actor, today)

    def add_to_case(
        self, case_id: int, reference: int | str, *, loans: Collection[str], actor: Actor, at: datetime
    ) -> None:
        """Put an alert into an open case. Raises `CaseRefused`, `UnknownCase` or `UnknownAlert`."""
        with self.database.writing() as session:
            cases.add_alert(session, case_id, reference, loans=loans, actor=actor, at=at)

    def remove_from_case(self, case_id: int, reference: int | str, *, reason: str, actor: Actor, at: datetime) -> None:
        """Take an alert out of an open case. Raises `CaseRefused`, `UnknownCase` or `UnknownAlert`."""
        with self.database.writing() as session:
            cases.remove_alert(session, case_id, reference, reason=reason, actor=actor, at=at)

    def note_case(self, case_id: int, text: str, *, actor: Actor, at: datetime) -> None:
        """Write a note on a case. Raises `CaseRefused` or `UnknownCase`."""
        with self.database.writing() as session:
            cases.note(session, case_id, text, actor=actor, at=at)

    def assign_case(self, case_id: int, to: str | None, *, actor: Actor, at: datetime) -> None:
        """Give an open case to a person, or to nobody (None). Raises `CaseRefused` or `UnknownCase`."""
        with self.database.writing() as session:
            cases.assign(session, case_id, to, actor=actor, at=at)

    def set_case_due(self, case_id: int, day: date | None, *, actor: Actor, at: datetime) -> None:
        """Set the day by which a case is to be closed (None: no day). Raises `CaseRefused` or `UnknownCase`."""
        with self.database.writing() as session:
            cases.set_due(session, case_id, day, actor=actor, at=at)

    def attach_to_case(
        self,
        case_id: int,
        name: str,
        content: bytes,
        *,
        actor: Actor,
        at: datetime,
        note: str = "",
        most_bytes: int = MOST_BYTES,
    ) -> Attachment:
        """Attach a file to a case; each content is stored once. Raises `AttachmentRefused` or `UnknownCase`."""
        with self.database.writing() as session:
            return cases.attach(session, case_id, name, content, note=note, actor=actor, at=at, most_bytes=most_bytes)

    def mark_case(self, case_id: int, suspicious: bool, *, reason: str, actor: Actor, at: datetime) -> None:
        """Make a case a suspicious-transaction case, or an ordinary one again. Raises `CaseRefused` or
        `UnknownCase`."""
        with self.database.writing() as session:
            cases.mark(session, case_id, suspicious, reason=reason, actor=actor, at=at)

    def close_case(self, case_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
        """Close a case of which no alert waits any more. Raises `CaseRefused` or `UnknownCase`."""
        with self.database.writing() as session:
            cases.close(session, case_id, reason=reason, actor=actor, at=at)

    def reopen_case(self, case_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
        """Open a closed case again. Raises `CaseRefused` or `UnknownCase`."""
        with self.database.writing() as session:
            cases.reopen(session, case_id, reason=reason, actor=actor, at=at)

    # --- the canvas ------------------------------------------------------------------------------------------

    def concerning(self, records: Collection[tuple[str, str]], *, actor: Actor) -> list[Concern]:
        """The alerts about any of these records, given as (table, id); dismissed ones left out."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return concerns.concerning(session, records, actor)

    def save_view(self, title: str, content: Mapping[str, Any], *, actor: Actor, at: datetime) -> SavedView:
        """Keep a canvas for others to open. Raises `ViewRefused`."""
        with self.database.writing() as session:
            return saved_views.save(session, title, content, actor, at)

    def view(self, view_id: str, *, actor: Actor) -> SavedView:
        """A canvas that somebody kept. Raises `UnknownView`."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return saved_views.found(session, view_id)

    # --- suppressions ----------------------------------------------------------------------------------------

    def suppress(
        self, scope: str, value: str, *, reason: str, expires_on: date, actor: Actor, at: datetime, owner: str = ""
    ) -> Suppression:
        """Set aside what `scope` and `value` cover until `expires_on` (the first day it no longer holds).

        value  a party, account or detector id, a fingerprint or number of an alert, or two parties joined by ``|``
        owner  who answers for it; default: who acts
        Red alerts are covered only once somebody else approved it. Raises `SuppressionRefused`.
        """
        with self.database.writing() as session:
            return suppressions.suppress(
                session, scope, value, reason=reason, expires_on=expires_on, actor=actor, at=at, owner=owner
            )

    def approve(self, suppression_id: int, *, reason: str, actor: Actor, at: datetime) -> Suppression:
        """Let a suppression cover red alerts too, as the second person. Raises `SuppressionRefused`."""
        with self.database.writing() as session:
            return suppressions.approve(session, suppression_id, reason=reason, actor=actor, at=at)

    def withdraw(self, suppression_id: int, *, reason: str, actor: Actor, at: datetime) -> Suppression:
        """End a suppression before its day. Raises `SuppressionRefused`."""
        with self.database.writing() as session:
            return suppressions.withdraw(session, suppression_id, reason=reason, actor=actor, at=at)

    def suppressions(self, *, actor: Actor) -> list[Suppression]:
        """Every suppression, expired and withdrawn ones too, with how many alerts each covers and has silenced."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return suppressions.listed(session, actor)

    def silenced(self, suppression_id: int, *, actor: Actor) -> list[Silenced]:
        """The alerts that a suppression has silenced so far. Raises `SuppressionRefused`."""
        require(actor, Action.READ)
        with self.database.reading() as session:
            return suppressions.silenced(session, suppression_id, actor)

    # --- personal data ---------------------------------------------------------------------------------------

    def unmask(
        self, object_: str, *, purpose: str, actor: Actor, at: datetime, fields: Collection[str] = ()
    ) -> Unmasking:
        """Log that the actor is shown personal data unmasked, and for what; call it before showing them.

        object_   what is shown, as ``party P7``
        fields    which columns of it; none: all
        Raises `PurposeMissing`.
        """
        require(actor, Action.UNMASK)
        if not purpose.strip():
            raise PurposeMissing("purpose_missing", "to see personal data unmasked takes a purpose, which is logged")
        details = {"fields": sorted(fields)}
        with self.database.writing() as session:
            audit.append(session, actor, "unmask", object_, details, at, text=purpose.strip())
        return Unmasking(object_, actor.name, purpose.strip(), at + LASTS)

    def erase(
        self,
        party_id: str,
        *,
        terms: Collection[str],
        purpose: str,
        actor: Actor,
        at: datetime,
        dry_run: bool = False,
    ) -> Erasure:
        """Erase what people wrote and attached about a party; see `casebook.erasure.erase`. Raises
        `ErasureRefused`."""
        with self.database.writing() as session:
            return erasure.erase(session, party_id, terms=terms, purpose=purpose, actor=actor, at=at, dry_run=dry_run)

    def apply_retention(self, before: date, *, actor: Actor, at: datetime, dry_run: bool = False) -> Retention:
        """Empty what ended before a day; see `casebook.retention.apply`. Raises `RetentionRefused`."""
        with self.database.writing() as session:
            return retention.apply(session, before, actor=actor, at=at, dry_run=dry_run)

    # --- audit -----------------------------------------------------------------------------------------------

    def record(
        self,
        action: str,
        object_: str,
        details: Mapping[str, Any],
        *,
        actor: Actor,
        at: datetime,
        text: str = "",
        suspicious: bool = False,
    ) -> Head:
        """Write an entry about something that happened outside, such as an export, and return the log's new end.

        action       one of `OUTSIDE`
        text         what a person wrote, such as the purpose: it may be erased one day, `details` never
        suspicious   it was about a suspicious-transaction case
        """
        require(actor, OUTSIDE[action])
        told = {**details, audit.SUSPICIOUS: True} if suspicious else details
        with self.database.writing() as session:
            entry = audit.append(session, actor, action, object_, told, at, text=text)
            return Head(entry.sequence, entry.hash)

    def carry_out(
        self,
        action: str,
        object_: str,
        details: Mapping[str, Any],
        act: Callable[[], Mapping[str, Any]],
        *,
        actor: Actor,
        clock: Callable[[], datetime],
        reason: str,
    ) -> Mapping[str, Any]:
        """Do something outside, with an entry before (``… asked``, with the reason) and one after (with what `act` says
        of it), so that neither the wish nor its effect can be lost; returns what `act` said."""
        self.record(f"{action} asked", object_, details, actor=actor, at=clock(), text=reason)
        done = act()
        self.record(action, object_, {**details, **done}, actor=actor, at=clock())
        return done

    def audit(self, *, actor: Actor, limit: int | None = None) -> list[AuditEntry]:
        """The newest `limit` entries of the audit log (None: all), oldest first.

        Entries about suspicious-transaction cases are withheld from whoever may not see those; see `AuditEntry`.
        """
        require(actor, Action.AUDIT)
        with self.database.reading() as session:
            hidden_alerts = session.scalars(select(AlertRow.alert_id).where(hidden(actor)))
            hidden_cases = session.scalars(select(CaseRow.case_id).where(not_(visible_case(actor))))
            withheld = [
                *(f"alert {number}" for number in hidden_alerts),
                *(f"case {number}" for number in hidden_cases),
                *(f"suppression {number}" for number in suppressions.unseen(session, actor)),
            ]
            return audit.entries(session, limit, withheld, actor)

    def proof(self, action: str, details: Mapping[str, Any]) -> AuditEntry | None:
        """The newest entry of one kind of action whose details hold all of `details`, such as the SHA-256 of an
        exported list: whoever has the list may look for the entry that proves it."""
        with self.database.reading() as session:
            return audit.matching(session, action, details)

    def head(self) -> Head:
        """The end of the audit log now; anybody may keep it to hold the log against it later."""
        with self.database.reading() as session:
            return audit.head(session)

    def verify(self, expected: Head | Collection[Head] = ()) -> Verification:
        """Check the audit log's chain; anybody may. `expected` are ends of the log known from earlier days."""
        known = (expected,) if isinstance(expected, Head) else tuple(expected)
        with self.database.reading() as session:
            return audit.verify(session, known)

    def close(self) -> None:
        self.database.close()
