"""The list of suspicious links as CSV: one line an alert, with all that it rests on.

UTF-8 with a byte order mark, so that spreadsheets read the Chinese; lines end in CR LF (RFC 4180); every cell is
quoted. Amounts are decimals of the currency beside them. The file depends on the casebook's content and the language
alone: the same list again is the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from casebook import Alert, Casebook, Decision, Extract, Filter
from exports.manifest import Exported, Request, publish
from exports.spreadsheet import safe, safe_id
from graph import money
from graph.columns import Text

SUSPICIOUS = Filter(statuses=("open", "in_review", "confirmed"))
"""What a list holds unless it is asked otherwise."""

STATUS_ZH = {
    "open": "待处理",
    "in_review": "核查中",
    "confirmed": "已确认",
    "dismissed": "已排除",
    "no_longer_seen": "不再出现",
}
SEVERITY_ZH = {"R": "红", "O": "橙", "Y": "黄"}


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
    """One column: its name in an English list, its meaning, and its cell."""

    name: str
    meaning: Text
    cell: Callable[[Line], str]


def export_csv(
    casebook: Casebook,
    out: Path,
    *,
    request: Request,
    today: date,
    wanted: Filter = SUSPICIOUS,
    language: str = "en",
) -> Exported:
    """Write the alerts wanted to `out`, with its manifest beside it; see `exports.manifest.publish`."""
    extract = casebook.extract(wanted, today=today)
    columns = [{"name": c.name, "en": c.meaning.en, "zh": c.meaning.zh} for c in COLUMNS]
    return publish(casebook, extract, out, render(extract, language), format_="csv", columns=columns, request=request)


def render(extract: Extract, language: str) -> bytes:
    """The list as bytes; ``zh`` has Chinese headings, statuses and severities."""
    chinese = language == "zh"
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([column.meaning.zh if chinese else column.name for column in COLUMNS])
    for alert in extract.alerts:
        line = Line(alert, extract.decided.get(alert.alert_id), chinese)
        writer.writerow([column.cell(line) for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _amount(minor: int | None, currency: str | None) -> str:
    return "" if minor is None or currency is None else f"{money.decimal(minor, currency):f}"


def _records(line: Line) -> str:
    currency = line.alert.currency
    return "; ".join(
        " ".join(part for part in (record["table"], safe(record["id"]), _amount(record["amount"], currency)) if part)
        for record in line.finding["evidence"]
    )


def _paths(line: Line) -> str:
    return "; ".join(
        f"{_amount(path['amount'], line.alert.currency)}: {' > '.join(path['transfers'])}"
        for path in line.finding["paths"]
    )


def _blind_spots(line: Line) -> str:
    return "; ".join(
        " ".join([spot["kind"], _amount(spot["amount"], line.alert.currency), *spot["ids"]]).replace("  ", " ").strip()
        for spot in line.finding["blind_spots"]
    )


def _decision(name: str) -> Callable[[Line], str]:
    return lambda line: "" if line.decision is None else safe(str(getattr(line.decision, name)))


COLUMNS: tuple[Column, ...] = (
    Column("alert", Text("Number of the alert", "预警编号"), lambda line: str(line.alert.alert_id)),
    Column(
        "severity",
        Text("R act now, O act on it, Y look at it", "级别"),
        lambda line: SEVERITY_ZH[line.alert.severity] if line.chinese else line.alert.severity,
    ),
    Column(
        "status",
        Text("What became of it so far", "状态"),
        lambda line: STATUS_ZH[line.alert.status] if line.chinese else line.alert.status,
    ),
    Column(
        "suppressed_by",
        Text("Suppressions that cover it", "豁免编号"),
        lambda line: "; ".join(str(number) for number in line.alert.suppressed_by),
    ),
    Column("detector", Text("What found it", "规则"), lambda line: line.alert.detector),
    Column("subject_table", Text("Kind of record it is about", "对象类型"), lambda line: line.alert.subject_table),
    Column("subject_id", Text("Record it is about", "对象编号"), lambda line: safe_id(line.alert.subject_id)),
    Column("loan_id", Text("Loan", "借据编号"), lambda line: safe_id(line.alert.loan_id or "")),
    Column("currency", Text("Currency", "币种"), lambda line: line.alert.currency or ""),
    Column(
        "amount_low",
        Text("Amount, at least", "金额下限"),
        lambda line: _amount(line.alert.amount_low, line.alert.currency),
    ),
    Column(
        "amount_high",
        Text("Amount, at most", "金额上限"),
        lambda line: _amount(line.alert.amount_high, line.alert.currency),
    ),
    Column("message_en", Text("What was found, in English", "发现（英文）"), lambda line: safe(_message(line, "en"))),
    Column("message_zh", Text("What was found, in Chinese", "发现（中文）"), lambda line: safe(_message(line, "zh"))),
    Column(
        "parties",
        Text("Parties", "相关主体"),
        lambda line: "; ".join(safe_id(party) for party in line.finding["parties"]),
    ),
    Column("evidence", Text("Records it rests on, with the amount attributed", "证据（记录与金额）"), _records),
    Column("paths", Text("Ways the money took", "资金路径"), lambda line: safe(_paths(line))),
    Column("blind_spots", Text("What could not be seen", "看不到的"), lambda line: safe(_blind_spots(line))),
    Column("first_as_of", Text("First found as of", "首次发现日"), lambda line: line.alert.first_as_of.isoformat()),
    Column("last_as_of", Text("Last found as of", "最近发现日"), lambda line: line.alert.last_as_of.isoformat()),
    Column(
        "found_last_time",
        Text("Whether the last sweep that looked found it", "最近一次是否发现"),
        lambda line: ("是" if line.alert.seen else "否") if line.chinese else ("yes" if line.alert.seen else "no"),
    ),
    Column("decision", Text("Last decision", "最近决定"), _decision("action")),
    Column("decided_by", Text("Who decided", "决定人"), _decision("decided_by")),
    Column("decided_at", Text("When", "决定时间"), _decision("decided_at")),
    Column("reason", Text("Why", "决定理由"), _decision("reason")),
    Column("version", Text("Version of the evidence", "证据版本"), lambda line: str(line.alert.version.number)),
    Column("sweep", Text("Sweep the evidence comes from", "扫描编号"), lambda line: str(line.alert.version.sweep_id)),
    Column("as_of", Text("Evidence as of", "证据截止日"), lambda line: line.alert.version.as_of.isoformat()),
    Column("data_cut", Text("Data the evidence comes from", "数据版本"), lambda line: line.alert.version.data_cut),
    Column("evidence_hash", Text("Hash of the evidence", "证据哈希"), lambda line: line.alert.version.evidence_hash),
    Column("fingerprint", Text("What makes it this alert", "预警指纹"), lambda line: line.alert.fingerprint),
)


def _message(line: Line, language: str) -> str:
    return str(line.finding["message"][language])
