"""Every number that a rule sets and that the detectors hold the book against: `docs/regulatory_numbers.md`.

Written from the parameters' own metadata: default, source, and the day since when the source is in force.
``python -m detectors.regulatory_numbers`` rewrites the page; a test fails where it is stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from detectors import registry
from detectors.contract import Parameter

PAGE = Path(__file__).parent.parent / "docs" / "regulatory_numbers.md"
OURS = "our own proposal"


def numbers() -> Iterator[tuple[str, Parameter]]:
    """Every parameter that names a source, with its detector."""
    for id_, module in registry.discover().items():
        for parameter in registry.described(module).values():
            if parameter.source:
                yield id_, parameter


def page() -> str:
    """The page: numbers of regulations in force, of the methods in use, and of our own."""
    named = list(numbers())
    regulations = [(id_, p) for id_, p in named if p.effective_on is not None]
    methods = [(id_, p) for id_, p in named if p.effective_on is None and not _is_ours(p)]
    ours = [(id_, p) for id_, p in named if p.effective_on is None and _is_ours(p)]
    lines = [
        "# The numbers the detectors hold the book against",
        "",
        "Every one of them is a parameter: `loantrail sweep --param DETECTOR.NAME=VALUE`. This page is written from "
        "the parameters by `make docs`.",
        "",
        "## Set by a regulation · 监管规定",
        "",
        *_table(regulations),
        "",
        "## Set by a rule in use · 业务规则",
        "",
        *_table(methods),
        "",
        "## Our own proposals · 我方建议",
        "",
        *_table(ours),
    ]
    return "\n".join(lines) + "\n"


def write(path: Path = PAGE) -> None:
    """Rewrite the page."""
    path.write_text(page(), encoding="utf-8")


def _is_ours(parameter: Parameter) -> bool:
    return OURS in parameter.source.lower()


def _table(entries: list[tuple[str, Parameter]]) -> list[str]:
    rows = [
        "| detector | parameter | default | unit | meaning | 含义 | source | in force since |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for id_, p in entries:
        since = p.effective_on.isoformat() if p.effective_on else "–"
        cells = (f"[{id_}](detectors/{id_}.md)", p.name, p.default, p.unit, p.meaning.en, p.meaning.zh, p.source, since)
        rows.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return rows


if __name__ == "__main__":
    write()
