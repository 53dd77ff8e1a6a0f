"""The process that does one piece of long work: ``python -m ui.work.worker``, started by `ui.work.jobs`.

It reads one request (JSON) from standard input and writes JSON lines to standard output: ``progress`` any number of
times, then ``result`` or ``trouble``. It ends when its input does, so that it never outlives the desk.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import structlog

from casebook import Actor, CasebookUnavailable, NotAllowed, Role, SweepRunning, open_casebook
from casebook.roles import Action, require
from detectors import registry
from detectors.contract import ParameterError
from dossier.compile import NoSuchBorrower, NothingLoaded, compile_dossier
from exports.export import report
from exports.manifest import Request
from graph.snapshot import Snapshot, SnapshotError
from graph.store import Credentials, GraphStore, StoreUnavailable, open_store
from ingest.load import NothingToRetract, retract
from presentation.words import Words, load_catalogue
from review.diary import diary
from review.indicators import BY, indicators
from settings import Settings
from sweeps.job import sweep_book
from sweeps.parameters import restored
from sweeps.sweep import SweepError
from sweeps.trial import try_parameters
from ui.work.logs import log_plainly

log = structlog.get_logger(__name__)

Tell = Callable[[str, int, int], None]
"""Says which step begins, its number (from 0) and how many there are."""

READING = "reading"
"""The step before any other: the store is read."""


def sweep(request: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Sweep the whole book and fold what is found. Request: ``actor``, ``as_of`` (a day or None)."""
    settings = Settings()
    casebook = open_casebook(settings.casebook, settings.casebook_secret())
    tell(READING, 0, len(registry.discover()))
    swept = sweep_book(
        _store(settings),
        casebook,
        actor=_actor(request),
        clock=_now,
        timezone=settings.timezone,
        calendar=settings.calendar,
        same_as=settings.same_as,
        as_of=None if request["as_of"] is None else date.fromisoformat(request["as_of"]),
        progress=tell,
        memory=settings.sweep_memory,
    )
    return {} if swept.folded is None else swept.folded.to_json()


def trial(request: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Compare what two sets of parameters find about one loan. Request: ``detector``, ``loan``, ``in_force`` and
    ``tried``, each the values that differ from the defaults."""
    settings = Settings()
    module = registry.discover()[request["detector"]]
    in_force, tried = restored(module, request["in_force"]), restored(module, request["tried"])
    tell(READING, 0, 3)
    snapshot = Snapshot.of(_store(settings), settings.timezone, settings.calendar, settings.same_as)
    return try_parameters(
        snapshot,
        module,
        loan=request["loan"],
        in_force=in_force,
        tried=tried,
        step=lambda name, number, of: tell(name, number + 1, of + 1),
    ).to_json()


def take_back(request: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Take a load out of the store, on the record. Request: ``actor``, ``load_id``, ``reason``."""
    settings, actor, load_id = Settings(), _actor(request), str(request["load_id"])
    require(actor, Action.RETRACT)
    casebook, store = open_casebook(settings.casebook, settings.casebook_secret()), _store(settings)
    files = [load.source_file for load in store.loads() if load.load_id == load_id]
    tell(READING, 0, 1)
    done = casebook.carry_out(
        "retract",
        f"load {load_id}",
        {"files": files},
        lambda: {"counts": {id_: vars(counts) for id_, counts in retract(store, load_id).items()}},
        actor=actor,
        clock=_now,
        reason=str(request["reason"]),
    )
    return dict(done["counts"])


def portfolio(request: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """The indicators of the book and the diary, as of the day of the latest record."""
    settings = Settings()
    tell(READING, 0, 3)
    whole = Snapshot.of(_store(settings), settings.timezone, settings.calendar, settings.same_as)
    if whole.latest_day is None:
        return {"as_of": None}
    day = whole.latest_day
    snapshot = whole.until(day)
    tell("indicators", 1, 3)
    figures = {by: [figure.to_json() for figure in indicators(snapshot, day, by)] for by in BY}
    tell("diary", 2, 3)
    entries = [entry.to_json() for entry in diary(snapshot, day)]
    return {"as_of": day.isoformat(), "indicators": figures, "diary": entries}


def borrower_report(request: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Make a borrower's report. Request: ``actor``, ``borrower``, ``format`` (docx or html), ``language``, ``purpose``.
    The file and its manifest come back as base64; they are nowhere else."""
    settings, actor = Settings(), _actor(request)
    require(actor, Action.EXPORT)
    casebook, store = open_casebook(settings.casebook, settings.casebook_secret()), _store(settings)
    dossier = compile_dossier(
        store,
        casebook,
        str(request["borrower"]),
        timezone=settings.timezone,
        calendar=settings.calendar,
        same_as=settings.same_as,
        step=tell,
    )
    words = Words(load_catalogue(), "zh" if request["language"] == "zh" else "en")
    now = _now()
    with tempfile.TemporaryDirectory() as folder:
        done = report(
            casebook,
            store,
            dossier,
            Path(folder) / f"post-loan-report-{dossier.as_of}-{words.language}.{request['format']}",
            request=Request(actor, now, str(request["purpose"])),
            today=now.astimezone(settings.zone).date(),
            words=words,
            currency=settings.currency,
        )
        return {
            "format": request["format"],
            **{
                what: {"name": path.name, "content": base64.b64encode(path.read_bytes()).decode()}
                for what, path in (("file", done.file), ("manifest", done.manifest))
            },
        }


WORK: Mapping[str, Callable[[Mapping[str, Any], Tell], dict[str, Any]]] = {
    "sweep": sweep,
    "trial": trial,
    "retract": take_back,
    "portfolio": portfolio,
    "report": borrower_report,
}

ASKED_WRONGLY = (
    SweepError,
    SnapshotError,
    ParameterError,
    NothingToRetract,
    NotAllowed,
    SweepRunning,
    NoSuchBorrower,
    NothingLoaded,
)
"""What the person who asked can put right; the message says how."""


def main() -> None:
    """Do what is asked for on standard input."""
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not end up among our lines
    log_plainly()
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_input, daemon=True).start()

    def write(**line: Any) -> None:
        told.write(json.dumps(line, ensure_ascii=False) + "\n")
        told.flush()

    def tell(step: str, done: int, total: int) -> None:
        write(progress={"step": step, "done": done, "total": total})

    try:
        write(result=WORK[request["work"]](request, tell))
    except StoreUnavailable as error:
        write(trouble={"kind": "store", "detail": str(error)})
    except CasebookUnavailable as error:
        write(trouble={"kind": "casebook", "detail": str(error)})
    except ASKED_WRONGLY as error:
        write(trouble={"kind": "asked", "detail": str(error)})
    except Exception:  # whatever it is, its reader gets a number and its operator the stack
        number = secrets.token_hex(4)
        log.exception("work failed", incident=number, work=request["work"])
        write(trouble={"kind": "unexpected", "detail": number})


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def _actor(request: Mapping[str, Any]) -> Actor:
    return Actor(request["actor"]["name"], Role(request["actor"]["role"]))


def _store(settings: Settings) -> GraphStore:
    embedded = settings.store.startswith("duckdb")
    secret = None if embedded else settings.neo4j_secret()
    try:
        return open_store(settings.store, None if secret is None else Credentials(settings.neo4j_user, secret))
    except ValueError as error:
        raise StoreUnavailable(f"LOANTRAIL_STORE: {error}") from None


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
