"""What is proposed, and what people decide, about records that may be one party: into the graph and into the log.

The graph holds the state (SAME_AS relations in the load `LOAD`, which can be taken back as a whole); the audit log says
who decided what, when and why. Nothing of the parties themselves is changed, so every decision can be undone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import pyarrow as pa

from casebook import Actor, Casebook
from graph.columns import R
from graph.erasure import UnknownParty
from graph.same_party import candidates
from graph.schema import Party, SameParty
from graph.snapshot import typed
from graph.store import PROVENANCE, GraphStore, Load

LOAD = "same_party"
"""The load that the relations belong to."""

Decision = Literal["join", "refuse", "reopen"]
STATES: dict[Decision, str] = {"join": "joined", "refuse": "refused", "reopen": "proposed"}
ACTIONS: dict[Decision, str] = {"join": "parties joined", "refuse": "parties kept apart", "reopen": "parties reopened"}
"""What the audit log calls a decision."""


@dataclass(frozen=True)
class Found:
    """How many pairs are new: one by their number, and proposed; and how many stand as they stood."""

    joined: int
    proposed: int
    known: int


def find(store: GraphStore, *, at: datetime) -> Found:
    """Compare all described parties and write what is new. What a person decided stays as it is."""
    parties = store.scan(Party.TABLE.name).read_all()
    known = {(row.party_id, row.other_id) for row in relations(store)}
    rows = [
        SameParty(
            party_id=one.party_id,
            other_id=one.other_id,
            confidence=one.confidence,
            basis=one.basis,
            state="joined" if one.basis == "identifier" else "proposed",
            reasons=", ".join(one.reasons),
        )
        for one in candidates(party for party in typed(Party, parties) if party.name is not None)
        if (one.party_id, one.other_id) not in known
    ]
    _write(store, rows, at)
    joined = sum(row.state == "joined" for row in rows)
    return Found(joined, len(rows) - joined, len(known))


def relations(store: GraphStore) -> list[SameParty]:
    """All SAME_AS relations, the most confident first."""
    rows = typed(SameParty, store.scan(SameParty.TABLE.name).read_all())
    return sorted(rows, key=lambda row: (-row.confidence, row.party_id, row.other_id))


def decide(
    store: GraphStore,
    casebook: Casebook,
    one: str,
    other: str,
    decision: Decision,
    *,
    actor: Actor,
    reason: str,
    at: datetime,
) -> SameParty:
    """Join two records, keep them apart, or open the question again. The log knows before the graph does.

    Raises `NotAllowed`, `UnknownParty` where one of the two is no described party, ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("say why: the reason goes into the audit log")
    first, second = sorted((one, other))
    described = [
        party for party in typed(Party, store.fetch(Party.TABLE.name, [first, second])) if party.name is not None
    ]
    if first == second or len(described) < 2:
        raise UnknownParty(f"{one} and {other} are not two described parties")
    before = {(row.party_id, row.other_id): row for row in relations(store)}.get((first, second))
    if before is None:
        score = next(iter(candidates(described)), None)
        before = SameParty(
            party_id=first,
            other_id=second,
            confidence=0.0 if score is None else score.confidence,
            basis="similar",
            state="proposed",
            reasons=None if score is None else ", ".join(score.reasons),
        )
    after = replace(before, state=STATES[decision], basis="similar" if decision == "reopen" else "person")
    told = {"party_id": first, "other_id": second, "confidence": after.confidence, "before": before.state}
    casebook.record(ACTIONS[decision], f"party {first}", told, actor=actor, at=at, text=reason.strip())
    _write(store, [after], at)
    return after


def _write(store: GraphStore, rows: list[SameParty], at: datetime) -> None:
    if rows:
        store.upsert(SameParty.TABLE.name, _arrow(SameParty, rows))
    if not any(load.load_id == LOAD for load in store.loads()):
        store.record_load(Load(LOAD, LOAD, LOAD, "", at, True, {}))


def _arrow(row: type[R], rows: list[R]) -> pa.Table:
    provenance = {"source_file": LOAD, "source_line": None, "load_id": LOAD}
    schema = pa.schema([*(pa.field(c.name, c.arrow) for c in row.TABLE.columns), *PROVENANCE])
    return pa.Table.from_pylist([{**vars(one), **provenance} for one in rows], schema=schema)
