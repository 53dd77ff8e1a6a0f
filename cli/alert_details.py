"""One alert on the terminal, with all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence

from casebook import Alert, Attachment, Decision, Difference, Score, Version
from cli.headings import (
    ABOUT,
    ACTION,
    AMOUNT,
    DETECTOR,
    FROM_TO,
    ID,
    NUMBER,
    RECORD,
    SEVERITY,
    STATUS,
    WHEN,
    WHO,
    WHY,
    language,
    when,
)
from cli.surroundings import Surroundings
from cli.terminal import shown_status
from graph.columns import Text

FILE, BYTES, HASH = Text("file", "附件"), Text("bytes", "字节"), Text("SHA-256", "SHA-256")


def show_details(
    here: Surroundings,
    alert: Alert,
    versions: Sequence[Version],
    decisions: Sequence[Decision],
    proposal: Decision | None,
    files: Sequence[Attachment],
    changed: Difference | None,
    score: Score,
) -> None:
    """Everything about an alert; `changed`: against the version before, None where there is none."""
    terminal, finding = here.terminal, alert.finding
    terminal.say(Text("{words}", "{words}"), words=finding["message"][language(terminal)])
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
        (terminal.word(Text("assignee", "经办人")), alert.assignee or "-"),
        (terminal.word(Text("due", "办结期限")), alert.due_on or "-"),
        (terminal.word(Text("case", "案件")), alert.case_id or "-"),
        (terminal.word(Text("score", "评分")), f"{score.total} = {_sum(score)}"),
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
    if changed is not None and not changed.empty:
        since = Text("\nchanged since version {number}", "\n较第 {number} 版的变化")
        terminal.say(since, number=changed.before)
        for sentence in changed.sentences(
            language(terminal),
            amount=lambda minor, unit: terminal.amount(minor, minor, unit),
            severity=lambda letter: str(terminal.severity(letter)),
        ):
            terminal.say(Text("{sentence}", "{sentence}"), sentence=sentence)
    if files:
        terminal.say(Text("\nattachments", "\n附件"))
        terminal.table((ID, FILE, BYTES, HASH), [(f.attachment_id, f.name, f.size, f.sha256) for f in files], (BYTES,))
    if decisions:
        terminal.say(Text("\nhistory", "\n处理经过"))
        history = [
            (when(here, d.decided_at), d.decided_by, terminal.action(d.action),
             f"{terminal.status(d.from_status)} - {terminal.status(d.to_status)}", d.reason)
            for d in decisions
        ]  # fmt: skip
        terminal.table((WHEN, WHO, ACTION, FROM_TO, WHY), history)
    if proposal is not None:
        told = Text("{who} proposes to dismiss it: another person must confirm", "{who} 建议排除，须由另一人复核确认")
        terminal.say(told, who=proposal.decided_by)


def _sum(score: Score) -> str:
    return " + ".join(f"{part.points} ({part.name} {part.value})" for part in score.contributions)
