"""How much money the alerts of a case are about, together: bounds that count no shared record twice.

Alerts of one case often tell of the same money: a payment to a person is also a step of money coming back. So

* **at least** is the largest lower bound of one alert. Nothing here proves that two alerts mean different money, even
  if they share no record: one may tell of an earlier stretch of the same way.
* **at most** is the smaller of two bounds, for every group of alerts tied by shared records:

  1. the sum of the alerts' upper bounds, less what two of them certainly share, along the tree of pairs that share
     most (Hunter's bound on the size of a union). Two alerts of which each counts a part of one record share at least
     the excess of the parts over the record's amount; several shared records may carry the same money one after
     another, so only the largest excess counts;
  2. the sum over their records of the parts that count, no record counting for more than its amount. It holds only
     where the parts of every alert in the group cover its upper bound.

  Groups that share no record are added up.

A record whose amount nobody gave can not be proven to be shared; `unknown_amounts` counts those among the shared.
Currencies are never added together.

Source: D. Hunter, "An upper bound for the probability of a union", Journal of Applied Probability 13 (1976).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

RecordKey = tuple[str, str]
"""(table, id) of a record."""

CARRIERS = ("transfer", "drawdown")
"""Records that carry money; what is said of a contract or an invoice is no part of a payment."""


@dataclass(frozen=True)
class CaseAmount:
    """How much money the alerts in one currency are about, in minor units; see the module.

    alerts            how many of them say an amount
    shared            records that more than one of them counts
    unknown_amounts   those of them whose own amount is not known, so that they may be counted more than once
    """

    currency: str
    at_least: int
    at_most: int
    alerts: int
    shared: tuple[RecordKey, ...]
    unknown_amounts: int

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "shared": [{"table": table, "id": id_} for table, id_ in self.shared]}


def case_amounts(findings: Iterable[Mapping[str, Any]], amounts: Mapping[RecordKey, int]) -> list[CaseAmount]:
    """The bounds by currency, currencies in order.

    findings   the JSON of each alert's finding; those without an amount say nothing
    amounts    what each transfer or drawdown itself amounts to, in minor units; records left out are unknown
    """
    by_currency: dict[str, list[Mapping[str, Any]]] = {}
    for finding in findings:
        if finding["amount"] is not None:
            by_currency.setdefault(finding["amount"]["currency"], []).append(finding)
    return [_amount(currency, told, amounts) for currency, told in sorted(by_currency.items())]


def union(findings: Iterable[Mapping[str, Any]]) -> list[RecordKey]:
    """Every record that carries money and that some finding names, each once, in the order of the findings."""
    return list(
        dict.fromkeys(
            (evidence["table"], evidence["id"])
            for finding in findings
            for evidence in finding["evidence"]
            if evidence["table"] in CARRIERS
        )
    )


def _amount(currency: str, findings: list[Mapping[str, Any]], amounts: Mapping[RecordKey, int]) -> CaseAmount:
    highs = [finding["amount"]["high"] for finding in findings]
    parts = [_parts(finding, amounts) for finding in findings]
    named: dict[RecordKey, list[int]] = {}
    for number, counted in enumerate(parts):
        for record in counted:
            named.setdefault(record, []).append(number)
    shared = tuple(record for record, tellers in named.items() if len(tellers) > 1)
    at_most = sum(
        min(_by_pairs(group, highs, parts, amounts), _by_records(group, highs, parts, amounts))
        for group in _groups(len(findings), [named[record] for record in shared])
    )
    return CaseAmount(
        currency=currency,
        at_least=max(finding["amount"]["low"] for finding in findings),
        at_most=at_most,
        alerts=len(findings),
        shared=shared,
        unknown_amounts=sum(record not in amounts for record in shared),
    )


def _parts(finding: Mapping[str, Any], amounts: Mapping[RecordKey, int]) -> dict[RecordKey, int]:
    """What a finding counts of each record; no more than the alert's upper bound and than the record's amount."""
    parts: dict[RecordKey, int] = {}
    for evidence in finding["evidence"]:
        if evidence["table"] in CARRIERS and evidence["amount"] is not None:
            record = (evidence["table"], evidence["id"])
            parts[record] = parts.get(record, 0) + evidence["amount"]
    high = finding["amount"]["high"]
    return {record: min(part, high, amounts.get(record, part)) for record, part in parts.items()}


def _groups(count: int, ties: list[list[int]]) -> list[list[int]]:
    """Alerts tied by records, directly or through others."""
    group = list(range(count))

    def root(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    for first, *others in ties:
        for other in others:
            group[root(other)] = root(first)
    found: dict[int, list[int]] = {}
    for number in range(count):
        found.setdefault(root(number), []).append(number)
    return list(found.values())


def _by_pairs(
    group: list[int], highs: list[int], parts: list[dict[RecordKey, int]], amounts: Mapping[RecordKey, int]
) -> int:
    """Hunter's bound: the sum less the heaviest spanning tree of what pairs certainly share (Prim)."""
    total = sum(highs[number] for number in group)
    tree, rest = {group[0]}, set(group[1:])
    while rest:
        overlap, nearest = max((_shared(parts[one], parts[other], amounts), -other) for one in tree for other in rest)
        total -= overlap
        tree.add(-nearest)
        rest.remove(-nearest)
    return total


def _shared(one: Mapping[RecordKey, int], other: Mapping[RecordKey, int], amounts: Mapping[RecordKey, int]) -> int:
    """At least how much money two alerts share."""
    excess = (one[record] + other[record] - amounts[record] for record in one.keys() & other.keys() & amounts.keys())
    return max(0, max(excess, default=0))


def _by_records(
    group: list[int], highs: list[int], parts: list[dict[RecordKey, int]], amounts: Mapping[RecordKey, int]
) -> int:
    """The money that the records of the group carry; the sum of upper bounds where they do not cover it."""
    if any(sum(parts[number].values()) < highs[number] for number in group):
        return sum(highs[number] for number in group)
    carried: dict[RecordKey, int] = {}
    for number in group:
        for record, part in parts[number].items():
            carried[record] = carried.get(record, 0) + part
    return sum(min(part, amounts.get(record, part)) for record, part in carried.items())
