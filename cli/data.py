"""Commands about what is loaded: `demo`, `load`, `loads`, `retract`, `check`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.load_table import show_load
from cli.surroundings import PARTLY, Surroundings, WrongUsage, print_json
from cli.terminal import Terminal, progress
from detectors import registry
from detectors.registry import Lacking
from graph.columns import Column, Table, Text
from graph.documentation import write_templates
from graph.schema import TABLES
from graph.snapshot import Snapshot
from ingest import load as ingest
from ingest.journal import Progress
from presentation.unchecked import why
from sweeps.sweep import code_version

FILE, STATE, COLUMN = Text("file", "文件"), Text("", ""), Text("column", "列")
TABLE, ROWS, DETECTOR = Text("table", "表"), Text("rows", "行数"), Text("detector", "规则")
TYPE, DUTY, MEANING = Text("type", "类型"), Text("needed", "要求"), Text("meaning", "含义")
LACKS, LOAD, SINCE = Text("lacks", "缺少"), Text("load", "装载编号"), Text("since", "时间")


def demo(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="folder to write the files to")],
    seed: Annotated[int, typer.Option(help="another seed, another bank")] = 2026,
    transfers: Annotated[int, typer.Option(help="size: how many transfers")] = 20_000,
) -> None:
    """Write the demonstration bank as files. 生成演示银行数据。"""
    from demo.bank import write

    try:
        written = write(folder, seed=seed, transfers=transfers)
    except ValueError as error:
        raise WrongUsage(str(error)) from None
    told = Text(
        "{folder}: {transfers} transfers, {drawdowns} drawdowns, {cases} planted cases (answers.json says which)",
        "{folder}：交易 {transfers} 笔，放款 {drawdowns} 笔，预设案例 {cases} 个（见 answers.json）",
    )
    terminal = Surroundings.of(ctx).terminal
    terminal.say(told, **vars(written))
    sweep = Text(
        "the bank's capital stands in no file; sweep it with {params}", "资本不在数据文件中，扫描时请加 {params}"
    )
    terminal.say(sweep, params=" ".join(f"--param {param}" for param in written.params))


def schema(
    ctx: typer.Context,
    templates: Annotated[
        Path | None, typer.Option(metavar="DIR", help="write an empty CSV of every table to this folder")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """List the tables and columns that files may have, or write templates to fill in. 查看数据表结构。"""
    terminal = Surroundings.of(ctx).terminal
    written = [] if templates is None else write_templates(templates)
    if as_json:
        print_json({"templates": [path.as_posix() for path in written], "tables": [_table(t) for t in TABLES.values()]})
    elif templates is not None:
        told = Text("{folder}: {count} templates", "{folder}：模板 {count} 个")
        terminal.say(told, folder=templates, count=len(written))
    else:
        for table in TABLES.values():
            terminal.say(Text("\n{name}: {sentence}", "\n{name}：{sentence}"), name=table.name,
                         sentence=terminal.word(table.sentence))  # fmt: skip
            rows = [
                (column.file_name, column.type.value, _duty(terminal, column), terminal.word(column.meaning))
                for column in table.columns
            ]
            terminal.table((COLUMN, TYPE, DUTY, MEANING), rows)


def load(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="files and folders")],
    format_: Annotated[str | None, typer.Option("--format", help="reader; default: each file is recognised")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="read and judge everything, change nothing")] = False,
    quarantine: Annotated[
        Path | None, typer.Option(metavar="DIR", help="folder for bad records; default: LOANTRAIL_QUARANTINE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Load files into the store; bad records are reported and set aside. 装载文件。"""
    here = Surroundings.of(ctx)
    with here.store() as store, progress("load") as step:

        def told(now: Progress) -> None:
            step(now.name, now.done, now.total)

        report = ingest.load(
            paths,
            store,
            format=format_,
            timezone=here.settings.timezone,
            currency=here.settings.currency,
            dry_run=dry_run,
            quarantine=quarantine or here.settings.quarantine,
            progress=told,
            clock=here.now,
        )
    if as_json:
        print_json(report.to_json())
    else:
        show_load(here.terminal, report)
    if report.exit_code:
        raise typer.Exit(PARTLY)


def loads(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False
) -> None:
    """List what was loaded, oldest first. 查看装载记录。"""
    here = Surroundings.of(ctx)
    with here.store() as store:
        known = store.loads()
    if as_json:
        print_json({"loads": [{**asdict(one), "started_at": one.started_at.isoformat()} for one in known]})
        return
    rows = [
        (one.load_id, one.source_file, f"{one.started_at.astimezone(here.settings.zone):%Y-%m-%d %H:%M}",
         "" if one.complete else here.terminal.word(Text("not finished: load it again", "未完成，请重新装载")))
        for one in known
    ]  # fmt: skip
    here.terminal.table((LOAD, FILE, SINCE, STATE), rows)


def retract(
    ctx: typer.Context,
    load_: Annotated[str, typer.Argument(metavar="LOAD", help="id of a load, or its file")],
    reason: Annotated[str, typer.Option(help="why; kept in the audit log")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Take a load back out of the store, on the record. 撤回一次装载。"""
    here = Surroundings.of(ctx)
    with here.store() as store, here.casebook() as casebook:
        done = casebook.carry_out(
            "retract",
            f"load {load_}",
            {},
            lambda: {"counts": {id_: asdict(counts) for id_, counts in ingest.retract(store, load_).items()}},
            actor=here.actor,
            clock=here.now,
            reason=reason,
        )["counts"]
    if as_json:
        print_json({"retracted": done})
        return
    words = Text(
        "{id}: {removed} rows removed, {updated} back to what they were, {inferred} referred to and now bare",
        "{id}：删除 {removed} 行，还原 {updated} 行，{inferred} 个仍被引用而仅存编号",
    )
    for id_, counts in done.items():
        here.terminal.say(words, id=id_, **counts)


def check(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False
) -> None:
    """Are store and casebook reachable, what do they hold, what does each detector lack? 检查运行环境。"""
    here = Surroundings.of(ctx)
    with here.store() as store:
        snapshot = Snapshot.of(store, here.settings.timezone)
        held = {
            "url": here.settings.store,
            "version": store.version(),
            "data_cut": snapshot.data_cut,
            "latest_day": None if snapshot.latest_day is None else snapshot.latest_day.isoformat(),
            "counts": store.counts(),
        }
    with here.casebook() as casebook:
        kept = {
            "url": casebook.database.name,
            "version": casebook.database.version(),
            "revision": casebook.database.revision(),
            "alerts": casebook.count(actor=here.actor, today=here.today),
            "sweeps": len(casebook.sweeps(actor=here.actor)),
            "audit_intact": casebook.verify().intact,
        }
    lacks = {id_: registry.lacking(module, snapshot) for id_, module in registry.discover().items()}
    if as_json:
        reasons = {id_: None if lack is None else lack.reason for id_, lack in lacks.items()}
        print_json({"version": code_version(), "store": held, "casebook": kept, "detectors": reasons})
    else:
        _show_check(here.terminal, held, kept, lacks)


def _duty(terminal: Terminal, column: Column) -> str:
    if column.key:
        return terminal.word(Text("key", "主键"))
    return terminal.word(Text("required", "必填")) if column.required else ""


def _table(table: Table) -> dict[str, Any]:
    return {
        "table": table.name,
        "kind": table.kind.value,
        "sentence": vars(table.sentence),
        "columns": [
            {"name": column.file_name, "type": column.type.value, "key": column.key, "required": column.required,
             "choices": list(column.choices), "references": column.references, "currency": column.currency,
             "personal": column.personal, "meaning": vars(column.meaning)}
            for column in table.columns
        ],
    }  # fmt: skip


def _show_check(
    terminal: Terminal, held: dict[str, Any], kept: dict[str, Any], lacks: Mapping[str, Lacking | None]
) -> None:
    terminal.say(
        Text("store {url}: {version}, data cut {data_cut}, latest record {latest_day}",
             "数据库 {url}：{version}，数据版本 {data_cut}，最新记录 {latest_day}"),
        **held,
    )  # fmt: skip
    terminal.table((TABLE, ROWS), [(name, rows) for name, rows in held["counts"].items() if rows], numbers=(ROWS,))
    terminal.say(
        Text("\ncasebook {url}: {version}, revision {revision}, {alerts} alerts, {sweeps} sweeps",
             "\n案卷 {url}：{version}，版本 {revision}，预警 {alerts} 条，扫描 {sweeps} 次"),
        **kept,
    )  # fmt: skip
    if not kept["audit_intact"]:
        terminal.say(
            Text("the audit log is NOT intact: loantrail audit verify", "审计日志不完整：loantrail audit verify")
        )
    terminal.say(Text("", ""))
    words = terminal.words()
    rows = [(id_, "" if lack is None else why(words, asdict(lack))) for id_, lack in lacks.items()]
    terminal.table((DETECTOR, LACKS), rows)
