"""Shares of one company that sum to more than all of it: a fault of the data that is told and kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.problems import RATIOS_ABOVE_ONE, Problem

Array = np.ndarray[Any, Any]

TOLERANCE = 1.001
"""Up to here it is rounding (`docs/design.md`, "Who is behind whom")."""
_UNBOUNDED = 2**31 - 1


@dataclass
class RatioSums:
    """Collects shareholdings, and says which companies' shares in force on one day sum to more than `TOLERANCE`."""

    rows: list[pa.Table] = field(default_factory=list)

    def add(self, shareholdings: pa.Table) -> None:
        columns = ["company_id", "ratio", "valid_from", "valid_to", "source_line"]
        chosen = shareholdings.select(columns)
        self.rows.append(chosen.filter(chosen["ratio"].is_valid()))

    def problems(self) -> list[tuple[Problem, list[int]]]:
        """A problem for each such company, with the day of its highest sum and the lines of the shares in force."""
        if not any(rows.num_rows for rows in self.rows):
            return []
        rows = pa.concat_tables(self.rows).combine_chunks()
        companies = rows["company_id"].combine_chunks().dictionary_encode()
        company = companies.indices.to_numpy()
        ratio = rows["ratio"].to_numpy()
        since = pc.fill_null(rows["valid_from"].cast(pa.int32()), -_UNBOUNDED).to_numpy()
        until = pc.fill_null(rows["valid_to"].cast(pa.int32()), _UNBOUNDED).to_numpy()
        found = []
        for code, day, total in _highest(company, ratio, since, until):
            if total > TOLERANCE:
                lines = rows["source_line"].to_numpy()[(company == code) & (since <= day) & (until > day)]
                values = {"company": companies.dictionary[code].as_py(), "day": _shown(day), "sum": f"{total:.4g}"}
                found.append((RATIOS_ABOVE_ONE(**values), sorted(lines.tolist())))
        return sorted(found, key=lambda problem: problem[1])


def _highest(company: Array, ratio: Array, since: Array, until: Array) -> list[tuple[int, int, float]]:
    """(company, first day of its highest sum, that sum): a sweep over beginnings and ends, all companies at once."""
    companies = np.concatenate((company, company))
    days = np.concatenate((since, until))
    changes = np.concatenate((ratio, -ratio))
    order = np.lexsort((changes, days, companies))  # ends before beginnings: closed-open
    companies, days = companies[order], days[order]
    running = np.cumsum(changes[order])
    first = np.flatnonzero(np.append(True, companies[1:] != companies[:-1]))
    before = np.append(0.0, running)[first]
    sums = running - np.repeat(before, np.diff(np.append(first, len(companies))))
    best = np.maximum.reduceat(sums, first)
    found = []
    for start, end, total in zip(first, np.append(first[1:], len(companies)), best, strict=True):
        position = start + int(np.argmax(sums[start:end]))
        found.append((int(companies[start]), int(days[position]), float(total)))
    return found


def _shown(day: int) -> str:
    return "every day" if day == -_UNBOUNDED else (date(1970, 1, 1) + timedelta(days=day)).isoformat()
