"""Commands about what is reviewed again and again: `checklist`, `indicators`, `diary`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.surroundings import PARTLY, Surroundings, WrongUsage, print_json
from cli.terminal import progress
from graph import money
from graph.columns import Text
from graph.snapshot import Snapshot
from presentation.unchecked import of_line
from review.checklist import Checklist
from review.diary import KINDS, as_csv, as_icalendar
from review.diary import diary as entries_of
from review.indicators import BY, NAMES
from review.indicators import indicators as figures_of
from sweeps.sweep import run

METHOD, STATUS, WHY = Text("method", "方法"), Text("status", "状态"), Text("why", "说明")
CHECKED, DUE = Text("checked", "检查日"), Text("due", "到期日")
KIND, LOAN, ABOUT, OFFICER = Text("what", "事项"), Text("loan", "贷款"), Text("about", "对象"), Text("officer", "经办")
INDICATOR, KEY, VALUE, COUNT = (
    Text("indicator", "指标"),
    Text("of", "分组"),
    Text("value", "数值"),
    Text("count", "笔数"),
)
LEFT_OUT, ABOVE, BELOW = Text("left out", "未计入"), Text("above the line", "分子"), Text("below the line", "分母")
STATUSES = {
    "green": Text("green", "绿"),
    "yellow": Text("yellow", "黄"),
    "orange": Text("orange", "橙"),
    "red": Text("red", "红"),
    "not_checked": Text("not checked", "未检查"),
}
AsOf = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="as of this day; default: latest record"),
]
Json = Annotated[bool, typer.Option("--json", help="print JSON and nothing else")]
SHOWN = 200
"""Rows of a table on the terminal; --json and the files have all of them."""


def checklist(
    ctx: typer.Context,
    loan_id: Annotated[str | None, typer.Argument(metavar="LOAN_ID", help="the loan to check")] = None,
    everything: Annotated[bool, typer.Option("--all", help="every loan")] = False,
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a loan, a line each")] = False,
) -> None:
    """The ten methods, one line each: what was checked, what was found, what could not be checked. 十大方法检查表。"""
    if (loan_id is None) != everything:
        raise WrongUsage("name one loan, or --all")
    here = Surroundings.of(ctx)
    snapshot = here.snapshot()
    with progress("checklist") as step:
        loans = None if loan_id is None else [loan_id]
        result = run(snapshot, as_of=as_of.date() if as_of else None, loans=loans, progress=step)
    for one in result.checklist:
        if as_json:
            print_json(one.to_json())
        else:
            _show(here, one)
    if result.failed:
        raise typer.Exit(PARTLY)


def indicators(
    ctx: typer.Context,
    by: Annotated[str, typer.Option(help="book, borrower, product, branch (the lender) or month")] = "book",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Overdue rate, income change, debt burden and repayment capacity, with the counts behind them. 贷后指标。"""
    chosen = next((known for known in BY if known == by), None)
    if chosen is None:
        raise WrongUsage(f"--by {by!r} is none of {', '.join(BY)}")
    here = Surroundings.of(ctx)
    snapshot, day = _cut(here, as_of)
    figures = figures_of(snapshot, day, chosen)
    if as_json:
        print_json({"as_of": day.isoformat(), "by": by, "indicators": [figure.to_json() for figure in figures]})
        return
    rows = [
        (
            here.terminal.word(NAMES[figure.indicator]),
            figure.key,
            "–" if figure.value is None else f"{figure.value * 100:.2f} %",
            figure.count,
            figure.left_out,
            money.text(figure.numerator, figure.currency),
            money.text(figure.denominator, figure.currency),
        )
        for figure in figures[:SHOWN]
    ]
    numbers = (VALUE, COUNT, LEFT_OUT, ABOVE, BELOW)
    here.terminal.table((INDICATOR, KEY, VALUE, COUNT, LEFT_OUT, ABOVE, BELOW), rows, numbers=numbers)


def diary(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=0, max=3660, help="how many days ahead")] = 30,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="write it as CSV")] = None,
    ics: Annotated[Path | None, typer.Option("--ics", metavar="FILE", help="write it as iCalendar")] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """What is due in the next days across the book, overdue on top. 贷后工作日历。"""
    here = Surroundings.of(ctx)
    snapshot, day = _cut(here, as_of)
    entries = entries_of(snapshot, day, days)
    if csv is not None:
        csv.write_text(as_csv(entries), encoding="utf-8-sig", newline="")
    if ics is not None:
        ics.write_bytes(as_icalendar(entries, stamp=here.now(), language=here.terminal.language))
    if as_json:
        print_json({"as_of": day.isoformat(), "days": days, "entries": [entry.to_json() for entry in entries]})
        return
    rows = [
        (
            entry.due_on.isoformat() + (" !" if entry.overdue else ""),
            here.terminal.word(KINDS[entry.kind]),
            entry.loan_id,
            f"{entry.about[0]} {entry.about[1]}",
            entry.officer or "–",
        )
        for entry in entries[:SHOWN]
    ]
    here.terminal.table((DUE, KIND, LOAN, ABOUT, OFFICER), rows)
    overdue = sum(entry.overdue for entry in entries)
    counted = Text(
        "{count} due by {last}, of which {overdue} overdue (!)",
        "共 {count} 项至 {days} 天内到期，其中逾期 {overdue} 项（!）",
    )
    here.terminal.say(counted, count=len(entries), last=f"{day} + {days} d", days=days, overdue=overdue)


def _show(here: Surroundings, one: Checklist) -> None:
    terminal = here.terminal
    terminal.say(Text("\nloan {loan} as of {day}", "\n贷款 {loan}，截至 {day}"), loan=one.loan_id, day=one.as_of)
    words = terminal.words()
    rows = [
        (
            line.method,
            terminal.word(STATUSES[line.status]),
            of_line(words, line.to_json()),
            line.checked_on or "–",
            line.due_on or "–",
        )
        for line in one.lines
    ]
    terminal.table((METHOD, STATUS, WHY, CHECKED, DUE), rows)


def _cut(here: Surroundings, as_of: datetime | None) -> tuple[Snapshot, date]:
    snapshot = here.snapshot()
    day = as_of.date() if as_of else snapshot.latest_day
    if day is None:
        raise WrongUsage("the store holds no record with a day: load files first (loantrail load PATH)")
    return snapshot.until(day), day
