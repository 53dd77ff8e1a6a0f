"""The whole role x action matrix, held against what the services really let through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from casebook import ALLOWED, Action, Actor, Casebook, NotAllowed, Role
from casebook.roles import require
from tests.casebook.conftest import INES, NIGHT, Nights, finding, sweep

# viewer, investigator, reviewer, compliance, administrator
MATRIX = {
    Action.SWEEP: "-yyyy",
    Action.WORK: "-yyy-",
    Action.CLOSE: "-yyy-",
    Action.SECOND: "--yy-",
    Action.SUPPRESS: "--yy-",
    Action.EXPORT: "--yy-",
    Action.AUDIT: "---yy",
}


def test_every_action_has_its_line() -> None:
    assert set(MATRIX) == set(ALLOWED) == set(Action)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", list(Role))
def test_the_matrix(role: Role, action: Action) -> None:
    allowed = MATRIX[action][list(Role).index(role)] == "y"
    assert (role in ALLOWED[action]) == allowed
    if allowed:
        require(Actor("somebody", role), action)
    else:
        with pytest.raises(NotAllowed, match=f"somebody is {role} and may not"):
            require(Actor("somebody", role), action)


SERVICES: dict[str, tuple[Action, Callable[[Casebook, Actor], object]]] = {
    "fold": (Action.SWEEP, lambda book, who: book.fold(sweep(), actor=who, started_at=NIGHT, at=NIGHT)),
    "review": (Action.WORK, lambda book, who: book.decide(1, "review", actor=who, at=NIGHT)),
    "note": (Action.WORK, lambda book, who: book.decide(1, "note", actor=who, reason="seen", at=NIGHT)),
    "confirm": (Action.CLOSE, lambda book, who: book.decide(1, "confirm", actor=who, reason="true", at=NIGHT)),
    "dismiss": (Action.CLOSE, lambda book, who: book.decide(1, "dismiss", actor=who, reason="a refund", at=NIGHT)),
    "second": (Action.SECOND, lambda book, who: book.decide(2, "dismiss", actor=who, reason="a refund", at=NIGHT)),
    "suppress": (
        Action.SUPPRESS,
        lambda book, who: book.suppress(
            "party", "P9", reason="known", expires_on=date(2027, 1, 1), actor=who, at=NIGHT
        ),
    ),
    "withdraw": (Action.SUPPRESS, lambda book, who: book.withdraw(1, reason="over", actor=who, at=NIGHT)),
    "audit": (Action.AUDIT, lambda book, who: book.audit(actor=who)),
}


@pytest.mark.parametrize("service", list(SERVICES))
def test_each_service_lets_in_the_roles_of_its_action_and_no_other(book: Casebook, night: Nights, service: str) -> None:
    night(finding("L1"), finding("L2", severity="R"))
    book.decide(2, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    boss = Actor("Boss", Role.COMPLIANCE)
    book.suppress("party", "P8", reason="known", expires_on=date(2027, 1, 1), actor=boss, at=NIGHT)
    action, call = SERVICES[service]
    before = len(book.audit(actor=boss))
    for role in set(Role) - ALLOWED[action]:
        with pytest.raises(NotAllowed):
            call(book, Actor("somebody", role))
    assert len(book.audit(actor=boss)) == before
    call(book, Actor("somebody", sorted(ALLOWED[action])[0]))


def test_nobody_is_not_an_actor() -> None:
    with pytest.raises(ValueError, match="LOANTRAIL_USER"):
        Actor("  ", Role.COMPLIANCE)
