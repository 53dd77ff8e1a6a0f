"""Command that proposes a mapping for a file of unknown columns: `map`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.surroundings import Surroundings, WrongUsage, print_json
from cli.terminal import Terminal
from graph.columns import Text
from graph.schema import TABLES
from ingest.mapping import beside
from ingest.mapping_proposal import SURE, Proposal, propose

COLUMN, FROM, SURENESS = Text("our column", "本系统字段"), Text("from", "来源列"), Text("confidence", "把握")
WHY, VALUE = Text("why", "依据"), Text("values → as read", "原值 → 读作")


def map_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet with headings in its first line")],
    table: Annotated[str | None, typer.Option(help="table it is to become; default: the one that fits best")] = None,
    sheet: Annotated[str | None, typer.Option(help="sheet of a workbook; default: the first")] = None,
    write: Annotated[bool, typer.Option("--write", help="write the proposal beside the file, to be completed")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Propose which column of a file is which of ours; nothing is loaded. 为文件提出字段映射建议。"""
    if table is not None and table not in TABLES:
        raise WrongUsage(f"there is no table {table!r}; there are {', '.join(TABLES)}")
    if not file.is_file():
        raise WrongUsage(f"there is no file {file}")
    target = beside(file)
    if write and target.exists():
        raise WrongUsage(f"{target} is there already; a mapping that somebody checked is never written over")
    proposal = propose(file, None if table is None else TABLES[table], sheet)
    if write:
        target.write_text(proposal.to_yaml(), encoding="utf-8")
    if as_json:
        print_json(proposal.to_json() | {"written": target.as_posix() if write else None})
        return
    _show(Surroundings.of(ctx).terminal, proposal, target if write else None)


def _show(terminal: Terminal, proposal: Proposal, written: Path | None) -> None:
    terminal.say(Text("{file} as {table}: {sentence}", "{file} 作为 {table}：{sentence}"), file=proposal.file,
                 table=proposal.table.name, sentence=terminal.word(proposal.table.sentence))  # fmt: skip
    unsure = terminal.word(Text(" (unsure)", "（待确认）"))
    unreadable = terminal.word(Text("not readable", "无法读取"))
    rows = [
        (
            guess.field.name,
            guess.source,
            f"{guess.confidence:.2f}" + unsure * (guess.confidence < SURE),
            terminal.word(guess.reason),
            "; ".join(f"{value} → {unreadable if becomes is None else becomes}" for value, becomes in guess.samples),
        )
        for guess in proposal.guesses
    ]
    terminal.table((COLUMN, FROM, SURENESS, WHY, VALUE), rows)
    if proposal.missing:
        told = Text("required and not found: {columns}", "必填而未找到：{columns}")
        terminal.say(told, columns=", ".join(proposal.missing))
    if proposal.unused:
        terminal.say(Text("not used: {columns}", "未使用的列：{columns}"), columns=", ".join(proposal.unused))
    if proposal.others:
        others = ", ".join(f"{name} ({count})" for name, count in proposal.others)
        terminal.say(Text("next best tables: {others}", "其次可能的表：{others}"), others=others)
    if written is not None:
        told = Text("{path}: complete it, check it, then load the file", "{path}：请补全并核对后再装载文件")
        terminal.say(told, path=written)
    else:
        terminal.say(Text("nothing was written; --write does", "未写入文件；加 --write 可写入"))
