"""Who is at the desk: the person that an OpenID provider vouches for, or in local mode the one that settings name.

Sign-in is configured as Streamlit has it, by ``[auth]`` in its ``secrets.toml``. What a person may do is not the
provider's business: the casebook has the roles.
"""

from __future__ import annotations

import streamlit as st

from casebook import Actor, Casebook, Role
from settings import Settings


class SignInNeeded(Exception):
    """Nobody has signed in yet."""


class NotWelcome(Exception):
    """Somebody has signed in who cannot be let in: `why` is a key of the catalogue, `person` who it is."""

    def __init__(self, why: str, person: str) -> None:
        super().__init__(person)
        self.why = why
        self.person = person


def configured() -> bool:
    """Whether people sign in; otherwise the desk is in local mode."""
    return bool(st.secrets.load_if_toml_exists()) and "auth" in st.secrets


def actor(settings: Settings, casebook: Casebook) -> Actor:
    """Who acts in this session. Raises `SignInNeeded` or `NotWelcome`."""
    if not configured():
        return Actor(settings.user, Role(settings.role))
    if not st.user.is_logged_in:
        raise SignInNeeded
    name = str(st.user.get(settings.sign_in_claim) or "").strip()
    if not name:
        raise NotWelcome("sign_in.no_claim", settings.sign_in_claim)
    if settings.sign_in_claim == "email" and st.user.get("email_verified") is False:
        raise NotWelcome("sign_in.unverified", name)
    role = casebook.role_of(name)
    if role is None:
        raise NotWelcome("sign_in.no_role", name)
    return Actor(name, role)
