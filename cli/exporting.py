"""The command that hands lists to the outside, and proves one unchanged: `export`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from casebook import CasebookUnavailable, open_casebook
from cli.filters import read_filter
from cli.surroundings import PARTLY, Surroundings, WrongUsage, print_json
from cli.terminal import progress
from dossier.compile import NoSuchBorrower, NothingLoaded, compile_dossier
from exports.export import FORMATS, REPORTS, SUSPICIOUS
from exports.export import export as write_export
from exports.export import report as write_report
from exports.manifest import Request, verify
from graph.columns import Text
from presentation.words import LANGUAGES, Language, Words, load_catalogue

REPORT = "report"


def export(
    ctx: typer.Context,
    format_: Annotated[str | None, typer.Argument(metavar="FORMAT", help=" | ".join((*FORMATS, REPORT)))] = None,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[BORROWER] OUT", help="file to write; before it, for a report, whom it is about"),
    ] = None,
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
    language: Annotated[str, typer.Option(help="en or zh; default: that of the command line")] = "",
    verify_: Annotated[
        Path | None, typer.Option("--verify", metavar="FILE", help="is this list as it was exported?")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Write a list of suspicious links or the report on a borrower, or prove one unchanged. 导出可疑清单、贷后报告。"""
    here = Surroundings.of(ctx)
    if verify_ is not None:
        _verify(here, verify_, as_json)
        return
    told_in = _language(language or here.terminal.language)
    if format_ == REPORT:
        _report(here, names or [], wanted or [], purpose, told_in, as_json)
        return
    if format_ is None or names is None or len(names) != 1:
        raise WrongUsage("write loantrail export csv OUT, or loantrail export --verify FILE")
    if format_ not in FORMATS:
        raise WrongUsage(f"no export format {format_!r}; there are {', '.join((*FORMATS, REPORT))}")
    with here.casebook() as casebook, ExitStack() as opened:
        done = write_export(
            casebook,
            opened.enter_context(here.store()) if FORMATS[format_].needs_records else None,
            format_,
            Path(names[0]),
            request=Request(here.actor, here.now(), purpose),
            today=here.today,
            wanted=read_filter(wanted or [], SUSPICIOUS),
            language=told_in,
            currency=here.settings.currency,
        )
    if as_json:
        print_json(done.to_json())
        return
    told = Text("{file}: {rows} alerts; beside it {manifest}", "{file}：{rows} 条预警；说明文件 {manifest}")
    here.terminal.say(told, file=done.file, rows=done.rows, manifest=done.manifest.name)


def _language(asked: str) -> Language:
    for language in LANGUAGES:
        if language == asked:
            return language
    raise WrongUsage(f"--language {asked!r} is none of {', '.join(LANGUAGES)}")


def _report(
    here: Surroundings, names: list[str], wanted: list[str], purpose: str, language: Language, as_json: bool
) -> None:
    if len(names) != 2 or Path(names[1]).suffix.lower() not in REPORTS:
        raise WrongUsage(f"write loantrail export report BORROWER FILE, where FILE ends in {' or '.join(REPORTS)}")
    if wanted:
        raise WrongUsage("a report tells of every alert about its borrower: leave --filter out")
    borrower, out = names
    with here.casebook() as casebook, here.store() as store, progress("report") as step:
        try:
            dossier = compile_dossier(
                store,
                casebook,
                borrower,
                timezone=here.settings.timezone,
                calendar=here.settings.calendar,
                same_as=here.settings.same_as,
                step=step,
            )
        except (NoSuchBorrower, NothingLoaded) as error:
            raise WrongUsage(str(error)) from None
        done = write_report(
            casebook,
            store,
            dossier,
            Path(out),
            request=Request(here.actor, here.now(), purpose),
            today=here.today,
            words=Words(load_catalogue(), language),
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
