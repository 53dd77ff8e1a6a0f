"""The catalogue and the reader's side of it.

A key is ``section.name``. A *family* is a section whose names are values found in the data (``severity.R``,
``party_kind.company``): pages ask it with `Words.of`, which shows a value that nobody translated as it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

Catalogue = Mapping[str, Mapping[str, str]]
"""By key, then by language."""


class CatalogueError(Exception):
    """An entry of the catalogue that lacks a language, or is not a text."""


def load_catalogue(text: str | None = None) -> Catalogue:
    """The catalogue, or the one that `text` writes in TOML. Raises `CatalogueError`."""
    document = tomllib.loads(text if text is not None else _file("catalogue.toml"))
    catalogue = {}
    for section, entries in document.items():
        for name, entry in entries.items():
            if not isinstance(entry, dict) or set(entry) != set(LANGUAGES):
                raise CatalogueError(f"{section}.{name} needs one text in each of {', '.join(LANGUAGES)}")
            catalogue[f"{section}.{name}"] = entry
    return catalogue


@dataclass(frozen=True)
class Words:
    """The desk's sentences in one language."""

    catalogue: Catalogue
    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of a key, with `values` put in. Raises KeyError for a key that the catalogue does not have."""
        return self.template(key).format(**values)

    def template(self, key: str) -> str:
        """The sentence of a key with its blanks unfilled, for what cannot be put in as text. Raises KeyError."""
        return self.catalogue[key][self.language]

    def of(self, family: str, value: object) -> str:
        """What a value found in the data is called; the value itself where the catalogue has no word for it."""
        entry = self.catalogue.get(f"{family}.{value}")
        return str(value) if entry is None else entry[self.language]

    def section(self, name: str) -> dict[str, str]:
        """Every sentence of a section by its name, blanks unfilled: for the browser, which fills them itself."""
        found = {key.partition("."): entry for key, entry in self.catalogue.items()}
        return {rest: entry[self.language] for (section, _, rest), entry in found.items() if section == name}

    def knows(self, family: str, value: object) -> bool:
        """Whether the catalogue has a word for a value."""
        return f"{family}.{value}" in self.catalogue


def _file(name: str) -> str:
    return files("presentation").joinpath(name).read_text(encoding="utf-8")
