"""Random registers for benchmarks: who holds what of whom and who guarantees whom, deterministic by seed.

Holders are drawn with a power law, so that a few hold very many; a giant strongly connected component holds at least a
twentieth of all companies; most companies belong to one or two persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

GIANT = 0.05
"""Share of the companies that own each other in one component."""
PERSONS = 1.2
"""Persons a company."""


@dataclass(frozen=True)
class Register:
    """Companies 0 … companies - 1, persons after them. holder, company: int32; ratio: float64, in whole percents, the
    holdings of a company add up to at most 1; sorted by company, then holder, one row a pair."""

    companies: int
    parties: int
    holder: Array
    company: Array
    ratio: Array


@dataclass(frozen=True)
class GuaranteeBook:
    """guarantor, obligor: int32 party numbers < parties; stake: int64 minor units."""

    parties: int
    guarantor: Array
    obligor: Array
    stake: Array


def power_law(random: np.random.Generator, size: int, below: int) -> Array:
    """`size` numbers below `below`, the small ones far more often: the k-th about as 1/k^0.7."""
    return np.minimum((below * random.random(size) ** (1 / 0.3)).astype(np.int64), below - 1)


def random_register(companies: int, *, seed: int = 1) -> Register:
    """About two holdings a company."""
    random = np.random.default_rng(seed)
    persons = int(companies * PERSONS)
    giant = int(companies * GIANT) + 1
    ring = np.arange(giant)
    holder = [(ring + 1) % giant, power_law(random, giant, giant)]  # a ring, and chords inside it
    company = [ring, ring]
    percent = [random.integers(5, 41, giant), random.integers(1, 16, giant)]
    outside = np.arange(giant, companies)
    chosen = random.random(len(outside))
    single = outside[chosen < 0.45]  # one person with most of it
    holder.append(companies + random.permutation(persons)[: len(single)])
    company.append(single)
    percent.append(random.integers(51, 101, len(single)))
    joint = outside[chosen >= 0.45]
    for low, high in ((26, 61), (10, 40)):  # a company of a lower number, or a person
        by_company = random.random(len(joint)) < 0.5
        upper = np.where(by_company, np.minimum(power_law(random, len(joint), companies), joint - 1), 0)
        person = companies + power_law(random, len(joint), persons)
        holder.append(np.where(by_company, upper, person))
        company.append(joint)
        percent.append(random.integers(low, high, len(joint)))
    rest = 2 * companies - sum(len(part) for part in holder)
    more = random.integers(0, companies, max(0, rest))
    holder.append(companies + power_law(random, len(more), persons))
    company.append(more)
    percent.append(random.integers(1, 20, len(more)))
    owners = [companies + random.integers(0, persons, giant)]  # whoever is left of the companies in the ring
    holder += owners
    company.append(ring)
    percent.append(random.integers(20, 45, giant))
    return _register(companies, companies + persons, *(np.concatenate(part) for part in (holder, company, percent)))


def _register(companies: int, parties: int, holder: Array, company: Array, percent: Array) -> Register:
    pair, first = np.unique(company.astype(np.int64) * parties + holder, return_index=True)
    holder, company, percent = (pair % parties), (pair // parties), percent[first].astype(np.int64)
    apart = holder != company
    holder, company, percent = holder[apart], company[apart], percent[apart]
    starts = np.flatnonzero(np.diff(company, prepend=-1))
    before = np.cumsum(percent) - percent
    used = before - np.repeat(before[starts], np.diff(np.append(starts, len(company))))
    percent = np.clip(100 - used, 0, percent)  # later holders get what is left
    kept = percent > 0
    return Register(
        companies,
        parties,
        holder[kept].astype(np.int32),
        company[kept].astype(np.int32),
        percent[kept] / 100,
    )


def random_guarantees(parties: int, *, seed: int = 1) -> GuaranteeBook:
    """One guarantee and a half for each party; a twentieth of the parties stand for each other in one circle."""
    random = np.random.default_rng(seed)
    giant = int(parties * GIANT) + 1
    ring = np.arange(giant)
    small = np.arange(giant, parties - 6, 40)  # rings of two to six all over the book
    size = random.integers(2, 7, len(small))
    member = np.concatenate([np.arange(s) for s in size]) if len(size) else np.zeros(0, dtype=np.int64)
    base, sizes = np.repeat(small, size), np.repeat(size, size)
    others = int(parties * 1.5) - giant - len(base)
    later = giant + np.sort(random.integers(0, parties - giant, (others, 2)), axis=1)  # forward only: no more circles
    forward = later[later[:, 0] < later[:, 1]]
    one = np.concatenate([ring, base + member, forward[:, 0]])
    other = np.concatenate([(ring + 1) % giant, base + (member + 1) % sizes, forward[:, 1]])
    stake = random.integers(10_000_00, 100_000_000_00, len(one))
    return GuaranteeBook(parties, one.astype(np.int32), other.astype(np.int32), stake)
