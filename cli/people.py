"""Commands about who may work in which role, where people sign in to the desk: `people`."""

from __future__ import annotations

from typing import Annotated

import typer

from casebook import Role
from cli.surroundings import Surroundings, WrongUsage, print_json
from graph.columns import Text

PERSON, ROLE, SINCE = Text("person", "人员"), Text("role", "角色"), Text("since", "授予时间")
GIVEN_BY, WHY = Text("given by", "授予人"), Text("why", "理由")

people = typer.Typer(
    no_args_is_help=True, help="Who may work at the desk in which role, where people sign in. 人员与角色。"
)
Person = Annotated[str, typer.Argument(metavar="PERSON", help="as the sign-in names them: an e-mail address")]
Reason = Annotated[str, typer.Option(help="why; kept in the audit log")]


@people.command("list")
def people_list(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False
) -> None:
    """List everybody who has a role. 人员列表。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        known = casebook.people(actor=here.actor)
    if as_json:
        print_json({"people": [grant.to_json() for grant in known]})
        return
    rows = [
        (grant.person, grant.role, f"{grant.granted_at.astimezone(here.settings.zone):%Y-%m-%d %H:%M}",
         grant.granted_by, grant.reason)
        for grant in known
    ]  # fmt: skip
    here.terminal.table((PERSON, ROLE, SINCE, GIVEN_BY, WHY), rows)


@people.command("grant")
def people_grant(
    ctx: typer.Context,
    person: Person,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=" | ".join(Role))],
    reason: Reason,
) -> None:
    """Give a person a role; takes LOANTRAIL_ROLE=administrator. 授予角色。"""
    if role not in set(Role):
        raise WrongUsage(f"there is no role {role!r}; there are {', '.join(Role)}")
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        made = casebook.grant(person, Role(role), reason=reason, actor=here.actor, at=here.now())
    here.terminal.say(Text("{who} is {role} now", "{who} 的角色为 {role}"), who=made.person, role=made.role)


@people.command("revoke")
def people_revoke(ctx: typer.Context, person: Person, reason: Reason) -> None:
    """Take a person's role away: they can no longer come in. 取消角色。"""
    here = Surroundings.of(ctx)
    with here.casebook() as casebook:
        made = casebook.grant(person, None, reason=reason, actor=here.actor, at=here.now())
    here.terminal.say(Text("{who} has no role any more", "{who} 不再拥有角色"), who=made.person)
