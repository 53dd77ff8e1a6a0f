"""Days and instants, from text or typed columns.

A time without an offset is local to the book's time zone; with an offset it is that instant. A value without a time
of day is the first instant of its local day, and is marked so. Times that clocks skipped, or showed twice, are
faults: they are never guessed. Below the microsecond nothing is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import local_days
from ingest.problems import AMBIGUOUS_TIME, NO_SUCH_DAY, NO_SUCH_TIME, NOT_A_DAY, NOT_AN_INSTANT, Kind

Array = np.ndarray[Any, Any]

LOCAL = pa.timestamp("us")
UTC = pa.timestamp("us", tz="UTC")
DAY_MICROSECONDS = 86_400_000_000

_PATTERN = (
    r"^(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})|/(?P<month2>[0-9]{1,2})/(?P<day2>[0-9]{1,2})"
    r"|(?P<month3>[0-9]{2})(?P<day3>[0-9]{2}))"
    r"(?:[T ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?"
    r" ?(?:(?P<zulu>[Zz])|(?P<sign>[+-])(?P<zone_hour>[0-9]{2}):?(?P<zone_minute>[0-9]{2})?)?)?$"
)
"""2026-03-31, 2026/3/31 or 20260331, then optionally T or a space, a time, and Z or an offset."""


_OFFSET = re.compile(r":[0-9.]+ ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$")


@dataclass(frozen=True)
class Instants:
    """`instants` UTC microseconds (null where null or faulty), `by_day` where no time of day was given, and for
    each faulty position the kind of its problem."""

    instants: pa.Array
    by_day: Array
    faults: dict[int, Kind]


def instants(values: pa.Array, timezone: str) -> Instants:
    """Text, dates or timestamps as instants; see the module for what is accepted. Raises TypeError otherwise."""
    type_ = values.type
    nothing = np.zeros(len(values), dtype=bool)
    if pa.types.is_timestamp(type_):
        if type_.tz is not None:
            return Instants(pc.cast(values, UTC, safe=False), nothing, {})
        return _from_local(pc.cast(values, LOCAL, safe=False), nothing, timezone, {})
    if pa.types.is_date(type_):
        local = pc.cast(pc.cast(values, pa.date32()), LOCAL)
        return _from_local(local, values.is_valid().to_numpy(zero_copy_only=False), timezone, {})
    if not pa.types.is_string(type_):
        raise TypeError(f"instants cannot be read from {type_}")
    try:  # Arrow reads a column of one form at once; the first value says which form that could be
        if _OFFSET.search(next((value.as_py() for value in values if value.is_valid), "")):
            return Instants(pc.cast(values, UTC), nothing, {})
        local = pc.cast(values, LOCAL)
    except pa.ArrowInvalid:
        return _from_parts(values, timezone)
    by_day = pc.fill_null(pc.equal(pc.binary_length(values), 10), False)
    return _from_local(local, by_day.to_numpy(zero_copy_only=False), timezone, {})


def days(values: pa.Array, timezone: str) -> tuple[pa.Array, dict[int, Kind]]:
    """Text, dates or timestamps as days (date32), and the faults by position.

    A time of day is accepted only where it is midnight: 2026-03-31T00:00:00 is that day.
    """
    type_ = values.type
    if pa.types.is_date(type_):
        return pc.cast(values, pa.date32()), {}
    if pa.types.is_timestamp(type_):
        local = values if type_.tz is None else pc.local_timestamp(pc.cast(values, pa.timestamp(type_.unit, timezone)))
        return _midnights(pc.cast(local, LOCAL, safe=False))
    if not pa.types.is_string(type_):
        raise TypeError(f"days cannot be read from {type_}")
    try:
        return pc.cast(values, pa.date32()), {}
    except pa.ArrowInvalid:
        parts = _Parts.of(values)
        found, faults = _midnights(parts.local)
        kinds = parts.faults(NOT_A_DAY, NO_SUCH_DAY)
        return found, {**faults, **kinds}


def floor_to_day(values: pa.Array, timezone: str) -> pa.Array:
    """The first instant of the local day that each instant lies in."""
    return _starts_of_days(pc.cast(local_days(values, timezone), LOCAL), timezone)


def _starts_of_days(midnights: pa.Array, timezone: str) -> pa.Array:
    """Where clocks skip midnight, the day begins when they go on; where they show it twice, at the first."""
    return pc.cast(pc.assume_timezone(midnights, timezone, ambiguous="earliest", nonexistent="latest"), UTC)


def _from_local(local: pa.Array, by_day: Array, timezone: str, faults: dict[int, Kind]) -> Instants:
    if timezone == "UTC":
        return Instants(pc.cast(pc.assume_timezone(local, "UTC"), UTC), by_day, faults)
    early = pc.cast(pc.assume_timezone(local, timezone, ambiguous="earliest", nonexistent="earliest"), UTC)
    late = pc.cast(pc.assume_timezone(local, timezone, ambiguous="latest", nonexistent="latest"), UTC)
    apart = pc.fill_null(pc.subtract(pc.cast(late, pa.int64()), pc.cast(early, pa.int64())), 0)
    gap = apart.to_numpy(zero_copy_only=False)
    doubtful = (gap != 0) & ~by_day
    found = early
    if by_day.any():
        found = pc.if_else(pa.array(by_day), _starts_of_days(local, timezone), early)
    if doubtful.any():
        found = pc.if_else(pa.array(doubtful), pa.scalar(None, UTC), found)
        # Arrow puts a skipped time one microsecond before the gap ends or at its end; a doubled one is further apart.
        faults |= {int(p): NO_SUCH_TIME if gap[p] == 1 else AMBIGUOUS_TIME for p in np.flatnonzero(doubtful)}
    return Instants(found, by_day, faults)


def _from_parts(values: pa.Array, timezone: str) -> Instants:
    parts = _Parts.of(values)
    faults = parts.faults(NOT_AN_INSTANT, NO_SUCH_DAY)
    there = pa.array(parts.has_offset)
    placed = pc.subtract(pc.cast(parts.local, pa.int64()), pa.array(parts.offset))
    local = pc.if_else(there, pa.scalar(None, LOCAL), parts.local)
    from_local = _from_local(local, parts.by_day, timezone, faults)
    found = pc.if_else(there, pc.cast(placed, UTC), from_local.instants)
    return Instants(found, parts.by_day, from_local.faults)


def _midnights(local: pa.Array) -> tuple[pa.Array, dict[int, Kind]]:
    microseconds = pc.fill_null(pc.cast(local, pa.int64()), 0).to_numpy(zero_copy_only=False)
    within = microseconds % DAY_MICROSECONDS != 0
    found = pc.cast(local, pa.date32(), safe=False)
    if within.any():
        found = pc.if_else(pa.array(within), pa.scalar(None, pa.date32()), found)
    return found, {int(position): NOT_A_DAY for position in np.flatnonzero(within)}


@dataclass(frozen=True)
class _Parts:
    """Text taken apart: `local` as written (null where unreadable), `offset` in microseconds east of UTC."""

    local: pa.Array
    offset: Array
    has_offset: Array
    by_day: Array
    shaped: Array
    exists: Array
    given: Array

    @classmethod
    def of(cls, values: pa.Array) -> _Parts:
        found = pc.extract_regex(values, _PATTERN)
        shaped = found.is_valid().to_numpy(zero_copy_only=False)

        def number(name: str) -> Array:
            text = pc.fill_null(pc.struct_field(found, name), "")
            text = pc.if_else(pc.equal(text, ""), "0", text)
            return np.asarray(pc.cast(text, pa.int64()).to_numpy(zero_copy_only=False))

        year = number("year")
        month = number("month") + number("month2") + number("month3")
        day = number("day") + number("day2") + number("day3")
        hour, minute, second = number("hour"), number("minute"), number("second")
        fraction = pc.utf8_rpad(pc.fill_null(pc.struct_field(found, "fraction"), ""), 9, "0")
        nanoseconds = pc.cast(fraction, pa.int64()).to_numpy(zero_copy_only=False)
        zone = (number("zone_hour") * 60 + number("zone_minute")) * 60_000_000
        sign = pc.fill_null(pc.struct_field(found, "sign"), "").to_numpy(zero_copy_only=False)
        zulu = pc.fill_null(pc.struct_field(found, "zulu"), "").to_numpy(zero_copy_only=False)
        timed = pc.fill_null(pc.struct_field(found, "hour"), "").to_numpy(zero_copy_only=False) != ""

        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
        month_is = (month >= 1) & (month <= 12)
        length = lengths[np.where(month_is, month, 0)] + ((month == 2) & leap)
        exists = shaped & (year >= 1) & month_is & (day >= 1) & (day <= length)
        clock = (hour < 24) & (minute < 60) & (second < 60) & (np.abs(zone) < DAY_MICROSECONDS)
        shaped = shaped & (clock | ~exists)
        usable = exists & clock
        months = np.where(usable, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
        since = months.astype("datetime64[D]").astype(np.int64) + np.where(usable, day - 1, 0)
        microseconds = since * DAY_MICROSECONDS
        microseconds += ((hour * 60 + minute) * 60 + second) * 1_000_000 + nanoseconds // 1000
        local = pc.cast(pa.array(microseconds, mask=~usable), LOCAL)
        offset = np.where(sign == "-", -zone, zone)
        has_offset = ((sign != "") | (zulu != "")) & usable
        return cls(local, offset, has_offset, usable & ~timed, shaped, exists, values.is_valid().to_numpy(False))

    def faults(self, not_shaped: Kind, not_there: Kind) -> dict[int, Kind]:
        """What cannot be read, by position: `not_shaped` where the form is wrong, `not_there` for 30 February."""
        unreadable = np.flatnonzero(self.given & ~self.shaped)
        missing = np.flatnonzero(self.shaped & ~self.exists)
        return {int(p): not_shaped for p in unreadable} | {int(p): not_there for p in missing}
