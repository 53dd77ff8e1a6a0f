"""Commands about records that may be one party: `identity find`, `list`, `join`, `refuse`, `reopen`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cli.surroundings import Surroundings, WrongUsage, print_json
from graph.columns import Text
from graph.same_party import REASONS
from graph.schema import Party, SameParty
from graph.store import GraphStore
from sweeps import same_party
from sweeps.same_party import Decision

identity = typer.Typer(
    no_args_is_help=True,
    help="Records of parties that may be one: proposed, decided by people. 主体识别：同一主体的多条记录。",
)

ONE, OTHER, CONFIDENCE = Text("record", "记录"), Text("other record", "另一记录"), Text("confidence", "把握")
WHY, STATE = Text("why", "依据"), Text("state", "状态")
STATES = {
    "joined": Text("taken as one", "视为同一主体"),
    "proposed": Text("to be decided", "待确认"),
    "refused": Text("kept apart", "确认为不同主体"),
}
AS_JSON = Annotated[bool, typer.Option("--json", help="print one JSON document")]
ID = Annotated[str, typer.Argument(metavar="PARTY", help="id of a party")]
REASON = Annotated[str, typer.Option("--reason", help="why; it goes into the audit log")]


@identity.command()
def find(ctx: typer.Context, as_json: AS_JSON = False) -> None:
    """Compare all parties: equal checked numbers are one party, likenesses are proposed. 比对全部主体。"""
    here = Surroundings.of(ctx)
    with here.store() as store:
        found = same_party.find(store, at=here.now())
    if as_json:
        print_json(asdict(found))
        return
    told = Text(
        "{joined} pairs are one by their number, {proposed} are proposed, {known} were known: loantrail identity list",
        "证件号码一致 {joined} 对，待确认 {proposed} 对，原有 {known} 对：loantrail identity list",
    )
    here.terminal.say(told, **asdict(found))


@identity.command("list")
def list_(
    ctx: typer.Context,
    state: Annotated[str, typer.Option(help="proposed, joined, refused or all")] = "proposed",
    as_json: AS_JSON = False,
) -> None:
    """List pairs, the most confident first. 列出待确认或已确认的记录对。"""
    here = Surroundings.of(ctx)
    if state not in (*STATES, "all"):
        raise WrongUsage(f"no state is named {state!r}; there are {', '.join(STATES)}, all")
    with here.store() as store:
        rows = [row for row in same_party.relations(store) if state in ("all", row.state)]
        names = _names(store, rows)
    if as_json:
        print_json({"pairs": [vars(row) for row in rows]})
        return
    word = here.terminal.word
    shown = [
        (
            f"{row.party_id} {names.get(row.party_id, '')}",
            f"{row.other_id} {names.get(row.other_id, '')}",
            f"{row.confidence:.2f}",
            "; ".join(word(REASONS[key]) for key in (row.reasons or "").split(", ") if key in REASONS),
            word(STATES[row.state]),
        )
        for row in rows
    ]
    here.terminal.table((ONE, OTHER, CONFIDENCE, WHY, STATE), shown, numbers=(CONFIDENCE,))


@identity.command()
def join(ctx: typer.Context, one: ID, other: ID, reason: REASON) -> None:
    """Take two records as one party from the next sweep on; it can be undone. 确认为同一主体。"""
    _decide(ctx, one, other, "join", reason)


@identity.command()
def refuse(ctx: typer.Context, one: ID, other: ID, reason: REASON) -> None:
    """Keep two records apart, and do not propose them again. 确认为不同主体。"""
    _decide(ctx, one, other, "refuse", reason)


@identity.command()
def reopen(ctx: typer.Context, one: ID, other: ID, reason: REASON) -> None:
    """Undo a decision: the pair is proposed again. 撤销决定，重新待确认。"""
    _decide(ctx, one, other, "reopen", reason)


def _decide(ctx: typer.Context, one: str, other: str, decision: Decision, reason: str) -> None:
    here = Surroundings.of(ctx)
    with here.store() as store, here.casebook() as casebook:
        try:
            row = same_party.decide(
                store, casebook, one, other, decision, actor=here.actor, reason=reason, at=here.now()
            )
        except ValueError as error:
            raise WrongUsage(str(error)) from None
    told = Text("{one} and {other}: {state}", "{one} 与 {other}：{state}")
    here.terminal.say(told, one=row.party_id, other=row.other_id, state=here.terminal.word(STATES[row.state]))


def _names(store: GraphStore, rows: list[SameParty]) -> dict[str, str]:
    ids = sorted({id_ for row in rows for id_ in (row.party_id, row.other_id)})
    found = store.fetch(Party.TABLE.name, ids)
    return {
        id_: name
        for id_, name in zip(found["party_id"].to_pylist(), found["name"].to_pylist(), strict=True)
        if name is not None
    }
