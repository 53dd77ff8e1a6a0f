"""Who is behind whom, as tables on the terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from cli.terminal import Terminal
from detectors.facts.group_exposure import GroupExposure
from graph import money
from graph.columns import Text

PARTY, SHARE, BASIS = Text("beneficial owner", "受益所有人"), Text("share", "比例"), Text("basis", "依据")
SINCE, UNTIL = Text("since", "自"), Text("until", "至")
ULTIMATE, OWNERS = Text("ultimate controller", "最终控制人"), Text("beneficial owners", "受益所有人")
GROUP, UNEXPLAINED, CHANGED = Text("control group", "关联集团"), Text("unexplained", "未披露"), Text("changed", "变化")
WHO, WAY = Text("party", "当事人"), Text("way", "路径")
COMPANY = Text("company", "公司")
HEAD, BORROWERS = Text("group of", "集团"), Text("borrowers", "借款人")
OWES, DECLARED, HIDDEN = Text("owes", "欠款"), Text("largest declared", "最大已申报"), Text("hidden", "隐性")
BASES = {
    "ownership": Text("ownership", "持股"),
    "control": Text("control", "控制"),
    "office": Text("office", "任职"),
}
PARTS = {
    "controllers": Text("controllers", "控制人"),
    "ultimate_controller_id": Text("ultimate controller", "最终控制人"),
    "declared_controllers": Text("declared controllers", "披露的实际控制人"),
    "beneficial_owners": Text("beneficial owners", "受益所有人"),
    "control_group": Text("control group", "关联集团"),
    "unexplained_share": Text("unexplained share", "未披露比例"),
}
SHOWN = 50
"""Rows of a table on the terminal; --json has all of them."""


def show_control(terminal: Terminal, answer: Mapping[str, Any]) -> None:
    """One party as of a day; history, paths and cascade where they were asked for."""
    terminal.say(Text("\n{party} as of {day}", "\n{party}，截至 {day}"), party=answer["party_id"], day=answer["as_of"])
    nobody = terminal.word(Text("nobody", "无"))
    terminal.say(
        Text(
            "controlled by {controllers}; at the end of the chain {ultimate}",
            "控制人 {controllers}；最终控制人 {ultimate}",
        ),
        controllers=", ".join(answer["controllers"]) or nobody,
        ultimate=answer["ultimate_controller_id"] or nobody,
    )
    if answer["beneficial_owners"]:
        owners = [
            (o["party_id"], percent(o["share"]), terminal.word(BASES[o["basis"]])) for o in answer["beneficial_owners"]
        ]
        terminal.table((PARTY, SHARE, BASIS), owners, numbers=(SHARE,))
    terminal.say(
        Text(
            "control group: {group}\nunexplained share: {unexplained}",
            "关联集团：{group}\n未披露比例：{unexplained}",
        ),
        group=", ".join(answer["control_group"]),
        unexplained=percent(answer["unexplained_share"]),
    )
    for fault in answer["faults"]:
        message = Text(fault["message"]["en"], fault["message"]["zh"])
        terminal.say(
            Text("data fault: {fault} ({rows})", "数据错误：{fault}（{rows}）"),
            fault=terminal.word(message),
            rows=", ".join(fault["rows"][:10]),
        )
    if "paths" in answer:
        rows = [(path["party_id"], _way(path["hops"]), percent(path["share"])) for path in answer["paths"][:SHOWN]]
        terminal.table((WHO, WAY, SHARE), rows, numbers=(SHARE,))
    if "cascade" in answer:
        rows_of = [(one["party_id"], percent(one["share"])) for one in answer["cascade"][:SHOWN]]
        terminal.table((COMPANY, SHARE), rows_of, numbers=(SHARE,))
    if "history" in answer:
        _show_history(terminal, answer["history"])


def _show_history(terminal: Terminal, periods: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        (
            period["since"] or "–",
            period["until"] or "–",
            period["ultimate_controller_id"] or ", ".join(period["declared_controllers"]) or "–",
            ", ".join(f"{o['party_id']} {percent(o['share'])}" for o in period["beneficial_owners"]) or "–",
            len(period["control_group"]),
            percent(period["unexplained_share"]),
            ", ".join(terminal.word(PARTS[part]) for part in period["changed"]),
        )
        for period in periods[-SHOWN:]
    ]
    headings = (SINCE, UNTIL, ULTIMATE, OWNERS, GROUP, UNEXPLAINED, CHANGED)
    terminal.table(headings, rows, numbers=(GROUP, UNEXPLAINED))


def show_groups(terminal: Terminal, groups: Sequence[GroupExposure], day: date) -> None:
    """The groups that owe, those first of which most is hidden."""
    terminal.say(
        Text("{count} groups owe something as of {day}", "截至 {day} 有欠款的集团 {count} 个"),
        count=len(groups),
        day=day.isoformat(),
    )
    ordered = sorted(groups, key=lambda group: (-group.hidden, group.head, group.currency))
    rows = [
        (
            group.head,
            len(group.borrowers),
            money.text(group.owes.high, group.currency),
            money.text(group.declared[0].owes.high, group.currency),
            money.text(group.hidden, group.currency),
        )
        for group in ordered[:SHOWN]
    ]
    terminal.table((HEAD, BORROWERS, OWES, DECLARED, HIDDEN), rows, numbers=(BORROWERS, OWES, DECLARED, HIDDEN))


def _way(hops: Sequence[Mapping[str, Any]]) -> str:
    text, at = "", ""
    for hop in hops:
        if hop["holder_id"] != at:
            text += f"{', ' if text else ''}{hop['holder_id']}"
        arrow = "⇒" if hop["share"] is None else "→"
        text += f" {arrow} {hop['company_id']}" + ("" if hop["share"] is None else f" {percent(hop['share'])}")
        at = hop["company_id"]
    return text


def percent(share: float | None) -> str:
    """A share as people write it, with up to four decimals."""
    return "–" if share is None else re.sub(r"\.?0+$", "", f"{share * 100:.4f}") + " %"
