"""Which alerts concern which records, for a picture that colours them: the other way round than the list of alerts."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from casebook.alerts import Status, shown_status
from casebook.roles import Actor
from casebook.tables import AlertConcernRow, AlertRow
from casebook.visibility import visible

AT_ONCE = 400
"""Records that one query asks for: SQLite binds a limited number of values."""


@dataclass(frozen=True)
class Concern:
    """An alert and those of the records asked for that it is about, as (table, id)."""

    alert_id: int
    detector: str
    severity: str
    status: Status
    identity: Mapping[str, str]
    loan_id: str | None
    records: frozenset[tuple[str, str]]


def concerning(session: Session, records: Collection[tuple[str, str]], actor: Actor) -> list[Concern]:
    """The alerts about any of these parties, accounts and loans, dismissed ones left out, in order of their number."""
    met: dict[int, set[tuple[str, str]]] = {}
    wanted = sorted(set(records))
    for first in range(0, len(wanted), AT_ONCE):
        about = tuple_(AlertConcernRow.kind, AlertConcernRow.value).in_(wanted[first : first + AT_ONCE])
        for row in session.scalars(select(AlertConcernRow).where(about)):
            met.setdefault(row.alert_id, set()).add((row.kind, row.value))
    found = []
    numbers = sorted(met)
    for first in range(0, len(numbers), AT_ONCE):
        asked = AlertRow.alert_id.in_(numbers[first : first + AT_ONCE])
        query = (
            select(AlertRow).where(asked, visible(actor), AlertRow.status != "dismissed").order_by(AlertRow.alert_id)
        )
        for alert in session.scalars(query):
            found.append(
                Concern(
                    alert.alert_id,
                    alert.detector,
                    alert.severity,
                    shown_status(alert),
                    json.loads(alert.identity),
                    alert.loan_id,
                    frozenset(met[alert.alert_id]),
                )
            )
    return found
