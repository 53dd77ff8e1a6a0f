"""Which records of parties could be one party: the same number, or names that are alike.

Nothing is decided here but this: two records with the same checked number of the same register are one party
(confidence 1, basis ``identifier``), unless their kinds contradict each other. Everything else is a proposal with its
confidence and its reasons, for a person. Records whose checked numbers differ are never proposed.

Pairs are scored by rapidfuzz within blocks of like names, numbers and days. In a book of more than `LARGE` records an
equal name may be chance: there the likenesses are scored by weights learnt from the book (`graph.same_party_learnt`),
where the extra `matching` is installed and the book has enough to learn from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import combinations

import pyarrow as pa
import structlog
from rapidfuzz import fuzz

from graph.columns import Text
from graph.identifiers import identifier
from graph.party_names import PartyName, party_name
from graph.schema import Party

log = structlog.get_logger(__name__)

PROPOSED_FROM = 0.80
"""Confidence from which a pair is worth a person's time: our own proposal."""
BLOCK_LIMIT = 200
"""Records of one block that are compared with one another; a larger block (a very common name) tells nobody apart."""
LARGE = 50_000
"""Records from which likenesses are weighed by what is common in the book."""
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
    "learnt": Text("weighed by how common each is in this book", "按各要素在本库中的常见程度加权"),
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


def candidates(parties: Iterable[Party], *, large: int = LARGE) -> list[Candidate]:
    """The pairs that are one by their number, and those worth a look, the most confident first."""
    known = [_known(party) for party in parties]
    found: dict[tuple[str, str], Candidate] = {}
    learnt = _learnt(known) if len(known) > large and find_spec("splink") else None
    for one, other in _pairs(known, likenesses=learnt is None):
        candidate = _candidate(one, other)
        if candidate is not None:
            found[candidate.party_id, candidate.other_id] = candidate
    for candidate in learnt or ():
        found.setdefault((candidate.party_id, candidate.other_id), candidate)
    return sorted(found.values(), key=lambda c: (-c.confidence, c.party_id, c.other_id))


def _learnt(known: Sequence[_Known]) -> list[Candidate] | None:
    """Likenesses by weights learnt from the book; None where it has too little to learn from."""
    from graph import same_party_learnt  # the extra `matching`; takes a second to import

    by_id = {one.party.party_id: one for one in known}
    rows = {
        "party_id": list(by_id),
        "core": [one.name.core or None for one in by_id.values()],
        "sound": [one.name.sound or None for one in by_id.values()],
        **{field: [_told(one.party, field) for one in by_id.values()] for field in same_party_learnt.FACTS},
    }
    records = pa.table({name: pa.array(values, pa.string()) for name, values in rows.items()})
    try:
        pairs = same_party_learnt.pairs(records, at_least=PROPOSED_FROM, block_limit=BLOCK_LIMIT)
    except same_party_learnt.TooLittle as error:
        log.info("no weights learnt", records=len(known), why=str(error))
        return None
    found = []
    for pair in pairs:
        one, other = by_id[pair.one], by_id[pair.other]
        agreed = {"address", "day"} & set(pair.reasons)
        if _can_be_one(one, other) and (agreed or "person" not in (one.party.kind, other.party.kind)):
            confidence = round(min(pair.probability, 0.99), 2)
            found.append(Candidate(pair.one, pair.other, confidence, "similar", (*pair.reasons, "learnt")))
    return found


def _known(party: Party) -> _Known:
    if not party.id_number:
        return _Known(party, party_name(party.name), None, None)
    number = identifier(party.id_scheme or "other", party.id_number)
    return _Known(party, party_name(party.name), f"{number.scheme}:{number.number}", number.valid)


def _pairs(known: Sequence[_Known], *, likenesses: bool) -> Iterator[tuple[_Known, _Known]]:
    """Pairs that share a number; and, for likenesses, the core of a name, its sound, its first or last characters, or a
    day."""
    blocks: dict[tuple[str, str], list[_Known]] = defaultdict(list)
    for one in known:
        if one.number is not None:
            blocks["number", one.number].append(one)
        if not likenesses:
            continue
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
    if not _can_be_one(one, other):
        return None
    if one.number is not None and one.number == other.number:
        checked = one.valid is True and (a.id_scheme or "") in CHECKED_SCHEMES
        if checked:
            return Candidate(a.party_id, b.party_id, 1.0, "identifier", ("number",))
        return Candidate(a.party_id, b.party_id, 0.95, "similar", ("unchecked_number",))
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


def _can_be_one(one: _Known, other: _Known) -> bool:
    """Whether neither the kinds nor the numbers contradict: two numbers of one register that both hold are two
    parties."""
    a, b = one.party, other.party
    if a.kind != b.kind and "unknown" not in (a.kind, b.kind):
        return False
    return not (one.valid and other.valid and a.id_scheme == b.id_scheme and one.number != other.number)
