"""A mapping: which column of a file is which field of ours, written by a person in YAML, checked before it is used.

`ingest/mapping.schema.json` is its JSON schema, `docs/formats/mapping.md` its description. Read by PyYAML's safe loader
without aliases, so that a mapping is data and cannot grow beyond its file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from graph.columns import Table
from graph.schema import TABLES
from ingest.problems import BAD_MAPPING, FileRefused

SUFFIX = ".mapping.yaml"
"""A mapping stands beside its file: ``ledger.csv`` and ``ledger.csv.mapping.yaml``."""
SIZE_LIMIT = 256 << 10
"""Bytes of a mapping."""
SCHEMA = Path(__file__).with_name("mapping.schema.json")


@dataclass(frozen=True)
class Field:
    """Where one field of ours comes from: `sources` (headings) or a `constant`.

    join    stands between the values of several sources
    format  how days, amounts or shares are written; None = as in our own files
    scale   what one unit of the file is worth, as a decimal text; None = 1
    values  what stands in the file: what it means; None = as it stands
    """

    name: str
    sources: tuple[str, ...] = ()
    constant: str | None = None
    join: str = "-"
    format: str | None = None
    scale: str | None = None
    values: Dictionary[str, str] | None = None


@dataclass(frozen=True)
class FileMapping:
    """The tables that each record of a file becomes rows of, with their fields."""

    tables: tuple[tuple[Table, tuple[Field, ...]], ...]
    sheet: str | None = None
    delimiter: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The headings it uses, each once."""
        found = (source for _, fields in self.tables for field in fields for source in field.sources)
        return tuple(dict.fromkeys(found))


def beside(file: Path) -> Path:
    """Where the mapping of a file stands."""
    return file.with_name(file.name + SUFFIX)


def read_mapping(path: Path) -> FileMapping:
    """Read and check a mapping. Raises `FileRefused`."""
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise _bad(f"{path.name}: {error.strerror}") from error
    if len(content) > SIZE_LIMIT:
        raise _bad(f"{path.name}: more than {SIZE_LIMIT} bytes")
    return parse_mapping(content)


def parse_mapping(content: bytes | str) -> FileMapping:
    """A mapping from its YAML. Raises `FileRefused` naming the first thing that is wrong, and where."""
    try:
        document = yaml.load(content, Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _bad(" ".join(str(error).split())) from error
    fault = jsonschema.exceptions.best_match(_validator().iter_errors(document))
    if fault is not None:
        place = "/".join(map(str, fault.absolute_path)) or "the file"
        raise _bad(f"{place}: {fault.message}")
    tables = []
    for name, fields in document["tables"].items():
        if name not in TABLES:
            raise _bad(f"tables/{name}: there is no such table; there are {', '.join(TABLES)}")
        tables.append((TABLES[name], _fields(TABLES[name], fields)))
    return FileMapping(tuple(tables), document.get("sheet"), document.get("delimiter"))


def _fields(table: Table, fields: dict[str, Any]) -> tuple[Field, ...]:
    known = [column.file_name for column in table.columns]
    unknown = [name for name in fields if name not in known]
    if unknown:
        raise _bad(f"tables/{table.name}/{unknown[0]}: the table has no such column; it has {', '.join(known)}")
    missing = [column.file_name for column in table.columns if column.required and column.file_name not in fields]
    if missing:
        raise _bad(f"tables/{table.name}: {', '.join(missing)} must be there")
    return tuple(_field(name, said) for name, said in fields.items())


def _field(name: str, said: dict[str, Any]) -> Field:
    if "constant" in said:
        return Field(name, constant=_text(said["constant"]))
    sources = (said["from"],) if isinstance(said["from"], str) else tuple(said["from"])
    values = {key: _text(value) for key, value in said["values"].items()} if "values" in said else None
    scale = format(said["scale"], "f").rstrip("0").rstrip(".") if isinstance(said.get("scale"), float) else None
    if isinstance(said.get("scale"), int):
        scale = str(said["scale"])
    return Field(name, sources, None, said.get("join", "-"), said.get("format"), scale, values)


def _text(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _bad(detail: str) -> FileRefused:
    return FileRefused(BAD_MAPPING(detail=detail[:500]))


class _Loader(yaml.SafeLoader):
    """Safe, without aliases (which can make a small file a huge document), and a key stands once."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", self.get_mark())
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key!r} is not a text; put it in quotation marks", node.value[position][0].start_mark
                )
            if key in keys[:position]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key!r} stands twice", node.value[position][0].start_mark
                )
        return dict(super().construct_mapping(node, deep=deep))
