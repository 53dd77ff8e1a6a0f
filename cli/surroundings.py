"""What a command works with: settings, clock, store, casebook, who is acting. The outermost layer reads them here."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typer

from casebook import Actor, Casebook, Materiality, Role, open_casebook
from cli.terminal import Terminal
from graph.snapshot import Snapshot
from graph.store import Credentials, GraphStore, open_store
from settings import Settings

DONE, PARTLY, WRONG_USAGE, UNREACHABLE, OUR_FAULT = 0, 1, 2, 3, 70
"""Exit codes; the last one for errors nobody foresaw."""

STANDARD_OUTPUT = "-"


class WrongUsage(Exception):
    """What was asked for cannot be done; the message says what can."""


@dataclass(frozen=True)
class Surroundings:
    """Read once, when the command starts."""

    settings: Settings
    terminal: Terminal

    @classmethod
    def of(cls, ctx: typer.Context) -> Surroundings:
        """Those of the running command."""
        found = ctx.find_object(cls)
        if found is None:
            raise RuntimeError("the command was called without its surroundings")
        return found

    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def today(self) -> date:
        """The day it is where the book is kept."""
        return self.now().astimezone(self.settings.zone).date()

    @property
    def actor(self) -> Actor:
        """Who is acting, as the environment says; there is no sign-in on the command line."""
        try:
            return Actor(self.settings.user, Role(self.settings.role))
        except ValueError as error:
            raise WrongUsage(str(error)) from None

    @property
    def materiality(self) -> Materiality:
        """What reopens a closed alert, as the settings say."""
        settings = self.settings
        return Materiality(
            settings.material_amount_percent, settings.material_new_party, settings.material_higher_severity
        )

    def attachable(self, file: Path) -> bytes:
        """The content of a file to attach; one byte more than may be attached is enough to refuse it."""
        with file.open("rb") as opened:
            return opened.read(self.settings.attachment_bytes + 1)

    @contextmanager
    def store(self) -> Iterator[GraphStore]:
        """The graph, closed afterwards. Raises `StoreUnavailable` or `WrongUsage`."""
        settings = self.settings
        secret = settings.neo4j_secret() if not settings.store.startswith("duckdb") else None
        credentials = None if secret is None else Credentials(settings.neo4j_user, secret)
        try:
            store = open_store(settings.store, credentials)
        except ValueError as error:
            raise WrongUsage(f"LOANTRAIL_STORE: {error}") from None
        try:
            yield store
        finally:
            store.close()

    def snapshot(self) -> Snapshot:
        """The book as the settings say that it is read. Raises `StoreUnavailable`, `SnapshotError`."""
        with self.store() as store:
            return Snapshot.of(store, self.settings.timezone, self.settings.calendar, self.settings.same_as)

    @contextmanager
    def casebook(self) -> Iterator[Casebook]:
        """The casebook with its tables up to date, closed afterwards. Raises `CasebookUnavailable`."""
        book = open_casebook(self.settings.casebook, self.settings.casebook_secret())
        try:
            yield book
        finally:
            book.close()


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(document, ensure_ascii=False))


def require_writable(target: str) -> None:
    """Raise `WrongUsage` where `write_json` could not write: better before long work than after it."""
    path = Path(target)
    if target != STANDARD_OUTPUT and (path.is_dir() or not path.parent.is_dir()):
        fault = f"{path} is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise WrongUsage(f"cannot write {target}: {fault}")


def write_json(document: Any, target: str) -> None:
    """One JSON document to standard output (``-``) or to a file, which is there whole or not at all."""
    if target == STANDARD_OUTPUT:
        print_json(document)
        return
    path = Path(target)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False)
            file.write("\n")
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
