"""What is planted in the bank, for judges; no detector ever reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from graph.columns import Text


@dataclass(frozen=True)
class Case:
    """One planted story.

    case, variant   what happens, and in which form: ``easy``, ``split``, ``multi_hop``, ``mixed_money``, …
    detector        id of the detector concerned
    expected        ``alert``: a finding with exactly this identity; ``silent``: no finding of this detector may have
                    one of the ids in `not_concerned` in its identity
    drawdown_id     for fund returns: the drawdown whose money is followed fen by fen
    mixing          for fund returns: by which rule its money truly mixed with other money
    """

    case: str
    variant: str
    detector: str
    expected: Literal["alert", "silent"]
    story: Text
    identity: tuple[tuple[str, str], ...] = ()
    not_concerned: tuple[str, ...] = ()
    drawdown_id: str | None = None
    mixing: str | None = None

    def document(self, returned: dict[str, int]) -> dict[str, Any]:
        """The case as it stands in answers.json; `returned` is the true amount by drawdown, in minor units."""
        document: dict[str, Any] = {
            "case": self.case,
            "variant": self.variant,
            "detector": self.detector,
            "expected": self.expected,
            "story": {"en": self.story.en, "zh": self.story.zh},
        }
        if self.expected == "alert":
            document["identity"] = dict(self.identity)
        else:
            document["not_concerned"] = list(self.not_concerned)
        if self.drawdown_id:
            document["drawdown_id"] = self.drawdown_id
            document["true_returned"] = returned[self.drawdown_id]
            document["currency"] = "CNY"
            document["mixing"] = self.mixing
        return document


def ring(accounts: Sequence[str]) -> str:
    """The accounts of a ring, in the order in which the money goes round, as one text: from the smallest id on."""
    smallest = accounts.index(min(accounts))
    return "|".join([*accounts[smallest:], *accounts[:smallest]])


def answers(cases: list[Case], returned: dict[str, int], parameters: dict[str, Any]) -> str:
    """The text of answers.json: what the bank was made with, then every case in a fixed order."""
    return json.dumps(
        {**parameters, "cases": [case.document(returned) for case in cases]}, ensure_ascii=False, indent=2
    )
