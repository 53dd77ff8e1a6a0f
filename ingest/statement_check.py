"""Does an account's statement add up? Opening balance plus movements is the closing balance, and so line by line.

The movements are those that the statement's own account has a sequence for (see `ingest/contract.py`). Statements of
one account whose days overlap (pages of one day) are judged together: what they say they moved must be what the
movements of these days add up to. Running balances are compared in the order of day and sequence, whatever order the
file has. Memory grows with statements and blocks of the file, not with its movements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from graph import money
from graph.arrow_columns import local_days
from ingest.problems import OUTSIDE_STATEMENT, RUNNING_BALANCE, STATEMENT_ENTRIES, STATEMENT_OFF, Problem, shown

EPOCH = date(1970, 1, 1)
KEPT_BREAKS = 50
"""Places named where running balances break; all are counted."""

SIDES = (("source", -1), ("target", 1))
SEPARATOR = "\0"


@dataclass(frozen=True)
class Break:
    """A running balance that does not follow from the one before: its line and day, and by how much it is off (minor
    units: positive where more is stated than follows)."""

    line: int
    day: date
    off_minor: int


@dataclass
class Checked:
    """What became of one statement, or of several over the same days.

    off_minor  closing - opening - movements, in minor units; None where a balance is not stated
    entries    movements found; `stated_entries` how many it says there are, or None
    breaks     the first of the places where running balances break; `broken` counts them all
    complete   False where one of them is interim: more of its last day may come
    running    how many movements state a running balance
    unordered  running balances could not be compared: movements stand in no order
    """

    account_id: str
    currency: str
    numbers: tuple[str, ...]
    lines: tuple[int, ...]
    begins_on: date
    ends_on: date
    opening_minor: int | None
    moved_stated_minor: int | None
    stated_entries: int | None
    complete: bool
    moved_minor: int = 0
    entries: int = 0
    running: int = 0
    broken: int = 0
    breaks: list[Break] = field(default_factory=list)
    unordered: bool = False

    @property
    def off_minor(self) -> int | None:
        return None if self.moved_stated_minor is None else self.moved_stated_minor - self.moved_minor

    @property
    def agrees(self) -> bool | None:
        """True: all that is stated adds up; False: something does not; None: nothing stated could be checked."""
        entries_differ = self.stated_entries is not None and self.stated_entries != self.entries
        if self.off_minor or self.broken or entries_differ:
            return False
        return True if self.off_minor == 0 or self.running > 1 else None

    def to_json(self) -> dict[str, Any]:
        """One entry of `statements` in the report of a load; amounts are minor units."""
        return {
            "account_id": self.account_id,
            "currency": self.currency,
            "numbers": list(self.numbers),
            "begins_on": self.begins_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
            "opening": self.opening_minor,
            "moved": self.moved_minor,
            "off": self.off_minor,
            "entries": self.entries,
            "stated_entries": self.stated_entries,
            "running_balances": self.running,
            "running_breaks": self.broken,
            "breaks": [{"line": b.line, "day": b.day.isoformat(), "off": b.off_minor} for b in self.breaks],
            "unordered": self.unordered,
            "agrees": self.agrees,
        }

    @property
    def days(self) -> str:
        same = self.begins_on == self.ends_on
        return str(self.begins_on) if same else f"{self.begins_on} – {self.ends_on}"

    def amount(self, minor: int) -> str:
        return money.text(minor, self.currency)


@dataclass(frozen=True)
class Outside:
    """Movements that a part brings for an account on days that none of its statements there covers."""

    account_id: str
    entries: int


def problems(checked: Sequence[Checked], outside: Sequence[Outside]) -> Iterator[tuple[Problem, tuple[int, ...]]]:
    """What does not add up, in words, with the lines concerned."""
    for one in checked:
        where = {"account": shown(one.account_id), "days": one.days}
        if one.off_minor:
            stated = one.off_minor + one.moved_minor
            yield STATEMENT_OFF(stated=one.amount(stated), moved=one.amount(one.moved_minor), **where), one.lines
        if one.stated_entries is not None and one.stated_entries != one.entries:
            yield STATEMENT_ENTRIES(stated=one.stated_entries, found=one.entries, **where), one.lines
        if one.broken:
            first = one.breaks[0]
            told = {"count": one.broken, "off": one.amount(first.off_minor), "day": first.day}
            yield RUNNING_BALANCE(**told, **where), tuple(place.line for place in one.breaks)
    for account in outside:
        yield OUTSIDE_STATEMENT(account=shown(account.account_id), count=account.entries), ()


def check(
    statements: Iterable[pa.Table], transfers: Iterable[pa.Table], timezone: str
) -> tuple[list[Checked], list[Outside]]:
    """Check the statements of one part against its transfers.

    statements, transfers  tables of `account_statement` and `transfer` with their provenance, typed
    timezone               where days begin
    """
    found = _Statements(list(statements))
    if not found.checked:
        return [], []
    segments: list[_Segment] = []
    outside: dict[str, int] = {}
    for rows in transfers:
        segments += found.segments(rows, timezone, outside)
    for place, several in _by_place(segments):
        _judge(found.checked[place], several)
    return found.checked, [Outside(account, count) for account, count in sorted(outside.items())]


@dataclass(frozen=True)
class _Segment:
    """Movements of one statement in one block of the file, in order: what they move, and how running balances stand to
    that. `first_offset` and `last_offset`: stated balance less what this segment has moved by then."""

    place: int
    first: tuple[int, int]
    last: tuple[int, int]
    moved: int
    entries: int
    running: int
    first_offset: int | None
    first_line: int
    first_day: date
    last_offset: int | None
    broken: int
    breaks: tuple[Break, ...]


class _Statements:
    """The statements of a part, those of overlapping days taken together, and the days of each as arrays."""

    def __init__(self, tables: list[pa.Table]) -> None:
        self.checked: list[Checked] = []
        self._of: dict[tuple[str, str], list[int]] = {}
        rows = pa.concat_tables(tables).to_pylist() if tables else []
        rows.sort(key=lambda r: (r["account_id"], r["currency"], r["begins_on"], r["ends_on"], r["source_line"]))
        for row in rows:
            places = self._of.setdefault((row["account_id"], row["currency"]), [])
            if places and row["begins_on"] <= self.checked[places[-1]].ends_on:
                _take_together(self.checked[places[-1]], row)
            else:
                places.append(len(self.checked))
                self.checked.append(_one(row))
        names = [SEPARATOR.join(of) for of in self._of]
        self._names = pa.array(names, pa.string())

    def segments(self, rows: pa.Table, timezone: str, outside: dict[str, int]) -> Iterator[_Segment]:
        moves = pd.concat([self._moves(rows, side, sign, timezone) for side, sign in SIDES])
        moves = moves.sort_values(["code", "day", "sequence", "line"], kind="stable")
        places = list(self._of.values())
        accounts = list(self._of)
        code = moves["code"].to_numpy()
        bounds = [0, *(np.flatnonzero(np.diff(code)) + 1).tolist(), len(code)]
        for start, end in pairwise(bounds if len(code) else []):
            mine, number = moves.iloc[start:end], int(code[start])
            candidates = places[number]
            begins = np.array([(self.checked[p].begins_on - EPOCH).days for p in candidates])
            ends = np.array([(self.checked[p].ends_on - EPOCH).days for p in candidates])
            day = mine["day"].to_numpy()
            at = np.searchsorted(begins, day, side="right") - 1
            covered = (at >= 0) & (day <= ends[np.maximum(at, 0)])
            if not covered.all():
                account = accounts[number][0]
                outside[account] = outside.get(account, 0) + int((~covered).sum())
            for where in np.unique(at[covered]):
                yield _segment(candidates[int(where)], mine[covered & (at == where)])

    def _moves(self, rows: pa.Table, side: str, sign: int, timezone: str) -> pd.DataFrame:
        """What the statements' accounts paid (or were paid), one row a movement: code int64 of the account, day int32
        since 1970, sequence, signed int64 minor units, stated bool, balance, line."""
        rows = rows.filter(pc.is_valid(rows[f"{side}_sequence"]))
        names = pc.binary_join_element_wise(rows[f"{side}_id"], rows["currency"], SEPARATOR)
        code = pc.fill_null(pc.index_in(names, value_set=self._names, skip_nulls=True), -1).to_numpy()
        rows, code = rows.filter(pa.array(code >= 0)), code[code >= 0]
        balance = rows[f"{side}_balance_after_minor"]
        return pd.DataFrame(
            {
                "code": code,
                "day": pc.cast(local_days(rows["booked_at"], timezone), pa.int32()).to_numpy(),
                "sequence": rows[f"{side}_sequence"].to_numpy(),
                "signed": sign * rows["amount_minor"].to_numpy(),
                "stated": pc.is_valid(balance).to_numpy(),
                "balance": pc.fill_null(balance, 0).to_numpy(),
                "line": rows["source_line"].to_numpy(),
            }
        )


def _one(row: dict[str, Any]) -> Checked:
    return Checked(
        account_id=row["account_id"],
        currency=row["currency"],
        numbers=() if row["number"] is None else (row["number"],),
        lines=(row["source_line"],),
        begins_on=row["begins_on"],
        ends_on=row["ends_on"],
        opening_minor=row["opening_balance_minor"],
        moved_stated_minor=_moved(row),
        stated_entries=row["entries"],
        complete=row["kind"] != "interim",
    )


def _moved(row: dict[str, Any]) -> int | None:
    opening, closing = row["opening_balance_minor"], row["closing_balance_minor"]
    return None if opening is None or closing is None else int(closing - opening)


def _take_together(checked: Checked, row: dict[str, Any]) -> None:
    moved = _moved(row)
    checked.moved_stated_minor = _sum(checked.moved_stated_minor, moved)
    checked.stated_entries = _sum(checked.stated_entries, row["entries"])
    checked.numbers += () if row["number"] is None else (row["number"],)
    checked.lines += (row["source_line"],)
    checked.complete = checked.complete and row["kind"] != "interim"
    checked.ends_on = max(checked.ends_on, row["ends_on"])


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _segment(place: int, moves: pd.DataFrame) -> _Segment:
    signed = moves["signed"].to_numpy()
    stated = np.flatnonzero(moves["stated"].to_numpy())
    offset = moves["balance"].to_numpy()[stated] - np.cumsum(signed)[stated]
    line, day = moves["line"].to_numpy(), moves["day"].to_numpy()
    change = np.flatnonzero(np.diff(offset)) + 1
    breaks = tuple(
        Break(int(line[stated[at]]), _day(day[stated[at]]), int(offset[at] - offset[at - 1]))
        for at in change[:KEPT_BREAKS]
    )
    sequence = moves["sequence"].to_numpy()
    keys = [(int(day[at]), int(sequence[at])) for at in (0, -1)]
    return _Segment(
        place=place,
        first=keys[0],
        last=keys[1],
        moved=int(signed.sum()),
        entries=len(signed),
        running=len(stated),
        first_offset=int(offset[0]) if len(stated) else None,
        first_line=int(line[stated[0]] if len(stated) else line[0]),
        first_day=_day(day[stated[0]] if len(stated) else day[0]),
        last_offset=int(offset[-1]) if len(stated) else None,
        broken=len(change),
        breaks=breaks,
    )


def _by_place(segments: list[_Segment]) -> Iterator[tuple[int, list[_Segment]]]:
    found: dict[int, list[_Segment]] = {}
    for segment in segments:
        found.setdefault(segment.place, []).append(segment)
    for place, several in sorted(found.items()):
        yield place, sorted(several, key=lambda s: (s.first, s.last))


def _judge(checked: Checked, segments: list[_Segment]) -> None:
    """Put the segments one behind the other: each stated balance implies one before the first movement, and all must
    imply the same, the opening balance where there is one."""
    checked.moved_minor = sum(s.moved for s in segments)
    checked.entries = sum(s.entries for s in segments)
    checked.running = sum(s.running for s in segments)
    if any(before.last > after.first for before, after in pairwise(segments)):
        checked.unordered = True
        return
    implied, moved = checked.opening_minor, 0
    for segment in segments:
        if segment.first_offset is not None and segment.last_offset is not None:
            opening = segment.first_offset - moved
            if implied is not None and opening != implied:
                checked.broken += 1
                checked.breaks.append(Break(segment.first_line, segment.first_day, opening - implied))
            checked.broken += segment.broken
            checked.breaks += segment.breaks
            implied = segment.last_offset - moved
        moved += segment.moved
    del checked.breaks[KEPT_BREAKS:]


def _day(days: int) -> date:
    return EPOCH + timedelta(days=int(days))
