"""The command that hands lists to the outside, and proves one unchanged: `export`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from casebook import CasebookUnavailable, open_casebook
from cli.filters import read_filter
from cli.surroundings import PARTLY, Surroundings, WrongUsage, print_json
from exports.export import FORMATS, SUSPICIOUS
from exports.export import export as write_export
from exports.manifest import Request, verify
from graph.columns import Text


def export(
    ctx: typer.Context,
    format_: Annotated[str | None, typer.Argument(metavar="FORMAT", help=" | ".join(FORMATS))] = None,
    out: Annotated[Path | None, typer.Argument(metavar="OUT", help="file to write")] = None,
    wanted: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="NAME=VALUE,…",
            help="status, severity, detector, loan, party, account, suppressed=yes|no; repeatable. "
            "Default: status=open,in_review,confirmed; status=all for every one",
        ),
    ] = None,
    purpose: Annotated[str, typer.Option(help="what the list is for; stands in the manifest and the audit log")] = "",
    verify_: Annotated[
        Path | None, typer.Option("--verify", metavar="FILE", help="is this list as it was exported?")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Write the list of suspicious links, or prove that one is unchanged. 导出可疑关联清单。"""
    here = Surroundings.of(ctx)
    if verify_ is not None:
        _verify(here, verify_, as_json)
        return
    if format_ is None or out is None:
        raise WrongUsage("write loantrail export csv OUT, or loantrail export --verify FILE")
    if format_ not in FORMATS:
        raise WrongUsage(f"no export format {format_!r}; there are {', '.join(FORMATS)}")
    with here.casebook() as casebook, ExitStack() as opened:
        done = write_export(
            casebook,
            opened.enter_context(here.store()) if FORMATS[format_].needs_records else None,
            format_,
            out,
            request=Request(here.actor, here.now(), purpose),
            today=here.today,
            wanted=read_filter(wanted or [], SUSPICIOUS),
            language=here.terminal.language,
            currency=here.settings.currency,
        )
    if as_json:
        print_json(done.to_json())
        return
    told = Text("{file}: {rows} alerts; beside it {manifest}", "{file}：{rows} 条预警；说明文件 {manifest}")
    here.terminal.say(told, file=done.file, rows=done.rows, manifest=done.manifest.name)


def _verify(here: Surroundings, file: Path, as_json: bool) -> None:
    settings = here.settings
    try:
        casebook = open_casebook(settings.casebook, settings.casebook_secret(), create=False)
    except CasebookUnavailable:
        casebook = None  # whoever was handed a list has the manifest only
    try:
        checked = verify(file, casebook)
    finally:
        if casebook is not None:
            casebook.close()
    entry = checked.entry
    if as_json:
        print_json({
            "file": str(file),
            "unchanged": checked.unchanged,
            "faults": list(checked.faults),
            "audit_entry": None if entry is None else entry.sequence,
            "audit_log_asked": casebook is not None,
        })  # fmt: skip
    elif checked.unchanged and entry is not None:
        told = Text(
            "{file} is as {who} exported it on {when} (audit entry {entry})",
            "{file} 与 {who} 于 {when} 导出时一致（审计日志第 {entry} 条）",
        )
        here.terminal.say(
            told,
            file=file,
            who=entry.actor,
            when=f"{entry.at.astimezone(here.settings.zone):%Y-%m-%d %H:%M}",
            entry=entry.sequence,
        )
    elif checked.unchanged:
        told = Text(
            "{file} is as its manifest says; no casebook here to ask whether the manifest is",
            "{file} 与说明文件一致；此处无案卷，无法核对说明文件本身",
        )
        here.terminal.say(told, file=file)
    for fault in () if as_json else checked.faults:
        here.terminal.say(Text("{fault}", "{fault}"), fault=fault)
    if not checked.unchanged:
        raise typer.Exit(PARTLY)
