"""The post-loan report of a borrower on its page: made in the background, then ready to be saved with its manifest."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import streamlit as st

from casebook import Action
from presentation.words import LANGUAGES
from ui.components.headings import quiet, section
from ui.components.markup import show
from ui.components.progress import ended_badly, follow
from ui.desk import Desk

MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html",
}
LONGEST_PURPOSE = 400


def show_report(desk: Desk, party_id: str) -> None:
    """Offer the report to those who may export; nothing for others."""
    if not desk.actor.may(Action.EXPORT):
        return
    words = desk.words
    section(words("report_export.title"))
    slot = f"report {desk.actor.name} {desk.actor.role} {party_id}"  # nobody gets what another role may see
    job = desk.jobs.of(slot)
    if job is not None and not job.ended:
        follow(desk, job)
        return
    if job is not None and job.state == "done" and job.result is not None:
        _ready(desk, job.result)
    elif job is not None:
        ended_badly(desk, job)
    show(quiet(words("report_export.what")))
    with st.form(f"report_{party_id}", border=False):
        format_, language, purpose = st.columns([1, 1, 3], vertical_alignment="bottom")
        chosen = format_.selectbox(
            words("report_export.format"), list(MEDIA), format_func=lambda code: words.of("report_format", code)
        )
        told_in = language.selectbox(
            words("report_export.language"),
            list(LANGUAGES),
            index=LANGUAGES.index(words.language),
            format_func=lambda code: words.of("language", code),
        )
        reason = purpose.text_input(words("report_export.purpose"), max_chars=LONGEST_PURPOSE, key="report_purpose")
        asked = st.form_submit_button(words("report_export.make"))
    if asked:
        request = {"work": "report", "borrower": party_id, "format": chosen, "language": told_in, "purpose": reason}
        desk.start(slot, request)
        st.rerun()


def _ready(desk: Desk, made: Mapping[str, Any]) -> None:
    words = desk.words
    file, manifest = made["file"], made["manifest"]
    left, right, _ = st.columns([2, 2, 3])
    left.download_button(
        words("report_export.save", file=file["name"]),
        base64.b64decode(file["content"]),
        file_name=file["name"],
        mime=MEDIA[made["format"]],
        type="primary",
        key="report_save",
    )
    right.download_button(
        words("report_export.save_manifest"),
        base64.b64decode(manifest["content"]),
        file_name=manifest["name"],
        mime="application/json",
        key="report_save_manifest",
    )
