"""The whole role x action matrix, held against what the services really let through."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date

import pytest

from casebook import ALLOWED, Action, Actor, Casebook, Filter, NotAllowed, Role
from casebook.casebook import OUTSIDE
from casebook.roles import require
from tests.casebook.conftest import CHEN, INES, NIGHT, TODAY, Nights, finding, sweep

# viewer, investigator, reviewer, compliance, administrator
MATRIX = {
    Action.READ: "yyyyy",
    Action.SWEEP: "-yyyy",
    Action.WORK: "-yyy-",
    Action.CASE: "-yyy-",
    Action.CLOSE: "-yyy-",
    Action.SECOND: "--yy-",
    Action.SUPPRESS: "--yy-",
    Action.UNMASK: "-yyy-",
    Action.EXPORT: "--yy-",
    Action.HAND_OVER: "---y-",
    Action.SUSPICIOUS: "---y-",
    Action.ERASE: "---y-",
    Action.AUDIT: "---yy",
    Action.TUNE: "--yy-",
    Action.GRANT: "----y",
    Action.RETRACT: "---yy",
    Action.IDENTITY: "-yyy-",
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


FAR = date(2027, 1, 1)
Call = Callable[[Casebook, Actor], object]

# The book of `casework`: alert 1 orange, open, with attachment 1; alert 2 red, proposed for dismissal; alert 3 in
# case 1; alert 4 confirmed in case 2, which is closed; case 3 is empty; suppression 1 is Boss's.
SERVICES: dict[str, tuple[Action, Call]] = {
    "fold": (Action.SWEEP, lambda book, who: book.fold(sweep(), actor=who, started_at=NIGHT, at=NIGHT)),
    "sweeps": (Action.READ, lambda book, who: book.sweeps(actor=who)),
    "alerts": (Action.READ, lambda book, who: book.alerts(actor=who, today=TODAY)),
    "count": (Action.READ, lambda book, who: book.count(Filter(), actor=who, today=TODAY)),
    "alert": (Action.READ, lambda book, who: book.alert(1, actor=who, today=TODAY)),
    "unseen": (Action.READ, lambda book, who: book.unseen(actor=who)),
    "versions": (Action.READ, lambda book, who: book.versions(1, actor=who)),
    "difference": (Action.READ, lambda book, who: book.difference(1, 1, 1, actor=who)),
    "scores": (Action.READ, lambda book, who: book.scores(book.alerts(actor=CHEN, today=TODAY), actor=who)),
    "decisions": (Action.READ, lambda book, who: book.decisions(1, actor=who)),
    "proposal": (Action.READ, lambda book, who: book.proposal(2, actor=who)),
    "decide: review": (Action.WORK, lambda book, who: book.decide(1, "review", actor=who, at=NIGHT)),
    "decide: note": (Action.WORK, lambda book, who: book.decide(1, "note", actor=who, reason="seen", at=NIGHT)),
    "decide: confirm": (Action.CLOSE, lambda book, who: book.decide(1, "confirm", actor=who, reason="so", at=NIGHT)),
    "decide: dismiss": (Action.CLOSE, lambda book, who: book.decide(1, "dismiss", actor=who, reason="so", at=NIGHT)),
    "decide: reopen": (Action.CLOSE, lambda book, who: book.decide(4, "reopen", actor=who, reason="so", at=NIGHT)),
    "decide: second": (Action.SECOND, lambda book, who: book.decide(2, "dismiss", actor=who, reason="so", at=NIGHT)),
    "assign": (Action.WORK, lambda book, who: book.assign(1, "Ines", actor=who, at=NIGHT)),
    "set_due": (Action.WORK, lambda book, who: book.set_due(1, FAR, actor=who, at=NIGHT)),
    "extract": (Action.EXPORT, lambda book, who: book.extract(actor=who, today=TODAY)),
    "attach": (Action.WORK, lambda book, who: book.attach(1, "b.pdf", b"b", actor=who, at=NIGHT)),
    "attachments": (Action.READ, lambda book, who: book.attachments(1, actor=who)),
    "attachment": (Action.READ, lambda book, who: book.attachment(1, actor=who)),
    "open_case": (Action.CASE, lambda book, who: book.open_case("P7", [1], loans=(), actor=who, at=NIGHT)),
    "open_case: suspicious": (
        Action.SUSPICIOUS,
        lambda book, who: book.open_case("P7", [1], loans=(), suspicious=True, actor=who, at=NIGHT),
    ),
    "cases": (Action.READ, lambda book, who: book.cases(actor=who)),
    "case": (Action.READ, lambda book, who: book.case(1, actor=who, today=TODAY)),
    "add_to_case": (Action.CASE, lambda book, who: book.add_to_case(1, 1, loans=(), actor=who, at=NIGHT)),
    "remove_from_case": (Action.CASE, lambda book, who: book.remove_from_case(1, 3, reason="so", actor=who, at=NIGHT)),
    "note_case": (Action.WORK, lambda book, who: book.note_case(1, "seen", actor=who, at=NIGHT)),
    "assign_case": (Action.WORK, lambda book, who: book.assign_case(1, "Ines", actor=who, at=NIGHT)),
    "set_case_due": (Action.WORK, lambda book, who: book.set_case_due(1, FAR, actor=who, at=NIGHT)),
    "attach_to_case": (Action.WORK, lambda book, who: book.attach_to_case(1, "b.pdf", b"b", actor=who, at=NIGHT)),
    "mark_case": (Action.SUSPICIOUS, lambda book, who: book.mark_case(1, True, reason="so", actor=who, at=NIGHT)),
    "close_case": (Action.CASE, lambda book, who: book.close_case(3, reason="so", actor=who, at=NIGHT)),
    "reopen_case": (Action.CASE, lambda book, who: book.reopen_case(2, reason="so", actor=who, at=NIGHT)),
    "suppress": (
        Action.SUPPRESS,
        lambda book, who: book.suppress("party", "P9", reason="known", expires_on=FAR, actor=who, at=NIGHT),
    ),
    "approve": (Action.SECOND, lambda book, who: book.approve(1, reason="so", actor=who, at=NIGHT)),
    "withdraw": (Action.SUPPRESS, lambda book, who: book.withdraw(1, reason="over", actor=who, at=NIGHT)),
    "suppressions": (Action.READ, lambda book, who: book.suppressions(actor=who)),
    "silenced": (Action.READ, lambda book, who: book.silenced(1, actor=who)),
    "unmask": (Action.UNMASK, lambda book, who: book.unmask("party P7", purpose="a call", actor=who, at=NIGHT)),
    "record: export": (Action.EXPORT, lambda book, who: book.record("export", "a.csv", {}, actor=who, at=NIGHT)),
    "carry_out": (
        Action.RETRACT,
        lambda book, who: book.carry_out(
            "retract", "load 1", {}, dict, actor=who, clock=lambda: NIGHT, reason="wrong day"
        ),
    ),
    "save_parameters": (
        Action.TUNE,
        lambda book, who: book.save_parameters("d", {"x": 1}, reason="noise", replaces=None, actor=who, at=NIGHT),
    ),
    "grant": (
        Action.GRANT,
        lambda book, who: book.grant("eve", Role.VIEWER, reason="new", actor=who, at=NIGHT),
    ),
    "concerning": (Action.READ, lambda book, who: book.concerning([("party", "P7")], actor=who)),
    "save_view": (Action.WORK, lambda book, who: book.save_view("t", {"nodes": []}, actor=who, at=NIGHT)),
    "view": (
        Action.READ,
        lambda book, who: book.view(book.save_view("t", {}, actor=CHEN, at=NIGHT).view_id, actor=who),
    ),
    "people": (Action.READ, lambda book, who: book.people(actor=who)),
    "parameter_history": (Action.READ, lambda book, who: book.parameter_history("d", actor=who)),
    "record: retract": (Action.RETRACT, lambda book, who: book.record("retract", "load 1", {}, actor=who, at=NIGHT)),
    "record: retract asked": (
        Action.RETRACT,
        lambda book, who: book.record("retract asked", "load 1", {}, actor=who, at=NIGHT),
    ),
    **{
        f"record: {action}": (
            Action.IDENTITY,
            lambda book, who, action=action: book.record(action, "party P1", {}, actor=who, at=NIGHT),  # type: ignore[misc]
        )
        for action in ("parties joined", "parties kept apart", "parties reopened")
    },
    "checklist": (Action.READ, lambda book, who: book.checklist("L1", actor=who)),
    "sweep": (Action.READ, lambda book, who: book.sweep(1, actor=who)),
    "sweep_changes": (Action.READ, lambda book, who: book.sweep_changes(1, actor=who)),
    "erase": (
        Action.ERASE,
        lambda book, who: book.erase("P9", terms=(), purpose="asked for it", actor=who, at=NIGHT),
    ),
    "apply_retention": (Action.ERASE, lambda book, who: book.apply_retention(date(2026, 1, 1), actor=who, at=NIGHT)),
    "audit": (Action.AUDIT, lambda book, who: book.audit(actor=who)),
}

FOR_ANYBODY = {"verify", "head", "proof", "turn", "close", "role_of", "saved_parameters"}
"""What takes no actor: checking the log, looking for the entry about a list that one has, waiting for one's turn, and
asking which role somebody who signs in has, or with which parameters sweeps run."""


def test_every_public_action_of_the_casebook_is_in_the_matrix() -> None:
    public = {name for name, _ in inspect.getmembers(Casebook, inspect.isfunction) if not name.startswith("_")}
    assert {name.partition(":")[0] for name in SERVICES} | FOR_ANYBODY == public
    assert {name.removeprefix("record: ") for name in SERVICES if name.startswith("record: ")} == set(OUTSIDE)
    for name in public - FOR_ANYBODY:
        who = inspect.signature(getattr(Casebook, name)).parameters["actor"]
        assert who.default is inspect.Parameter.empty, name


@pytest.fixture
def casework(book: Casebook, night: Nights) -> Casebook:
    """See above `SERVICES`."""
    boss = Actor("Boss", Role.COMPLIANCE)
    night(finding("L1"), finding("L2", severity="R"), finding("L3"), finding("L4"))
    book.decide(2, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    book.decide(4, "confirm", actor=boss, reason="it is so", at=NIGHT)
    book.attach(1, "a.pdf", b"a", actor=boss, at=NIGHT)
    for alert in (3, 4):
        book.open_case("P7", [alert], loans=(), actor=boss, at=NIGHT)
    book.close_case(2, reason="done", actor=boss, at=NIGHT)
    book.open_case("P7", [], loans=(), actor=boss, at=NIGHT)
    book.suppress("party", "P8", reason="known", expires_on=FAR, actor=boss, at=NIGHT)
    return book


@pytest.mark.parametrize("service", list(SERVICES))
def test_each_service_lets_in_the_roles_of_its_action_and_no_other(casework: Casebook, service: str) -> None:
    action, call = SERVICES[service]
    before = casework.verify().head
    for role in set(Role) - ALLOWED[action]:
        with pytest.raises(NotAllowed):
            call(casework, Actor("somebody", role))
    assert casework.verify().head == before  # nobody who was refused changed anything
    for role in sorted(ALLOWED[action])[: 1 if service not in {"alerts", "audit"} else 9]:
        call(casework, Actor("somebody", role))


def test_nobody_is_not_an_actor() -> None:
    with pytest.raises(ValueError, match="LOANTRAIL_USER"):
        Actor("  ", Role.COMPLIANCE)
