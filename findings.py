"""`Finding`: the one type that crosses from detection to casework, and its JSON.

A finding is a value. Its `fingerprint` says *which* finding it is (detector and identity: ids only, never an
amount); its `evidence_hash` says what is known of it. Amounts are int64 counts of minor units.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["Y", "O", "R"]
SEVERITY_ORDER: dict[str, int] = {"Y": 0, "O": 1, "R": 2}


@dataclass(frozen=True)
class Subject:
    """What the finding is about: a row of a node table."""

    table: str
    id: str


@dataclass(frozen=True)
class Range:
    """An amount known between two bounds, in minor units of one currency."""

    low: int
    high: int
    currency: str

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"a range from {self.low} to {self.high} {self.currency} is empty")


@dataclass(frozen=True)
class Signal:
    """One measured value, the threshold it is held against (None: none), and what it adds to the score."""

    name: str
    value: float | int | str | bool | None
    threshold: float | int | str | None = None
    contribution: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """One record the finding rests on, and the part of its amount that is attributed to it."""

    table: str
    id: str
    amount: int | None = None


@dataclass(frozen=True)
class FlowPath:
    """Transfers in the order in which the money passed, and how much passed along all of them."""

    amount: int
    transfers: tuple[str, ...]


@dataclass(frozen=True)
class BlindSpot:
    """Something the finding could not see: what kind, which records, and how much money it concerns if known."""

    kind: str
    ids: tuple[str, ...] = ()
    amount: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """A sentence in both languages: templates (`str.format`) and the values that fill them.

    Values are ids, amounts and days, never names or numbers of people: the desk puts names in where it may show them.
    """

    en: str
    zh: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """The sentence in ``en`` or ``zh``."""
        return (self.zh if language == "zh" else self.en).format(**self.values)


@dataclass(frozen=True)
class Finding:
    """What a detector found.

    `detector` is filled in by the runner. `identity` holds the stable ids, named as in the schema, that make it
    this finding. `paths` is empty for detectors that do not follow money.
    """

    identity: Mapping[str, str]
    subject: Subject
    severity: Severity
    message: Message
    amount: Range | None = None
    signals: tuple[Signal, ...] = ()
    parties: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    paths: tuple[FlowPath, ...] = ()
    blind_spots: tuple[BlindSpot, ...] = ()
    detector: str = ""

    def __post_init__(self) -> None:
        if not self.identity:
            raise ValueError("a finding needs an identity: the ids that make it this finding")

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits of the SHA-256 of detector and identity."""
        return _digest({"detector": self.detector, "identity": dict(self.identity)})

    @property
    def evidence_hash(self) -> str:
        """32 hexadecimal digits of the SHA-256 of what is known: everything but words and signals."""
        document = self._document()
        return _digest({key: document[key] for key in _HASHED})

    def _document(self) -> dict[str, Any]:
        return {
            "detector": self.detector,
            "identity": dict(sorted(self.identity.items())),
            "subject": {"table": self.subject.table, "id": self.subject.id},
            "severity": self.severity,
            "amount": None
            if self.amount is None
            else {"low": self.amount.low, "high": self.amount.high, "currency": self.amount.currency},
            "signals": [
                {"name": s.name, "value": s.value, "threshold": s.threshold, "contribution": s.contribution}
                for s in self.signals
            ],
            "parties": list(self.parties),
            "evidence": [{"table": e.table, "id": e.id, "amount": e.amount} for e in self.evidence],
            "paths": [{"amount": p.amount, "transfers": list(p.transfers)} for p in self.paths],
            "blind_spots": [
                {"kind": b.kind, "ids": list(b.ids), "amount": b.amount, **b.detail} for b in self.blind_spots
            ],
        }

    def to_json(self) -> dict[str, Any]:
        """The fixed shape of `loantrail sweep --json` (`docs/design.md`, "The command line")."""
        return {
            **self._document(),
            "message": {"en": self.message.text("en"), "zh": self.message.text("zh")},
            "fingerprint": self.fingerprint,
            "evidence_hash": self.evidence_hash,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Finding:
        """The finding that `to_json` wrote, and that writes the same again. Its words are as they were told: the values
        that filled them are not kept apart."""
        amount, message = document["amount"], document["message"]
        return cls(
            detector=document["detector"],
            identity=dict(document["identity"]),
            subject=Subject(**document["subject"]),
            severity=document["severity"],
            message=Message(en=_literal(message["en"]), zh=_literal(message["zh"])),
            amount=None if amount is None else Range(**amount),
            signals=tuple(Signal(**signal) for signal in document["signals"]),
            parties=tuple(document["parties"]),
            evidence=tuple(Evidence(**evidence) for evidence in document["evidence"]),
            paths=tuple(FlowPath(path["amount"], tuple(path["transfers"])) for path in document["paths"]),
            blind_spots=tuple(
                BlindSpot(
                    spot["kind"],
                    tuple(spot["ids"]),
                    spot["amount"],
                    {name: value for name, value in spot.items() if name not in {"kind", "ids", "amount"}},
                )
                for spot in document["blind_spots"]
            ),
        )


def _literal(text: str) -> str:
    """A template that reads as the text."""
    return text.replace("{", "{{").replace("}", "}}")


_HASHED = ("detector", "identity", "subject", "severity", "amount", "parties", "evidence", "paths", "blind_spots")


def _digest(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
