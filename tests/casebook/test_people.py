"""Roles of people who sign in: given by administrators, to others, with a reason, and never lost from the record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casebook import Actor, Casebook, GrantRefused, Role
from tests.casebook.conftest import NIGHT

ADA = Actor("Ada@bank.example", Role.ADMINISTRATOR)


def test_a_role_is_given_changed_and_taken_away(book: Casebook) -> None:
    assert book.role_of("eve@bank.example") is None
    book.grant(" Eve@Bank.example ", Role.INVESTIGATOR, reason="joined", actor=ADA, at=NIGHT)
    assert book.role_of("eve@bank.EXAMPLE ") is Role.INVESTIGATOR
    book.grant("eve@bank.example", Role.REVIEWER, reason="promoted", actor=ADA, at=NIGHT + timedelta(days=1))
    assert [(grant.person, grant.role, grant.granted_by) for grant in book.people(actor=ADA)] == [
        ("eve@bank.example", Role.REVIEWER, "Ada@bank.example")
    ]
    book.grant("eve@bank.example", None, reason="left", actor=ADA, at=NIGHT + timedelta(days=2))
    assert book.role_of("eve@bank.example") is None
    assert book.people(actor=ADA) == []
    told = book.audit(actor=ADA)
    assert [entry.object for entry in told] == ["person eve@bank.example"] * 3
    assert told[2].text == "left"
    assert '"role":null' in told[2].details


@pytest.mark.parametrize(
    ("person", "reason", "told"),
    [("  ", "new", "name the person"), ("eve", " ", "takes a reason"), ("ADA@bank.example ", "more", "their own role")],
)
def test_a_grant_that_makes_no_sense_is_refused_and_not_logged(
    book: Casebook, person: str, reason: str, told: str
) -> None:
    with pytest.raises(GrantRefused, match=told):
        book.grant(person, Role.COMPLIANCE, reason=reason, actor=ADA, at=NIGHT)
    assert book.audit(actor=ADA) == []


def test_grants_cannot_be_rewritten(book: Casebook) -> None:
    book.grant("eve", Role.VIEWER, reason="new", actor=ADA, at=NIGHT)
    with pytest.raises(DBAPIError, match="append-only"), book.database.engine.begin() as connection:
        connection.execute(text("UPDATE role_grant SET role = 'administrator'"))
