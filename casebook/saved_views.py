"""Canvases that somebody kept for others: which records, where they stood, and how they were looked at.

A view holds ids and places and no names: whoever opens it sees what their own role may see, as the store has it then.
It is never changed; a better one is another view.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casebook import audit
from casebook.refusals import Refusal
from casebook.roles import Action, Actor, require
from casebook.tables import SavedViewRow, canonical

LONGEST = 400_000
"""Characters of a view as JSON: about a thousand nodes with their edges and places."""
LONGEST_TITLE = 120


class ViewRefused(Refusal):
    """A view that cannot be kept; the message says why."""


class UnknownView(Exception):
    """No view has this number."""


@dataclass(frozen=True)
class SavedView:
    """`view_id` cannot be guessed; `content` is what the canvas said of itself."""

    view_id: str
    title: str
    content: Mapping[str, Any]
    saved_by: str
    saved_at: datetime


def save(session: Session, title: str, content: Mapping[str, Any], actor: Actor, at: datetime) -> SavedView:
    """Keep a view. Raises `NotAllowed`, `ViewRefused`."""
    require(actor, Action.WORK)
    written = canonical(content)
    title = title.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise ViewRefused("view_title", "a view needs a title of at most {most} characters", most=LONGEST_TITLE)
    if len(written) > LONGEST:
        raise ViewRefused(
            "view_large",
            "the view has {size} characters; at most {most} can be kept: hide or group nodes",
            size=len(written),
            most=LONGEST,
        )
    row = SavedViewRow(
        view_id=secrets.token_urlsafe(12), title=title, content=written, saved_by=actor.name, saved_at=at
    )
    session.add(row)
    audit.append(session, actor, "save view", f"view {row.view_id}", {"nodes": len(content.get("nodes", ()))}, at)
    return _view(row)


def found(session: Session, view_id: str) -> SavedView:
    """The view with this number. Raises `UnknownView`."""
    row = session.get(SavedViewRow, view_id)
    if row is None:
        raise UnknownView(f"no view {view_id!r}: ask whoever sent the address for a new one")
    return _view(row)


def _view(row: SavedViewRow) -> SavedView:
    return SavedView(row.view_id, row.title, json.loads(row.content), row.saved_by, row.saved_at)
