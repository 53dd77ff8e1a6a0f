"""The real servers that tests run against: started on a free port in a temporary folder, and stopped again.

Each context manager raises `Missing` with its reason where the machine lacks what the server needs. A server dies
with the process that started it, even when that process is killed.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graph.store import Credentials

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 300.0
"""Long enough for Maven's first download."""


class Missing(Exception):
    """This machine cannot run the server; the message says why."""


@dataclass(frozen=True)
class Neo4jServer:
    url: str
    credentials: Credentials


@dataclass(frozen=True)
class PostgresServer:
    """A cluster of its own; `database` makes an empty database in it."""

    port: int
    password: str

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://loantrail:{self.password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """SQLAlchemy URL of an empty database that is dropped afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        self._administer(f'CREATE DATABASE "{name}"')
        try:
            yield self.url(name)
        finally:
            self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        from psycopg import connect

        with connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def neo4j(home: Path | None = None) -> Iterator[Neo4jServer]:
    """Neo4j 5.26 behind Bolt (`tools/neo4j`), on the data in the folder `home`; None: on none."""
    resolved = (ROOT / "tools" / "neo4j" / "target" / "classpath").exists()
    for program in ("java",) if resolved else ("java", "mvn"):
        if shutil.which(program) is None:
            raise Missing(f"no {program} on this machine: install a Java 17 development kit and Maven")
    password = secrets.token_hex(12)
    port = free_port()
    environment = {**os.environ, "LOANTRAIL_NEO4J_PASSWORD": password}
    with _folder() as folder:
        command = [str(ROOT / "tools" / "neo4j" / "serve"), str(home or folder / "data"), str(port)]
        with _running(command, folder / "log", lambda log: "ready on" in log, environment=environment):
            yield Neo4jServer(f"bolt://127.0.0.1:{port}", Credentials("neo4j", password))


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL cluster; as root it runs as the user postgres, which PostgreSQL insists on."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    found = folders[-1] if folders else shutil.which("postgres")
    if found is None:
        raise Missing("no PostgreSQL server on this machine: install the package postgresql")
    programs = Path(found).parent
    user = "postgres" if os.geteuid() == 0 else None
    password = secrets.token_hex(12)
    port = free_port()
    with _folder() as folder:
        (folder / "password").write_text(password, encoding="utf-8")
        if user is not None:
            shutil.chown(folder, user)
            shutil.chown(folder / "password", user)
        create = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "loantrail", "-E", "UTF8"]
        create += ["--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync"]
        made = subprocess.run(create, cwd=folder, user=user, capture_output=True, text=True, check=False)
        if made.returncode:
            raise Missing(f"initdb failed: {made.stderr.strip()}")
        serve = [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
        serve += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
        with _running(serve, folder / "log", lambda log: "ready to accept connections" in log, user=user):
            yield PostgresServer(port, password)


def chromium() -> str:
    """Path of a Chromium that Playwright can drive."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path is not None:
            return path
    raise Missing("no Chromium on this machine: install the package chromium")


def free_port() -> int:
    """A TCP port nobody on this machine listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="loantrail-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(
    command: Sequence[str],
    log: Path,
    ready: Callable[[str], bool],
    *,
    environment: dict[str, str] | None = None,
    user: str | None = None,
) -> Iterator[None]:
    """Run `command` until the block ends; the block begins when `ready` says so of what it has written."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env=environment,
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,
        )
    try:
        until = time.monotonic() + START_SECONDS
        while not ready(log.read_text(encoding="utf-8", errors="replace")):
            if process.poll() is not None or time.monotonic() > until:
                tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise Missing(f"{command[0]} did not start (exit code {process.poll()}): {tail}")
            time.sleep(0.05)
        yield
    finally:
        # Nothing in it is worth an orderly shutdown, which takes Neo4j ten seconds.
        process.kill()
        process.wait()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
