"""Who is let in: local mode, and people that an OpenID provider vouches for and the casebook has a role for."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from casebook import Actor, Role
from tests.ui.conftest import ROOT, SWEPT_AT, Bank, said, settled

ADA = Actor("ada@bank.example", Role.ADMINISTRATOR)


@pytest.fixture
def signed_in(bank: Bank, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Opens the front page where sign-in is configured, for somebody with these claims."""
    for name, value in bank.environment("root", "compliance").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ui.sign_in.configured", lambda: True)
    monkeypatch.setattr("ui.frame.configured", lambda: True)
    monkeypatch.setattr("ui.frame.listens_on", lambda: "0.0.0.0")

    class Claims(dict):  # type: ignore[type-arg]
        @property
        def is_logged_in(self) -> bool:
            return bool(self)

    def opened(**claims: object) -> AppTest:
        monkeypatch.setattr(st, "user", Claims(claims))
        return settled(AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run())

    return opened


def test_nobody_sees_anything_before_signing_in(signed_in) -> None:  # type: ignore[no-untyped-def]
    app = signed_in()
    assert "Please sign in" in said(app)
    assert "Bright Textiles" not in said(app)
    assert [button.key for button in app.button] == ["sign_in"]


def test_who_has_no_role_sees_nothing_and_learns_whom_to_ask(bank: Bank, signed_in) -> None:  # type: ignore[no-untyped-def]
    text = said(signed_in(email="eve@bank.example", email_verified=True))
    assert "Nobody gave eve@bank.example a role." in text
    assert "Bright Textiles" not in text


def test_the_role_comes_from_the_casebook_and_not_from_the_environment(bank: Bank, signed_in) -> None:  # type: ignore[no-untyped-def]
    bank.casebook.grant("eve@bank.example", Role.VIEWER, reason="new", actor=ADA, at=SWEPT_AT)
    text = said(signed_in(email="Eve@Bank.example", email_verified=True))
    assert "You work as Eve@Bank.example, viewer" in text
    assert "Bright Textiles" in text
    assert "Local mode" not in text
    bank.casebook.grant("eve@bank.example", None, reason="left", actor=ADA, at=SWEPT_AT)
    assert "Bright Textiles" not in said(signed_in(email="eve@bank.example", email_verified=True))


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"email": "eve@bank.example", "email_verified": False}, "has not verified that eve@bank.example"),
        ({"sub": "77"}, "has no claim “email”"),
    ],
)
def test_a_sign_in_that_proves_nobody_lets_nobody_in(bank: Bank, signed_in, claims, expected) -> None:  # type: ignore[no-untyped-def]
    bank.casebook.grant("eve@bank.example", Role.COMPLIANCE, reason="new", actor=ADA, at=SWEPT_AT)
    text = said(signed_in(**claims))
    assert expected in text
    assert "Bright Textiles" not in text


def test_the_command_line_gives_and_takes_roles(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from cli import app

    for name, value in bank.environment("ada@bank.example", "administrator").items():
        monkeypatch.setenv(name, value)
    run = CliRunner().invoke
    assert run(app, ["people", "grant", "eve@bank.example", "reviewer", "--reason", "joined"]).exit_code == 0
    assert bank.casebook.role_of("eve@bank.example") is Role.REVIEWER
    assert "eve@bank.example" in run(app, ["people", "list", "--json"]).output
    assert run(app, ["people", "revoke", "eve@bank.example", "--reason", "left"]).exit_code == 0
    assert bank.casebook.role_of("eve@bank.example") is None
