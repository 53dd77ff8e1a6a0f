"""Commands that follow money and people: `trace`, `control`, `groups`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import typer

from cli.behind import show_control, show_groups
from cli.detection import chosen_detectors, given_parameters
from cli.surroundings import Surroundings, WrongUsage, print_json
from cli.terminal import Terminal, progress
from detectors.facts.group_exposure import group_exposures
from graph import money
from graph.columns import Text
from graph.control import ControlRegister
from graph.control_history import control_history
from graph.schema import Party
from graph.statement import UnknownLoan, trace_loan
from graph.tracing import Limits, Tracer

RULES = {
    "floor": Text("at least (floor)", "至少（下限）"),
    "floor_least_opening": Text("at least, if accounts opened with the least", "至少（按最低期初余额）"),
    "lowest_balance": Text("lowest intermediate balance", "最低中间余额"),
    "lifo": Text("last in first out", "后进先出"),
    "fifo": Text("first in first out", "先进先出"),
    "pro_rata": Text("pro rata", "按比例"),
    "ceiling": Text("at most (ceiling)", "至多（上限）"),
}
ACCOUNT, LOW, HIGH = Text("account", "账户"), Text("at least", "至少"), Text("at most", "至多")
AMOUNT, WAY, RULE = Text("amount", "金额"), Text("transfers", "交易"), Text("came back", "回流")
UNSEEN, CONCERNS = Text("not seen", "看不到的"), Text("concerns", "涉及")
SHOWN = 50
"""Rows of a table on the terminal; --json has all of them."""


def trace(
    ctx: typer.Context,
    loan_id: Annotated[str | None, typer.Argument(metavar="LOAN_ID", help="the loan to follow")] = None,
    everything: Annotated[bool, typer.Option("--all", help="every loan")] = False,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="DETECTOR.NAME=VALUE", help="a parameter of loan_money_returns; repeatable"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a loan, a line each")] = False,
) -> None:
    """Follow every drawdown: what came back, where the rest went, what is not visible. 追踪贷款资金去向。"""
    if (loan_id is None) != everything:
        raise WrongUsage("name one loan, or --all")
    chosen = chosen_detectors(["loan_money_returns"])
    params = given_parameters(chosen, param or []).get("loan_money_returns", chosen["loan_money_returns"].Params())
    limits = Limits(params.horizon_days, params.max_hops, params.hub_counterparties)
    here = Surroundings.of(ctx)
    snapshot = here.snapshot()
    tracer = Tracer(snapshot, ControlRegister.of(snapshot))
    loans = sorted(tracer.loans) if loan_id is None else [loan_id]
    try:
        for statement in _each(here, loans, lambda id_: trace_loan(tracer, id_, limits), "trace"):
            if as_json:
                print_json(statement)
            else:
                _show_statement(here.terminal, statement)
    except UnknownLoan as error:
        raise WrongUsage(str(error.args[0])) from None


def control(
    ctx: typer.Context,
    party_id: Annotated[str | None, typer.Argument(metavar="PARTY_ID", help="the party asked about")] = None,
    everything: Annotated[bool, typer.Option("--all", help="every company")] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="as of this day; default: latest record"),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="since when, and what changed")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="with the paths that carry each result")] = False,
    cascade: Annotated[
        bool, typer.Option("--cascade", help="with what it owns half or more of, level by level (OFAC 50 % rule)")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a party, a line each")] = False,
) -> None:
    """Who controls a party and who benefits from it, as of a day. 查看控制人、受益所有人与关联集团。"""
    if (party_id is None) != everything:
        raise WrongUsage("name one party, or --all for every company")
    if everything and (history or explain or cascade):
        raise WrongUsage("--history, --explain and --cascade are about one party: name it instead of --all")
    here = Surroundings.of(ctx)
    snapshot = here.snapshot()
    if party_id is not None and snapshot.ids(Party).code(party_id) < 0:
        raise WrongUsage(f"no party {party_id!r} is loaded")
    day = as_of.date() if as_of else snapshot.latest_day or here.today
    register = ControlRegister.of(snapshot)
    answers = register.as_of(day)
    companies = (party.party_id for party in snapshot.rows(Party) if party.kind == "company")
    parties = list(companies) if party_id is None else [party_id]
    if party_id is None:
        answers.prepare()  # everybody at once instead of one by one
    for answer in _each(here, parties, answers.to_json, "control"):
        id_ = answer["party_id"]
        if history:
            answer["history"] = [period.to_json() for period in control_history(register, id_)]
        if explain:
            answer["paths"], answer["error_bound"] = answers.explained(id_), answers.error_bound(id_)
        if cascade:
            answer["cascade"] = [{"party_id": c, "share": share} for c, share in answers.cascade([id_]).items()]
        if as_json:
            print_json(answer)
        else:
            show_control(here.terminal, answer)


def groups(
    ctx: typer.Context,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="as of this day; default: latest record"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a group, a line each")] = False,
) -> None:
    """What each control group owes, beside the groups that were declared. 关联集团与已申报集团的欠款对比。"""
    here = Surroundings.of(ctx)
    snapshot = here.snapshot()
    day = as_of.date() if as_of else snapshot.latest_day or here.today
    cut = snapshot.until(day)
    found = list(group_exposures(cut, ControlRegister.of(cut), day))
    if as_json:
        for group in found:
            print_json(group.to_json())
    else:
        show_groups(here.terminal, found, day)


def _each(here: Surroundings, ids: list[str], answer: Any, what: str) -> Iterable[dict[str, Any]]:
    with progress(what) as step:
        for done, id_ in enumerate(ids):
            if len(ids) > 1:
                step(what, done, len(ids))
            yield answer(id_)


def _show_statement(terminal: Terminal, statement: dict[str, Any]) -> None:
    if not statement["drawdowns"]:
        terminal.say(Text("loan {loan} was never drawn", "贷款 {loan} 未放款"), loan=statement["loan_id"])
    for drawdown in statement["drawdowns"]:
        currency = drawdown["currency"]

        def shown(minor: int | None, currency: str = currency) -> str:
            return "–" if minor is None else money.text(minor, currency)

        terminal.say(
            Text(
                "\nloan {loan}, drawdown {drawdown}: {amount} drawn, at most {unseen} left our sight",
                "\n贷款 {loan}，放款 {drawdown}：金额 {amount}，至多 {unseen} 流出视野",
            ),
            loan=statement["loan_id"],
            drawdown=drawdown["drawdown_id"],
            amount=shown(drawdown["amount"]),
            unseen=shown(drawdown["not_visible"]),
        )
        returned = [(terminal.word(RULES[rule]), shown(minor)) for rule, minor in drawdown["returned"].items()]
        terminal.table((RULE, AMOUNT), returned, numbers=(AMOUNT,))
        if drawdown["paths"]:
            ways = [(shown(path["amount"]), " → ".join(path["transfers"])) for path in drawdown["paths"][:SHOWN]]
            terminal.table((AMOUNT, WAY), ways, numbers=(AMOUNT,))
            without = Text("without {transfers} nothing came back", "若无 {transfers}，则无回流")
            terminal.say(without, transfers=", ".join(drawdown["counterfactual"]))
        if drawdown["destinations"]:
            ends = [
                (
                    end["account_id"] or terminal.word(Text("nobody named", "未知")),
                    shown(end["low"]),
                    shown(end["high"]),
                )
                for end in drawdown["destinations"][:SHOWN]
            ]
            terminal.table((ACCOUNT, LOW, HIGH), ends, numbers=(LOW, HIGH))
        if drawdown["blind_spots"]:
            blind = [
                (blind["kind"], ", ".join(blind["ids"][:10]) or "–", shown(blind["amount"]))
                for blind in drawdown["blind_spots"]
            ]
            terminal.table((UNSEEN, CONCERNS, AMOUNT), blind, numbers=(AMOUNT,))
