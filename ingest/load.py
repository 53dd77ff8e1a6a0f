"""Loading, and taking a load back: the door to this package.

Files are found, read, judged and put into the store, and what happened is reported. A load that was interrupted is run
again; one that is complete, with the store still as it was left, is recognised by its content and not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from graph.store import Counts, GraphStore, StoreUnavailable
from ingest.amounts import EXPONENTS
from ingest.contract import Options, Refused
from ingest.discovery import discover
from ingest.journal import Progress
from ingest.report import FileReport, LoadReport
from ingest.run import Run


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
    run = Run(store, Options(timezone, currency), dry_run, quarantine, progress, clock)
    report = LoadReport(dry_run=dry_run, passed_over=[path.as_posix() for path in passed_over])
    try:
        for claim in claims:
            if isinstance(claim, Refused):
                report.files.append(FileReport(claim.name, claim.format, refused=claim.problem))
            else:
                report.files.append(run.part(claim))
        report.period_faults = run.period_faults()
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
