"""A small bank told as a story, loaded into a real DuckDB store, swept, and folded into a real casebook on SQLite."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from casebook import Actor, Casebook, Role, open_casebook
from graph.columns import Row
from graph.schema import Party
from graph.snapshot import Snapshot
from graph.store import PROVENANCE, GraphStore
from graph.stores.duckdb_store import DuckDBStore
from sweeps.sweep import run
from tests.story import rows
from tests.ui.test_markup import Tags

# L1: 1,000,000 drawn to a, of which 600,000 come back to B by way of x and y, in two payments and one.
# L2: 2,000,000 drawn to h, all of which comes back to H by way of z; H has a hostile name.
STORY = """
    company B, X, H, Z
    person P, Y
    public_body G
    B holds a, b
    X holds x
    Y holds y from 2025-01-01
    H holds h
    Z holds z
    P holds p to 2026-01-01
    P owns 60% of B from 2020-01-01
    G owns ?% of B
    P is legal_representative of B
    Y is spouse kin of P
    B owns 40% of Z to 2026-02-01
    G guarantees L1 from 2026-01-01
    account a opens with 0
    account b opens with 0
    account x opens with 0
    account y opens with 0
    account h opens with 0
    account z opens with 0
    K: B buys from X for 900,000 on 2026-02-20 for L1
    2026-03-01 09:00  L1 of B pays 1,000,000 to a
    2026-03-02 10:00  a pays 400,000 to x
    2026-03-03 11:30  a pays 200,000 to x
    2026-03-05        x pays 600,000 to y
    2026-03-08 16:00  y pays 600,000 to b
    2026-03-09 16:00  a pays 400,000 to s
    2026-04-01 09:00  L2 of H pays 2,000,000 to h
    2026-04-02 09:00  h pays 2,000,000 to z
    2026-04-03 09:00  z pays 2,000,000 to h
"""

NAMES = {
    "B": "Bright Textiles Ltd",
    "X": "新华贸易有限公司",
    "Y": "Yvonne Lee",
    "P": "王小明",
    "G": "City Works",
    "Z": "=cmd|' /C calc'!A0",
    "H": "<script>alert('H')</script> **bold** [link](https://example.org) $x^2$ :red[red] \u202eevil",
}

READER = Actor("reader", Role.VIEWER)
ROOT = Path(__file__).resolve().parents[2]
FRONT_PAGE = "ui/pages/queue.py"
SWEPT_AT = datetime(2026, 4, 10, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Bank:
    """Where the store and the casebook are, and both opened."""

    store_url: str
    casebook_url: str
    store: GraphStore
    casebook: Casebook

    def environment(self, user: str = "ann", role: str = "investigator") -> dict[str, str]:
        """The settings under which the desk works on this bank."""
        return {
            "LOANTRAIL_STORE": self.store_url,
            "LOANTRAIL_CASEBOOK": self.casebook_url,
            "LOANTRAIL_USER": user,
            "LOANTRAIL_ROLE": role,
            "LOANTRAIL_TIMEZONE": "UTC",
        }


def load(store: GraphStore, told: list[Row]) -> None:
    """Put rows into a store, each from a line of a file named for its table."""
    by_table: dict[str, list[Row]] = defaultdict(list)
    for row in told:
        by_table[row.TABLE.name].append(row)
    for name, of_table in by_table.items():
        schema = pa.schema([*of_table[0].TABLE.arrow, *PROVENANCE])
        store.upsert(name, pa.Table.from_pylist([_origin(row, n) for n, row in enumerate(of_table, 2)], schema=schema))


def _origin(row: Row, line: int) -> dict[str, Any]:
    return {**vars(row), "source_file": f"bank/{row.TABLE.name}.csv", "source_line": line, "load_id": "story"}


def sweep(store: GraphStore, casebook: Casebook, as_of: date | None = None, at: datetime = SWEPT_AT) -> None:
    """Sweep the store and fold what is found."""
    result = run(Snapshot.of(store), as_of=as_of).to_json()
    casebook.fold(result, actor=Actor("night", Role.ADMINISTRATOR), started_at=at, at=at)


def named(told: list[Row]) -> list[Row]:
    """The story's parties with the names people know them by."""
    return [replace(row, name=NAMES.get(row.name, row.name)) if isinstance(row, Party) else row for row in told]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the story, loaded and swept once; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("told")
    store = DuckDBStore(str(folder / "graph.duckdb"))
    store.create_schema()
    load(store, named(rows(STORY)))
    casebook = open_casebook(f"sqlite:///{folder / 'casebook.sqlite'}")
    sweep(store, casebook)
    casebook.close()
    return folder


@pytest.fixture
def bank(told: Path, tmp_path: Path) -> Iterator[Bank]:
    """The story, loaded and swept."""
    folder = Path(shutil.copytree(told, tmp_path / "bank"))
    store = DuckDBStore(str(folder / "graph.duckdb"))
    url = f"sqlite:///{folder / 'casebook.sqlite'}"
    casebook = open_casebook(url)
    yield Bank(f"duckdb:///{folder / 'graph.duckdb'}", url, store, casebook)
    casebook.close()


Open = Callable[..., AppTest]


@pytest.fixture
def desk(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a page of the desk on the story's bank."""

    def opened(
        file: str = FRONT_PAGE, *, language: str = "en", user: str = "ann", role: str = "investigator", **params: str
    ) -> AppTest:
        for name, value in bank.environment(user, role).items():
            monkeypatch.setenv(name, value)
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.session_state["language"] = language
        app.run()
        for name, text in params.items():
            app.query_params[name] = text
        if file != FRONT_PAGE:
            app.switch_page(file)
        return settled(app.run())

    return opened


def settled(app: AppTest) -> AppTest:
    assert not app.exception, [e.message for e in app.exception]
    return app


def markup(app: AppTest) -> str:
    """Everything the page shows as HTML, without the style sheet."""
    return "\n".join(e.proto.body for e in app.get("html") if not e.proto.body.startswith("<style>"))


def said(app: AppTest) -> str:
    """Everything the page says, as one text."""
    return re.sub(r"\s+", " ", Tags(markup(app)).text)
