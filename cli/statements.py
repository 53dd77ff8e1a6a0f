"""Command about statements of accounts: `statements`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
import typer

from cli.load_table import AGREES, show_period_faults
from cli.surroundings import PARTLY, Surroundings, print_json
from cli.terminal import Terminal
from graph.columns import Text
from graph.schema import AccountStatement, Transfer
from graph.seen_twice import Pair, seen_twice
from graph.snapshot import typed
from graph.statement_periods import PeriodFault, period_faults
from ingest.statement_check import Checked, check, problems

ACCOUNT, PERIOD, NUMBER = Text("account", "账号"), Text("period", "期间"), Text("number", "编号")
ENTRIES, BALANCES, BASIS = Text("movements", "笔数"), Text("balances", "余额核对"), Text("joined by", "依据")
PAYER, PAYEE = (
    Text("as the payer's statement tells it", "付款方对账单"),
    Text("as the payee's tells it", "收款方对账单"),
)
BASES = {
    "reference": Text("reference, amount, day", "参考号、金额、日期"),
    "accounts": Text("accounts, amount, day", "双方账号、金额、日期"),
}


def statements(
    ctx: typer.Context,
    account: Annotated[str | None, typer.Option(help="only of this account")] = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="list transfers that two statements tell, and count as one")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Do statements add up and follow one another, and which transfers do two of them tell? 核对账户对账单。"""
    here = Surroundings.of(ctx)
    with here.store() as store:
        stated = store.scan(AccountStatement.TABLE.name).read_all()
        wanted = stated if account is None else stated.filter(pc.equal(stated["account_id"], account))
        told = [pa.Table.from_batches([rows]).filter(_numbered(rows)) for rows in store.scan(Transfer.TABLE.name)]
    transfers = pa.concat_tables(told) if told else Transfer.TABLE.arrow.empty_table()
    checked, outside = check([wanted], told, here.settings.timezone)
    faults = period_faults(typed(AccountStatement, wanted))
    twice = seen_twice(transfers, stated, here.settings.timezone) if told else None
    places = _Places(transfers)
    joined = [] if twice is None else [p for p in twice.pairs if places.concerns(p, account)]
    alike = [] if twice is None else [p for p in twice.alike if places.concerns(p, account)]
    if as_json:
        print_json({
            "statements": [one.to_json() for one in checked],
            "outside": [vars(one) for one in outside],
            "statement_periods": [fault.to_json() for fault in faults],
            "pairs": [places.to_json(pair) for pair in joined],
            "alike": [places.to_json(pair) for pair in alike],
        })  # fmt: skip
    else:
        _show(here.terminal, checked, faults)
        for problem, _ in problems(checked, outside):
            here.terminal.say(Text("{reason}", "{reason}"), reason=here.terminal.word(problem.reason))
        told_twice = Text(
            "{count} transfers are told by the statements of both sides and count once; {alike} more look alike and "
            "have other references: they count twice",
            "{count} 笔交易双方对账单均有记载，只计一次；另有 {alike} 笔相似但参考号不同，仍各计一笔",
        )
        here.terminal.say(told_twice, count=len(joined), alike=len(alike))
        if pairs:
            rows = [
                (places.shown(pair.payer_id), places.shown(pair.payee_id), here.terminal.word(BASES[pair.basis]))
                for pair in joined
            ]
            here.terminal.table((PAYER, PAYEE, BASIS), rows)
    if faults or any(one.agrees is False for one in checked):
        raise typer.Exit(PARTLY)


class _Places:
    """Where each transfer was read."""

    def __init__(self, transfers: pa.Table) -> None:
        names = ("transfer_id", "source_id", "target_id", "source_file", "source_line", "load_id")
        rows = transfers.select(names).to_pylist() if transfers.num_rows else []
        self._rows: Mapping[str, dict[str, Any]] = {row["transfer_id"]: row for row in rows}

    def concerns(self, pair: Pair, account: str | None) -> bool:
        row = self._rows[pair.payer_id]
        return account is None or account in (row["source_id"], row["target_id"])

    def shown(self, id_: str) -> str:
        row = self._rows[id_]
        return f"{id_} ({row['source_file']}:{row['source_line']})"

    def to_json(self, pair: Pair) -> dict[str, Any]:
        place = ("transfer_id", "source_file", "source_line", "load_id")
        sides = {"payer": self._rows[pair.payer_id], "payee": self._rows[pair.payee_id]}
        return {side: {name: row[name] for name in place} for side, row in sides.items()} | {"basis": pair.basis}


def _numbered(rows: pa.RecordBatch) -> pa.Array:
    return pc.or_(pc.is_valid(rows["source_sequence"]), pc.is_valid(rows["target_sequence"]))


def _show(terminal: Terminal, checked: list[Checked], faults: list[PeriodFault]) -> None:
    rows = [
        (one.account_id, ", ".join(one.numbers), one.days, one.entries, terminal.word(AGREES[one.agrees]))
        for one in checked
    ]
    terminal.table((ACCOUNT, NUMBER, PERIOD, ENTRIES, BALANCES), rows, numbers=(ENTRIES,))
    show_period_faults(terminal, faults)
