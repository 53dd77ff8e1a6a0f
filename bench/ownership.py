"""Who controls, who owns, who stands for whom: our kernels beside networkx, scipy and Cypher on a real Neo4j.

``python -m bench.ownership [--sizes 10000,100000,1000000] [--ask QUESTIONS] [--neo4j SIZES] [--ours] [--json FILE]``
asks on random registers (`bench.registers`), and writes the page beside the JSON file (`bench.ownership_report`):

    control      everybody who controls each company, jointly through controlled companies
    owners       natural persons with a quarter or more of each company over all paths, cycles included
    circles      strongly connected components of the guarantees, and the rings of at most six in the small ones
    history      who was behind one party on every day of twenty years on which something changed

Same data, same run; every answer is compared. A peer that is too slow for all is asked for a sample and the table says
of how many. Seconds are wall clock, with those of the processor beside them: other work on the machine lengthens the
first and not the second.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from scipy.sparse import coo_array, eye_array
from scipy.sparse.linalg import splu

from bench.ownership_report import write
from bench.registers import GuaranteeBook, Register, random_guarantees, random_register
from graph.algorithms.control import control_forest
from graph.algorithms.guarantees import Guarantees, circles, guarantees, rings
from graph.algorithms.holdings import EVERYBODY, WHOLE, Holdings, index_holdings, votes_on
from graph.algorithms.ownership import rings_of, stakes_above
from graph.algorithms.ownership_of_all import large_owners
from graph.transfers import NEVER

Array = np.ndarray[Any, Any]
Cypher = Callable[[Register, Any], "list[Measured]"]

QUARTER = 0.25
TOLERANCE = 1e-9
CYPHER_SECONDS = 600
LARGEST_FACTORIZATION = 100_000
"""Companies up to which a global LU is tried: inside a giant component it fills up."""
SMALL = 1_000
"""Companies, with which the compilers are warmed up."""


@dataclass
class Measured:
    """One way to answer one question. `asked` of `of` were asked; `equal` says whether the answers are ours."""

    question: str
    size: int
    way: str
    seconds: float
    cpu_seconds: float
    asked: int
    of: int
    equal: bool | None = None
    note: str = ""


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """(answer, wall seconds, processor seconds)."""
    began, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return answer, time.perf_counter() - began, time.process_time() - cpu


def holdings_of(register: Register) -> Holdings:
    """The register as the snapshot's index has it: every share votes."""
    row, first, out_first, out_row = index_holdings(register.parties, register.holder, register.company)
    holder, company, share = register.holder[row], register.company[row], register.ratio[row]
    votes = np.rint(share * WHOLE).astype(np.int64)
    ever = np.full(len(row), NEVER, dtype=np.int32)
    return Holdings(first, company, holder, votes, votes, share, -ever, ever, out_first, out_row)


# --- control --------------------------------------------------------------------------------------------------------


def control_by_us(book: Holdings, parties: int) -> Callable[[], Array]:
    """int32[n]: the least controller of each party, -1 for nobody; all others are its ancestors."""
    place = np.full(parties, -1, dtype=np.int32)
    return lambda: np.asarray(control_forest(votes_on(book, 0, EVERYBODY, place)).parent)


def graph_of(register: Register) -> Any:
    """The register as a networkx graph with shares as weights."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(register.parties))
    columns = (register.holder.tolist(), register.company.tolist(), register.ratio.tolist())
    graph.add_weighted_edges_from(zip(*columns, strict=True))
    return graph


def control_by_networkx(graph: Any, starts: list[int]) -> Callable[[], dict[int, set[int]]]:
    """What each of `starts` controls: the worklist over adjacency dictionaries, in exact percents."""

    def controlled(start: int) -> set[int]:
        inside, queue, held = {start}, [start], {}
        while queue:
            for company, data in graph.adj[queue.pop()].items():
                held[company] = held.get(company, 0) + round(data["weight"] * 100)
                if held[company] > 50 and company not in inside:
                    inside.add(company)
                    queue.append(company)
        return inside - {start}

    return lambda: {start: controlled(start) for start in starts}


def controlled_by_us(parent: Array, starts: list[int]) -> dict[int, set[int]]:
    """The same from the forest (rings of control do not occur in these registers: it is compared)."""
    children: dict[int, list[int]] = {}
    for party, above in enumerate(parent.tolist()):
        if above >= 0:
            children.setdefault(above, []).append(party)
    found = {}
    for start in starts:
        inside: set[int] = set()
        stack = [start]
        while stack:
            for child in children.get(stack.pop(), ()):
                inside.add(child)
                stack.append(child)
        found[start] = inside
    return found


# --- owners ---------------------------------------------------------------------------------------------------------


def owners_by_us(book: Holdings, register: Register) -> Callable[[], dict[tuple[int, int], float]]:
    """(company, person): share of at least a quarter, over all paths."""
    persons = np.zeros(register.parties, dtype=bool)
    persons[register.companies :] = True
    place = np.full(register.parties, -1, dtype=np.int32)

    def ask() -> dict[tuple[int, int], float]:
        stakes = stakes_above(book, 0, EVERYBODY, place)
        found = large_owners(stakes, rings_of(stakes), ~persons, persons, persons, QUARTER - TOLERANCE)
        columns = (found.company.tolist(), found.owner.tolist(), found.share.tolist())
        return {(company, owner): share for company, owner, share in zip(*columns, strict=True)}

    return ask


def owners_by_scipy(register: Register, asked: Array) -> Callable[[], dict[tuple[int, int], float]]:
    """The same for some companies: one sparse LU of (I - W) among companies, one solve each."""
    among = register.holder < register.companies
    n = register.companies
    direct = coo_array((register.ratio[among], (register.holder[among], register.company[among])), shape=(n, n)).tocsc()
    outside = coo_array(
        (register.ratio[~among], (register.holder[~among] - n, register.company[~among])),
        shape=(register.parties - n, n),
    ).tocsr()

    def ask() -> dict[tuple[int, int], float]:
        factors = splu((eye_array(n, format="csc") - direct).tocsc())
        found = {}
        for company in asked.tolist():
            unit = np.zeros(n)
            unit[company] = 1.0
            passing = factors.solve(unit)
            shares = outside @ passing
            for person in np.flatnonzero(shares >= QUARTER - TOLERANCE).tolist():
                found[company, n + person] = float(shares[person])
        return found

    return ask


def owners_by_iteration(register: Register, asked: Array) -> Callable[[], dict[tuple[int, int], float]]:
    """The same where a factorization would not fit: mass is passed up with a sparse matrix until none is under way."""
    among = register.holder < register.companies
    n = register.companies
    direct = coo_array((register.ratio[among], (register.holder[among], register.company[among])), shape=(n, n)).tocsr()
    outside = coo_array(
        (register.ratio[~among], (register.holder[~among] - n, register.company[~among])),
        shape=(register.parties - n, n),
    ).tocsr()

    def ask() -> dict[tuple[int, int], float]:
        moving = np.zeros((n, len(asked)))
        moving[asked, np.arange(len(asked))] = 1.0
        passing = moving.copy()
        while moving.sum(axis=0).max() > TOLERANCE / 1_000:
            moving = direct @ moving
            passing += moving
        shares = outside @ passing
        person, column = np.nonzero(shares >= QUARTER - TOLERANCE)
        pairs = zip(person.tolist(), column.tolist(), strict=True)
        return {(int(asked[c]), n + p): float(shares[p, c]) for p, c in pairs}

    return ask


def same_shares(one: dict[tuple[int, int], float], other: dict[tuple[int, int], float]) -> bool:
    """Whether two answers name the same owners with shares within 1e-9; at the border either is right."""
    for pair in one.keys() ^ other.keys():
        if abs(one.get(pair, other.get(pair, 0.0)) - QUARTER) > 2 * TOLERANCE:
            return False
    return all(abs(one[pair] - other[pair]) <= TOLERANCE for pair in one.keys() & other.keys())


# --- circles --------------------------------------------------------------------------------------------------------

Circles = set[frozenset[int]]
LONGEST, LARGEST = 6, 50


def circles_by_us(book: GuaranteeBook) -> Callable[[], tuple[Circles, int]]:
    """Circles, and how many rings of at most six there are in those of at most fifty."""

    def ask() -> tuple[Circles, int]:
        network: Guarantees = guarantees(book.parties, book.guarantor, book.obligor, book.stake)
        found = circles(network)
        count, sets = 0, set()
        for number in range(len(found)):
            members = found.of(number)
            sets.add(frozenset(members.tolist()))
            if len(members) <= LARGEST:
                count += len(rings(network, members, LONGEST).first) - 1
        return sets, count

    return ask


def circles_by_networkx(book: GuaranteeBook) -> Callable[[], tuple[Circles, int]]:
    """The same with networkx; building its graph is not counted."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(book.parties))
    graph.add_edges_from(zip(book.guarantor.tolist(), book.obligor.tolist(), strict=True))

    def ask() -> tuple[Circles, int]:
        count, sets = 0, set()
        for component in nx.strongly_connected_components(graph):
            if len(component) > 1:
                sets.add(frozenset(component))
                if len(component) <= LARGEST:
                    count += sum(1 for _ in nx.simple_cycles(graph.subgraph(component), length_bound=LONGEST))
        return sets, count

    return ask


# --- all of it ------------------------------------------------------------------------------------------------------


def control(size: int, register: Register, cypher: Cypher | None, peers: bool) -> list[Measured]:
    """Who controls each company."""
    random = np.random.default_rng(size)
    parent, wall, cpu = timed(control_by_us(holdings_of(register), register.parties))
    done = [Measured("control", size, "loantrail", wall, cpu, size, size)]
    if peers:
        heads = np.unique(np.concatenate([parent[parent >= 0], random.integers(0, register.parties, 200)]))
        starts = sorted(random.choice(heads, min(len(heads), 2_000), replace=False).tolist())
        answer, wall, cpu = timed(control_by_networkx(graph_of(register), starts))
        equal, note = answer == controlled_by_us(parent, starts), "worklist from each holder"
        done.append(Measured("control", size, "networkx", wall, cpu, len(starts), register.parties, equal, note))
    if cypher is not None:
        done += cypher(register, controlled_by_us(parent, list(range(register.parties))))
    return done


def owners(size: int, register: Register, peers: bool) -> list[Measured]:
    """Natural persons with a quarter or more of each company."""
    ours, wall, cpu = timed(owners_by_us(holdings_of(register), register))
    done = [Measured("owners", size, "loantrail", wall, cpu, size, size)]
    if not peers:
        return done
    factorized = size <= LARGEST_FACTORIZATION
    asked = np.random.default_rng(size).choice(size, min(size, 200 if factorized else 20), replace=False)
    solve = owners_by_scipy if factorized else owners_by_iteration
    way, note = (
        ("scipy sparse LU", "one solve a company") if factorized else ("scipy iterated", "no LU: it would not fit")
    )
    theirs, wall, cpu = timed(solve(register, asked))
    chosen = set(asked.tolist())
    equal = same_shares({pair: share for pair, share in ours.items() if pair[0] in chosen}, theirs)
    return [*done, Measured("owners", size, way, wall, cpu, len(asked), size, equal, note)]


def circles_of_guarantees(size: int, peers: bool) -> list[Measured]:
    """Circles, and the rings of at most six in the small ones."""
    book = random_guarantees(size)
    found, wall, cpu = timed(circles_by_us(book))
    done = [Measured("circles", size, "loantrail", wall, cpu, size, size, note=f"{len(found[0])} circles")]
    if not peers:
        return done
    other, wall, cpu = timed(circles_by_networkx(book))
    return [*done, Measured("circles", size, "networkx", wall, cpu, size, size, found == other)]


def history(years: int = 20, a_year: int = 12) -> Measured:
    """A company whose owners, and their owners, change `a_year` times a year for `years` years."""
    from graph.control import ControlRegister
    from graph.control_history import control_history
    from graph.schema import Party, Shareholding
    from graph.snapshot import Snapshot

    rows: list[Any] = [Party(party_id=f"C{n}", kind="company", name=f"C{n}") for n in range(5)]
    rows += [Party(party_id=f"P{n}", kind="person", name=f"P{n}") for n in range(years * a_year + 1)]
    rows += [Shareholding(holder_id=f"C{n + 1}", company_id=f"C{n}", ratio=0.6) for n in range(4)]
    day, changes = date(2006, 1, 1), years * a_year
    for number in range(changes):
        until = day + timedelta(days=365 // a_year)
        company = f"C{number % 5}"
        rows.append(
            Shareholding(
                holder_id=f"P{number}",
                company_id=company,
                ratio=0.4 if company != "C4" else 0.9,
                valid_from=day,
                valid_to=until,
            )
        )
        day = until
    snapshot = Snapshot.from_rows(rows)
    register = ControlRegister.of(snapshot)
    control_history(register, "C1")  # compiled once
    register = ControlRegister.of(snapshot)
    found, wall, cpu = timed(lambda: control_history(register, "C0"))
    return Measured("history", changes, "loantrail", wall, cpu, 1, 1, None, f"{len(found)} periods over {years} years")


QUESTIONS = ("control", "owners", "circles", "history")


def measure(size: int, questions: Collection[str], cypher: Cypher | None, peers: bool) -> list[Measured]:
    """The questions at one size."""
    done = []
    if {"control", "owners"} & set(questions):
        register = random_register(size)
        if "control" in questions:
            done += control(size, register, cypher, peers)
        if "owners" in questions:
            done += owners(size, register, peers)
    if "circles" in questions:
        done += circles_of_guarantees(size, peers)
    return done


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--sizes", default="10000,100000,1000000")
    reader.add_argument("--ask", default=",".join(QUESTIONS))
    reader.add_argument("--neo4j", default="", help="sizes at which Cypher is asked, too")
    reader.add_argument("--ours", action="store_true", help="no peers, so that the memory is ours alone")
    reader.add_argument("--json", type=Path, help="rows measured before, of other sizes and questions, stay")
    given = reader.parse_args()
    questions, peers = given.ask.split(","), not given.ours
    measure(SMALL, questions, None, peers)
    with_cypher = {int(size) for size in given.neo4j.split(",") if size}
    done = [history()] if "history" in questions else []
    for size in (int(size) for size in given.sizes.split(",")):
        cypher = None
        if size in with_cypher:
            from bench.ownership_cypher import control_by_cypher as cypher
        done += measure(size, questions, cypher, peers)
    for one in done:
        print(line(one), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    print(f"peak memory of this process: {peak:.2f} GiB")
    if given.json:
        keep(given.json, done, None if peers else round(peak, 2))
        write(given.json)


def keep(file: Path, done: list[Measured], peak_gib: float | None) -> None:
    """Write the measurements over those of the same question, size and way; the peak is that of a run without peers."""
    document = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"peak_gib": None, "measured": []}
    rows = {(row["question"], row["size"], row["way"]): row for row in document["measured"]}
    rows |= {(one.question, one.size, one.way): asdict(one) for one in done}
    peak = document["peak_gib"] if peak_gib is None else peak_gib
    file.write_text(json.dumps({"peak_gib": peak, "measured": list(rows.values())}, indent=1) + "\n", encoding="utf-8")


def line(one: Measured) -> str:
    """One line of the table; what was asked of a sample is scaled up beside it."""
    whole = one.seconds * one.of / one.asked
    scaled = "" if one.asked == one.of else f" → {whole:,.1f} s for all {one.of:,}"
    equal = {None: "", True: "same answers", False: "OTHER ANSWERS"}[one.equal]
    return (
        f"{one.question:8}{one.size:>10,} {one.way:18}{one.seconds:9.3f} s wall {one.cpu_seconds:9.3f} s cpu"
        f"{scaled}  {equal} {one.note}"
    )


if __name__ == "__main__":
    main()
