"""Headings and small words that several commands share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer

from cli.surroundings import Surroundings
from cli.terminal import Terminal
from graph.columns import Text

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


def language(terminal: Terminal) -> Literal["en", "zh"]:
    """Which of a finding's two sentences the reader gets."""
    return "zh" if terminal.language == "zh" else "en"


def when(here: Surroundings, at: datetime) -> str:
    """An instant as the reader's clock shows it."""
    return f"{at.astimezone(here.settings.zone):%Y-%m-%d %H:%M}"
