"""What a statement says that another file said before: the same account over the same days.

A day that two files cover has each movement once, whatever ids the files give: of one account, on one day, in one
direction, an amount that stands k times in both files happened k times. Records with the same id replace one another
as everywhere. What the account's counterparty says from its own statement is left alone (`graph/seen_twice.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import local_days
from graph.schema import Transfer
from graph.store import GraphStore
from ingest.problems import NOT_IN_THIS_STATEMENT, THERE_ALREADY, Kind, Problem, shown
from ingest.staging import Staging
from ingest.statement_check import SIDES, Checked

ACCOUNTS_AT_ONCE = 200
EVERY = 1 << 40
"""More edges than an account can have."""

_Movement = tuple[str, str, str, date, int]
"""Account, currency, side, day, amount in minor units."""


@dataclass
class Before:
    """`dropped` goes by the position of the row in the staging; `lines` are those rows' lines."""

    dropped: np.ndarray[tuple[int], np.dtype[np.bool_]]
    notes: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def count(self) -> int:
        return int(self.dropped.sum())


def stated_before(
    store: GraphStore, statements: Sequence[Checked], staging: Staging, load_id: str, timezone: str
) -> Before:
    """Which staged transfers of these statements the store has already, from loads other than `load_id`."""
    found = Before(np.zeros(staging.rows, dtype=bool))
    stored = _stored(store, statements, load_id, timezone)
    if not stored:
        return found
    known: dict[_Movement, list[_Stored]] = defaultdict(list)
    for one in stored:
        known[one.movement].append(one)
    ids = {one.id for one in stored}
    waiting: list[tuple[int, _Movement]] = []
    again: set[str] = set()
    for position, id_, movement in _staged(staging, statements, timezone):
        if id_ in ids:
            again.add(id_)  # replaces it by its key
        elif movement in known:
            waiting.append((position, movement))
    for movement, several in known.items():
        known[movement] = [one for one in several if one.id not in again]
    taken: list[_Stored] = []
    for position, movement in waiting:
        if known[movement]:
            taken.append(known[movement].pop(0))
            found.dropped[position] = True
    found.notes += _said(THERE_ALREADY, taken)
    covered = [one for several in known.values() for one in several if _covers(statements, one.movement)]
    found.warnings += _said(NOT_IN_THIS_STATEMENT, covered)
    return found


@dataclass(frozen=True)
class _Stored:
    id: str
    movement: _Movement
    file: str
    line: int


def _stored(store: GraphStore, statements: Sequence[Checked], load_id: str, timezone: str) -> list[_Stored]:
    if not store.counts()[Transfer.TABLE.name]:
        return []
    by_account: dict[str, list[Checked]] = defaultdict(list)
    for one in statements:
        by_account[one.account_id].append(one)
    names = sorted(by_account)
    found: list[_Stored] = []
    for start in range(0, len(names), ACCOUNTS_AT_ONCE):
        chosen = names[start : start + ACCOUNTS_AT_ONCE]
        days = [day for name in chosen for one in by_account[name] for day in (one.begins_on, one.ends_on)]
        edges = store.neighbours(
            [("account", name) for name in chosen],
            limit=EVERY,
            kinds=(Transfer.TABLE.label,),
            since=min(days),
            until=max(days),
            bare=True,
        ).edges
        rows = store.fetch(Transfer.TABLE.name, list(dict.fromkeys(edge.row[1] for edge in edges)))
        rows = rows.filter(pc.fill_null(pc.not_equal(rows["load_id"], load_id), True))
        for position, movement in _movements(rows, set(chosen), timezone, from_statements=False):
            if any(one.begins_on <= movement[3] <= one.ends_on for one in by_account[movement[0]]):
                row = rows.slice(position, 1)
                file, line = row["source_file"][0].as_py(), row["source_line"][0].as_py()
                found.append(_Stored(row["transfer_id"][0].as_py(), movement, file or "", line or 0))
    return found


def _staged(staging: Staging, statements: Sequence[Checked], timezone: str) -> Iterable[tuple[int, str, _Movement]]:
    accounts = {one.account_id for one in statements}
    for start, rows in staging.placed():
        ids = rows["transfer_id"].to_pylist()
        for position, movement in _movements(rows, accounts, timezone, from_statements=True):
            yield start + position, ids[position], movement


def _movements(
    rows: pa.Table, accounts: set[str], timezone: str, *, from_statements: bool
) -> Iterable[tuple[int, _Movement]]:
    """Position and movement of what these accounts' own statements say; unless `from_statements`, also of rows that no
    side numbered: they come from the bank's own books, which have each movement once, too."""
    days = local_days(rows["booked_at"], timezone)
    wanted = pa.array(sorted(accounts), pa.string())
    plain = pc.and_(pc.is_null(rows["source_sequence"]), pc.is_null(rows["target_sequence"]))
    for side, _ in SIDES:
        seen = pc.is_valid(rows[f"{side}_sequence"])
        if not from_statements:
            seen = pc.or_(seen, plain)
        mine = pc.and_(seen, pc.is_in(rows[f"{side}_id"], value_set=wanted, skip_nulls=True))
        positions = np.flatnonzero(mine.to_numpy())
        chosen = pa.array(positions)
        columns = [rows[f"{side}_id"], rows["currency"], days, rows["amount_minor"]]
        values = zip(*(column.take(chosen).to_pylist() for column in columns), strict=True)
        for position, (account, currency, day, amount) in zip(positions.tolist(), values, strict=True):
            yield position, (account, currency, side, day, amount)


def _covers(statements: Sequence[Checked], movement: _Movement) -> bool:
    account, currency, _, day, _ = movement
    return any(
        one.account_id == account and one.currency == currency and one.complete and one.begins_on <= day <= one.ends_on
        for one in statements
    )


def _said(kind: Kind, several: Sequence[_Stored]) -> list[Problem]:
    """One problem an account, with the files and days concerned."""
    by_account: dict[str, list[_Stored]] = defaultdict(list)
    for one in several:
        by_account[one.movement[0]].append(one)
    said = []
    for account, mine in sorted(by_account.items()):
        files = Counter(PurePath(one.file).name for one in mine)
        days = sorted(one.movement[3] for one in mine)
        period = str(days[0]) if days[0] == days[-1] else f"{days[0]} – {days[-1]}"
        said.append(kind(count=len(mine), account=shown(account), files=", ".join(files) or "?", days=period))
    return said
