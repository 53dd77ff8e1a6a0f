"""The `loantrail` command: one function a command, each thin.

Exit codes: 0 done; 1 done, with records quarantined, detectors failed, or something found changed; 2 wrong usage;
3 store or casebook not reachable. With ``--json`` standard output holds one JSON document and nothing else.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated, Any

import structlog
import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from casebook import (
    AttachmentRefused,
    CasebookUnavailable,
    CaseRefused,
    DecisionRefused,
    ErasureRefused,
    GrantRefused,
    NotAllowed,
    PurposeMissing,
    RetentionRefused,
    SuppressionRefused,
    SweepRunning,
    UnknownAlert,
    UnknownCase,
)
from cli import (
    cases,
    casework,
    data,
    detection,
    exporting,
    following,
    identity,
    mapping,
    neo4j_import,
    people,
    reviewing,
    scheduling,
    statements,
    trust,
)
from cli.surroundings import OUR_FAULT, STANDARD_OUTPUT, UNREACHABLE, WRONG_USAGE, Surroundings, WrongUsage
from cli.terminal import Terminal, log_to_stderr
from detectors.contract import ParameterError
from exports.manifest import NotVerifiable
from graph.erasure import UnknownParty
from graph.snapshot import SnapshotError
from graph.store import StoreUnavailable
from ingest.load import NothingToRetract
from ingest.problems import FileRefused
from settings import Settings
from sweeps.sweep import SweepError, code_version

EXIT_CODES: dict[type[Exception], int] = {
    StoreUnavailable: UNREACHABLE,
    CasebookUnavailable: UNREACHABLE,
    SnapshotError: UNREACHABLE,
    SweepRunning: UNREACHABLE,
    WrongUsage: WRONG_USAGE,
    ParameterError: WRONG_USAGE,
    SweepError: WRONG_USAGE,
    FileRefused: WRONG_USAGE,
    NothingToRetract: WRONG_USAGE,
    NotAllowed: WRONG_USAGE,
    DecisionRefused: WRONG_USAGE,
    GrantRefused: WRONG_USAGE,
    SuppressionRefused: WRONG_USAGE,
    UnknownAlert: WRONG_USAGE,
    UnknownCase: WRONG_USAGE,
    UnknownParty: WRONG_USAGE,
    CaseRefused: WRONG_USAGE,
    AttachmentRefused: WRONG_USAGE,
    PurposeMissing: WRONG_USAGE,
    ErasureRefused: WRONG_USAGE,
    RetentionRefused: WRONG_USAGE,
    NotVerifiable: WRONG_USAGE,
    OSError: WRONG_USAGE,
}
"""What each kind of error means to whoever called. Their messages are written for that person."""


class Commands(TyperGroup):
    """All commands; turns errors into one line and an exit code. A stack is for the log, never for the user."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """``sweep --json`` without a file prints, as ``--json`` does everywhere else."""
        if "sweep" in args and "--json" in args:
            after = args.index("--json") + 1
            if after == len(args) or (args[after].startswith("-") and args[after] != STANDARD_OUTPUT):
                args = [*args[:after], STANDARD_OUTPUT, *args[after:]]
        return list(super().parse_args(ctx, args))

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise
        except tuple(EXIT_CODES) as error:
            structlog.get_logger("cli").debug("stopped", exc_info=True)
            code = next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
            raise _stopped(str(error), code) from None
        except Exception as error:
            structlog.get_logger("cli").exception("an error nobody foresaw")
            raise _stopped(f"{type(error).__name__}: {error}\nThis is an error of ours.", OUR_FAULT) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Follow a loan's money and the people behind it after the loan is paid out. 贷后资金追踪与关联分析。",
)
app.command()(data.demo)
app.command()(data.schema)
app.command()(data.load)
app.command("map")(mapping.map_)
app.command()(data.loads)
app.command()(data.retract)
app.command()(statements.statements)
app.command("neo4j-import")(neo4j_import.neo4j_import)
app.command()(data.check)
app.command()(detection.detectors)
app.command()(detection.sweep)
app.command()(following.trace)
app.command()(following.control)
app.command()(following.groups)
app.command()(reviewing.checklist)
app.command()(reviewing.indicators)
app.command()(reviewing.diary)
app.add_typer(casework.alerts, name="alerts")
app.add_typer(identity.identity, name="identity")
app.add_typer(people.people, name="people")
app.add_typer(cases.cases, name="cases")
app.add_typer(trust.audit, name="audit")
app.add_typer(trust.retention, name="retention")
app.command()(trust.erase)
app.command()(exporting.export)
app.command()(scheduling.schedule)
app.command()(casework.serve)


@app.callback(invoke_without_command=True)
def surroundings(
    ctx: typer.Context,
    verbose: Annotated[bool, typer.Option("--verbose", help="log everything, with stacks")] = False,
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
) -> None:
    """Read the settings once, before any command."""
    log_to_stderr(verbose=verbose)
    if version:
        typer.echo(code_version())
        raise typer.Exit
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = [f"LOANTRAIL_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()]
        raise _stopped("; ".join(wrong), WRONG_USAGE) from None
    ctx.obj = Surroundings(settings, Terminal(settings.language))


def main() -> None:
    """The entry point of the `loantrail` script. Output is UTF-8 whatever the terminal's locale says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app(prog_name="loantrail")


def _stopped(message: str, code: int) -> typer.Exit:
    typer.echo(f"loantrail: {message}", err=True)
    return typer.Exit(code)
