"""`statements`: what adds up, what follows, and what two statements tell."""

from __future__ import annotations

from pathlib import Path

from graph.stores.duckdb_store import DuckDBStore
from tests.cli.conftest import Command
from tests.ingest.statements import brought, into, out, statement


def test_statements_are_checked_and_pairs_named_with_both_their_lines(loantrail: Command, tmp_path: Path) -> None:
    store = DuckDBStore(str(tmp_path / "graph.duckdb"))
    store.create_schema()
    march, april = "2026-03-01 2026-03-31", "2026-04-01 2026-04-30"
    ours = statement(tmp_path, "ours", "A", march, "100.00 50.00", out("2026-03-02", "50.00", "B", "E2E"))
    theirs = statement(tmp_path, "theirs", "B", march, "0.00 50.00", into("2026-03-02", "50.00", "A", "E2E"))
    brought(store, ours, theirs)
    good = loantrail("statements", "--json")
    assert good.exit_code == 0
    assert [(one["account_id"], one["agrees"]) for one in good.json["statements"]] == [("A", True), ("B", True)]
    [pair] = good.json["pairs"]
    assert (pair["payer"]["transfer_id"], pair["payer"]["source_file"]) == ("ours:1", ours.name)
    assert (pair["payee"]["transfer_id"], pair["payee"]["source_line"], pair["basis"]) == ("theirs:1", 2, "reference")
    assert "theirs:1" in loantrail("statements", "--pairs").stdout
    brought(store, statement(tmp_path, "next", "B", april, "60.00 65.00", into("2026-04-02", "6.00", "C")))
    bad = loantrail("statements", "--account", "B")
    assert bad.exit_code == 1
    assert "balances moved by 5.00 CNY, movements come to 6.00 CNY" in bad.stdout
    assert "10.00 CNY away from where the one before ends" in bad.stdout
    assert loantrail("statements", "--account", "A").exit_code == 0
