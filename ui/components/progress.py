"""Long work on a page: how far it has come, a way to stop it, and what to do where it failed."""

from __future__ import annotations

import streamlit as st

from presentation.markup import Node, data, el
from ui.components.headings import note, quiet
from ui.components.markup import show
from ui.desk import Desk
from ui.work.jobs import Job

LOOK_AGAIN_SECONDS = 0.7
STEPS = {"reading", "in_force", "tried", "indicators", "diary", "money", "people"}
"""Steps that are not named after a detector."""


def follow(desk: Desk, job: Job, *, may_stop: bool = True) -> None:
    """Show a job that is going on; the page is drawn anew once it has ended."""

    @st.fragment(run_every=LOOK_AGAIN_SECONDS)
    def going_on() -> None:
        if job.ended:
            st.rerun()
        words = desk.words
        with st.container(border=True):
            share = job.done / job.total if job.total else 0.0
            st.progress(min(share, 1.0), text=_step(desk, job))
            started = desk.formats.instant(job.started_at)
            show(quiet([words("work.started", when=started), " ", data(job.started_by)]))
            if may_stop and st.button(words("work.stop"), key=f"stop_{job.slot}"):
                job.cancel()
                st.rerun()

    going_on()


def ended_badly(desk: Desk, job: Job) -> None:
    """Say why a job that has ended came to nothing, and what to do."""
    words = desk.words
    if job.state == "cancelled":
        show(el("div", note(words("work.cancelled")), role="status"))
    elif job.trouble is not None:
        kind, detail = job.trouble
        content: list[Node] = [words.of("work_trouble", kind), el("br"), data(detail, 1000)]
        show(el("div", note(*content, tone="lt-red"), role="alert"))


def _step(desk: Desk, job: Job) -> str:
    words = desk.words
    if job.state == "waiting" or not job.step:
        return words("work.waiting")
    name = words.of("work_step", job.step) if job.step in STEPS else desk.title(job.step)
    return words("work.step", number=job.done + 1, total=job.total, name=name)
