"""What stands around every page: who is working, in which language, where one can go, and what to do when
something is not there."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import streamlit as st
import structlog
from pydantic import ValidationError
from streamlit.navigation.page import Page

from casebook import CasebookUnavailable
from graph.store import StoreUnavailable
from presentation.markup import clip, data, el
from presentation.words import LANGUAGES, Words
from settings import Settings
from ui.addresses import PLACES, QUEUE
from ui.components.behaviour import asset, install
from ui.components.headings import note, title
from ui.components.markup import show
from ui.components.personal_data import personal_data_panel
from ui.desk import LANGUAGE, Desk, catalogue, language
from ui.sign_in import NotWelcome, SignInNeeded, configured
from ui.unmasking import at_place
from ui.work.logs import log_plainly

log = structlog.get_logger(__name__)

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def run() -> None:
    """Draw the page that the address names, inside the frame."""
    log_plainly()
    words = Words(catalogue(), language())
    st.set_page_config(
        page_title=words("frame.name"), page_icon=asset("icon.svg"), layout="wide", initial_sidebar_state=232
    )
    install(words.language, dark=st.context.theme.type == "dark")
    page = st.navigation(_menu(words), expanded=True)
    at_place(page.url_path)
    _guarded(words, lambda: _framed(words, page.run))


def _menu(words: Words) -> dict[str, list[Page]]:
    menu: dict[str, list[Page]] = {}
    for place in PLACES:
        menu.setdefault(words.of("menu", place.group), []).append(
            st.Page(
                place.file,
                title=words.of("menu", place.name),
                icon=place.icon,
                url_path=place.name,
                default=place.name == QUEUE,
                visibility="visible" if place.listed else "hidden",
            )
        )
    return menu


def _framed(words: Words, draw: Callable[[], None]) -> None:
    settings = Settings()
    with st.sidebar:
        st.segmented_control(
            words("frame.language"), LANGUAGES, format_func=lambda code: words.of("language", code), key=LANGUAGE,
            required=True,
        )  # fmt: skip
    if not _may_enter(settings):
        title(words("frame.closed"))
        show(note(words("frame.closed_what_to_do"), tone="lt-red"))
        return
    try:
        desk = Desk.current()
    except SignInNeeded:
        title(words("sign_in.title"))
        show(el("p", words("sign_in.how")))
        st.button(words("sign_in.sign_in"), type="primary", on_click=st.login, key="sign_in")
        return
    except NotWelcome as refusal:
        title(words("sign_in.not_welcome"))
        show(note(words(refusal.why, person=clip(refusal.person)), tone="lt-red"))
        st.button(words("sign_in.sign_out"), on_click=st.logout, key="sign_out")
        return
    who = el("strong", data(desk.actor.name))
    mode = None if desk.signed_in else words("frame.open" if settings.desk_open else "frame.local")
    with st.sidebar:
        show(
            el(
                "div",
                el("p", words("frame.works_as"), " ", who, ", ", words.of("role", desk.actor.role)),
                None if mode is None else el("p", mode),
                el("p", words("frame.times", zone=str(desk.formats.zone))),
                class_="lt-quiet lt-small",
            )
        )
        if desk.signed_in:
            st.button(words("sign_in.sign_out"), on_click=st.logout, key="sign_out")
        personal_data_panel(desk)
    draw()


def _may_enter(settings: Settings) -> bool:
    """Without sign-in the desk serves this machine only, unless somebody decided otherwise."""
    return configured() or settings.desk_open or listens_on() in LOOPBACK


def listens_on() -> str | None:
    """The address that the desk is served at; None means every one of this machine."""
    address: str | None = st.get_option("server.address")
    return address


def _guarded(words: Words, draw: Callable[[], None]) -> None:
    """Draw, and where that fails say what to do; the stack goes to the log only."""
    try:
        draw()
    except StoreUnavailable as error:
        _trouble(words, "store", str(error))
    except CasebookUnavailable as error:
        _trouble(words, "casebook", str(error))
    except ValidationError as error:
        problems = "; ".join(f"LOANTRAIL_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        _trouble(words, "settings", problems)
    except Exception:  # whatever a page does, its reader gets a sentence and its operator the stack
        number = secrets.token_hex(4)
        log.exception("page failed", incident=number)
        _trouble(words, "unexpected", number)


def _trouble(words: Words, what: str, detail: str) -> None:
    title(words.of("trouble", what))
    show(el("div", note(words.of("trouble_what_to_do", what), tone="lt-red"), role="alert"))
    show(note(data(detail, 1000)))
