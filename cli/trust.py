"""Commands about the audit log and about personal data: `audit`, `retention`, `erase`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from casebook import Head
from cli.headings import ACTION, ID, OBJECT, WHEN, WHO, WHY, Json, when
from cli.surroundings import PARTLY, Surroundings, WrongUsage, print_json
from graph.columns import Text
from graph.erasure import erase_party

audit = typer.Typer(no_args_is_help=True, help="The log of every sweep, decision and export. 审计日志。")
retention = typer.Typer(no_args_is_help=True, help="What nobody needs any more after its term. 到期清除。")


@audit.command("verify")
def audit_verify(
    ctx: typer.Context,
    expect: Annotated[
        str | None, typer.Option(metavar="SEQUENCE:HASH", help="an end of the log known from an earlier day")
    ] = None,
    anchors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ends of the log that `audit anchor` wrote")
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove that no entry of the audit log was edited, removed or moved. 校验审计日志。"""
    here = Surroundings.of(ctx)
    known = [] if expect is None else [head(expect)]
    if anchors is not None:
        known += [head(line.partition(" ")[0]) for line in anchors.read_text(encoding="utf-8").splitlines() if line]
    with here.casebook() as casebook:
        checked = casebook.verify(known)
    end = f"{checked.head.sequence}:{checked.head.hash}"
    if as_json:
        print_json({"intact": checked.intact, "entries": checked.entries, "end": end, "faults": list(checked.faults)})
    else:
        told = Text("{entries} entries, intact; the log ends at {end}", "共 {entries} 条，完整；末条为 {end}")
        if checked.intact:
            here.terminal.say(told, entries=checked.entries, end=end)
        for fault in checked.faults:
            here.terminal.say(Text("{fault}", "{fault}"), fault=fault)
    if not checked.intact:
        raise typer.Exit(PARTLY)


@audit.command("anchor")
def audit_anchor(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="kept where the database's owner cannot write")],
) -> None:
    """Append the end of the log to a file, against which `audit verify --anchors` holds the log later. 日志锚定。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        end = casebook.head()
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{end.sequence}:{end.hash} {here.now().isoformat()}\n")
    here.terminal.say(Text("{sequence}:{hash}", "{sequence}:{hash}"), sequence=end.sequence, hash=end.hash)


@audit.command("list")
def audit_list(
    ctx: typer.Context, limit: Annotated[int, typer.Option(min=1, help="how many at most")] = 50, as_json: Json = False
) -> None:
    """List the newest entries of the audit log. 查看审计日志。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        entries = casebook.audit(actor=here.actor, limit=limit)
    if as_json:
        print_json({"entries": [entry.to_json() for entry in entries]})
        return
    rows = [
        (entry.sequence, when(here, entry.at), entry.actor, entry.role, entry.action, entry.object, entry.text)
        for entry in entries
    ]
    role = Text("role", "角色")
    here.terminal.table((ID, WHEN, WHO, role, ACTION, OBJECT, WHY), rows, numbers=(ID,))


@retention.command("apply")
def retention_apply(
    ctx: typer.Context,
    before: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="what ended before this day")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    as_json: Json = False,
) -> None:
    """Empty alerts, cases, notes and attachments that ended before a day; the log still proves itself. 到期清除。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        done = casebook.apply_retention(before.date(), actor=here.actor, at=here.now(), dry_run=dry_run)
    if as_json:
        print_json({**done.to_json(), "dry_run": dry_run})
        return
    _counted(here, done.emptied, dry_run)


def erase(
    ctx: typer.Context,
    party: Annotated[str, typer.Argument(metavar="PARTY_ID", help="whose personal data")],
    purpose: Annotated[str, typer.Option(help="for what; stands in the audit log")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    as_json: Json = False,
) -> None:
    """Erase a party's personal data from casebook and graph; ids, amounts and hashes stay. 清除个人信息。"""
    here = Surroundings.of(ctx)
    with here.store() as store, here.casebook() as casebook:
        terms = erase_party(store, party, dry_run=True).terms
        done = casebook.erase(party, terms=terms, purpose=purpose, actor=here.actor, at=here.now(), dry_run=dry_run)
        rows = erase_party(store, party, dry_run=dry_run).rows
    if as_json:
        print_json({**done.to_json(), "rows": dict(rows), "dry_run": dry_run})
        return
    _counted(here, {**done.emptied, **rows}, dry_run)
    if done.unreachable:
        told = Text(
            "entries {numbers} of the audit log hold a name in what their hashes cover and cannot be emptied",
            "审计日志第 {numbers} 条的哈希内容中含有姓名，无法清除",
        )
        here.terminal.say(told, numbers=", ".join(map(str, done.unreachable)))


def head(text: str) -> Head:
    """An end of the log as `audit verify` and `audit anchor` write it. Raises `WrongUsage`."""
    sequence, colon, hash_ = text.partition(":")
    if not (colon and sequence.isdecimal() and hash_):
        raise WrongUsage(f"{text!r} is not SEQUENCE:HASH, as `loantrail audit verify` prints it")
    return Head(int(sequence), hash_)


def _counted(here: Surroundings, counts: dict[str, int], dry_run: bool) -> None:
    told = Text("would be emptied: {what}", "将清除：{what}") if dry_run else Text("emptied: {what}", "已清除：{what}")
    what = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    here.terminal.say(told, what=what or here.terminal.word(Text("nothing", "无")))
