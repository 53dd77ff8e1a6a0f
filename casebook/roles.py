"""Who may do what: one table, asked by every service of the casebook."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is in the casebook."""

    VIEWER = "viewer"
    INVESTIGATOR = "investigator"
    REVIEWER = "reviewer"
    COMPLIANCE = "compliance"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What takes a role; every role may read alerts."""

    SWEEP = "fold a sweep"
    WORK = "review and note"
    CLOSE = "confirm and dismiss"
    SECOND = "confirm the dismissal of a red alert"
    SUPPRESS = "suppress"
    EXPORT = "export"
    AUDIT = "read the audit log"


V, I, R, C, A = Role.VIEWER, Role.INVESTIGATOR, Role.REVIEWER, Role.COMPLIANCE, Role.ADMINISTRATOR  # noqa: E741

ALLOWED: dict[Action, frozenset[Role]] = {
    Action.SWEEP: frozenset({I, R, C, A}),
    Action.WORK: frozenset({I, R, C}),
    Action.CLOSE: frozenset({I, R, C}),
    Action.SECOND: frozenset({R, C}),
    Action.SUPPRESS: frozenset({R, C}),
    Action.EXPORT: frozenset({R, C}),
    Action.AUDIT: frozenset({C, A}),
}
"""Administrators run the machine and read its log; they decide nothing."""


@dataclass(frozen=True)
class Actor:
    """A person, or a program that acts for one, and the role it acts in."""

    name: str
    role: Role

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("who is acting must have a name: set LOANTRAIL_USER")

    def same_person_as(self, name: str) -> bool:
        """Whether `name` is this actor; case and spaces around it do not make another person."""
        return self.name.strip().casefold() == name.strip().casefold()


class NotAllowed(Exception):
    """The actor's role does not allow this; the message names the roles that do."""


def require(actor: Actor, action: Action) -> None:
    """Raise `NotAllowed` unless the actor's role may do this."""
    if actor.role not in ALLOWED[action]:
        able = ", ".join(role for role in Role if role in ALLOWED[action])
        raise NotAllowed(f"{actor.name} is {actor.role} and may not {action}; this takes one of: {able}")
