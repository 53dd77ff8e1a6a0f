"""Commands about what was found: `alerts`, `serve`."""

from __future__ import annotations

import importlib.util
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import structlog
import typer

from casebook import SCOPES, STEPS, Alert, Casebook, Filter
from cli.alert_details import show_details
from cli.filters import read_filter
from cli.headings import (
    ABOUT,
    AMOUNT,
    COVERS,
    DETECTOR,
    ID,
    NUMBER,
    OWNER,
    SCOPE,
    SEVERITY,
    STATUS,
    UNTIL,
    VALUE,
    WHY,
    WORDS,
    Json,
    language,
)
from cli.surroundings import Surroundings, WrongUsage, print_json
from cli.terminal import shown_status
from graph.columns import Text
from graph.store import ShowsAlerts, StoreUnavailable
from sweeps.write_back import evidence_records, show_open_alerts

Reference = Annotated[str, typer.Argument(metavar="ALERT", help="number or fingerprint")]

alerts = typer.Typer(no_args_is_help=True, help="The alerts and what people decide about them. 预警处理。")


@alerts.command("list")
def alerts_list(
    ctx: typer.Context,
    wanted: Annotated[
        list[str] | None, typer.Option("--filter", metavar="NAME=VALUE,…", help="see export; repeatable")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="how many at most")] = 50,
    as_json: Json = False,
) -> None:
    """List alerts, the most severe first; without --filter all of them. 预警列表。"""
    here = Surroundings.of(ctx)
    chosen = read_filter(wanted or [], Filter())
    with here.casebook() as casebook:
        count = casebook.count(chosen, actor=here.actor, today=here.today)
        found = casebook.alerts(chosen, actor=here.actor, today=here.today, limit=limit)
    if as_json:
        print_json({"count": count, "alerts": [alert.to_json() for alert in found]})
        return
    terminal = here.terminal
    rows = [
        (alert.alert_id, terminal.severity(alert.severity), shown_status(terminal, alert), alert.detector,
         f"{alert.subject_table} {alert.subject_id}",
         terminal.amount(alert.amount_low, alert.amount_high, alert.currency),
         alert.finding["message"][language(terminal)])
        for alert in found
    ]  # fmt: skip
    terminal.table((NUMBER, SEVERITY, STATUS, DETECTOR, ABOUT, AMOUNT, WORDS), rows, numbers=(NUMBER, AMOUNT))
    terminal.say(Text("{shown} of {count} alerts", "共 {count} 条，显示 {shown} 条"), shown=len(found), count=count)


@alerts.command("show")
def alerts_show(ctx: typer.Context, reference: Reference, as_json: Json = False) -> None:
    """Show one alert: evidence, paths, blind spots, versions and history. 预警详情。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        alert = casebook.alert(reference, actor=here.actor, today=here.today)
        versions = casebook.versions(alert.alert_id, actor=here.actor)
        decisions = casebook.decisions(alert.alert_id, actor=here.actor)
        proposal = casebook.proposal(alert.alert_id, actor=here.actor)
        files = casebook.attachments(alert.alert_id, actor=here.actor)
        score = casebook.scores([alert], actor=here.actor)[alert.alert_id]
        changed = None
        if len(versions) > 1:
            before, after = versions[-2].number, versions[-1].number
            changed = casebook.difference(alert.alert_id, before, after, actor=here.actor)
    query = _evidence_query(here, alert)
    if as_json:
        told = [
            {"number": v.number, "as_of": v.as_of.isoformat(), "data_cut": v.data_cut, "sweep_id": v.sweep_id,
             "recorded_at": v.recorded_at.isoformat(), "params": v.params, "finding": v.finding}
            for v in versions
        ]  # fmt: skip
        history = [decision.to_json() for decision in decisions]
        waiting = None if proposal is None else proposal.to_json()
        print_json({**alert.to_json(), "versions": told, "decisions": history, "proposal": waiting,
                    "attachments": [one.to_json() for one in files], "score": score.to_json(),
                    "changed": None if changed is None else changed.to_json(), "evidence_query": query})  # fmt: skip
        return
    show_details(here, alert, versions, decisions, proposal, files, changed, score)
    if query is not None:
        here.terminal.say(Text("\nin Neo4j Browser:\n{query}", "\n在 Neo4j Browser 中查看：\n{query}"), query=query)


@alerts.command("decide")
def alerts_decide(
    ctx: typer.Context,
    reference: Reference,
    action: Annotated[str, typer.Argument(metavar="ACTION", help=" | ".join(STEPS))],
    reason: Annotated[str, typer.Option(help="why; needed for everything but review")] = "",
    version: Annotated[int | None, typer.Option(help="the version looked at; refused if there is a newer one")] = None,
    as_json: Json = False,
) -> None:
    """Review, note, confirm, dismiss or reopen an alert. 处理预警。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        recorded = casebook.decide(reference, action, actor=here.actor, at=here.now(), reason=reason, version=version)
        alert = casebook.alert(reference, actor=here.actor, today=here.today)
        show_in_graph(here, casebook)
    if as_json:
        print_json({"recorded": recorded, **alert.to_json()})
        return
    told = Text("alert {alert}: {recorded}; it is {status}", "预警 {alert}：{recorded}；当前状态：{status}")
    here.terminal.say(
        told, alert=alert.alert_id, recorded=here.terminal.action(recorded), status=here.terminal.status(alert.status)
    )
    if recorded == "propose_dismissal":
        here.terminal.say(Text("it is red: another person must confirm", "红色预警须由另一人复核确认"))


@alerts.command("note")
def alerts_note(
    ctx: typer.Context,
    reference: Reference,
    text: Annotated[str, typer.Argument(help="what to write")],
    as_json: Json = False,
) -> None:
    """Write a note on an alert. 备注。"""
    alerts_decide(ctx, reference, "note", reason=text, version=None, as_json=as_json)


@alerts.command("assign")
def alerts_assign(
    ctx: typer.Context,
    reference: Reference,
    to: Annotated[str | None, typer.Argument(metavar="PERSON", help="nobody if left out")] = None,
    due: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="day due")] = None,
    as_json: Json = False,
) -> None:
    """Give an alert to a person, and set the day it is due. 分派预警。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        casebook.assign(reference, to, actor=here.actor, at=here.now())
        if due is not None:
            casebook.set_due(reference, due.date(), actor=here.actor, at=here.now())
        alert = casebook.alert(reference, actor=here.actor, today=here.today)
    if as_json:
        print_json(alert.to_json())
        return
    told = Text("alert {alert}: {who}, due {due}", "预警 {alert}：经办 {who}，期限 {due}")
    here.terminal.say(told, alert=alert.alert_id, who=alert.assignee or "-", due=alert.due_on or "-")


@alerts.command("attach")
def alerts_attach(
    ctx: typer.Context,
    reference: Reference,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="file to attach")],
    note: Annotated[str, typer.Option(help="what it is")] = "",
    as_json: Json = False,
) -> None:
    """Attach a file to an alert; the casebook keeps it under its SHA-256. 添加附件。"""
    here = Surroundings.of(ctx)
    content = here.attachable(file)
    with here.casebook() as casebook:
        most = here.settings.attachment_bytes
        made = casebook.attach(
            reference, file.name, content, note=note, actor=here.actor, at=here.now(), most_bytes=most
        )
    if as_json:
        print_json(made.to_json())
        return
    told = Text("attachment {number}: {name}, SHA-256 {sha256}", "附件 {number}：{name}，SHA-256 {sha256}")
    here.terminal.say(told, number=made.attachment_id, name=made.name, sha256=made.sha256)


@alerts.command("attachment")
def alerts_attachment(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="number of the attachment, of an alert or a case")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="file to write")],
) -> None:
    """Write an attachment to a file, checked against its SHA-256. 导出附件。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        attachment, content = casebook.attachment(number, actor=here.actor)
    with out.open("xb") as file:
        file.write(content)
    told = Text("{file}: {size} bytes, SHA-256 {sha256}", "{file}：{size} 字节，SHA-256 {sha256}")
    here.terminal.say(told, file=out, size=attachment.size, sha256=attachment.sha256)


@alerts.command("suppress")
def alerts_suppress(
    ctx: typer.Context,
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help=" | ".join(SCOPES))],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="id; for a pair two party ids joined by |")],
    reason: Annotated[str, typer.Option(help="why")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="first day it no longer holds")],
    owner: Annotated[str, typer.Option(help="who answers for it; default: you")] = "",
    as_json: Json = False,
) -> None:
    """Set aside what a scope covers until a day; it is still kept and counted. 设置豁免。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        made = casebook.suppress(
            scope, value, reason=reason, expires_on=until.date(), actor=here.actor, at=here.now(), owner=owner
        )
    if as_json:
        print_json(made.to_json())
        return
    told = Text("suppression {number} covers {covers} alerts", "豁免 {number} 涵盖 {covers} 条预警")
    here.terminal.say(told, number=made.suppression_id, covers=made.covers)


@alerts.command("suppressions")
def alerts_suppressions(ctx: typer.Context, as_json: Json = False) -> None:
    """List every suppression and how many alerts each covers. 豁免列表。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        known = casebook.suppressions(actor=here.actor)
    if as_json:
        print_json({"suppressions": [one.to_json() for one in known]})
        return
    ended = here.terminal.word(Text("withdrawn by {who}", "已由 {who} 撤销"))
    rows = [
        (one.suppression_id, one.scope, one.value, one.covers,
         one.expires_on if one.withdrawn_by is None else ended.format(who=one.withdrawn_by), one.owner, one.reason)
        for one in known
    ]  # fmt: skip
    here.terminal.table((ID, SCOPE, VALUE, COVERS, UNTIL, OWNER, WHY), rows, numbers=(ID, COVERS))


@alerts.command("approve")
def alerts_approve(
    ctx: typer.Context,
    suppression: Annotated[int, typer.Argument(metavar="NUMBER", help="number of the suppression")],
    reason: Annotated[str, typer.Option(help="why")],
    as_json: Json = False,
) -> None:
    """Let somebody else's suppression cover red alerts too. 复核豁免（涵盖红色预警）。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        made = casebook.approve(suppression, reason=reason, actor=here.actor, at=here.now())
    if as_json:
        print_json(made.to_json())
        return
    told = Text("suppression {number} covers {covers} alerts", "豁免 {number} 涵盖 {covers} 条预警")
    here.terminal.say(told, number=made.suppression_id, covers=made.covers)


@alerts.command("withdraw")
def alerts_withdraw(
    ctx: typer.Context,
    suppression: Annotated[int, typer.Argument(metavar="NUMBER", help="number of the suppression")],
    reason: Annotated[str, typer.Option(help="why")],
) -> None:
    """End a suppression before its day. 撤销豁免。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        made = casebook.withdraw(suppression, reason=reason, actor=here.actor, at=here.now())
    told = Text("suppression {number} is withdrawn", "豁免 {number} 已撤销")
    here.terminal.say(told, number=made.suppression_id)


def serve(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="port")] = 8501,
    address: Annotated[str, typer.Option(help="address to listen on; only this machine by default")] = "127.0.0.1",
) -> None:
    """Serve the desk in the browser. 启动工作台。"""
    here = Surroundings.of(ctx)
    if importlib.util.find_spec("streamlit") is None:
        raise WrongUsage("the desk needs its extra: pip install 'loantrail[desk]'")
    app = Path(__file__).parent.parent / "app.py"
    here.terminal.say(
        Text("the desk: http://{address}:{port}", "工作台：http://{address}:{port}"), address=address, port=port
    )
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.headless", "true"]
    command += ["--server.address", address, "--server.port", str(port), "--browser.gatherUsageStats", "false"]
    sys.stdout.flush()
    os.execv(sys.executable, command)


def _evidence_query(here: Surroundings, alert: Alert) -> str | None:
    """The query that shows an alert's evidence in the store's own browser; None where it has none."""
    if here.settings.store.startswith("duckdb"):
        return None
    with here.store() as store:
        return store.evidence_query(evidence_records(alert.finding)) if isinstance(store, ShowsAlerts) else None


def show_in_graph(here: Surroundings, casebook: Casebook) -> None:
    """Bring the alerts in the graph up to date after a decision. The decision stands whether the graph is there or not:
    where it is not, the log says so, and the next sweep shows them."""
    if here.settings.store.startswith("duckdb"):
        return
    try:
        with here.store() as store:
            show_open_alerts(store, casebook, here.today)
    except StoreUnavailable as unavailable:
        structlog.get_logger("cli").warning("the graph still shows the alerts as they were", reason=str(unavailable))
