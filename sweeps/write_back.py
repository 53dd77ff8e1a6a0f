"""The open alerts in the graph, so that whoever looks at it with the store's own tools sees them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from casebook import Actor, Alert, Casebook, Filter, Role
from casebook.folding import concerns
from graph.columns import Kind
from graph.schema import TABLES
from graph.store import GraphStore, ShownAlert, ShowsAlerts

OPEN = Filter(statuses=("open", "in_review"), suppressed=False)
"""Alerts that wait for somebody: closed, vanished and suppressed ones are taken out of the graph."""

ANYBODY = Actor("whoever looks at the graph", Role.VIEWER)
"""The graph knows no roles: alerts of suspicious-transaction cases never stand in it."""


def show_open_alerts(store: GraphStore, casebook: Casebook, today: date) -> int | None:
    """Make exactly the open alerts stand in the graph; how many, or None where the store has no tools of its own.

    Raises `StoreUnavailable`; nothing but the picture of the alerts is lost then, and the next sweep draws it again.
    """
    if not isinstance(store, ShowsAlerts):
        return None
    alerts = [shown(alert) for alert in casebook.alerts(OPEN, actor=ANYBODY, today=today)]
    store.show_alerts(alerts)
    return len(alerts)


def shown(alert: Alert) -> ShownAlert:
    """An alert as it stands in the graph: no names or numbers of people, as in the finding itself."""
    finding = alert.finding
    events = [(e["table"], e["id"]) for e in finding["evidence"] if _kind(e["table"]) is Kind.EVENT]
    return ShownAlert(
        alert_id=alert.alert_id,
        properties={
            "fingerprint": alert.fingerprint,
            "detector": alert.detector,
            "severity": alert.severity,
            "status": alert.status,
            "message_en": finding["message"]["en"],
            "message_zh": finding["message"]["zh"],
            "amount_low": alert.amount_low,
            "amount_high": alert.amount_high,
            "currency": alert.currency,
            "loan_id": alert.loan_id,
            "as_of": alert.version.as_of.isoformat(),
        },
        concerns=tuple(dict.fromkeys([*concerns(finding), *events])),
    )


def evidence_records(finding: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """The records a finding (its JSON) rests on, as (table, row key): evidence, then transfers on its paths."""
    records = [(e["table"], e["id"]) for e in finding["evidence"]]
    records += [("transfer", id_) for path in finding["paths"] for id_ in path["transfers"]]
    return list(dict.fromkeys(records))


def _kind(table: str) -> Kind | None:
    return TABLES[table].kind if table in TABLES else None
