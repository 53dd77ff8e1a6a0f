"""The catalogue and the code that uses it say the same: no key missing, none left over, no language forgotten."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import get_args

import pytest

from casebook import CHANGES, SCOPES, Refusal
from casebook.alerts import STATUSES
from casebook.decisions import BESIDE, PROPOSAL, STEPS
from casebook.roles import Action, Role
from detectors.contract import Family
from findings import SEVERITY_ORDER
from graph.columns import Column, Table
from graph.neighbourhood import links
from graph.schema import TABLES
from presentation.words import LANGUAGES, CatalogueError, Words, load_catalogue
from review.checked import METHODS
from review.checklist import Status
from review.indicators import BY
from settings import Settings
from sweeps.trial import Difference
from ui.addresses import PLACES
from ui.guides import guides

ROOT = Path(__file__).resolve().parents[2]
TELLING = ("ui", "presentation", "exports")
SOURCES = [ROOT / "app.py", *(p for folder in TELLING for p in sorted((ROOT / folder).rglob("*.py")))]
CATALOGUE = load_catalogue()
SECTIONS = {key.partition(".")[0] for key in CATALOGUE}

SAME_IN_BOTH = {"language.en", "language.zh", "network.incoming", "accounts.of_kind", "not_checked.and"}
"""Entries that read alike in both languages because they name a language or have no words."""


def texts(path: Path) -> set[str]:
    """Every string constant of a file that looks like a key of the catalogue."""
    found = {node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)}
    return {v for v in found if isinstance(v, str) and re.fullmatch(r"[a-z_]+\.\w+", v) and v.split(".")[0] in SECTIONS}


def families(path: Path) -> set[str]:
    """The families that a file asks `Words` or `Desk.called` for; of a conditional name all parts."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        position = {"of": 0, "knows": 0, "section": 0, "called": 1}.get(node.func.attr)
        if position is not None:
            asked = ast.walk(node.args[position])
            found |= {n.value for n in asked if isinstance(n, ast.Constant) and isinstance(n.value, str)}
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
    "role": {*(role.value for role in Role), "none"},
    "action": {action.name.lower() for action in Action},
    "scope": set(SCOPES),
    "setting": set(Settings.model_fields),
    "change": set(CHANGES),
    "difference": set(get_args(Difference)),
    "by": set(BY),
    "checklist_status": set(get_args(Status)),
    "method": {str(method) for method in METHODS},
    "detector_family": set(get_args(Family)),
    "menu": {*(place.name for place in PLACES), *(place.group for place in PLACES)},
    "table": {*TABLES, "nameless"},
    "tie": {link.type for link in links()},
    "language": set(LANGUAGES),
    "account_kind": set(TABLES["account"].column("kind").choices),
    "recorded": {*STEPS, PROPOSAL, *BESIDE, "reopened", "seen_again", "no_longer_seen"},
}


@pytest.mark.parametrize("family", EXPECTED)
def test_a_family_has_a_word_for_each_value_and_no_other(family: str) -> None:
    assert {key.partition(".")[2] for key in CATALOGUE if key.startswith(f"{family}.")} == EXPECTED[family]


def names_in(folder: str, pattern: str) -> set[str]:
    return {n for path in (ROOT / folder).rglob("*.py") for n in re.findall(pattern, path.read_text("utf-8"))}


def test_signals_and_blind_spots_of_the_detectors_have_words() -> None:
    signals = names_in("detectors", r'\bSignal\(\s*"(\w+)"')
    blind_spots = names_in("detectors", r'\bBlindSpot\(\s*"(\w+)"') | names_in("graph", r'\bBlind\(\s*"(\w+)"')
    assert "relation" in signals
    assert "hub_cut" in blind_spots
    own = {name for guide in guides().values() for name in guide.words}
    nameless = {n for n in signals - own if f"signal.{n}" not in CATALOGUE}
    nameless |= {n for n in blind_spots - own if f"blind_spot.{n}" not in CATALOGUE}
    assert nameless == set(), "say what they are called in META.words of the detector"


def test_units_of_parameters_have_words() -> None:
    units = {p.unit.replace(" ", "_") for guide in guides().values() for p in guide.parameters.values()}
    assert {unit for unit in units - {"minor_unit"} if f"unit.{unit}" not in CATALOGUE} == set()


def test_an_entry_without_a_language_is_refused() -> None:
    with pytest.raises(CatalogueError, match=r"queue\.title needs one text in each of en, zh"):
        load_catalogue('[queue]\ntitle = { en = "Alerts" }')


def test_a_value_nobody_translated_is_shown_as_it_is() -> None:
    words = Words(CATALOGUE, "zh")
    assert words.of("value", "quokka") == "quokka"
    assert words.of("value", "company") == "公司"
    with pytest.raises(KeyError):
        words("queue.quokka")


def refusals() -> dict[str, set[str]]:
    """Every code of a refusal in the services and on the desk, with the English sentences it is raised with."""
    kinds = {kind.__name__ for kind in Refusal.__subclasses__()}
    found: dict[str, set[str]] = {}
    for folder in ("casebook", "ui"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                    continue
                if ast.unparse(node.exc.func).rpartition(".")[2] not in kinds:
                    continue
                codes, sentences = (
                    [n.value for n in ast.walk(a) if isinstance(n, ast.Constant)] for a in node.exc.args
                )
                for code, sentence in zip(codes, sentences, strict=True):
                    found.setdefault(str(code), set()).add(str(sentence))
    return found


def test_what_the_casebook_refuses_has_a_sentence_in_both_languages() -> None:
    """The catalogue repeats the English of the services word by word, so that command and desk say the same."""
    in_code = refusals()
    assert {"new_evidence", "not_allowed", "case_waits", "red_alert"} <= set(in_code)
    in_catalogue = {key.partition(".")[2]: {e["en"]} for key, e in CATALOGUE.items() if key.startswith("refusal.")}
    assert in_code == in_catalogue
