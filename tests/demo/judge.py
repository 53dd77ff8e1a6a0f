"""Findings held against the planted answers: what was missed, what is a false alarm, which bounds do not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Verdict:
    """Sentences for people, one a fault; a bank judged well has none."""

    missed: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    bounds_violated: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [*self.missed, *self.false_alarms, *self.bounds_violated]


def judge(findings: Iterable[Mapping[str, Any]], answers: Mapping[str, Any]) -> Verdict:
    """Compare findings (dicts of the shape of ``Finding.to_json()``) with the document in answers.json.

    missed           a planted pattern without a finding of exactly its identity
    false_alarms     a finding of a planted detector that is no planted pattern; it names the look-alike it fell for
    bounds_violated  a true returned amount outside [low, high] of its finding
    """
    verdict = Verdict()
    cases = answers["cases"]
    judged = {case["detector"] for case in cases}
    found = {_key(finding): finding for finding in findings if finding["detector"] in judged}
    expected = {_key(case): case for case in cases if case["expected"] == "alert"}
    for key, case in expected.items():
        finding = found.get(key)
        if finding is None:
            verdict.missed.append(f"{_name(case)}: no finding {dict(key[1])}; {case['story']['en']}")
        elif "true_returned" in case:
            amount, true = finding["amount"], case["true_returned"]
            if not (amount["low"] <= true <= amount["high"] and amount["currency"] == case["currency"]):
                verdict.bounds_violated.append(f"{_name(case)}: {true} is not within {amount}")
    for key, finding in found.items():
        if key not in expected:
            ids = {id_ for value in finding["identity"].values() for id_ in value.split("|")}  # a ring names several
            fooled = [
                _name(case)
                for case in cases
                if case["expected"] == "silent" and case["detector"] == key[0] and ids & set(case["not_concerned"])
            ]
            by = f"fell for {', '.join(fooled)}" if fooled else "ordinary business"
            verdict.false_alarms.append(f"{key[0]} {finding['identity']}: {by}; {finding['message']['en']}")
    return verdict


def _key(document: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    return document["detector"], tuple(sorted(document["identity"].items()))


def _name(case: Mapping[str, Any]) -> str:
    return f"{case['detector']} {case['case']}/{case['variant']}"
