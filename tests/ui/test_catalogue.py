"""The catalogue and the code that uses it say the same: no key missing, none left over, no language forgotten."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from casebook.alerts import STATUSES
from casebook.decisions import PROPOSAL, STEPS
from casebook.roles import Role
from findings import SEVERITY_ORDER
from graph.columns import Column, Table
from graph.neighbourhood import links
from graph.schema import TABLES
from ui.i18n import LANGUAGES, Words, load_catalogue
from ui.i18n.words import CatalogueError

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "app.py", *sorted((ROOT / "ui").rglob("*.py"))]
CATALOGUE = load_catalogue()
SECTIONS = {key.partition(".")[0] for key in CATALOGUE}

SAME_IN_BOTH = {"language.en", "language.zh", "network.incoming", "accounts.of_kind"}
"""Entries that read alike in both languages because they name a language or have no words."""


def texts(path: Path) -> set[str]:
    """Every string constant of a file that looks like a key of the catalogue."""
    found = {node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)}
    return {v for v in found if isinstance(v, str) and re.fullmatch(r"[a-z_]+\.\w+", v) and v.split(".")[0] in SECTIONS}


def families(path: Path) -> set[str]:
    """The families that a file asks `Words.of` or `Words.knows` for; a conditional name counts as all its parts."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        asks = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"of", "knows"}
        if asks and node.args:  # type: ignore[attr-defined]
            first = node.args[0]  # type: ignore[attr-defined]
            found |= {n.value for n in ast.walk(first) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


USED = set().union(*(texts(path) for path in SOURCES))
COLUMN_FAMILIES = {"account_kind"}
"""Families named for a column: its choices need other words there than elsewhere."""
FAMILIES = (set().union(*(families(path) for path in SOURCES)) | COLUMN_FAMILIES) & SECTIONS


def test_every_key_the_code_uses_is_in_the_catalogue() -> None:
    assert USED - set(CATALOGUE) == set()


def test_every_key_of_the_catalogue_is_used() -> None:
    unused = {key for key in CATALOGUE if key.partition(".")[0] not in FAMILIES} - USED
    assert unused == set()


def test_the_scan_sees_the_pages() -> None:
    assert {"queue.title", "alert.signals", "borrower.loans", "decision.reason"} <= USED
    assert {"severity", "status", "value", "signal", "blind_spot", "table"} <= FAMILIES


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_both_languages_say_the_same(key: str) -> None:
    entry = CATALOGUE[key]
    assert placeholders(entry["en"]) == placeholders(entry["zh"])
    assert all(entry[language].strip() == entry[language] != "" for language in LANGUAGES)
    assert not re.search(r"[\u3400-\u9fff]", entry["en"]) or key in SAME_IN_BOTH
    assert re.search(r"[\u3400-\u9fff]", entry["zh"]) or key in SAME_IN_BOTH


def choices() -> list[tuple[Table, Column, str]]:
    return [(t, c, choice) for t in TABLES.values() for c in t.columns for choice in c.choices]


@pytest.mark.parametrize(("table", "column", "choice"), choices(), ids=lambda v: getattr(v, "name", v))
def test_every_choice_of_the_schema_has_a_word(table: Table, column: Column, choice: str) -> None:
    family = f"{table.name}_{column.name}"
    assert f"{family if family in COLUMN_FAMILIES else 'value'}.{choice}" in CATALOGUE


EXPECTED = {
    "severity": set(SEVERITY_ORDER),
    "status": set(STATUSES),
    "step": set(STEPS),
    "role": {role.value for role in Role},
    "table": {*TABLES, "nameless"},
    "tie": {link.type for link in links()},
    "language": set(LANGUAGES),
    "account_kind": set(TABLES["account"].column("kind").choices),
    "recorded": {*STEPS, PROPOSAL, "reopened", "seen_again", "no_longer_seen"},
}


@pytest.mark.parametrize("family", EXPECTED)
def test_a_family_has_a_word_for_each_value_and_no_other(family: str) -> None:
    assert {key.partition(".")[2] for key in CATALOGUE if key.startswith(f"{family}.")} == EXPECTED[family]


def told_by_detectors(pattern: str) -> set[str]:
    sources = [*(ROOT / "detectors").rglob("*.py"), *(ROOT / "graph").rglob("*.py")]
    return {name for path in sources for name in re.findall(pattern, path.read_text("utf-8"))}


def test_signals_and_blind_spots_of_the_detectors_have_words() -> None:
    signals = told_by_detectors(r'\bSignal\(\s*"(\w+)"')
    blind_spots = told_by_detectors(r'\bBlind(?:Spot)?\(\s*"(\w+)"')
    assert {"fifo", "ceiling"} <= signals
    assert "hub_cut" in blind_spots
    assert {f"signal.{name}" for name in signals} - set(CATALOGUE) == set()
    assert {f"blind_spot.{name}" for name in blind_spots} - set(CATALOGUE) == set()


def test_an_entry_without_a_language_is_refused() -> None:
    with pytest.raises(CatalogueError, match=r"queue\.title needs one text in each of en, zh"):
        load_catalogue('[queue]\ntitle = { en = "Alerts" }')


def test_a_value_nobody_translated_is_shown_as_it_is() -> None:
    words = Words(CATALOGUE, "zh")
    assert words.of("value", "quokka") == "quokka"
    assert words.of("value", "company") == "公司"
    with pytest.raises(KeyError):
        words("queue.quokka")
