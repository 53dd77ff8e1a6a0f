"""Files on an alert or a case: added here, listed with their SHA-256, and taken out again as they went in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from casebook import Action, Attachment
from presentation.markup import data, el
from ui.components.headings import quiet, section
from ui.components.markup import show
from ui.components.outcome import attempt, refuse, say_outcome
from ui.desk import Desk

PLACE = "attachments"
BYTES_PER_MEGABYTE = 1024 * 1024

Attach = Callable[[str, bytes, str], object]
"""Keeps a file: its name, its bytes, and what it is."""


def attachments_panel(desk: Desk, owner: str, attachments: Sequence[Attachment], attach: Attach) -> None:
    """The files, a button for each to save it, and a form to add one.

    owner   the alert or case, for the keys of what stands here
    """
    words = desk.words
    with st.container(border=True):
        section(words("attachments.title"))
        say_outcome(desk, PLACE)
        if not attachments:
            show(quiet(words("attachments.none")))
        for attachment in attachments:
            _one(desk, attachment)
        if desk.actor.may(Action.WORK):
            _form(desk, owner, attach)


def _one(desk: Desk, attachment: Attachment) -> None:
    words, formats = desk.words, desk.formats
    size = words("attachments.bytes", count=formats.whole(attachment.size))
    show(
        el(
            "div",
            el("strong", data(attachment.name, 120)),
            el("br"),
            el("span", data(attachment.attached_by, 60), " · ", formats.instant(attachment.attached_at), " · ", size),
            el("div", data(attachment.note, 1000)) if attachment.note else None,
            el("div", "SHA-256 ", el("code", attachment.sha256, class_="lt-break"), class_="lt-quiet lt-small"),
        )
    )
    if attachment.erased:
        show(quiet(words("attachments.erased")))
        return
    st.download_button(
        # never the name: labels are Markdown, and a picture in it would be fetched from wherever it says
        words("attachments.save", number=attachment.attachment_id),
        # read when somebody asks for it, and checked against its hash then
        data=lambda: desk.casebook.attachment(attachment.attachment_id, actor=desk.actor)[1],
        file_name=attachment.name,
        mime="application/octet-stream",
        key=f"attachment_{attachment.attachment_id}",
        on_click="ignore",
    )


def _form(desk: Desk, owner: str, attach: Attach) -> None:
    words = desk.words
    file_key, note_key = f"attach_file_{owner}", f"attach_note_{owner}"

    def keep() -> None:
        file = st.session_state[file_key]
        if file is None:
            refuse(PLACE, words("attachments.choose"))
            return
        note = str(st.session_state[note_key])
        attempt(desk, PLACE, words("attachments.kept"), lambda: attach(file.name, file.getvalue(), note))

    with st.form(f"attach_{owner}", border=False, clear_on_submit=True):
        st.file_uploader(
            words("attachments.file"),
            key=file_key,
            max_upload_size=max(desk.settings.attachment_bytes // BYTES_PER_MEGABYTE, 1),
        )
        st.text_input(words("attachments.note"), key=note_key, max_chars=1000)
        st.form_submit_button(words("attachments.attach"), key="attach", on_click=keep)
