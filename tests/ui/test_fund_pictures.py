"""How the drawdown divides, and when the money moved: figures and layout of the two pictures."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from presentation.path_picture import Path, Payment, merged
from ui.components import fund_sankey, fund_timeline
from ui.components.fund_sankey import REST, Band, bands
from ui.components.fund_timeline import Move, moves


def path(amount: int, *payments: tuple[str, str, str]) -> Path:
    return Path(amount, tuple(Payment(*payment) for payment in payments))


SPLIT = [
    path(400, ("T1", "a", "x"), ("T3", "x", "g")),
    path(200, ("T2", "a", "y"), ("T4", "y", "g")),
]
"""Of 1,000 drawn on a, 400 and 200 come back to g."""


def test_the_rest_of_the_drawdown_is_a_band_of_its_own() -> None:
    found = bands(merged(SPLIT), 1_000)
    assert found[-1] == Band((0, "a"), (2, REST), 400, rest=True)
    assert sum(band.amount for band in found if band.source[0] == 0) == 1_000


def test_there_is_no_rest_where_everything_came_back_or_the_ways_begin_at_several_accounts() -> None:
    assert not any(band.rest for band in bands(merged(SPLIT), 600))
    ring = [path(5, ("T1", "a", "b")), path(5, ("T2", "c", "b"))]
    assert not any(band.rest for band in bands(merged(ring), 100))


def sankey(paths: list[Path], drawn: int) -> Element:
    flows = bands(merged(paths), drawn)
    words = {place: (place[1], "CNY 1.00") for band in flows for place in (band.source, band.target)}
    return fund_sankey.draw(flows, words, ["g"], "picture")


def bars(drawing: Element) -> list[tuple[float, float, float, str]]:
    return [
        (float(r.attrib["x"]), float(r.attrib["y"]), float(r.attrib["height"]), r.attrib["class"])
        for r in drawing.iter("rect")
    ]


def test_bars_are_as_high_as_what_passes_and_do_not_cover_each_other() -> None:
    paths = [path(10 + n, (f"T{n}", "a", f"s{n}"), (f"U{n}", f"s{n}", "g")) for n in range(12)]
    drawing = sankey(paths, 1_000)
    found = bars(drawing)
    assert len(found) == 15  # a, twelve in between, g, and the rest
    for x in {bar[0] for bar in found}:
        column = sorted(bar for bar in found if bar[0] == x)
        assert all(upper[1] + upper[2] < lower[1] for upper, lower in itertools.pairwise(column))
    drawn, back = (next(bar for bar in found if bar[0] == x) for x in (12.0, 512.0))
    total = sum(10 + n for n in range(12))
    assert abs(drawn[2] - fund_sankey.BODY) < 0.1
    assert abs(back[2] - fund_sankey.BODY * total / 1_000) < 0.1
    assert back[3] == "lt-bar lt-marked"
    width, height = (float(drawing.attrib[name]) for name in ("width", "height"))
    assert all(x >= 0 and x + fund_sankey.BAR <= width and y + high <= height for x, y, high, _ in found)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


TRANSFERS: dict[str, dict[str, object]] = {
    "T1": {"booked_at": at(2, 10), "at_precision": "second"},
    "T2": {"booked_at": at(3), "at_precision": "day"},
    "T3": {"booked_at": at(3), "at_precision": "day"},
}


def test_a_payment_on_several_ways_is_one_arrow_that_carries_all_of_it() -> None:
    paths = [path(5, ("T1", "a", "x"), ("T2", "x", "g")), path(3, ("T1", "a", "x"), ("T3", "x", "h"))]
    assert moves(paths, TRANSFERS) == [
        Move(at(2, 10), False, "a", "x", 8, "T1"),
        Move(at(3), True, "x", "g", 5, "T2"),
        Move(at(3), True, "x", "h", 3, "T3"),
    ]


def test_on_one_day_the_arrows_stand_in_the_order_of_the_way() -> None:
    same_day = {id_: {"booked_at": at(3), "at_precision": "day"} for id_ in ("B1", "A2")}
    found = moves([path(5, ("B1", "a", "x"), ("A2", "x", "g"))], same_day)
    assert [move.transfer_id for move in found] == ["B1", "A2"]


def test_arrows_stand_apart_inside_the_picture_and_unknown_times_are_dashed() -> None:
    found = [Move(at(2), n % 2 == 0, "a", "x", 10, f"T{n}") for n in range(30)]
    drawing = fund_timeline.draw(found, at(1), {"a": "A", "x": "X"}, [(at(1), "1 March")], "picture")
    arrows = [e for e in drawing.iter("path") if e.attrib.get("class") == "lt-flow"]
    places = [float(e.attrib["d"].split(",")[0][1:]) for e in arrows]
    assert all(after - before >= fund_timeline.APART for before, after in itertools.pairwise(places))
    assert max(places) < float(drawing.attrib["width"])
    assert sum("stroke-dasharray" in e.attrib for e in arrows) == 15
