"""The picture of the money's way: what is merged, and that nothing covers anything else."""

from __future__ import annotations

import itertools
from xml.etree.ElementTree import Element

from presentation.path_picture import BOX_WIDTH, LABEL_HEIGHT, Line, Path, Payment, Stop, draw, merged


def path(amount: int, *payments: tuple[str, str, str]) -> Path:
    return Path(amount, tuple(Payment(*payment) for payment in payments))


def test_payments_between_the_same_accounts_at_the_same_step_are_one_line() -> None:
    # 400 and 200 go from a to x by two payments, then 600 from x to b by one
    lines = merged(
        [
            path(400, ("T1", "a", "x"), ("T3", "x", "b")),
            path(200, ("T2", "a", "x"), ("T3", "x", "b")),
        ]
    )
    assert lines[(0, "a"), (1, "x")] == Line(600, {"T1": None, "T2": None})
    assert lines[(1, "x"), (2, "b")] == Line(600, {"T3": None})


def test_an_account_visited_twice_is_two_boxes() -> None:
    lines = merged([path(5, ("T1", "a", "x"), ("T2", "x", "a"))])
    assert list(lines) == [((0, "a"), (1, "x")), ((1, "x"), (2, "a"))]


def drawn(paths: list[Path]) -> Element:
    lines = merged(paths)
    accounts = {place[1] for pair in lines for place in pair}
    stops = {account: Stop(account, account) for account in accounts}
    return draw(lines, stops, {pair: (f"CNY {line.amount}.00", "day") for pair, line in lines.items()}, "picture")


def boxes(drawing: Element) -> list[tuple[float, float, float, float]]:
    return [
        tuple(float(rect.attrib[name]) for name in ("x", "y", "width", "height"))  # type: ignore[misc]
        for rect in drawing.iter("rect")
    ]


def test_boxes_and_labels_do_not_cover_each_other_and_lie_inside_the_picture() -> None:
    # twelve suppliers side by side, each paid by the borrower and paying it back
    paths = [path(10 + n, (f"T{n}", "a", f"s{n}"), (f"U{n}", f"s{n}", "b")) for n in range(12)]
    drawing = drawn(paths)
    width, height = (float(drawing.attrib[name]) for name in ("width", "height"))
    found = boxes(drawing)
    assert len(found) == 14
    for (x0, y0, w0, h0), (x1, y1, w1, h1) in itertools.combinations(found, 2):
        assert x0 + w0 <= x1 or x1 + w1 <= x0 or y0 + h0 <= y1 or y1 + h1 <= y0
    assert all(x >= 0 and x + w <= width and y >= 0 and y + h <= height for x, y, w, h in found)
    labels = [e for e in drawing.iter("text") if "lt-label lt-strong" in e.attrib.get("class", "")]
    assert len(labels) == 24
    for one, other in itertools.combinations(labels, 2):
        apart = abs(float(one.attrib["y"]) - float(other.attrib["y"])) >= LABEL_HEIGHT
        assert one.attrib["x"] != other.attrib["x"] or one.attrib["text-anchor"] != other.attrib["text-anchor"] or apart
    for label in labels:
        assert all(not x < float(label.attrib["x"]) < x + BOX_WIDTH for x, _, _, _ in found)
        assert 12 <= float(label.attrib["y"]) <= height - LABEL_HEIGHT / 2


def test_a_line_is_as_wide_as_what_passed_along_it() -> None:
    drawing = drawn([path(100, ("T1", "a", "x")), path(50, ("T2", "a", "y"))])
    widths = [float(e.attrib["stroke-width"]) for e in drawing.iter("path") if "stroke-width" in e.attrib]
    assert widths == [14.0, 7.0]
