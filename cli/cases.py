"""Commands about cases: alerts of one borrower that are worked on together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from casebook import CaseFile, CaseSummary
from casebook.case_amount import RecordKey
from cli.casework import show_in_graph
from cli.headings import ACTION, AMOUNT, ID, NUMBER, STATUS, WHEN, WHO, WHY, WORDS, Json, when
from cli.surroundings import Surroundings, print_json
from cli.terminal import shown_status
from graph.columns import Text
from graph.schema import Loan

CASE, BORROWER, TITLE = Text("case", "案件"), Text("borrower", "借款人"), Text("title", "名称")
ASSIGNEE, DUE, ALERTS = Text("assignee", "经办人"), Text("due", "办结期限"), Text("alerts", "预警数")
CASE_STATUS = {"open": Text("open", "办理中"), "closed": Text("closed", "已结案")}
SUSPICIOUS = Text("suspicious-transaction case", "可疑交易案件")

Case = Annotated[int, typer.Argument(metavar="CASE", help="number of the case")]
AlertReference = Annotated[str, typer.Argument(metavar="ALERT", help="number or fingerprint")]
Reason = Annotated[str, typer.Option(help="why")]

cases = typer.Typer(no_args_is_help=True, help="Cases: alerts of one borrower worked on together. 案件。")


@cases.command("list")
def cases_list(
    ctx: typer.Context,
    borrower: Annotated[str | None, typer.Option(metavar="PARTY", help="only cases about this borrower")] = None,
    status: Annotated[str | None, typer.Option(help="open | closed")] = None,
    as_json: Json = False,
) -> None:
    """List cases, open ones first. 案件列表。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        found = casebook.cases(actor=here.actor, borrower_id=borrower, status=status)
    if as_json:
        print_json({"cases": [case.to_json() for case in found]})
        return
    terminal = here.terminal
    rows = [
        (case.case_id, _status(here, case), case.borrower_id, case.title, case.alerts, case.assignee or "",
         case.due_on or "")
        for case in found
    ]  # fmt: skip
    terminal.table((CASE, STATUS, BORROWER, TITLE, ALERTS, ASSIGNEE, DUE), rows, numbers=(CASE, ALERTS))


@cases.command("show")
def cases_show(ctx: typer.Context, case: Case, as_json: Json = False) -> None:
    """Show a case: its alerts, how much money they are about together, and its history. 案件详情。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        found = casebook.case(case, actor=here.actor, today=here.today)
        scores = casebook.scores(found.alerts, actor=here.actor)
    amounts = found.amounts(_record_amounts(here, found.records))
    if as_json:
        print_json(
            {
                **found.case.to_json(),
                "alerts": [{**alert.to_json(), "score": scores[alert.alert_id].to_json()} for alert in found.alerts],
                "amounts": [amount.to_json() for amount in amounts],
                "steps": [step.to_json() for step in found.steps],
                "attachments": [attachment.to_json() for attachment in found.attachments],
            }
        )
        return
    terminal, language = here.terminal, "zh" if here.terminal.language == "zh" else "en"
    told = Text("case {number}, {borrower}: {title} ({status})", "案件 {number}，{borrower}：{title}（{status}）")
    summary = found.case
    terminal.say(told, number=case, borrower=summary.borrower_id, title=summary.title, status=_status(here, summary))
    for amount in amounts:
        bounds = Text(
            "{amount} in {alerts} alerts; {shared} records are in more than one and count once",
            "{alerts} 条预警合计 {amount}；{shared} 笔记录涉及多条预警，只计一次",
        )
        money = terminal.amount(amount.at_least, amount.at_most, amount.currency)
        terminal.say(bounds, amount=money, alerts=amount.alerts, shared=len(amount.shared))
        if amount.unknown_amounts:
            unknown = Text(
                "{count} of them are not in the book, so the upper bound may count them more than once",
                "其中 {count} 笔在库中已无记录，上限可能重复计算",
            )
            terminal.say(unknown, count=amount.unknown_amounts)
    score = Text("score", "评分")
    rows: list[Sequence[object]] = [
        (alert.alert_id, terminal.severity(alert.severity), shown_status(terminal, alert),
         scores[alert.alert_id].total, terminal.amount(alert.amount_low, alert.amount_high, alert.currency),
         alert.finding["message"][language])
        for alert in found.alerts
    ]  # fmt: skip
    severity = Text("severity", "级别")
    terminal.table((NUMBER, severity, STATUS, score, AMOUNT, WORDS), rows, numbers=(NUMBER, score, AMOUNT))
    steps = [
        (when(here, step.decided_at), step.decided_by, terminal.action(step.action), step.value or "", step.reason)
        for step in found.steps
    ]
    terminal.table((WHEN, WHO, ACTION, Text("value", "内容"), WHY), steps)
    files = [(one.attachment_id, one.name, one.size, one.sha256) for one in found.attachments]
    if files:
        terminal.table((ID, Text("file", "附件"), Text("bytes", "字节"), Text("SHA-256", "SHA-256")), files)


@cases.command("open")
def cases_open(
    ctx: typer.Context,
    borrower: Annotated[str, typer.Argument(metavar="PARTY", help="the borrower")],
    alert: Annotated[list[str], typer.Argument(metavar="ALERT…", help="numbers or fingerprints")],
    title: Annotated[str, typer.Option(help="what it is about")] = "",
    suspicious: Annotated[bool, typer.Option("--suspicious", help="only compliance sees it and its alerts")] = False,
    as_json: Json = False,
) -> None:
    """Open a case with alerts of one borrower. 立案。"""
    here = Surroundings.of(ctx)
    loans = _loans(here, borrower)
    with here.casebook() as casebook:
        number = casebook.open_case(
            borrower, alert, loans=loans, title=title, suspicious=suspicious, actor=here.actor, at=here.now()
        )
        show_in_graph(here, casebook)
        opened = casebook.case(number, actor=here.actor, today=here.today)
    _told(here, opened, as_json)


@cases.command("add")
def cases_add(ctx: typer.Context, case: Case, alert: AlertReference, as_json: Json = False) -> None:
    """Put an alert into a case. 并入案件。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        known = casebook.case(case, actor=here.actor, today=here.today)
        loans = _loans(here, known.case.borrower_id)
        casebook.add_to_case(case, alert, loans=loans, actor=here.actor, at=here.now())
        show_in_graph(here, casebook)
        _told(here, casebook.case(case, actor=here.actor, today=here.today), as_json)


@cases.command("remove")
def cases_remove(ctx: typer.Context, case: Case, alert: AlertReference, reason: Reason, as_json: Json = False) -> None:
    """Take an alert out of a case. 移出案件。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        casebook.remove_from_case(case, alert, reason=reason, actor=here.actor, at=here.now())
        _told(here, casebook.case(case, actor=here.actor, today=here.today), as_json)


@cases.command("note")
def cases_note(
    ctx: typer.Context, case: Case, text: Annotated[str, typer.Argument(help="what to write")], as_json: Json = False
) -> None:
    """Write a note on a case. 案件备注。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        casebook.note_case(case, text, actor=here.actor, at=here.now())
        _told(here, casebook.case(case, actor=here.actor, today=here.today), as_json)


@cases.command("assign")
def cases_assign(
    ctx: typer.Context,
    case: Case,
    to: Annotated[str | None, typer.Argument(metavar="PERSON", help="nobody if left out")] = None,
    due: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="day due")] = None,
    as_json: Json = False,
) -> None:
    """Give a case to a person, and set the day it is due. 分派案件。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        casebook.assign_case(case, to, actor=here.actor, at=here.now())
        if due is not None:
            casebook.set_case_due(case, due.date(), actor=here.actor, at=here.now())
        _told(here, casebook.case(case, actor=here.actor, today=here.today), as_json)


@cases.command("attach")
def cases_attach(
    ctx: typer.Context,
    case: Case,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="file to attach")],
    note: Annotated[str, typer.Option(help="what it is")] = "",
    as_json: Json = False,
) -> None:
    """Attach a file to a case. 案件附件。"""
    here = Surroundings.of(ctx)
    content = here.attachable(file)
    with here.casebook() as casebook:
        most = here.settings.attachment_bytes
        casebook.attach_to_case(case, file.name, content, note=note, actor=here.actor, at=here.now(), most_bytes=most)
        _told(here, casebook.case(case, actor=here.actor, today=here.today), as_json)


@cases.command("mark")
def cases_mark(
    ctx: typer.Context,
    case: Case,
    reason: Reason,
    suspicious: Annotated[bool, typer.Option("--suspicious/--ordinary", help="who may see it")] = True,
    as_json: Json = False,
) -> None:
    """Make a case a suspicious-transaction case, or an ordinary one again. 标记可疑交易案件。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        casebook.mark_case(case, suspicious, reason=reason, actor=here.actor, at=here.now())
        show_in_graph(here, casebook)
        _told(here, casebook.case(case, actor=here.actor, today=here.today), as_json)


@cases.command("close")
def cases_close(ctx: typer.Context, case: Case, reason: Reason, as_json: Json = False) -> None:
    """Close a case of which no alert waits any more. 结案。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        casebook.close_case(case, reason=reason, actor=here.actor, at=here.now())
        _told(here, casebook.case(case, actor=here.actor, today=here.today), as_json)


@cases.command("reopen")
def cases_reopen(ctx: typer.Context, case: Case, reason: Reason, as_json: Json = False) -> None:
    """Open a closed case again. 重新立案。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        casebook.reopen_case(case, reason=reason, actor=here.actor, at=here.now())
        _told(here, casebook.case(case, actor=here.actor, today=here.today), as_json)


def _told(here: Surroundings, found: CaseFile, as_json: bool) -> None:
    if as_json:
        print_json({**found.case.to_json(), "alerts": [alert.alert_id for alert in found.alerts]})
        return
    told = Text("case {number} is {status}, with {count} alerts", "案件 {number}：{status}，含 {count} 条预警")
    here.terminal.say(told, number=found.case.case_id, status=_status(here, found.case), count=len(found.alerts))


def _status(here: Surroundings, case: CaseSummary) -> str:
    words = here.terminal.word(CASE_STATUS[case.status])
    return f"{words}, {here.terminal.word(SUSPICIOUS)}" if case.suspicious else words


def _loans(here: Surroundings, borrower: str) -> list[str]:
    """The loans that a party owes, as the book says."""
    with here.store() as store:
        table = store.scan(Loan.TABLE.name, ["loan_id", "borrower_id"]).read_all()
    pairs = zip(table["loan_id"].to_pylist(), table["borrower_id"].to_pylist(), strict=True)
    return [loan_id for loan_id, owes in pairs if owes == borrower]


def _record_amounts(here: Surroundings, records: Sequence[RecordKey]) -> dict[RecordKey, int]:
    """What each record amounts to in the book, in minor units; those no longer there are left out."""
    amounts: dict[RecordKey, int] = {}
    with here.store() as store:
        for name in dict.fromkeys(table for table, _ in records):
            rows = store.fetch(name, [id_ for table, id_ in records if table == name])
            for key, amount in zip(rows["row_key"].to_pylist(), rows["amount_minor"].to_pylist(), strict=True):
                if amount is not None:
                    amounts[(name, key)] = amount
    return amounts
