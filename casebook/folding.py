"""Folding a sweep into the casebook: what is new, what changed, what was not found again.

The rules, for each alert (fingerprint = detector + identity):

* evidence as before: nothing happens, whatever anybody decided;
* other evidence: a new version. A closed alert reopens only if the change is material against the version that was
  decided, not against the last one, so that many small steps count together;
* not found by a detector that looked for it: marked as no longer seen, never deleted. A detector that was not
  checked or failed has not looked; a sweep of some loans has looked for the alerts of those loans only;
* found again: seen once more, with the status that people gave it;
* an alert whose evidence retention erased, found again: a new version, open, because what was decided is not known
  any more;
* a sweep of an earlier day, or one that began earlier, than the last sweep that looked for an alert is history:
  it adds alerts nobody knew and changes none.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from casebook import audit, checklists, suppressions, sweep_log
from casebook.alerts import CLOSED, WORKING, shown_status
from casebook.materiality import Materiality
from casebook.roles import Action, Actor
from casebook.tables import AlertConcernRow, AlertRow, AlertVersionRow, Base, DecisionRow, SweepRow, canonical
from casebook.visibility import hidden

NODES = ("account", "loan", "drawdown", "contract", "invoice", "collateral", "contact")
"""What an ``…_id`` in an identity may name; every other one names a party."""

ERASED = "erased"
"""Why an alert reopens whose decided evidence was erased: nobody can say whether the change is material."""

NO_PART_OF_A_RUN = ("timings", "checklist")
"""What does not tell two runs apart: timings vary, and the checklist follows from the rest."""
COUNTED = ("new", "changed", "unchanged", "reopened", "seen_again", "no_longer_seen")


class InvalidResult(Exception):
    """The document is no result of a sweep."""


@dataclass(frozen=True)
class Folded:
    """What folding a sweep did. new + changed + unchanged are its findings; reopened are among the changed,
    seen_again among the changed and unchanged. `repeated` says that this very run had been folded before."""

    sweep_id: int
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    reopened: int = 0
    seen_again: int = 0
    no_longer_seen: int = 0
    repeated: bool = False

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Sweep:
    """The sweep that is being folded, as the casebook will remember it."""

    sweep_id: int
    result: Mapping[str, Any]
    loans: frozenset[str] | None
    started_at: datetime
    at: datetime
    actor: Actor

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.result["as_of"])

    @property
    def looked(self) -> frozenset[str]:
        """The detectors that ran to their end."""
        silent = (*self.result["not_checked"], *self.result["failed"])
        return frozenset(self.result["params"]) - {entry["detector"] for entry in silent}

    def looked_for(self, alert: AlertRow) -> bool:
        """Whether it would have found the alert again."""
        return alert.detector in self.looked and (self.loans is None or alert.loan_id in self.loans)

    @property
    def run(self) -> str:
        """SHA-256 of everything that tells this run from another."""
        restriction = None if self.loans is None else sorted(self.loans)
        content = {name: value for name, value in self.result.items() if name not in NO_PART_OF_A_RUN}
        return _digest([content, restriction, self.started_at.isoformat()])


def fold(session: Session, sweep: Sweep, materiality: Materiality) -> Folded:
    """Fold a sweep within a writing transaction; see the module for the rules. Raises `InvalidResult`."""
    known_run = session.scalar(select(SweepRow).where(SweepRow.run == sweep.run))
    if known_run is not None:
        counts = _seen_counts(session, sweep, known_run.sweep_id, json.loads(known_run.counts))
        return replace(_folded(known_run.sweep_id, counts), repeated=True)
    changes = _Changes(session, sweep, materiality)
    with session.no_autoflush:  # planned changes name the sweep, whose row must come first
        changes.plan()
        counts = {name: changes.counts[name] for name in COUNTED}
        session.execute(insert(SweepRow).values(**_columns(sweep, counts)))
    changes.write()
    checklists.keep(session, sweep.sweep_id, sweep.result.get("checklist", ()))
    details = {
        "as_of": sweep.result["as_of"],
        "data_cut": sweep.result["data_cut"],
        "detectors": sorted(sweep.looked),
        "loans": None if sweep.loans is None else sorted(sweep.loans),
        "counts": counts,
        "changes": _digest(changes.journal),
    }
    audit.append(session, sweep.actor, "sweep", f"sweep {sweep.sweep_id}", details, sweep.at)
    suppressions.silence(session, changes.waking, sweep.at)
    return _folded(sweep.sweep_id, _seen_counts(session, sweep, sweep.sweep_id, counts))


def _seen_counts(session: Session, sweep: Sweep, sweep_id: int, counts: Mapping[str, int]) -> Mapping[str, int]:
    """What folding did, as far as whoever sweeps may see it."""
    if sweep.actor.may(Action.SUSPICIOUS):
        return counts
    seen = sweep_log.seen_counts(session, [sweep_id], sweep.actor)[sweep_id]
    unseen = set(session.scalars(select(AlertRow.fingerprint).where(hidden(sweep.actor))))
    found = sum(finding["fingerprint"] not in unseen for finding in sweep.result["findings"])
    return {**seen, "unchanged": found - seen["new"] - seen["changed"]}


def next_sweep_id(session: Session) -> int:
    """The number of the sweep about to be folded; the caller holds the writers' lock."""
    return (session.scalar(select(func.max(SweepRow.sweep_id))) or 0) + 1


class _Changes:
    """Everything one sweep changes: planned without a write, then written in the order that references need.

    journal   [fingerprint, what happened, evidence hash] in the order of the sweep, whose digest goes into the log
    waking    numbers of the alerts about which somebody has something new to look at
    """

    def __init__(self, session: Session, sweep: Sweep, materiality: Materiality) -> None:
        self.session = session
        self.sweep = sweep
        self.materiality = materiality
        self.counts: Counter[str] = Counter()
        self.journal: list[list[str]] = []
        self.new: list[tuple[AlertRow, Mapping[str, Any]]] = []
        self.versions: list[tuple[AlertRow, Mapping[str, Any]]] = []
        self.steps: list[dict[str, Any]] = []
        self.waking: set[int] = set()
        self.next_alert_id = (session.scalar(select(func.max(AlertRow.alert_id))) or 0) + 1

    def plan(self) -> None:
        alerts = self.session.scalars(
            select(AlertRow).where(AlertRow.detector.in_(sorted(self.sweep.result["params"])))
        )
        known = {alert.fingerprint: alert for alert in alerts}
        judged = self._judged()
        found = set()
        for finding in self.sweep.result["findings"]:
            fingerprint = finding["fingerprint"]
            if fingerprint in found:
                raise InvalidResult(f"two findings have the fingerprint {fingerprint}; nothing was folded")
            found.add(fingerprint)
            alert = known.get(fingerprint)
            if alert is None:
                self._add(finding)
            elif self._is_history(judged[alert.judged_sweep_id]):
                self._count("unchanged", finding)
            else:
                self._see(alert, finding)
        for fingerprint, alert in known.items():
            if fingerprint in found or not self.sweep.looked_for(alert):
                continue
            if not self._is_history(judged[alert.judged_sweep_id]):
                self._miss(alert)

    def write(self) -> None:
        self.session.add_all([alert for alert, _ in self.new])
        self.session.flush()
        rewritten = [alert.alert_id for alert, _ in self.versions]
        for start in range(0, len(rewritten), 1000):  # databases limit how many values a statement may carry
            chunk = rewritten[start : start + 1000]
            self.session.execute(delete(AlertConcernRow).where(AlertConcernRow.alert_id.in_(chunk)))
        changed = (*self.new, *self.versions)
        self._insert(AlertVersionRow, [self._version(alert, finding) for alert, finding in changed])
        self._insert(
            AlertConcernRow,
            [
                {"alert_id": alert.alert_id, "kind": kind, "value": value}
                for alert, finding in changed
                for kind, value in concerns(finding)
            ],
        )
        self._insert(DecisionRow, self.steps)

    def _insert(self, table: type[Base], rows: list[dict[str, Any]]) -> None:
        if rows:
            self.session.execute(insert(table), rows)

    def _add(self, finding: Mapping[str, Any]) -> None:
        sweep_id, as_of = self.sweep.sweep_id, self.sweep.as_of
        alert = AlertRow(
            alert_id=self.next_alert_id,
            fingerprint=finding["fingerprint"],
            detector=finding["detector"],
            identity=canonical(finding["identity"]),
            subject_table=finding["subject"]["table"],
            subject_id=finding["subject"]["id"],
            loan_id=_loan(finding),
            status="open",
            seen=True,
            version=0,
            first_as_of=as_of,
            last_as_of=as_of,
            first_sweep_id=sweep_id,
            last_sweep_id=sweep_id,
            judged_sweep_id=sweep_id,
            suspicious=False,
        )
        self.next_alert_id += 1
        self._renew(alert, finding)
        self.new.append((alert, finding))
        self.waking.add(alert.alert_id)
        self._count("new", finding)

    def _see(self, alert: AlertRow, finding: Mapping[str, Any]) -> None:
        alert.last_as_of = self.sweep.as_of
        alert.last_sweep_id = alert.judged_sweep_id = self.sweep.sweep_id
        before = shown_status(alert)
        if not alert.seen:
            alert.seen = True
            self._step(alert, "seen_again", before, alert.status, "")
            self.counts["seen_again"] += 1
            self._wake(alert)
        if finding["evidence_hash"] == alert.evidence_hash and alert.erased_at is None:
            self._count("unchanged", finding)
            return
        self._renew(alert, finding)
        self.versions.append((alert, finding))
        self._count("changed", finding)
        if alert.status in CLOSED:
            self._reopen_if_material(alert, finding)
        if alert.erased_at is not None:
            self._restore(alert, finding)
        self._wake(alert)

    def _reopen_if_material(self, alert: AlertRow, finding: Mapping[str, Any]) -> None:
        decided = self.session.get_one(AlertVersionRow, (alert.alert_id, alert.closed_version))
        erased = decided.erased_at is not None
        reasons = (ERASED,) if erased else self.materiality.changes(json.loads(decided.finding), finding)
        if reasons:
            self._step(alert, "reopened", alert.status, "open", ", ".join(reasons))
            alert.status, alert.closed_version = "open", None
            self.counts["reopened"] += 1

    def _restore(self, alert: AlertRow, finding: Mapping[str, Any]) -> None:
        """An alert that retention erased is there again."""
        alert.identity = canonical(finding["identity"])
        alert.subject_id = finding["subject"]["id"]
        alert.loan_id = _loan(finding)
        alert.erased_at = None

    def _wake(self, alert: AlertRow) -> None:
        if alert.status in WORKING:
            self.waking.add(alert.alert_id)

    def _miss(self, alert: AlertRow) -> None:
        alert.judged_sweep_id = self.sweep.sweep_id
        if alert.seen:
            before = shown_status(alert)
            alert.seen = False
            self._step(alert, "no_longer_seen", before, shown_status(alert), "")
            self.journal.append([alert.fingerprint, "no_longer_seen", alert.evidence_hash])
            self.counts["no_longer_seen"] += 1

    def _renew(self, alert: AlertRow, finding: Mapping[str, Any]) -> None:
        amount = finding["amount"] or {"low": None, "high": None, "currency": None}
        alert.version += 1
        alert.severity = finding["severity"]
        alert.amount_low, alert.amount_high, alert.currency = amount["low"], amount["high"], amount["currency"]
        alert.evidence_hash = finding["evidence_hash"]

    def _version(self, alert: AlertRow, finding: Mapping[str, Any]) -> dict[str, Any]:
        result = self.sweep.result
        return {
            "alert_id": alert.alert_id,
            "number": alert.version,
            "evidence_hash": finding["evidence_hash"],
            "finding": canonical(finding),
            "severity": finding["severity"],
            "data_cut": result["data_cut"],
            "as_of": self.sweep.as_of,
            "params": canonical(result["params"][finding["detector"]]),
            "sweep_id": self.sweep.sweep_id,
            "recorded_at": self.sweep.at,
        }

    def _step(self, alert: AlertRow, action: str, before: str, after: str, reason: str) -> None:
        self.steps.append(
            {
                "alert_id": alert.alert_id,
                "version": alert.version,
                "action": action,
                "from_status": before,
                "to_status": after,
                "decided_by": self.sweep.actor.name,
                "role": str(self.sweep.actor.role),
                "reason": reason,
                "decided_at": self.sweep.at,
                "sweep_id": self.sweep.sweep_id,
            }
        )

    def _count(self, what: str, finding: Mapping[str, Any]) -> None:
        self.counts[what] += 1
        if what != "unchanged":
            self.journal.append([finding["fingerprint"], what, finding["evidence_hash"]])

    def _judged(self) -> dict[int, tuple[date, datetime]]:
        last = select(AlertRow.judged_sweep_id).distinct()
        rows = self.session.scalars(select(SweepRow).where(SweepRow.sweep_id.in_(last)))
        return {row.sweep_id: (row.as_of, row.started_at) for row in rows}

    def _is_history(self, judged: tuple[date, datetime]) -> bool:
        return (self.sweep.as_of, self.sweep.started_at) < judged


def concerns(finding: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The records a finding is about, as (table, id): its subject, identity, parties and evidence; no transfers."""
    found = {(finding["subject"]["table"], finding["subject"]["id"])}
    found |= {("party", party) for party in finding["parties"]}
    found |= {(evidence["table"], evidence["id"]) for evidence in finding["evidence"]}
    for name, value in finding["identity"].items():
        if name.endswith("_id"):
            kind = name.removesuffix("_id")
            found.add((kind if kind in NODES else "party", value))
    return sorted((kind, value) for kind, value in found if kind in {"party", *NODES})


def _loan(finding: Mapping[str, Any]) -> str | None:
    subject = finding["subject"]
    loan: str | None = subject["id"] if subject["table"] == "loan" else finding["identity"].get("loan_id")
    return loan


def _columns(sweep: Sweep, counts: Mapping[str, int]) -> dict[str, Any]:
    result = sweep.result
    return {
        "sweep_id": sweep.sweep_id,
        "run": sweep.run,
        "as_of": sweep.as_of,
        "data_cut": result["data_cut"],
        "store": result["store"],
        "code_version": result["version"],
        "params": canonical(result["params"]),
        "loans": None if sweep.loans is None else canonical(sorted(sweep.loans)),
        "not_checked": canonical(result["not_checked"]),
        "failed": canonical(result["failed"]),
        "timings": canonical(result["timings"]),
        "counts": canonical(counts),
        "started_at": sweep.started_at,
        "folded_at": sweep.at,
        "folded_by": sweep.actor.name,
    }


def _folded(sweep_id: int, counts: Mapping[str, int]) -> Folded:
    return Folded(
        sweep_id,
        new=counts["new"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        reopened=counts["reopened"],
        seen_again=counts["seen_again"],
        no_longer_seen=counts["no_longer_seen"],
    )


def _digest(document: Any) -> str:
    return hashlib.sha256(canonical(document).encode()).hexdigest()
