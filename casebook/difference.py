"""What changed between two versions of an alert's evidence, as values and as sentences a person can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from findings import SEVERITY_ORDER

RecordKey = tuple[str, str]
"""(table, id) of a record."""

Amounts = Mapping[str, Any] | None
"""The `amount` of a finding's JSON: low, high, currency."""


@dataclass(frozen=True)
class RecordChange:
    """A record whose attributed part changed; minor units, None = no part was attributed."""

    table: str
    id: str
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Difference:
    """From an earlier version of an alert to a later one.

    severity        (before, after), None where it is the same; so with `amount` (low, high, currency or None)
    added, removed  evidence records that only the later or only the earlier version names, in its order
    changed         records that both name with another attributed part
    """

    before: int
    after: int
    severity: tuple[str, str] | None
    amount: tuple[Amounts, Amounts] | None
    added: tuple[RecordChange, ...]
    removed: tuple[RecordChange, ...]
    changed: tuple[RecordChange, ...]
    parties_added: tuple[str, ...]
    parties_removed: tuple[str, ...]
    paths: tuple[int, int]
    paths_changed: bool
    blind_spots_added: tuple[str, ...]
    blind_spots_removed: tuple[str, ...]
    currency: str | None

    @property
    def empty(self) -> bool:
        """Nothing that a reader would see changed."""
        return not self.sentences("en")

    def to_json(self) -> dict[str, Any]:
        document = dict(vars(self))
        for name in ("added", "removed", "changed"):
            document[name] = [vars(change) for change in document[name]]
        return document

    def sentences(
        self,
        language: Literal["en", "zh"],
        *,
        amount: Callable[[int, str | None], str] = lambda minor, currency: f"{minor} {currency or ''}".strip(),
        record: Callable[[str, str], str] = lambda table, id_: f"{table} {id_}",
        severity: Callable[[str], str] = str,
        blind_spot: Callable[[str], str] = str,
    ) -> list[str]:
        """What changed, the weightiest first: one sentence a change.

        amount, record, severity, blind_spot   how the reader writes minor units of a currency, a record, a
        severity's letter, and the kind of a blind spot
        """
        say = _WORDS[language]
        told = []

        def bounds(value: Amounts) -> str:
            if value is None:
                return say["none"]
            low, high = (amount(value[bound], value["currency"]) for bound in ("low", "high"))
            return high if value["low"] == value["high"] else say["range"].format(low=low, high=high)

        def part(minor: int | None) -> str:
            return say["none"] if minor is None else amount(minor, self.currency)

        if self.severity is not None:
            raised = SEVERITY_ORDER[self.severity[1]] > SEVERITY_ORDER[self.severity[0]]
            before, after = map(severity, self.severity)
            told.append(say["raised" if raised else "lowered"].format(before=before, after=after))
        if self.amount is not None:
            before, after = map(bounds, self.amount)
            told.append(say["amount"].format(before=before, after=after))
        for key, parties in (("party_added", self.parties_added), ("party_removed", self.parties_removed)):
            told += [say[key].format(party=record("party", party)) for party in parties]
        for key, change in (
            *(("added", change) for change in self.added),
            *(("removed", change) for change in self.removed),
        ):
            minor = change.after if key == "added" else change.before
            suffix = "" if minor is None else "_with_amount"
            told.append(say[key + suffix].format(record=record(change.table, change.id), amount=part(minor)))
        told += [
            say["changed"].format(record=record(c.table, c.id), before=part(c.before), after=part(c.after))
            for c in self.changed
        ]
        if self.paths_changed:
            told.append(say["paths"].format(before=self.paths[0], after=self.paths[1]))
        told += [say["unseen"].format(kind=blind_spot(kind)) for kind in self.blind_spots_added]
        told += [say["seen"].format(kind=blind_spot(kind)) for kind in self.blind_spots_removed]
        return told


def difference(earlier: Mapping[str, Any], later: Mapping[str, Any], *, before: int, after: int) -> Difference:
    """What changed from one finding (its JSON) to another; `before` and `after` are the versions' numbers."""
    parts_before, parts_after = _parts(earlier), _parts(later)
    spots_before, spots_after = _spots(earlier), _spots(later)
    amounts = (earlier["amount"], later["amount"])
    currency = next((value["currency"] for value in reversed(amounts) if value is not None), None)
    return Difference(
        before=before,
        after=after,
        severity=None if earlier["severity"] == later["severity"] else (earlier["severity"], later["severity"]),
        amount=None if amounts[0] == amounts[1] else amounts,
        added=tuple(RecordChange(*key, None, part) for key, part in parts_after.items() if key not in parts_before),
        removed=tuple(RecordChange(*key, part, None) for key, part in parts_before.items() if key not in parts_after),
        changed=tuple(
            RecordChange(*key, part, parts_after[key])
            for key, part in parts_before.items()
            if key in parts_after and parts_after[key] != part
        ),
        parties_added=tuple(party for party in later["parties"] if party not in earlier["parties"]),
        parties_removed=tuple(party for party in earlier["parties"] if party not in later["parties"]),
        paths=(len(earlier["paths"]), len(later["paths"])),
        paths_changed=earlier["paths"] != later["paths"],
        blind_spots_added=tuple((spots_after - spots_before).elements()),
        blind_spots_removed=tuple((spots_before - spots_after).elements()),
        currency=currency,
    )


def _parts(finding: Mapping[str, Any]) -> dict[RecordKey, int | None]:
    """Evidence by record; where a record is named twice its parts are added up."""
    parts: dict[RecordKey, int | None] = {}
    for evidence in finding["evidence"]:
        key = (evidence["table"], evidence["id"])
        known = parts.get(key)
        parts[key] = evidence["amount"] if known is None else known + (evidence["amount"] or 0)
    return parts


def _spots(finding: Mapping[str, Any]) -> Counter[str]:
    return Counter(spot["kind"] for spot in finding["blind_spots"])


_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "none": "none",
        "range": "{low} to {high}",
        "raised": "The severity rose from {before} to {after}.",
        "lowered": "The severity fell from {before} to {after}.",
        "amount": "The amount was {before} and is {after}.",
        "party_added": "{party} was not named before.",
        "party_removed": "{party} is no longer named.",
        "added": "New evidence: {record}.",
        "added_with_amount": "New evidence: {record}, {amount} of it.",
        "removed": "No longer evidence: {record}.",
        "removed_with_amount": "No longer evidence: {record}, {amount} of it.",
        "changed": "Of {record}, {before} counted before and {after} counts now.",
        "paths": "The money's ways are other ones: there were {before}, there are {after}.",
        "unseen": "Could not be seen, and was no blind spot before: {kind}.",
        "seen": "No longer a blind spot: {kind}.",
    },
    "zh": {
        "none": "无",
        "range": "{low} 至 {high}",
        "raised": "级别由{before}升至{after}。",
        "lowered": "级别由{before}降至{after}。",
        "amount": "金额由 {before} 变为 {after}。",
        "party_added": "新增涉及主体：{party}。",
        "party_removed": "不再涉及主体：{party}。",
        "added": "新增证据：{record}。",
        "added_with_amount": "新增证据：{record}，其中计入 {amount}。",
        "removed": "不再作为证据：{record}。",
        "removed_with_amount": "不再作为证据：{record}，原计入 {amount}。",
        "changed": "{record} 计入金额由 {before} 变为 {after}。",
        "paths": "资金路径有变：原 {before} 条，现 {after} 条。",
        "unseen": "新增盲区：{kind}。",
        "seen": "盲区消除：{kind}。",
    },
}
