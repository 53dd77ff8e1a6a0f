"""The columns of a list of alerts: what stands in each, as a value. How a value is written is the format's business."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from casebook import Alert, Decision, Extract
from graph import money
from graph.columns import Text

STATUS_ZH = {
    "open": "待处理",
    "in_review": "核查中",
    "confirmed": "已确认",
    "dismissed": "已排除",
    "no_longer_seen": "不再出现",
}
SEVERITY_ZH = {"R": "红", "O": "橙", "Y": "黄"}

Kind = Literal["text", "id", "ids", "number", "amount", "day", "instant"]
Value = str | int | Decimal | date | datetime | tuple[str, ...] | None


@dataclass(frozen=True)
class Line:
    """An alert, the last decision about it, and the language of the list."""

    alert: Alert
    decision: Decision | None
    chinese: bool

    @property
    def finding(self) -> Mapping[str, Any]:
        return self.alert.finding


@dataclass(frozen=True)
class Column:
    """One column: its name in an English list, its meaning, its value, and what kind of value that is.

    text, id        str; an id is written exactly as it is, however much it looks like a number
    ids             tuple of ids
    number          int or None
    amount          Decimal in units of the line's currency, or None
    day, instant    date; datetime with its zone, or None
    """

    name: str
    meaning: Text
    kind: Kind
    value: Callable[[Line], Value]


def lines(extract: Extract, language: str) -> list[Line]:
    """The lines of a list in ``en`` or ``zh``, in the order of the extract."""
    return [Line(alert, extract.decided.get(alert.alert_id), language == "zh") for alert in extract.alerts]


def heading(column: Column, language: str) -> str:
    return column.meaning.zh if language == "zh" else column.name


def described() -> dict[str, Any]:
    """Name and meaning of every column, for a manifest."""
    return {"columns": [{"name": c.name, "en": c.meaning.en, "zh": c.meaning.zh} for c in COLUMNS]}


def amount(minor: int | None, currency: str | None) -> Decimal | None:
    return None if minor is None or currency is None else money.decimal(minor, currency)


def _plain(minor: int | None, currency: str | None) -> str:
    value = amount(minor, currency)
    return "" if value is None else f"{value:f}"


def _records(line: Line) -> str:
    currency = line.alert.currency
    return "; ".join(
        " ".join(part for part in (record["table"], record["id"], _plain(record["amount"], currency)) if part)
        for record in line.finding["evidence"]
    )


def _paths(line: Line) -> str:
    return "; ".join(
        f"{_plain(path['amount'], line.alert.currency)}: {' > '.join(path['transfers'])}"
        for path in line.finding["paths"]
    )


def _blind_spots(line: Line) -> str:
    return "; ".join(
        " ".join([spot["kind"], _plain(spot["amount"], line.alert.currency), *spot["ids"]]).replace("  ", " ").strip()
        for spot in line.finding["blind_spots"]
    )


def _decided(name: str) -> Callable[[Line], Value]:
    return lambda line: None if line.decision is None else getattr(line.decision, name)


def _yes_no(line: Line, yes: bool) -> str:
    return ("是" if yes else "否") if line.chinese else ("yes" if yes else "no")


def _message(language: str) -> Callable[[Line], str]:
    return lambda line: str(line.finding["message"][language])


COLUMNS: tuple[Column, ...] = (
    Column("alert", Text("Number of the alert", "预警编号"), "number", lambda line: line.alert.alert_id),
    Column(
        "severity",
        Text("R act now, O act on it, Y look at it", "级别"),
        "text",
        lambda line: SEVERITY_ZH[line.alert.severity] if line.chinese else line.alert.severity,
    ),
    Column(
        "status",
        Text("What became of it so far", "状态"),
        "text",
        lambda line: STATUS_ZH[line.alert.status] if line.chinese else line.alert.status,
    ),
    Column(
        "suppressed_by",
        Text("Suppressions that cover it", "豁免编号"),
        "text",
        lambda line: "; ".join(str(number) for number in line.alert.suppressed_by),
    ),
    Column("detector", Text("What found it", "规则"), "text", lambda line: line.alert.detector),
    Column(
        "subject_table", Text("Kind of record it is about", "对象类型"), "text", lambda line: line.alert.subject_table
    ),
    Column("subject_id", Text("Record it is about", "对象编号"), "id", lambda line: line.alert.subject_id),
    Column("loan_id", Text("Loan", "借据编号"), "id", lambda line: line.alert.loan_id or ""),
    Column("currency", Text("Currency", "币种"), "text", lambda line: line.alert.currency or ""),
    Column(
        "amount_low",
        Text("Amount, at least", "金额下限"),
        "amount",
        lambda line: amount(line.alert.amount_low, line.alert.currency),
    ),
    Column(
        "amount_high",
        Text("Amount, at most", "金额上限"),
        "amount",
        lambda line: amount(line.alert.amount_high, line.alert.currency),
    ),
    Column("message_en", Text("What was found, in English", "发现（英文）"), "text", _message("en")),
    Column("message_zh", Text("What was found, in Chinese", "发现（中文）"), "text", _message("zh")),
    Column("parties", Text("Parties", "相关主体"), "ids", lambda line: tuple(line.finding["parties"])),
    Column("evidence", Text("Records it rests on, with the amount attributed", "证据（记录与金额）"), "text", _records),
    Column("paths", Text("Ways the money took", "资金路径"), "text", _paths),
    Column("blind_spots", Text("What could not be seen", "看不到的"), "text", _blind_spots),
    Column("first_as_of", Text("First found as of", "首次发现日"), "day", lambda line: line.alert.first_as_of),
    Column("last_as_of", Text("Last found as of", "最近发现日"), "day", lambda line: line.alert.last_as_of),
    Column(
        "found_last_time",
        Text("Whether the last sweep that looked found it", "最近一次是否发现"),
        "text",
        lambda line: _yes_no(line, line.alert.seen),
    ),
    Column("decision", Text("Last decision", "最近决定"), "text", _decided("action")),
    Column("decided_by", Text("Who decided", "决定人"), "text", _decided("decided_by")),
    Column("decided_at", Text("When (UTC)", "决定时间（UTC）"), "instant", _decided("decided_at")),
    Column("reason", Text("Why", "决定理由"), "text", _decided("reason")),
    Column("version", Text("Version of the evidence", "证据版本"), "number", lambda line: line.alert.version.number),
    Column(
        "sweep", Text("Sweep the evidence comes from", "扫描编号"), "number", lambda line: line.alert.version.sweep_id
    ),
    Column("as_of", Text("Evidence as of", "证据截止日"), "day", lambda line: line.alert.version.as_of),
    Column(
        "data_cut", Text("Data the evidence comes from", "数据版本"), "id", lambda line: line.alert.version.data_cut
    ),
    Column(
        "evidence_hash", Text("Hash of the evidence", "证据哈希"), "text", lambda line: line.alert.version.evidence_hash
    ),
    Column("fingerprint", Text("What makes it this alert", "预警指纹"), "text", lambda line: line.alert.fingerprint),
)
