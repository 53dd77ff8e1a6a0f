"""Which records of parties could be one party: the same number, or names that are alike.

Nothing is decided here but this: two records with the same checked number of the same register are one party
(confidence 1, basis ``identifier``), unless their kinds contradict each other. Everything else is a proposal with its
confidence and its reasons, for a person. Records whose checked numbers differ are never proposed.

Pairs are scored by rapidfuzz within blocks of like names, numbers and days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz import fuzz

from graph.columns import Text
from graph.identifiers import identifier
from graph.party_names import PartyName, party_name
from graph.schema import Party

PROPOSED_FROM = 0.80
"""Confidence from which a pair is worth a person's time: our own proposal."""
BLOCK_LIMIT = 200
"""Records of one block that are compared with one another; a larger block (a very common name) tells nobody apart."""
CHECKED_SCHEMES = ("uscc", "resident_id", "lei")

REASONS = {
    "number": Text("the same checked number of the same register", "同一登记机构的证件号码一致且校验通过"),
    "unchecked_number": Text(
        "the same number, which has no check digits or fails them", "证件号码一致，但无校验位或校验不通过"
    ),
    "name": Text(
        "the same name once width, script, marks and legal form are set aside",
        "去除全半角、繁简体、符号及公司后缀后名称一致",
    ),
    "similar": Text("names alike", "名称相近"),
    "sound": Text("one name is how the other is read", "一方名称为另一方的拼音"),
    "address": Text("the same address", "地址一致"),
    "day": Text("the same day of birth or registration", "出生或成立日期一致"),
    "other_address": Text("different addresses", "地址不同"),
    "other_day": Text("different days of birth or registration", "出生或成立日期不同"),
}


@dataclass(frozen=True)
class Candidate:
    """Two records that could be one party, the smaller id first; `reasons` are keys of `REASONS`."""

    party_id: str
    other_id: str
    confidence: float
    basis: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Known:
    party: Party
    name: PartyName
    number: str | None
    valid: bool | None


def candidates(parties: Iterable[Party]) -> list[Candidate]:
    """The pairs that are one by their number, and those worth a look, the most confident first."""
    known = [_known(party) for party in parties]
    found: dict[tuple[str, str], Candidate] = {}
    for one, other in _pairs(known):
        candidate = _candidate(one, other)
        if candidate is not None:
            found[candidate.party_id, candidate.other_id] = candidate
    return sorted(found.values(), key=lambda c: (-c.confidence, c.party_id, c.other_id))


def _known(party: Party) -> _Known:
    if not party.id_number:
        return _Known(party, party_name(party.name), None, None)
    number = identifier(party.id_scheme or "other", party.id_number)
    return _Known(party, party_name(party.name), f"{number.scheme}:{number.number}", number.valid)


def _pairs(known: Sequence[_Known]) -> Iterator[tuple[_Known, _Known]]:
    """Pairs that share a number, the core of a name, its sound, or its first and last characters with a day."""
    blocks: dict[tuple[str, str], list[_Known]] = defaultdict(list)
    for one in known:
        if one.number is not None:
            blocks["number", one.number].append(one)
        blocks["core", one.name.core].append(one)
        blocks["sound", one.name.sound].append(one)
        for end in (one.name.core[:4], one.name.core[-4:]):
            if len(end) == 4:
                blocks["end", end].append(one)
        if one.party.registered_on is not None:
            blocks["day", f"{one.party.registered_on} {one.name.sound[:1]}"].append(one)
    seen: set[tuple[str, str]] = set()
    for members in blocks.values():
        if len(members) > BLOCK_LIMIT:
            continue
        for one, other in combinations(members, 2):
            pair = min(one.party.party_id, other.party.party_id), max(one.party.party_id, other.party.party_id)
            if pair[0] != pair[1] and pair not in seen:
                seen.add(pair)
                yield (one, other) if one.party.party_id == pair[0] else (other, one)


def _candidate(one: _Known, other: _Known) -> Candidate | None:
    a, b = one.party, other.party
    if _contradict(a.kind, b.kind):
        return None
    if one.number is not None and one.number == other.number:
        checked = one.valid is True and (a.id_scheme or "") in CHECKED_SCHEMES
        if checked:
            return Candidate(a.party_id, b.party_id, 1.0, "identifier", ("number",))
        return Candidate(a.party_id, b.party_id, 0.95, "similar", ("unchecked_number",))
    if one.valid and other.valid and a.id_scheme == b.id_scheme:
        return None  # two numbers of one register that both hold are two parties
    confidence, reasons = _alike(one, other)
    if confidence < PROPOSED_FROM:
        return None
    return Candidate(a.party_id, b.party_id, round(confidence, 4), "similar", tuple(reasons))


def _alike(one: _Known, other: _Known) -> tuple[float, list[str]]:
    """Names first; a shared address or day lifts, a different one lowers. People have namesakes: a person's name alone
    never reaches the border."""
    names = one.name, other.name
    if names[0].core == names[1].core:
        confidence, reasons = 0.88, ["name"]
    elif names[0].chinese != names[1].chinese and names[0].sound == names[1].sound:
        confidence, reasons = 0.80, ["sound"]
    else:
        confidence, reasons = 0.86 * fuzz.ratio(names[0].core, names[1].core) / 100, ["similar"]
    if "person" in (one.party.kind, other.party.kind):
        confidence -= 0.15
    for field, weight in (("address", 0.08), ("day", 0.12)):
        told = [_told(known.party, field) for known in (one, other)]
        if None not in told:
            same = told[0] == told[1]
            confidence += weight if same else -weight
            reasons.append(field if same else f"other_{field}")
    return max(0.0, min(confidence, 0.99)), reasons


def _told(party: Party, field: str) -> str | None:
    if field == "day":
        return None if party.registered_on is None else party.registered_on.isoformat()
    return party_name(party.address).whole or None if party.address else None


def _contradict(one: str, other: str) -> bool:
    return one != other and "unknown" not in (one, other)
