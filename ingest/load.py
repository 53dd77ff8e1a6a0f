"""Loading: files are found, read, judged and put into the store, and what happened is reported.

Each part (a file, or a sheet) is read to its end before the first of its rows goes to the store, in batches that are
all or nothing. A load that was interrupted is run again; a load that is complete, with the store still as it was
left, is recognised by its content and not read again.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa

from graph.schema import SCHEMA_VERSION, Loan, Shareholding
from graph.store import Counts, GraphStore, Load, StoreUnavailable
from ingest.amounts import EXPONENTS
from ingest.contract import Batch, CellFault, Options, Part, Refused
from ingest.currencies import LoanCurrencies
from ingest.discovery import discover
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
from ingest.report import FileReport, LoadReport
from ingest.staging import Duplicates, Staging
from ingest.validation import Validation

UPSERT_ROWS = 250_000
"""Rows that go to the store at once, all or none."""
SHOWN_LOANS = 20

_CUT, _READ, _MERGED, _QUARANTINED, _WARNED = "data_cut", "read", "merged", "quarantined", "warned"


class NothingToRetract(LookupError):
    """No load has this id and none came from this file; the message names those there are."""


def load(
    paths: Sequence[Path | str],
    store: GraphStore | None,
    *,
    format: str | None = None,
    timezone: str = "UTC",
    currency: str = "CNY",
    dry_run: bool = False,
    quarantine: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> LoadReport:
    """Load files and folders into `store` (which a `dry_run` only reads, and may be None then).

    format      name of a reader; None = each file is recognised
    timezone    where a time without an offset is, and where days begin
    currency    of amounts whose table names none
    quarantine  folder for the bad records; None = they are only in the report
    progress    called now and then, from this thread

    Bad files and records are in the report, never an exception. Raises ValueError for an unknown time zone or
    currency, `FileRefused` for an unknown format, `StoreUnavailable`.
    """
    _check(timezone, currency)
    claims, passed_over = discover([Path(path) for path in paths], format)
    if store is None:
        if not dry_run:
            raise ValueError("a load needs a store; without one, ask for a dry run")
    elif not dry_run:
        store.create_schema()
    elif not _has_tables(store):
        store = None
    run = _Run(store, Options(timezone, currency), dry_run, quarantine, progress, clock)
    report = LoadReport(dry_run=dry_run, passed_over=[path.as_posix() for path in passed_over])
    try:
        for claim in claims:
            if isinstance(claim, Refused):
                report.files.append(FileReport(claim.name, claim.format, refused=claim.problem))
            else:
                report.files.append(run.part(claim))
    finally:
        run.finish()
    return report


def retract(store: GraphStore, load_id_or_file: str) -> dict[str, Counts]:
    """Take loads back out: the one with this id, or all that came from this file (its path as it was loaded, or its
    name where only one path has it). Returns what was removed, by load id. Raises `NothingToRetract`."""
    loads = store.loads()
    chosen = [load for load in loads if load.load_id == load_id_or_file]
    if not chosen:
        wanted = Path(load_id_or_file)
        files = {load.source_file: Path(load.source_file.partition("#")[0]) for load in loads}
        same = {name for name, path in files.items() if name == load_id_or_file or path.absolute() == wanted.absolute()}
        named = {name for name, path in files.items() if path.name == load_id_or_file}
        if not same and len({files[name] for name in named}) == 1:
            same = named
        chosen = [load for load in loads if load.source_file in same]
    if not chosen:
        known = "; ".join(f"{load.load_id} ({load.source_file})" for load in loads[-20:]) or "none"
        raise NothingToRetract(f"no load has the id or file {load_id_or_file!r}; loads there are: {known}")
    return {load.load_id: store.retract(load.load_id) for load in chosen}


def _check(timezone: str, currency: str) -> None:
    if currency not in EXPONENTS:
        raise ValueError(f"{currency!r} is not a currency of ISO 4217; write for example CNY")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{timezone!r} is not a time zone; write for example Asia/Shanghai") from error


def _has_tables(store: GraphStore) -> bool:
    """A dry run asks the store for currencies of loans only; one that is not there yet knows none."""
    try:
        store.counts()
    except StoreUnavailable:
        return False
    return True


@dataclass
class _Run:
    """One call of `load`: what its parts share."""

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
        except OSError as error:
            report.refused = UNREADABLE_FILE(error=error.strerror or error)
        finally:
            report.quarantine_file = quarantine.close()
        if not report.again:
            _tell(journal, report)
        return report

    def finish(self) -> None:
        """Remember the loads that came to their end, and with each which content the store has now: while it has
        that, they need not be read again."""
        if self.store is None or not self.done:
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
            staged = {t.name: Staging(t, folder, counted=part.counted.get(t.name, ())) for t in part.tables}
            try:
                self._read(part, journal, report, staged)
            finally:
                for staging in staged.values():
                    staging.close()
            duplicates = {name: staging.duplicates() for name, staging in staged.items()}
            self._set_conflicts_aside(part, journal, staged, duplicates)
            if not identity.still(part.path):
                raise FileRefused(CHANGED())
            for name, staging in staged.items():
                journal.merged += duplicates[name].merged
                if duplicates[name].numbers:
                    journal.note(NUMBERED(count=len(duplicates[name].numbers)))
                report.rows[name] = staging.rows - int(duplicates[name].dropped.sum())
            self._warn(journal)
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
        for batches in part.batches(self.options, journal):
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
            for batches in part.batches(self.options, Journal(part.name, Quarantine(None, ""))):
                batch = next(batch for batch in batches if batch.table.name == name)
                for position, record in _records(batch, np.flatnonzero(np.isin(batch.lines, conflicting))):
                    line = int(batch.lines[position])
                    conflict = conflict_of[line]
                    problem = CONFLICT(key=key, lines=", ".join(map(str, conflict.lines)))
                    journal.bad(line, key, conflict.key, problem, record)

    def _warn(self, journal: Journal) -> None:
        if journal.blank:
            journal.note(BLANK_RECORDS(count=journal.blank))

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

    def _kept(self, staged: dict[str, Staging], duplicates: dict[str, Duplicates]) -> Iterator[tuple[str, pa.Table]]:
        for name, staging in staged.items():
            for rows in staging.kept(duplicates[name], UPSERT_ROWS):
                yield name, rows

    def _quarantine_name(self, part: Part) -> str:
        name = part.path.name + ("#" + part.name.partition("#")[2] if "#" in part.name else "")
        taken = self.quarantine_names[name] = self.quarantine_names.get(name, 0) + 1
        return name if taken == 1 else f"{name}-{taken}"


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
