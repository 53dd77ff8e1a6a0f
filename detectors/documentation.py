"""The documentation of the detectors, written from their metadata: `docs/detectors/`, one page each and an index.

``python -m detectors.documentation`` rewrites the pages; a test fails where one is stale.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from detectors import registry
from detectors.contract import SECTIONS, SECTIONS_ZH, DetectorModule

FOLDER = Path(__file__).parent.parent / "docs" / "detectors"

SEVERITY = {
    "Y": ("yellow: look at it", "黄：关注"),
    "O": ("orange: act on it", "橙：处理"),
    "R": ("red: act now", "红：立即处理"),
}


def sections(text: str, titles: tuple[str, ...]) -> dict[str, str]:
    """The sections of a detector's documentation by title, each unwrapped to one paragraph.

    Raises ValueError where a section is missing, empty or out of order.
    """
    found: dict[str, str] = {}
    lines = inspect.cleandoc(text).splitlines()[1:]
    current = ""
    for line in lines:
        if line and not line.startswith(" "):
            current = line.strip()
            found[current] = ""
        elif current:
            joint = "" if titles is SECTIONS_ZH or not found[current] else " "
            found[current] = f"{found[current]}{joint}{line.strip()}".strip()
    if tuple(found) != titles or not all(found.values()):
        raise ValueError(f"sections {list(found)} should be {list(titles)}, none of them empty")
    return found


def page(module: DetectorModule) -> str:
    """The Markdown page of one detector, English first, Chinese below. Raises ValueError for a missing section."""
    id_ = registry.detector_id(module)
    meta = module.META
    english = sections(module.__doc__ or "", SECTIONS)
    chinese = sections(module.DOC_ZH, SECTIONS_ZH)
    lines = [f"# {id_}", "", f"**{meta.title.en}** · {meta.title.zh}", ""]
    method = f"post-loan method {meta.method}" if meta.method else "no one of the ten methods"
    needs = ", ".join(_needs(module))
    lines += [f"{meta.family} · {method} · usually {SEVERITY[meta.severity][0]} · {meta.maturity} · needs {needs}", ""]
    for title, text in english.items():
        lines += [f"## {title}", "", text, ""]
    lines += [
        "## Parameters",
        "",
        "| name | default | unit | from | to | meaning | source |",
        "|---|---|---|---|---|---|---|",
    ]
    for p in registry.described(module).values():
        low, high = ("–", "–") if p.low is None else (p.low, p.high)
        lines.append(f"| {p.name} | {p.default} | {p.unit} | {low} | {high} | {p.meaning.en} | {p.source} |")
    lines += ["", f"# {meta.title.zh}", ""]
    for title, text in chinese.items():
        lines += [f"## {title}", "", text, ""]
    lines += ["## 参数", "", "| 名称 | 默认 | 含义 |", "|---|---|---|"]
    lines += [f"| {p.name} | {p.default} | {p.meaning.zh} |" for p in registry.described(module).values()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def index() -> str:
    """The list of all detectors."""
    lines = ["# The detectors", "", "| id | finds | 名称 | method | usual severity |", "|---|---|---|---|---|"]
    for id_, module in registry.discover().items():
        meta = module.META
        usual = SEVERITY[meta.severity][0]
        lines.append(f"| [{id_}]({id_}.md) | {meta.title.en} | {meta.title.zh} | {meta.method or '–'} | {usual} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Every page by file name."""
    written = {f"{id_}.md": page(module) for id_, module in registry.discover().items()}
    return {"README.md": index(), **written}


def write(folder: Path = FOLDER) -> None:
    """Write all pages and remove those of detectors that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    current = pages()
    for stale in set(folder.glob("*.md")) - {folder / name for name in current}:
        stale.unlink()
    for name, text in current.items():
        (folder / name).write_text(text, encoding="utf-8")


def _needs(module: DetectorModule) -> list[str]:
    return [
        " or ".join(row.TABLE.name for row in need) if isinstance(need, tuple) else need.TABLE.name
        for need in module.META.needs
    ] + [f"parameter {name}" for name in module.META.given]


if __name__ == "__main__":
    write()
