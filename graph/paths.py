"""Ways from one node to another: over any relation, or of money in the order of time.

The search walks from both ends by turns, so that each side stays half as deep. A node with very many edges joins
everything to everything and is not walked through; each such cut is told. In the order of time a payment follows
another if it may have been later: where only the day is known, payments of one day are in any order.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from graph.neighbourhood import described_nodes, with_properties
from graph.schema import AccountHolder, Party, Transfer
from graph.store import SIDES, Edge, GraphStore, NodeId

HUB_EDGES = 400
"""A node with more edges than this, of the kinds and the time asked for, is not walked through."""
MOST_NODES = 20_000
"""Nodes that one search visits; then it ends and says that it was not complete."""
MOST_TRIES = 200_000
"""Steps that are tried while ways are put together; then likewise."""

DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Way:
    """One way: its nodes in order, each once, and for each step the edges between the two nodes.

    In the order of time a step has one edge: the earliest payment that may follow the one before.
    """

    nodes: tuple[NodeId, ...]
    steps: tuple[tuple[Edge, ...], ...]


@dataclass(frozen=True)
class Ways:
    """The ways found, the shortest first, and the columns of every node on them.

    hubs      nodes that were not walked through because they have too many edges
    complete  False where the search was cut short and there may be more ways of the length asked for
    """

    ways: tuple[Way, ...]
    nodes: Mapping[NodeId, Mapping[str, object]]
    hubs: tuple[NodeId, ...] = ()
    complete: bool = True


def ways_between(
    store: GraphStore,
    start: NodeId,
    end: NodeId,
    *,
    steps: int = 4,
    most: int = 25,
    kinds: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
) -> Ways:
    """Up to `most` ways of at most `steps` edges, the shortest first, over relations of the types `kinds`
    (empty = all) in either direction. Raises ValueError for a type that is not in the schema, `StoreUnavailable`.
    """
    search = _Search(store, {start}, {end}, kinds, since, until, in_time=False)
    return search.run(steps, most)


def payments_between(
    store: GraphStore,
    start: NodeId,
    end: NodeId,
    *,
    steps: int = 4,
    most: int = 25,
    since: date | None = None,
    until: date | None = None,
) -> Ways:
    """Up to `most` ways that money can have taken, payment by payment, none earlier than the one before.

    start, end  accounts, or parties, which stand for the accounts they hold or held; holding is not a step
    steps       payments on a way, at most
    """
    ends = []
    holdings: dict[NodeId, Edge] = {}
    for node in (start, end):
        accounts = {node}
        if node[0] == Party.TABLE.name:
            held = store.neighbours([node], kinds=[AccountHolder.TABLE.label], limit=HUB_EDGES, bare=True).edges
            holdings.update({edge.target: edge for edge in held})
            accounts = {edge.target for edge in held}
        ends.append(accounts)
    search = _Search(store, ends[0], ends[1] - ends[0], [Transfer.TABLE.label], since, until, in_time=True)
    return search.run(steps, most, before=_holding(start, holdings), after=_holding(end, holdings))


def _holding(node: NodeId, holdings: Mapping[NodeId, Edge]) -> Mapping[NodeId, Edge]:
    return holdings if node[0] == Party.TABLE.name else {}


@dataclass
class _Search:
    """What one search knows: the edges met so far, and how far it came from either end."""

    store: GraphStore
    starts: set[NodeId]
    ends: set[NodeId]
    kinds: Sequence[str]
    since: date | None
    until: date | None
    in_time: bool
    hubs: set[NodeId] = field(default_factory=set)
    judged: set[NodeId] = field(default_factory=set)
    complete: bool = True
    tries: int = 0
    edges: dict[tuple[Any, ...], Edge] = field(default_factory=dict)

    def run(
        self,
        steps: int,
        most: int,
        *,
        before: Mapping[NodeId, Edge] | None = None,
        after: Mapping[NodeId, Edge] | None = None,
    ) -> Ways:
        fronts = {"source": set(self.starts), "target": set(self.ends)}
        seen = {side: set(front) for side, front in fronts.items()}
        found: list[Way] = []
        for depth in range(1, steps + 1):
            side = min(SIDES, key=lambda name: len(fronts[name]))
            if not fronts[side]:
                break
            met = self._step(fronts[side], (side,) if self.in_time else SIDES)
            fronts[side] = met - seen[side]
            seen[side] |= met
            self._judge(seen["source"] & seen["target"])
            found = list(self._ways(depth, most))
            if len(found) >= most or len(seen["source"]) + len(seen["target"]) > MOST_NODES:
                self.complete = False
                break
        return self._told(found[:most], before or {}, after or {})

    def _step(self, front: set[NodeId], sides: Sequence[Any]) -> set[NodeId]:
        """Learn the edges at `front`; the nodes they lead to."""
        asked = sorted(front)
        around = self.store.neighbours(
            asked, limit=HUB_EDGES + 1, kinds=self.kinds, since=self.since, until=self.until, sides=sides, bare=True
        )
        at_node: dict[NodeId, list[Edge]] = defaultdict(list)
        for edge in around.edges:
            for end in {edge.source, edge.target} & front:
                at_node[end].append(edge)
        met: set[NodeId] = set()
        self.judged |= set(asked)
        for node in asked:
            is_end = node in self.starts or node in self.ends
            if len(at_node[node]) > HUB_EDGES and not is_end:
                self.hubs.add(node)
                continue
            if around.hidden.get(node):
                self.complete = False
            for edge in at_node[node]:
                self.edges[(*edge.row, edge.type)] = edge
                met |= {edge.source, edge.target}
        return met

    def _judge(self, meeting: set[NodeId]) -> None:
        """Tell which nodes at which the two sides met, and which were not asked themselves, have too many edges."""
        unknown = sorted(meeting - self.judged - self.starts - self.ends)
        self.judged |= meeting
        counted = self.store.neighbours(
            unknown, limit=0, kinds=self.kinds, since=self.since, until=self.until, bare=True
        ).hidden
        self.hubs |= {node for node in unknown if counted[node] > HUB_EDGES}

    # --- putting ways together -------------------------------------------------------------------------------

    def _ways(self, length: int, most: int) -> Iterator[Way]:
        """Ways of at most `length` steps over the edges met, the shortest first, then by the ids of their nodes."""
        onward: dict[NodeId, dict[NodeId, list[Edge]]] = defaultdict(lambda: defaultdict(list))
        back: dict[NodeId, set[NodeId]] = defaultdict(set)
        for edge in self._timed(self.edges.values()):
            onward[edge.source][edge.target].append(edge)
            back[edge.target].add(edge.source)
            if not self.in_time:
                onward[edge.target][edge.source].append(edge)
                back[edge.source].add(edge.target)
        left = self._steps_left(back)
        count = 0
        for exactly in range(1, length + 1):
            for start in sorted(self.starts & left.keys()):
                for way in self._from((start,), (), onward, left, exactly, None):
                    yield way
                    count += 1
                    if count >= most:
                        return

    def _steps_left(self, back: Mapping[NodeId, set[NodeId]]) -> dict[NodeId, int]:
        """From each node the fewest steps to an end."""
        left = dict.fromkeys(self.ends, 0)
        queue = deque(sorted(self.ends))
        while queue:
            node = queue.popleft()
            for before in back.get(node, ()):
                if before not in left:
                    left[before] = left[node] + 1
                    queue.append(before)
        return left

    def _from(
        self,
        nodes: tuple[NodeId, ...],
        steps: tuple[tuple[Edge, ...], ...],
        onward: Mapping[NodeId, Mapping[NodeId, list[Edge]]],
        left: Mapping[NodeId, int],
        exactly: int,
        since: int | None,
    ) -> Iterator[Way]:
        here = nodes[-1]
        if len(steps) == exactly:
            if here in self.ends:
                yield Way(nodes, steps)
            return
        if here in self.ends and steps:
            return
        for there in sorted(onward.get(here, {})):
            self.tries += 1
            if self.tries > MOST_TRIES:
                self.complete = False
                return
            if (
                there in nodes
                or there in self.starts
                or there in self.hubs
                or left.get(there, exactly) > exactly - len(steps) - 1
            ):
                continue
            between = onward[here][there]
            arrival = since
            if self.in_time:
                may_follow = [edge for edge in between if since is None or _latest(edge) >= since]
                if not may_follow:
                    continue
                between = [min(may_follow, key=lambda edge: (_earliest(edge), edge.row))]
                arrival = max(_earliest(between[0]), since or 0)
            yield from self._from((*nodes, there), (*steps, tuple(between)), onward, left, exactly, arrival)

    def _timed(self, edges: Collection[Edge]) -> Sequence[Edge]:
        """The edges; payments with their columns, which say whether the time of day is known."""
        return with_properties(list(edges), self.store.fetch) if self.in_time else list(edges)

    def _told(self, ways: Sequence[Way], before: Mapping[NodeId, Edge], after: Mapping[NodeId, Edge]) -> Ways:
        """The ways with the holdings at their ends and every column."""
        whole = []
        for way in ways:
            first, last = before.get(way.nodes[0]), after.get(way.nodes[-1])
            head = ([first.source], [(first,)]) if first else ([], [])
            tail = ([last.source], [(last,)]) if last else ([], [])
            whole.append(Way((*head[0], *way.nodes, *tail[0]), (*head[1], *way.steps, *tail[1])))
        edges = list({(*e.row, e.type): e for way in whole for step in way.steps for e in step}.values())
        complete = {(*e.row, e.type): e for e in with_properties(edges, self.store.fetch)}
        told = tuple(
            Way(way.nodes, tuple(tuple(complete[(*e.row, e.type)] for e in step) for step in way.steps))
            for way in whole
        )
        nodes = described_nodes([node for way in told for node in way.nodes], self.store.fetch)
        return Ways(told, nodes, tuple(sorted(self.hubs)), self.complete)


def _earliest(payment: Edge) -> int:
    """The first instant at which a payment may have been made, in microseconds."""
    booked: Any = payment.properties["booked_at"]
    return int(booked.timestamp()) * 1_000_000 + int(booked.microsecond)


def _latest(payment: Edge) -> int:
    """The last instant at which a payment may have been made."""
    whole_day = payment.properties.get("at_precision") == "day"
    return _earliest(payment) + (DAY_US - 1 if whole_day else 0)
