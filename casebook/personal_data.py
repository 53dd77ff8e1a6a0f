"""Who sees personal data whole: one rule for the desk, reports and exports.

Everybody sees it masked. Whole takes a role that may and a purpose, and is in the audit log before anything is shown:
on screen `Action.UNMASK`, for one subject (an alert, a party, a case, a page), to one person in one session, for half
an hour; in files that leave the house `Action.HAND_OVER`, with the purpose of the export. What masked looks like is
told in `graph/masking.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from casebook.refusals import Refusal
from casebook.roles import Action, Actor

LASTS = timedelta(minutes=30)
"""How long unmasking holds at most; our own proposal."""


class PurposeMissing(Refusal):
    """What was asked for takes a purpose, which goes into the log."""


@dataclass(frozen=True)
class Unmasking:
    """That a person was allowed to see the personal data of one subject, for a purpose, until an instant."""

    object_: str
    actor: str
    purpose: str
    until: datetime

    def holds(self, object_: str, actor: Actor, now: datetime) -> bool:
        """Whether it lets this actor see this subject now."""
        mine = self.actor == actor.name and actor.may(Action.UNMASK)
        return mine and self.object_ == object_ and now < self.until


def hands_over_whole(actor: Actor, purpose: str) -> bool:
    """Whether a file that this actor makes for this purpose has personal data whole."""
    return actor.may(Action.HAND_OVER) and bool(purpose.strip())
