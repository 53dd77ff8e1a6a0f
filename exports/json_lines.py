"""Alerts as JSON Lines (UTF-8, one object a line): for other programs.

A line has an alert with its current version's finding word for word (amounts are counts of minor units), its
parameters, as-of day and data cut, and the last decision about it. The same list again is the same bytes.
"""

from __future__ import annotations

import json

from exports.material import Format, Material


def render(material: Material) -> bytes:
    """The list as bytes; keys sorted."""
    extract = material.extract
    documents = (
        {**alert.to_json(), "decision": None if decision is None else decision.to_json()}
        for alert in extract.alerts
        for decision in [extract.decided.get(alert.alert_id)]
    )
    return "".join(json.dumps(document, ensure_ascii=False, sort_keys=True) + "\n" for document in documents).encode()


FORMAT = Format(render)
