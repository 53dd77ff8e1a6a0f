"""The desk of one reader in one run of a page: language, conventions, book, casebook, and who is acting.

This is the outermost layer: settings, clock, cookies and the browser's wishes are read here and handed on as values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st
import structlog

from casebook import Actor, Casebook, Unmasking, open_casebook
from graph.columns import Text
from graph.store import Credentials, GraphStore, StoreUnavailable, open_store
from graph.stores.masked_store import MaskedStore
from presentation.formats import Formats, locale_for
from presentation.words import LANGUAGES, Catalogue, Language, Words, load_catalogue
from settings import Settings
from sweeps.write_back import show_open_alerts
from ui import sign_in, unmasking
from ui.book import Book
from ui.components.behaviour import LANGUAGE_COOKIE
from ui.guides import Guide, guides
from ui.work.jobs import Job, Jobs

log = structlog.get_logger(__name__)

LANGUAGE = "language"
"""Where the reader's choice of language stands in the session."""


@dataclass(frozen=True)
class Desk:
    """What a page works with.

    store     the book as it is, for services that compute or write; what is shown comes from `book`
    book      the book as the reader sees it: personal data is masked unless `unmasking` holds
    signed_in whether the actor signed in; False in local mode
    now       the clock
    guides    what each detector says of itself, by id
    currency  of amounts whose table names none
    jobs      the long work that is going on, whoever started it
    """

    words: Words
    formats: Formats
    store: GraphStore
    book: Book
    unmasking: Unmasking | None
    casebook: Casebook
    actor: Actor
    signed_in: bool
    now: Callable[[], datetime]
    guides: Mapping[str, Guide]
    currency: str
    jobs: Jobs
    settings: Settings

    @classmethod
    def current(cls) -> Desk:
        """The desk of the session that runs. Raises `StoreUnavailable`, `CasebookUnavailable`, `SignInNeeded` or
        `NotWelcome`."""
        settings = Settings()
        words = Words(catalogue(), language())
        embedded = settings.store.startswith("duckdb")
        casebook = _casebook(settings.casebook, settings.casebook_secret())
        store = _store(settings.store, settings.neo4j_user, None if embedded else settings.neo4j_secret())
        actor = sign_in.actor(settings, casebook)
        unmasked = unmasking.unmasked(actor, datetime.now(UTC))
        return cls(
            words=words,
            formats=Formats(locale_for(words.language, st.context.locale), settings.zone),
            store=store,
            book=Book(MaskedStore(store) if unmasked is None else store),
            unmasking=unmasked,
            casebook=casebook,
            actor=actor,
            signed_in=sign_in.configured(),
            currency=settings.currency,
            now=lambda: datetime.now(UTC),
            guides=_guides(),
            jobs=_jobs(settings.store, settings.casebook),
            settings=settings,
        )

    @property
    def today(self) -> date:
        """The day it is where the book is kept."""
        return self.now().astimezone(self.formats.zone).date()

    def start(self, slot: str, request: Mapping[str, Any]) -> Job:
        """Start long work in this reader's name; see `ui.work.worker` for requests."""
        asked = {**request, "actor": {"name": self.actor.name, "role": str(self.actor.role)}}
        return self.jobs.start(slot, asked, by=self.actor.name, at=self.now())

    def data_cut(self) -> str:
        """The fingerprint of what the store holds. To work it out reads every row, so it is kept for as long as the
        list of loads is the same; while one is under way, or was killed, it is asked anew each time."""
        loads = self.store.loads()
        if not loads or not all(load.complete for load in loads):
            return self.store.data_cut()
        return _data_cut(self.store, self.settings.store, tuple((x.load_id, x.started_at) for x in loads))

    def show_in_graph(self) -> None:
        """Bring the alerts in the graph up to date after a decision. The decision stands whether the graph is there or
        not: where it is not, the log says so, and the next sweep shows them."""
        try:
            show_open_alerts(self.store, self.casebook, self.today)
        except StoreUnavailable as unavailable:
            log.warning("the graph still shows the alerts as they were", reason=str(unavailable))

    def title(self, detector: str) -> str:
        """What a detector is called; its id where it is no longer there."""
        guide = self.guides.get(detector)
        return detector if guide is None else self.say(guide.title)

    def called(self, detector: str, family: str, name: str) -> str:
        """What a detector's signal or blind spot is called: in its own words, else in those of the catalogue."""
        guide = self.guides.get(detector)
        if guide is not None and name in guide.words:
            return self.say(guide.words[name])
        return self.words.of(family, name) if self.words.knows(family, name) else name.replace("_", " ")

    def say(self, text: Text) -> str:
        """A text of the detectors in the reader's language."""
        return text.zh if self.words.language == "zh" else text.en


def language() -> Language:
    """The language of the session: chosen by the reader, else remembered, else the browser's."""
    chosen = st.session_state.get(LANGUAGE)
    if chosen is None:
        remembered = st.context.cookies.get(LANGUAGE_COOKIE)
        asked = (st.context.locale or "").lower()
        chosen = remembered if remembered in LANGUAGES else ("zh" if asked.startswith("zh") else "en")
        st.session_state[LANGUAGE] = chosen
    return "zh" if chosen == "zh" else "en"


@st.cache_resource(show_spinner=False)
def catalogue() -> Catalogue:
    """The desk's sentences."""
    return load_catalogue()


@st.cache_resource(show_spinner=False)
def _guides() -> Mapping[str, Guide]:
    return guides()


@st.cache_resource(show_spinner=False)
def _jobs(store: str, casebook: str) -> Jobs:
    """One list of jobs for everybody who works on this book."""
    return Jobs()


@st.cache_resource(show_spinner=False)
def _store(url: str, user: str, secret: str | None) -> GraphStore:
    try:
        return open_store(url, None if secret is None else Credentials(user, secret))
    except ValueError as error:
        raise StoreUnavailable(f"LOANTRAIL_STORE: {error}") from None


@st.cache_resource(show_spinner=False)
def _casebook(url: str, secret: str | None) -> Casebook:
    return open_casebook(url, secret)


@st.cache_data(show_spinner=False, max_entries=8)
def _data_cut(_store: GraphStore, url: str, loads: tuple[tuple[str, datetime], ...]) -> str:
    """Kept by the store's address and its loads; Streamlit leaves out what begins with an underscore."""
    return _store.data_cut()
