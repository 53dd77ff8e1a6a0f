"""One call of `load`: what happens to each of its parts.

A part (a file, or a sheet) is read to its end before the first of its rows goes to the store, in batches that are all
or nothing.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import SCHEMA_VERSION, TABLES, AccountStatement, Loan, Shareholding, Transfer
from graph.snapshot import typed
from graph.statement_periods import PeriodFault, period_faults
from graph.store import ROW_KEY, Counts, GraphStore, Load
from ingest.contract import BATCH_ROWS, Batch, CellFault, Options, Part
from ingest.currencies import LoanCurrencies
from ingest.encoding import Identity, identify
from ingest.journal import Journal, Progress
from ingest.normalise import Normaliser
from ingest.problems import (
    ASSUMED_CURRENCY,
    BLANK_RECORDS,
    CHANGED,
    CONFLICT,
    NUMBERED,
    UNREADABLE_FILE,
    FileRefused,
    shown,
    texts,
)
from ingest.quarantine import Quarantine
from ingest.ratios import RatioSums
from ingest.report import FileReport
from ingest.staging import Duplicates, Period, Staging
from ingest.stated_before import stated_before
from ingest.statement_check import check, problems
from ingest.validation import Validation

UPSERT_ROWS = 250_000
"""Rows that go to the store at once, all or none."""
SHOWN_LOANS = 20

_CUT, _READ, _MERGED, _QUARANTINED, _WARNED = "data_cut", "read", "merged", "quarantined", "warned"


@dataclass
class Run:
    """What the parts of one call share. `part` loads one, `finish` ends the call."""

    store: GraphStore | None
    options: Options
    dry_run: bool
    quarantine: Path | None
    progress: Callable[[Progress], None] | None
    clock: Callable[[], datetime]
    identities: dict[Path, Identity] = field(default_factory=dict)
    quarantine_names: dict[str, int] = field(default_factory=dict)
    loads: dict[str, Load] = field(default_factory=dict)
    done: list[Load] = field(default_factory=list)
    cut: str = ""
    stated: set[str] = field(default_factory=set)
    brought: bool = False
    changed: bool = False

    def __post_init__(self) -> None:
        self.currencies = LoanCurrencies(self.store)
        if self.store is not None and not self.dry_run:
            self.loads = {load.load_id: load for load in self.store.loads()}
            self.cut = self.store.data_cut() if self.loads else ""

    def part(self, part: Part) -> FileReport:
        """Load one part. What is wrong with it is in its report."""
        report = FileReport(part.name, part.format, tuple(table.name for table in part.tables))
        quarantine = Quarantine(self.quarantine, self._quarantine_name(part))
        journal = Journal(part.name, quarantine, self.progress)
        try:
            self._load(part, journal, report)
        except FileRefused as refusal:
            report.refused, report.refused_line = refusal.problem, refusal.line
        finally:
            report.quarantine_file = quarantine.close()
        if not report.again:
            _tell(journal, report)
        return report

    def finish(self) -> None:
        """Remember the loads that came to their end, and with each which content the store has now: while it has
        that, they need not be read again."""
        if self.store is None or not self.brought:
            return
        cut = int(self.store.data_cut(), 16)
        for load in self.done:
            if load.rows.get(_CUT) != cut:
                self.store.record_load(replace(load, rows={**load.rows, _CUT: cut}))

    def _load(self, part: Part, journal: Journal, report: FileReport) -> None:
        identity = self._identity(part.path)
        report.sha256 = identity.sha256
        report.load_id = self._load_id(part)
        if self._is_there(part, report):
            return
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loantrail-")))
            staged = {
                t.name: Staging(t, folder, counted=part.counted.get(t.name, ()), mentioned=t.name in part.mentioned)
                for t in part.tables
            }
            try:
                self._read(part, journal, report, staged)
            finally:
                for staging in staged.values():
                    staging.close()
            duplicates = {name: staging.duplicates() for name, staging in staged.items()}
            self._set_conflicts_aside(part, journal, staged, duplicates)
            self._check_statements(journal, report, staged, duplicates)
            if not identity.still(part.path):
                raise FileRefused(CHANGED())
            for name, staging in staged.items():
                journal.merged += duplicates[name].merged
                if duplicates[name].numbers:
                    journal.note(NUMBERED(count=len(duplicates[name].numbers)))
                report.period = _wider(report.period, staging.period(self.options.timezone))
                report.rows[name] = staging.rows - int(duplicates[name].dropped.sum())
            if journal.blank:
                journal.note(BLANK_RECORDS(count=journal.blank))
            self._store(part, journal, report, staged, duplicates)

    # --- is it there already? --------------------------------------------------------------------------------

    def _identity(self, path: Path) -> Identity:
        if path not in self.identities:
            self.identities[path] = identify(path)
        return self.identities[path]

    def _load_id(self, part: Part) -> str:
        """From all that decides what the part means: the same content, read the same way, is the same load."""
        content = [self._identity(path).sha256 for path in (part.path, *part.needs)]
        sheet = part.name.partition("#")[2]
        tables = [table.name for table in part.tables]
        meaning = [SCHEMA_VERSION, part.format, sheet, tables, self.options.timezone, self.options.currency]
        return hashlib.sha256(json.dumps([content, meaning]).encode()).hexdigest()[:32]

    def _is_there(self, part: Part, report: FileReport) -> bool:
        """Whether the part was loaded to its end, without anything to be told again, and the store still has what it
        had then. Amounts in the currency of a loan are read again, because the loan may be another now."""
        load = self.loads.get(report.load_id)
        if load is None or not load.complete or self.changed or not self.cut:
            return False
        elsewhere = any("." in (column.currency or "") for table in part.tables for column in table.columns)
        if elsewhere or load.rows.get(_CUT) != int(self.cut, 16) or load.rows[_QUARANTINED] or load.rows[_WARNED]:
            return False
        report.again = True
        report.read, report.merged = load.rows[_READ], load.rows[_MERGED]
        report.rows = {table.name: load.rows[table.name] for table in part.tables}
        report.loaded = Counts(unchanged=sum(report.rows.values()))
        self.done.append(load)
        return True

    # --- reading ---------------------------------------------------------------------------------------------

    def _read(self, part: Part, journal: Journal, report: FileReport, staged: dict[str, Staging]) -> None:
        normalise = Normaliser(self.options, self.currencies)
        validations = {table.name: Validation(table) for table in part.tables}
        for batches in self._batches(part, journal):
            found: list[tuple[Batch, pa.Table, list[CellFault]]] = []
            for batch in batches:
                rows, faults = normalise(batch)
                faults += validations[batch.table.name](rows, batch, faults)
                found.append((batch, rows, faults))
            bad = np.zeros(len(batches[0].lines), dtype=bool)
            for batch, _, faults in found:
                bad[[fault.position for fault in faults]] = True
                _report_faults(batch, faults, journal)
            journal.set_aside(len(np.unique(batches[0].lines[bad])))
            for batch, rows, _ in found:
                staged[batch.table.name].add(_with_provenance(rows, batch, ~bad, part.name, report.load_id))
        if normalise.assumed:
            loans = list(normalise.assumed)
            more = f" … ({len(loans)})" if len(loans) > SHOWN_LOANS else ""
            named = ", ".join(map(shown, loans[:SHOWN_LOANS])) + more
            journal.warn(ASSUMED_CURRENCY(currency=self.options.currency, loans=named))

    def _batches(self, part: Part, journal: Journal) -> Iterator[Sequence[Batch]]:
        try:
            yield from part.batches(self.options, journal)
        except OSError as error:
            raise FileRefused(UNREADABLE_FILE(error=error.strerror or error)) from error

    def _set_conflicts_aside(
        self, part: Part, journal: Journal, staged: dict[str, Staging], duplicates: dict[str, Duplicates]
    ) -> None:
        """Report the records of one key that differ. They are read once more, to be shown as they were."""
        for name, found in duplicates.items():
            if not found.conflicts:
                continue
            conflict_of = {line: conflict for conflict in found.conflicts for line in conflict.lines}
            key = ", ".join(column.file_name for column in staged[name].table.key)
            conflicting = np.array(sorted(conflict_of), dtype=np.int64)
            journal.set_aside(len(conflicting))
            for batches in self._batches(part, Journal(part.name, Quarantine(None, ""))):
                batch = next((batch for batch in batches if batch.table.name == name), None)
                if batch is None:
                    continue
                for position, record in _records(batch, np.flatnonzero(np.isin(batch.lines, conflicting))):
                    line = int(batch.lines[position])
                    conflict = conflict_of[line]
                    problem = CONFLICT(key=key, lines=", ".join(map(str, conflict.lines)))
                    journal.bad(line, key, conflict.key, problem, record)

    # --- statements of accounts ------------------------------------------------------------------------------

    def _check_statements(
        self, journal: Journal, report: FileReport, staged: dict[str, Staging], duplicates: dict[str, Duplicates]
    ) -> None:
        """Whether the statements add up, and what of them another file said before: that is not loaded twice."""
        statement, transfer = AccountStatement.TABLE.name, Transfer.TABLE.name
        if statement not in staged or transfer not in staged:
            return
        statements = list(staged[statement].kept(duplicates[statement], UPSERT_ROWS))
        transfers = staged[transfer].kept(duplicates[transfer], BATCH_ROWS)
        report.statements, outside = check(statements, transfers, self.options.timezone)
        self.stated |= {one.account_id for one in report.statements}
        for problem, lines in problems(report.statements, outside):
            journal.warn(problem, lines)
        if self.store is not None:
            before = stated_before(
                self.store, report.statements, staged[transfer], report.load_id, self.options.timezone
            )
            duplicates[transfer].dropped |= before.dropped
            report.there_already = before.count
            for note in before.notes:
                journal.note(note)
            for problem in before.warnings:
                journal.warn(problem)

    def period_faults(self) -> list[PeriodFault]:
        """Gaps, overlaps and jumps between the statements of the accounts of which this call read some."""
        if not self.stated or self.store is None or self.dry_run:
            return []
        rows = self.store.scan(AccountStatement.TABLE.name).read_all()
        rows = rows.filter(pc.is_in(rows["account_id"], value_set=pa.array(sorted(self.stated), pa.string())))
        return period_faults(typed(AccountStatement, rows))

    # --- storing ---------------------------------------------------------------------------------------------

    def _store(
        self,
        part: Part,
        journal: Journal,
        report: FileReport,
        staged: dict[str, Staging],
        duplicates: dict[str, Duplicates],
    ) -> None:
        ratios = RatioSums()
        begun = Load(report.load_id, part.name, part.format, report.sha256, self.clock(), complete=False)
        store = None if self.dry_run else self.store
        if store is not None:
            store.record_load(begun)
        done, total = 0, sum(report.rows.values())
        for name, rows in self._kept(staged, duplicates):
            if name == Loan.TABLE.name:
                self.currencies.learn(rows)
            if name == Shareholding.TABLE.name:
                ratios.add(rows)
            if store is not None:
                if name in part.mentioned:
                    total -= rows.num_rows
                    rows = _undescribed(store, name, rows)
                    total += rows.num_rows
                counts = store.upsert(name, rows)
                report.loaded += counts
                self.changed = self.changed or counts.updated > 0
                done += rows.num_rows
                journal.at("load", done, total)
        for problem, lines in ratios.problems():
            journal.warn(problem, lines)
        if store is not None:
            told = {_READ: journal.read, _MERGED: journal.merged}
            told |= {_QUARANTINED: journal.quarantined, _WARNED: len(journal.warnings)}
            self.done.append(replace(begun, complete=True, rows={**report.rows, **told}))
            self.brought = True

    def _kept(self, staged: dict[str, Staging], duplicates: dict[str, Duplicates]) -> Iterator[tuple[str, pa.Table]]:
        for name, staging in staged.items():
            for rows in staging.kept(duplicates[name], UPSERT_ROWS):
                yield name, rows

    def _quarantine_name(self, part: Part) -> str:
        name = part.path.name + ("#" + part.name.partition("#")[2] if "#" in part.name else "")
        taken = self.quarantine_names[name] = self.quarantine_names.get(name, 0) + 1
        return name if taken == 1 else f"{name}-{taken}"


def _wider(one: Period, other: Period) -> Period:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def _undescribed(store: GraphStore, name: str, rows: pa.Table) -> pa.Table:
    """The nodes among `rows` that the store does not have, or only as inferred from references."""
    there = store.fetch(name, rows[TABLES[name].id].to_pylist())
    described = there.filter(pc.invert(there["inferred"]))[ROW_KEY]
    return rows.filter(pc.invert(pc.is_in(rows[TABLES[name].id], value_set=described.combine_chunks())))


def _with_provenance(rows: pa.Table, batch: Batch, good: np.ndarray, file: str, load_id: str) -> pa.Table:
    rows = rows.append_column("source_file", pa.repeat(pa.scalar(file), rows.num_rows))
    rows = rows.append_column("source_line", pa.array(batch.lines, pa.int64()))
    rows = rows.append_column("load_id", pa.repeat(pa.scalar(load_id), rows.num_rows))
    return rows if good.all() else rows.filter(pa.array(good))


def _report_faults(batch: Batch, faults: Sequence[CellFault], journal: Journal) -> None:
    if not faults:
        return
    order = {column.file_name: place for place, column in enumerate(batch.table.columns)}
    ordered = sorted(faults, key=lambda fault: (fault.position, order[fault.column]))
    records = dict(_records(batch, np.unique([fault.position for fault in faults])))
    for fault in ordered:
        line = int(batch.lines[fault.position])
        journal.bad(line, fault.column, fault.value, fault.problem, records[fault.position])


def _records(batch: Batch, positions: np.ndarray) -> Iterator[tuple[int, list[str]]]:
    """The records at `positions` as text, as they were."""
    chosen = batch.records.take(pa.array(positions, pa.int64()))
    columns = [texts(column) for column in chosen.columns]
    for position, row in zip(positions.tolist(), zip(*columns, strict=True), strict=True):
        yield position, list(row)


def _tell(journal: Journal, report: FileReport) -> None:
    """What the journal knows, into the report."""
    report.read, report.blank, report.merged = journal.read, journal.blank, journal.merged
    report.quarantined, report.fault_count = journal.quarantined, journal.fault_count
    report.faults, report.warnings, report.notes = journal.faults, journal.warnings, journal.notes
    report.rounding = journal.rounding
    if report.refused is not None:
        report.rows, report.loaded = {}, Counts()
