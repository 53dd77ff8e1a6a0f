"""Commands about what was found: `alerts`, `audit`, `serve`."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import structlog
import typer

from casebook import SCOPES, STEPS, Alert, Casebook, Decision, Filter, Head, Version
from cli.filters import read_filter
from cli.surroundings import PARTLY, Surroundings, WrongUsage, print_json
from cli.terminal import Terminal, shown_status
from graph.columns import Text
from graph.store import ShowsAlerts, StoreUnavailable
from sweeps.write_back import evidence_records, show_open_alerts

NUMBER, SEVERITY, STATUS = Text("alert", "预警"), Text("severity", "级别"), Text("status", "状态")
DETECTOR, ABOUT, AMOUNT, WORDS = (
    Text("detector", "规则"),
    Text("about", "对象"),
    Text("amount", "金额"),
    Text("what", "说明"),
)
RECORD, ID = Text("record", "记录"), Text("id", "编号")
WHEN, WHO, ACTION = Text("when", "时间"), Text("who", "经办"), Text("action", "操作")
WHY, OBJECT, FROM_TO = Text("why", "理由"), Text("object", "对象"), Text("from - to", "状态变化")
SCOPE, VALUE, UNTIL = Text("scope", "范围"), Text("value", "值"), Text("until", "到期")
OWNER, COVERS = Text("owner", "负责人"), Text("covers", "涵盖预警")

Json = Annotated[bool, typer.Option("--json", help="print one JSON document")]
Reference = Annotated[str, typer.Argument(metavar="ALERT", help="number or fingerprint")]

alerts = typer.Typer(no_args_is_help=True, help="The alerts and what people decide about them. 预警处理。")
audit = typer.Typer(no_args_is_help=True, help="The log of every sweep, decision and export. 审计日志。")


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
         alert.finding["message"][_language(terminal)])
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
                    "evidence_query": query})  # fmt: skip
        return
    _show(here, alert, versions, decisions, proposal)
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
        _show_in_graph(here, casebook)
    if as_json:
        print_json({"recorded": recorded, **alert.to_json()})
        return
    told = Text("alert {alert}: {recorded}; it is {status}", "预警 {alert}：{recorded}；当前状态：{status}")
    here.terminal.say(
        told, alert=alert.alert_id, recorded=here.terminal.action(recorded), status=here.terminal.status(alert.status)
    )
    if recorded == "propose_dismissal":
        here.terminal.say(Text("it is red: another person must confirm", "红色预警须由另一人复核确认"))


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


@audit.command("verify")
def audit_verify(
    ctx: typer.Context,
    expect: Annotated[
        str | None, typer.Option(metavar="SEQUENCE:HASH", help="an end of the log known from an earlier day")
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove that no entry of the audit log was edited, removed or moved. 校验审计日志。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        checked = casebook.verify(() if expect is None else _head(expect))
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
        (entry.sequence, _when(here, entry.at), entry.actor, entry.role, entry.action, entry.object)
        for entry in entries
    ]
    role = Text("role", "角色")
    here.terminal.table((ID, WHEN, WHO, role, ACTION, OBJECT), rows, numbers=(ID,))


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


def _show_in_graph(here: Surroundings, casebook: Casebook) -> None:
    """Bring the alerts in the graph up to date after a decision. The decision stands whether the graph is there or not:
    where it is not, the log says so, and the next sweep shows them."""
    if here.settings.store.startswith("duckdb"):
        return
    try:
        with here.store() as store:
            show_open_alerts(store, casebook, here.today)
    except StoreUnavailable as unavailable:
        structlog.get_logger("cli").warning("the graph still shows the alerts as they were", reason=str(unavailable))


def _head(text: str) -> Head:
    sequence, colon, hash_ = text.partition(":")
    if not (colon and sequence.isdecimal() and hash_):
        raise WrongUsage(f"--expect {text!r} is not SEQUENCE:HASH, as `loantrail audit verify` prints it")
    return Head(int(sequence), hash_)


def _show(
    here: Surroundings,
    alert: Alert,
    versions: Sequence[Version],
    decisions: Sequence[Decision],
    proposal: Decision | None,
) -> None:
    terminal, finding = here.terminal, alert.finding
    terminal.say(Text("{words}", "{words}"), words=finding["message"][_language(terminal)])
    facts: list[tuple[object, object]] = [
        (terminal.word(NUMBER), f"{alert.alert_id}  {alert.fingerprint}"),
        (terminal.word(SEVERITY), terminal.severity(alert.severity)),
        (terminal.word(STATUS), shown_status(terminal, alert)),
        (terminal.word(DETECTOR), alert.detector),
        (terminal.word(ABOUT), f"{alert.subject_table} {alert.subject_id}"),
        (terminal.word(AMOUNT), terminal.amount(alert.amount_low, alert.amount_high, alert.currency)),
        (terminal.word(Text("parties", "相关主体")), ", ".join(finding["parties"])),
        (terminal.word(Text("as of", "截止日")), f"{alert.version.as_of}  {alert.version.data_cut}"),
        (terminal.word(Text("version", "版本")), f"{alert.version.number} / {len(versions)}"),
    ]
    terminal.table((Text("", ""), Text("", "")), facts)
    currency = alert.currency
    money = [terminal.amount(e["amount"], e["amount"], currency) for e in finding["evidence"]]
    rows: list[Sequence[object]] = [
        (e["table"], e["id"], amount) for e, amount in zip(finding["evidence"], money, strict=True)
    ]
    terminal.say(Text("\nevidence", "\n证据"))
    terminal.table((RECORD, ID, AMOUNT), rows, numbers=(AMOUNT,))
    for path in finding["paths"]:
        told = Text("path of {amount}: {way}", "路径 {amount}：{way}")
        amount = terminal.amount(path["amount"], path["amount"], currency)
        terminal.say(told, amount=amount, way=" > ".join(path["transfers"]))
    for spot in finding["blind_spots"]:
        told = Text("not seen: {kind} {amount} {ids}", "看不到：{kind} {amount} {ids}")
        amount = terminal.amount(spot["amount"], spot["amount"], currency)
        terminal.say(told, kind=spot["kind"], amount=amount, ids=", ".join(spot["ids"]))
    if decisions:
        terminal.say(Text("\nhistory", "\n处理经过"))
        history = [
            (_when(here, d.decided_at), d.decided_by, terminal.action(d.action),
             f"{terminal.status(d.from_status)} - {terminal.status(d.to_status)}", d.reason)
            for d in decisions
        ]  # fmt: skip
        terminal.table((WHEN, WHO, ACTION, FROM_TO, WHY), history)
    if proposal is not None:
        told = Text("{who} proposes to dismiss it: another person must confirm", "{who} 建议排除，须由另一人复核确认")
        terminal.say(told, who=proposal.decided_by)


def _language(terminal: Terminal) -> str:
    return "zh" if terminal.language == "zh" else "en"


def _when(here: Surroundings, at: datetime) -> str:
    return f"{at.astimezone(here.settings.zone):%Y-%m-%d %H:%M}"
