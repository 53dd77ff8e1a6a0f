"""What is made of a snapshot is made once, and one tracer serves many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from graph.schema import Drawdown
from graph.snapshot import Snapshot
from graph.tracing import Arrived, Limits, Tracer
from tests.story import story

BANK = """
    company B, S
    B holds a, g
    S holds s
    account a opens with 0
    account g opens with 0
    account s opens with 0
"""


def made_of(snapshot: Snapshot) -> list[Snapshot]:
    return [snapshot]


def test_it_is_made_once_and_shared_by_focused_snapshots_but_not_by_an_earlier_day() -> None:
    snapshot = story(BANK + "2026-03-01 10:00  L1 of B pays 100 to a")
    made = snapshot.derived(made_of)
    assert made == [snapshot]
    assert snapshot.derived(made_of) is made
    assert snapshot.focused(["L1"]).derived(made_of) is made
    earlier = snapshot.until(date(2026, 2, 1))
    assert earlier.derived(made_of) == [earlier]
    assert Tracer.of(snapshot) is Tracer.of(snapshot.focused(["L1"]))


def test_many_threads_ask_one_tracer_and_hear_the_same() -> None:
    loans = "".join(
        f"""
        2026-03-{1 + i % 20:02} 10:00  L{i} of B pays {100 + i} to a
        2026-03-{2 + i % 20:02} 10:00  a pays {100 + i} to s
        2026-03-{3 + i % 20:02} 10:00  s pays {50 + i} to g
        """
        for i in range(60)
    )
    snapshot = story(BANK + loans)
    tracer = Tracer.of(snapshot)
    drawdowns = snapshot.rows(Drawdown)

    def ask(drawdown: Drawdown) -> Arrived:
        return tracer.arrived(tracer.follow(drawdown, Limits()))

    alone = [ask(drawdown) for drawdown in drawdowns]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, drawdowns * 5)) == alone * 5
