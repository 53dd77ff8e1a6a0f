"""Who may do what: one table, asked by every service of the casebook."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from casebook.refusals import Refusal


class Role(StrEnum):
    """What a person is in the casebook."""

    VIEWER = "viewer"
    INVESTIGATOR = "investigator"
    REVIEWER = "reviewer"
    COMPLIANCE = "compliance"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What takes a role."""

    READ = "read alerts and cases"
    SWEEP = "fold a sweep"
    WORK = "review, note, assign and attach"
    CASE = "open and close cases"
    CLOSE = "confirm and dismiss"
    SECOND = "be the second person where it takes two"
    SUPPRESS = "suppress"
    UNMASK = "see personal data unmasked"
    EXPORT = "export"
    HAND_OVER = "hand over personal data unmasked"
    SUSPICIOUS = "see suspicious-transaction cases"
    ERASE = "erase personal data"
    AUDIT = "read the audit log"
    TUNE = "save parameters of detectors"
    GRANT = "give roles"
    RETRACT = "take a load back"
    IDENTITY = "decide which records are one party"


V, I, R, C, A = Role.VIEWER, Role.INVESTIGATOR, Role.REVIEWER, Role.COMPLIANCE, Role.ADMINISTRATOR  # noqa: E741

ALLOWED: dict[Action, frozenset[Role]] = {
    Action.READ: frozenset({V, I, R, C, A}),
    Action.SWEEP: frozenset({I, R, C, A}),
    Action.WORK: frozenset({I, R, C}),
    Action.CASE: frozenset({I, R, C}),
    Action.CLOSE: frozenset({I, R, C}),
    Action.SECOND: frozenset({R, C}),
    Action.SUPPRESS: frozenset({R, C}),
    Action.UNMASK: frozenset({I, R, C}),
    Action.EXPORT: frozenset({R, C}),
    Action.HAND_OVER: frozenset({C}),
    Action.SUSPICIOUS: frozenset({C}),
    Action.ERASE: frozenset({C}),
    Action.AUDIT: frozenset({C, A}),
    Action.TUNE: frozenset({R, C}),
    Action.GRANT: frozenset({A}),
    Action.RETRACT: frozenset({C, A}),
    Action.IDENTITY: frozenset({I, R, C}),
}
"""Administrators run the machine and read its log; they decide nothing. Whoever deals with borrowers may tip them off,
so compliance alone sees suspicious-transaction cases."""


@dataclass(frozen=True)
class Actor:
    """A person, or a program that acts for one, and the role it acts in."""

    name: str
    role: Role

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("who is acting must have a name: set LOANTRAIL_USER")

    def may(self, action: Action) -> bool:
        """Whether the actor's role allows this."""
        return self.role in ALLOWED[action]

    def same_person_as(self, name: str) -> bool:
        """Whether `name` is this actor; case and spaces around it do not make another person."""
        return self.name.strip().casefold() == name.strip().casefold()


class NotAllowed(Refusal):
    """The actor's role does not allow this; the message names the roles that do."""


def require(actor: Actor, action: Action) -> None:
    """Raise `NotAllowed` unless the actor's role may do this."""
    if not actor.may(action):
        able = ", ".join(role for role in Role if role in ALLOWED[action])
        raise NotAllowed(
            "not_allowed",
            "{actor} is {role} and may not {action}; this takes one of: {roles}",
            actor=actor.name,
            role=actor.role,
            action=action,
            roles=able,
        )
