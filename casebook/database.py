"""The casebook's database: opening it, bringing its tables up to date, and its two kinds of transaction.

SQLite runs in WAL mode with foreign keys and waits for a writer instead of failing; a writing transaction begins
with BEGIN IMMEDIATE. In both databases every writing transaction locks the head of the audit log first, so that
writers queue up and the log stays one chain; readers see one moment and wait for nobody.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from casebook.tables import AuditHeadRow

WAIT_SECONDS = 60
"""How long a writer waits for the one before it."""

WRITING = "loantrail_writing"
"""Execution option of a connection whose transactions change something."""
UNMADE = "none"
"""Revision of a database without tables."""
MIGRATION_LOCK = 0x6C6F616E
"""Key of PostgreSQL's advisory lock under which tables are brought up to date."""
SWEEP_LOCK = 0x73776565
"""Key of PostgreSQL's advisory lock of whoever sweeps."""
_NOTICE_A_DEAD_CLIENT = (
    "SET tcp_keepalives_idle = 30",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
)
"""The server ends the session of a machine that fell silent after a minute, not after two hours."""
_ASK_AGAIN_SECONDS = 0.5


class CasebookUnavailable(Exception):
    """The casebook cannot be reached or opened; the message says which and what to do, never a password."""


class CasebookMissing(CasebookUnavailable):
    """There is no casebook yet."""


class SweepRunning(Exception):
    """Another sweep of this casebook is running; the message says what to do."""


class Database:
    """One casebook's engine and its transactions."""

    def __init__(self, url: str, password: str | None = None) -> None:
        self.url = _checked(url, password)
        self.engine = _engine(self.url)

    @property
    def name(self) -> str:
        """The URL without its password."""
        return self.url.render_as_string(hide_password=True)

    def upgrade(self) -> None:
        """Bring the tables up to date. Two at once wait for each other. Raises `CasebookUnavailable`."""
        revision, scripts = self.revision(), ScriptDirectory.from_config(migrations())
        if revision == scripts.get_current_head():
            return
        if revision not in {UNMADE, *(script.revision for script in scripts.walk_revisions())}:
            raise CasebookUnavailable(f"casebook {self.name} was written by a newer loantrail (revision {revision})")
        with self._reachable(), self._begun() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            command.upgrade(migrations(connection), "head")

    def require_made(self) -> None:
        """Raise `CasebookMissing` where there is no casebook yet; nothing is created by asking."""
        path = self.url.database
        missing = self.url.get_backend_name() == "sqlite" and not Path(str(path)).exists()
        if missing or self.revision() == UNMADE:
            raise CasebookMissing(f"there is no casebook {self.name} yet; a sweep makes it (loantrail sweep)")

    def revision(self) -> str:
        """Which migration the tables are at."""
        with self._reachable(), self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() or UNMADE

    def version(self) -> str:
        """Name and version of the engine."""
        with self._reachable(), self.engine.connect() as connection:
            version = ".".join(str(part) for part in connection.dialect.server_version_info or ())
            return f"{connection.dialect.name} {version}"

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that changes something: alone, and all of it or nothing."""
        with self._reachable(), self._begun() as connection, Session(connection) as session:
            session.execute(select(AuditHeadRow).with_for_update())
            yield session
            session.flush()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that sees one moment and changes nothing."""
        with self._reachable(), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with Session(connection) as session:
                yield session

    @contextmanager
    def turn(self, patience: float = 0.0) -> Iterator[None]:
        """One sweep at a time, whoever runs it and wherever. Waits up to `patience` seconds, then raises
        `SweepRunning`.

        The lock is held by the operating system (SQLite: a file beside the database) or by the database session
        (PostgreSQL), so it ends with the process that holds it, however that ends.
        """
        until = time.monotonic() + patience
        with self._turn() as taken:
            while not taken():
                if time.monotonic() >= until:
                    raise SweepRunning(f"another sweep of casebook {self.name} is running: wait until it has ended")
                time.sleep(_ASK_AGAIN_SECONDS)
            yield

    @contextmanager
    def _turn(self) -> Iterator[Callable[[], bool]]:
        """Gives the question whether it is ours now."""
        if self.url.get_backend_name() == "sqlite":
            with open(f"{self.url.database}.sweep", "a", encoding="utf-8") as file:
                yield lambda: _locked(file)
            return
        with self._reachable():
            engine = create_engine(self.url, poolclass=NullPool, hide_parameters=True)
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            for statement in _NOTICE_A_DEAD_CLIENT:
                connection.execute(text(statement))
        try:
            ask = text("SELECT pg_try_advisory_lock(:key)")
            yield lambda: bool(connection.execute(ask, {"key": SWEEP_LOCK}).scalar())
        finally:
            connection.close()

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            connection = connection.execution_options(**{WRITING: True})
            with connection.begin():
                yield connection

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if not (error.connection_invalidated or _is_unreachable(error)):
                raise
            raise CasebookUnavailable(f"casebook {self.name} cannot be used: {_first_line(error)}") from None


def _locked(file: TextIO) -> bool:
    """Whether the file could be locked for this process alone."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def head_revision() -> str:
    """The newest migration that this release knows."""
    return str(ScriptDirectory.from_config(migrations()).get_current_head())


def _checked(url: str, password: str | None) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise CasebookUnavailable(
            "LOANTRAIL_CASEBOOK is not a URL; write sqlite:///casebook.sqlite or postgresql://user@host/database"
        ) from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg", password=password or parsed.password)
    if backend != "sqlite":
        raise CasebookUnavailable(f"a casebook lives in sqlite or postgresql, not in {backend}")
    if parsed.database in {None, "", ":memory:"}:
        raise CasebookUnavailable("a casebook in memory would forget every decision; write sqlite:///casebook.sqlite")
    return parsed


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() == "postgresql":
            return create_engine(url, pool_pre_ping=True, hide_parameters=True)
        engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS}, hide_parameters=True)
    except (ImportError, NoSuchModuleError):
        raise CasebookUnavailable(
            "a casebook in PostgreSQL needs the extra: pip install 'loantrail[postgres]'"
        ) from None
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we write BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def migrations(connection: Connection | None = None) -> Config:
    """Alembic's configuration of the casebook's migrations, to run on `connection` within its transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


_UNREACHABLE = ("OperationalError", "InterfaceError", "DatabaseError")  # the last by itself: not a database


def _is_unreachable(error: DBAPIError) -> bool:
    return type(error).__name__ in _UNREACHABLE


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
