"""How the command line shows things to people: tables and sentences in their language, progress, log lines.

What other programs read (`--json`) never passes through here. Everything shown goes to standard output, progress
and log to standard error. Text that comes from files is stripped of control characters, so that no name can move
the cursor, and is never read as markup.
"""

from __future__ import annotations

import logging
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text as Styled

from casebook import Alert
from graph import money
from graph.columns import Text
from presentation.words import Words, load_catalogue

PIPE_WIDTH = 200
"""Characters in a line where standard output is no terminal."""

SEVERITIES = {
    "R": (Text("red: act now", "红：立即处理"), "bold red"),
    "O": (Text("orange: act on it", "橙：处理"), "bold dark_orange"),
    "Y": (Text("yellow: look at it", "黄：关注"), "yellow"),
}
STATUSES = {
    "open": Text("open", "待处理"),
    "in_review": Text("in review", "核查中"),
    "confirmed": Text("confirmed", "已确认"),
    "dismissed": Text("dismissed", "已排除"),
    "no_longer_seen": Text("no longer seen", "不再出现"),
}
ACTIONS = {
    "review": Text("review", "开始核查"),
    "note": Text("note", "备注"),
    "confirm": Text("confirm", "确认"),
    "dismiss": Text("dismiss", "排除"),
    "propose_dismissal": Text("propose dismissal", "建议排除"),
    "reopen": Text("reopen", "重新打开"),
    "reopened": Text("reopened by new evidence", "因新证据重新打开"),
    "seen_again": Text("seen again", "再次出现"),
    "no_longer_seen": Text("no longer seen", "不再出现"),
    "assign": Text("assign", "分派"),
    "due": Text("day due", "办结期限"),
    "attach": Text("attach", "添加附件"),
    "into_case": Text("into case", "并入案件"),
    "out_of_case": Text("out of case", "移出案件"),
    "open": Text("open", "立案"),
    "add": Text("add", "并入预警"),
    "remove": Text("remove", "移出预警"),
    "suspicious": Text("suspicious transaction", "标记可疑交易"),
    "unsuspicious": Text("ordinary again", "取消可疑交易标记"),
    "close": Text("close", "结案"),
}


class Terminal:
    """Standard output for a reader of `language`, ``en`` or ``zh``."""

    def __init__(self, language: str) -> None:
        self.language = language
        width = None if sys.stdout.isatty() else PIPE_WIDTH
        self.console = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)

    def word(self, text: Text) -> str:
        """A text in the reader's language."""
        return text.zh if self.language == "zh" else text.en

    def words(self) -> Words:
        """The catalogue's words in the reader's language, for what the desk tells too."""
        return Words(load_catalogue(), "zh" if self.language == "zh" else "en")

    def say(self, text: Text, /, **values: object) -> None:
        """One sentence, its template filled with values."""
        self.console.print(clean(self.word(text).format(**values)))

    def status(self, status: str) -> str:
        """A status as people call it."""
        return self.word(STATUSES[status]) if status in STATUSES else status

    def action(self, action: str) -> str:
        """A step in an alert's life as people call it."""
        return self.word(ACTIONS[action]) if action in ACTIONS else action

    def severity(self, severity: str) -> Styled:
        """A severity in words and colour."""
        text, style = SEVERITIES[severity]
        return Styled(self.word(text), style=style)

    def amount(self, low: int | None, high: int | None, currency: str | None) -> str:
        """An amount, or the range it lies in: ``1,200.00 - 1,500.00 CNY``."""
        if low is None or high is None or currency is None:
            return ""
        if low == high:
            return money.text(high, currency)
        return f"{money.decimal(low, currency):,} - {money.text(high, currency)}"

    def table(self, headings: Sequence[Text], rows: Iterable[Sequence[object]], numbers: Sequence[Text] = ()) -> None:
        """A table; cells that do not fit are folded, never cut; columns headed by one of `numbers` end at the right."""
        named = any(self.word(heading) for heading in headings)
        table = Table(show_edge=False, pad_edge=False, show_header=named)
        for heading in headings:
            number = heading in numbers
            justify: Literal["left", "right"] = "right" if number else "left"
            table.add_column(Styled(self.word(heading)), justify=justify, overflow="fold", no_wrap=number)
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Styled) else Styled(clean(str(cell))) for cell in row))
        self.console.print(table)


def shown_status(terminal: Terminal, alert: Alert) -> str:
    """An alert's status, with the suppressions that cover it."""
    words = terminal.status(alert.status)
    if alert.suppressed_by:
        numbers = ", ".join(str(number) for number in alert.suppressed_by)
        words += terminal.word(Text(" (suppressed: {n})", "（豁免 {n}）")).format(n=numbers)
    return words


def clean(text: str) -> str:
    """The text with every control and formatting character but the line end replaced, so that it shows as it is."""
    return "".join("�" if mark != "\n" and unicodedata.category(mark) in _UNSEEN else mark for mark in text)


_UNSEEN = ("Cc", "Cf", "Cs")


@contextmanager
def progress(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Report how far long work is: a bar on a terminal, a log line for each step elsewhere.

    Gives a function that takes what is being done, how much is done, and how much there is.
    """
    if not sys.stderr.isatty():
        log, last = structlog.get_logger(what), ""

        def line(step: str, done: int, total: int) -> None:
            nonlocal last
            if step != last:
                log.info(what, step=step, done=done, total=total)
                last = step

        yield line
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stderr, markup=False, emoji=False), transient=True) as bars:
        task = bars.add_task(what, total=None)

        def bar(step: str, done: int, total: int) -> None:
            bars.update(task, description=f"{what} {clean(step)}", completed=done, total=total)

        yield bar


def log_to_stderr(*, verbose: bool) -> None:
    """Structured log: JSON lines with stacks where standard error is no terminal; warnings, and stacks only when
    `verbose`, where it is one."""
    terminal = sys.stderr.isatty()
    level = logging.DEBUG if verbose else logging.WARNING if terminal else logging.INFO
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if terminal:
        if not verbose:
            processors.append(_without_stack)
        processors.append(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
    else:
        processors += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # whichever it is when something is logged
        cache_logger_on_first_use=False,
    )


def route_standard_logging() -> None:
    """What libraries log (warnings and worse) goes the same way as our own log."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logger = structlog.get_logger(record.name)
            logger.log(record.levelno, record.getMessage(), exc_info=record.exc_info)

    logging.basicConfig(handlers=[Handler()], level=logging.WARNING, force=True)


def _without_stack(_: Any, __: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in event.items() if name != "exc_info"}
