"""What a load did, shown to people: one table with a line a file, then what they should know of each."""

from __future__ import annotations

import os

from cli.terminal import Terminal
from graph import money
from graph.columns import Text
from graph.statement_periods import PeriodFault
from ingest.report import FileReport, LoadReport

SHOWN_FAULTS = 20
"""Faults of a file that the terminal shows; quarantine and --json have more."""
SHOWN_PERIODS = 20

FILE, FORMAT, READ, NEW = Text("file", "文件"), Text("format", "格式"), Text("read", "读入"), Text("new", "新增")
CHANGED, SAME, SET_ASIDE = Text("changed", "更新"), Text("as before", "未变"), Text("quarantined", "隔离")
WARNINGS, PERIOD, BALANCES = Text("warnings", "警告"), Text("period", "期间"), Text("balances", "余额核对")
STATE = Text("", "")
LINE, COLUMN, VALUE = Text("line", "行"), Text("column", "列"), Text("value", "值")
PROBLEM, ACCEPTED = Text("problem", "问题"), Text("accepted", "可接受")
AGREES = {True: Text("add up", "相符"), False: Text("do NOT add up", "不符"), None: Text("–", "–")}
PERIOD_FAULTS = {
    "gap": Text(
        "{account}: no statement for {days}; the balance differs by {off} across it",
        "{account}：{days} 无对账单，前后余额相差 {off}",
    ),
    "overlap": Text("{account}: two statements cover {days}", "{account}：{days} 有两份对账单重叠"),
    "jump": Text(
        "{account}: the statement after {since} begins with a balance {off} away from where the one before ends",
        "{account}：{since} 之后的对账单期初余额与上期期末余额相差 {off}",
    ),
}
UNKNOWN = Text("an unknown amount", "不详")


def show_load(terminal: Terminal, report: LoadReport) -> None:
    """Print the report of a load."""
    numbers = (READ, NEW, CHANGED, SAME, SET_ASIDE, WARNINGS)
    folder = os.path.commonpath([os.path.dirname(file.file) for file in report.files]) if report.files else ""
    rows = [_row(terminal, file, os.path.relpath(file.file, folder or ".")) for file in report.files]
    terminal.table((FILE, FORMAT, *numbers, PERIOD, BALANCES, STATE), rows, numbers)
    for file in report.files:
        for notice in (*file.warnings, *file.notes):
            said = Text("{file}: {reason}", "{file}：{reason}")
            terminal.say(said, file=file.file, reason=terminal.word(notice.problem.reason))
        if file.faults:
            _show_faults(terminal, file)
    show_period_faults(terminal, report.period_faults)
    for passed in report.passed_over:
        terminal.say(Text("{file}: not data of ours, passed over", "{file}：不是本系统数据，已略过"), file=passed)
    if report.dry_run:
        terminal.say(Text("dry run: nothing was changed", "试运行：未作任何更改"))


def show_period_faults(terminal: Terminal, faults: list[PeriodFault]) -> None:
    """Print where the statements of an account do not follow one another."""
    for fault in faults[:SHOWN_PERIODS]:
        days = str(fault.since) if fault.since == fault.until else f"{fault.since} – {fault.until}"
        off = terminal.word(UNKNOWN) if fault.off_minor is None else money.text(fault.off_minor, fault.currency)
        terminal.say(PERIOD_FAULTS[fault.kind], account=fault.account_id, days=days, since=fault.since, off=off)
    if len(faults) > SHOWN_PERIODS:
        told = Text("{count} more: loantrail statements", "另有 {count} 处，见 loantrail statements")
        terminal.say(told, count=len(faults) - SHOWN_PERIODS)


def _row(terminal: Terminal, file: FileReport, name: str) -> tuple[object, ...]:
    """`name`: of the file within the folder that all of them lie in."""
    period = "" if file.period is None else " – ".join(dict.fromkeys(map(str, file.period)))
    balances = terminal.word(AGREES[file.agrees]) if file.statements else ""
    counts = (file.read, file.loaded.inserted, file.loaded.updated, file.loaded.unchanged, file.quarantined)
    return name, file.format, *counts, len(file.warnings), period, balances, _state(terminal, file)


def _state(terminal: Terminal, file: FileReport) -> str:
    if file.refused is not None:
        refused = terminal.word(Text("refused: {reason}; accepted: {accepted}", "拒收：{reason}；可接受：{accepted}"))
        problem = file.refused
        return refused.format(reason=terminal.word(problem.reason), accepted=terminal.word(problem.accepted))
    if file.again:
        return terminal.word(Text("was loaded before", "此前已装载"))
    there = Text("{count} were there already", "{count} 笔此前已载入")
    return terminal.word(there).format(count=file.there_already) if file.there_already else ""


def _show_faults(terminal: Terminal, file: FileReport) -> None:
    terminal.say(Text("\n{file}: {count} faults", "\n{file}：{count} 处错误"), file=file.file, count=file.fault_count)
    rows = [
        (fault.line, fault.column, fault.value, terminal.word(fault.problem.reason),
         terminal.word(fault.problem.accepted))
        for fault in file.faults[:SHOWN_FAULTS]
    ]  # fmt: skip
    terminal.table((LINE, COLUMN, VALUE, PROBLEM, ACCEPTED), rows, numbers=(LINE,))
    if file.quarantine_file is not None:
        terminal.say(Text("all of them: {path}", "全部见 {path}"), path=file.quarantine_file)
