"""What holds for every detector there is."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import pytest

from detectors import documentation, registry
from detectors.contract import ParameterError
from tests.story import story

DETECTORS = registry.discover()
HERE = Path(__file__).parent


@pytest.mark.parametrize("id_", DETECTORS)
def test_its_documentation_has_all_sections_in_both_languages_and_its_page_is_current(id_: str) -> None:
    page = documentation.page(DETECTORS[id_])
    current = documentation.FOLDER / f"{id_}.md"
    assert current.exists(), "write the page with `make docs`"
    assert current.read_text(encoding="utf-8") == page, "rewrite the page with `make docs`"


def test_the_index_is_current() -> None:
    assert (documentation.FOLDER / "README.md").read_text(encoding="utf-8") == documentation.index()
    assert {path.name for path in documentation.FOLDER.glob("*.md")} == set(documentation.pages())


@pytest.mark.parametrize("id_", DETECTORS)
def test_its_parameters_have_units_meanings_and_bounds_that_hold_the_default(id_: str) -> None:
    for parameter in registry.described(DETECTORS[id_]).values():
        assert parameter.unit
        assert parameter.meaning.en
        assert parameter.meaning.zh
        assert parameter.checked(parameter.default) == parameter.default
        with pytest.raises(ParameterError):
            parameter.parse(";" if isinstance(parameter.default, str) else "nonsense")


@pytest.mark.parametrize("id_", DETECTORS)
def test_its_test_carries_its_name(id_: str) -> None:
    assert (HERE / f"test_{id_}.py").exists()


@pytest.mark.parametrize("id_", DETECTORS)
def test_it_says_that_it_cannot_be_checked_on_an_empty_book(id_: str) -> None:
    reason = registry.missing(DETECTORS[id_], story(""))
    assert reason is not None
    assert reason.startswith("no rows in ")


@pytest.mark.parametrize("id_", DETECTORS)
def test_it_survives_a_book_of_bare_rows(id_: str) -> None:
    module = DETECTORS[id_]
    bank = story(
        """
        company B, S
        2026-03-01  L1 of B pays 1,000 to a
        2026-03-02  a pays 1,000 to s
        K: B buys from S for 1,000
        """
    )
    assert all(finding.detector == id_ for finding in registry.run(module, bank, module.Params(), date(2026, 6, 30)))


@pytest.mark.parametrize("id_", DETECTORS)
def test_its_parameters_cannot_be_changed(id_: str) -> None:
    params = DETECTORS[id_].Params()
    fields = dataclasses.fields(params)
    assert fields
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(params, fields[0].name, fields[0].default)


def test_two_files_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("one_family", "other_family"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        (tmp_path / package / "same_name.py").write_text("META = object()\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(registry.DuplicateDetector, match="same_name"):
        registry.discover(("one_family", "other_family"))
