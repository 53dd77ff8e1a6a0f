"""What every chapter tells with: the reader's language, the records as the reader may see them, and the sources."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from casebook import Alert, Extract
from dossier.content import Dossier, RecordId
from exports.manifest import Request
from exports.records import Records
from exports.report.document import Cell, Figure, Inline, Quoted, Said
from graph.columns import Column as SchemaColumn
from graph.columns import Table as SchemaTable
from graph.columns import Text, Type
from graph.schema import TABLES, Account, Party, Transfer
from presentation.columns import label, shown_columns
from presentation.formats import NOTHING, Formats, locale_for
from presentation.words import Words


@dataclass(frozen=True)
class Source:
    """Where figures come from: how they were worked out (empty: they stand in the records), and from which records."""

    how: str
    records: tuple[RecordId, ...]


@dataclass
class Sources:
    """The sources in the order in which they are first named, numbered from 1."""

    numbers: dict[Source, int] = field(default_factory=dict)

    def number(self, source: Source) -> int:
        return self.numbers.setdefault(source, len(self.numbers) + 1)


@dataclass(frozen=True)
class Telling:
    """See the module. `made` is what the manifest says of the report (`exports.manifest.about`)."""

    words: Words
    formats: Formats
    currency: str
    dossier: Dossier
    extract: Extract
    records: Records
    request: Request
    made: Mapping[str, Any]
    sources: Sources = field(default_factory=Sources)

    @classmethod
    def of(
        cls,
        words: Words,
        dossier: Dossier,
        extract: Extract,
        records: Records,
        request: Request,
        made: Mapping[str, Any],
        currency: str,
    ) -> Telling:
        formats = Formats(locale_for(words.language, None), ZoneInfo(dossier.timezone))
        return cls(words, formats, currency, dossier, extract, records, request, made)

    # --- sentences -------------------------------------------------------------------------------------------

    def say(self, key: str, **values: Inline | Cell) -> Cell:
        """A sentence of the catalogue with things put into its blanks."""
        found: list[Inline] = []
        for text, name, _, _ in string.Formatter().parse(self.words.template(key)):
            if text:
                found.append(Said(text))
            if name is not None:
                value = values[name]
                found += value if isinstance(value, tuple) else (value,)
        return tuple(found)

    def text(self, text: Text) -> str:
        """A text of the services in the report's language."""
        return text.zh if self.words.language == "zh" else text.en

    # --- sources ---------------------------------------------------------------------------------------------

    def source(self, *records: RecordId, how: str = "") -> tuple[int, ...]:
        """The number of a source: figures that stand in these records, or were worked out from them."""
        return (self.sources.number(Source(how, tuple(dict.fromkeys(records)))),)

    def of_alert(self, alert: Alert) -> tuple[int, ...]:
        """What an alert rests on."""
        found = [(record["table"], record["id"]) for record in alert.finding["evidence"]]
        found += [("transfer", id_) for path in alert.finding["paths"] for id_ in path["transfers"]]
        how = self.words(
            "report.how_found",
            detector=alert.detector,
            number=alert.alert_id,
            version=alert.version.number,
            sweep=alert.version.sweep_id,
            cut=alert.version.data_cut,
        )
        return self.source(*found, how=how)

    # --- figures ---------------------------------------------------------------------------------------------

    def money(self, minor: int | None, currency: str | None, sources: tuple[int, ...]) -> Cell:
        """An amount; a dash where there is none."""
        return (Said(NOTHING),) if minor is None else (Figure(self.formats.money(minor, currency), sources),)

    def day(self, day: date | None, sources: tuple[int, ...]) -> Cell:
        return (Said(NOTHING),) if day is None else (Figure(self.formats.day(day), sources),)

    def share(self, ratio: float | None, sources: tuple[int, ...]) -> Cell:
        return (Said(NOTHING),) if ratio is None else (Figure(self.formats.share(ratio), sources),)

    def count(self, number: int, sources: tuple[int, ...]) -> Figure:
        return Figure(self.formats.whole(number), sources)

    # --- records ---------------------------------------------------------------------------------------------

    def party(self, party_id: str | None) -> Cell:
        """A party by its name, with its id behind it."""
        if not party_id:
            return (Said(NOTHING),)
        row = self.records.get(Party.TABLE, party_id)
        name = None if row is None else row["name"]
        return (Quoted(party_id),) if not name else (Quoted(str(name)), Said(" "), Quoted(f"({party_id})"))

    def account(self, account_id: str | None, day: date | None = None) -> Cell:
        """An account by its number, with who holds it."""
        if account_id is None:
            return (Said(self.words("record.nameless")),)
        holders = self.records.holders(account_id, day or self.dossier.as_of)
        row = self.records.get(Account.TABLE, account_id)
        written = None if row is None else row["holder_name"]
        names = ", ".join(str(h["name"] or h["party_id"]) for h in holders) or (str(written) if written else "")
        return (Quoted(account_id), Said(" "), Quoted(f"({names})")) if names else (Quoted(account_id),)

    def record(self, table: str, key: str) -> Cell:
        """What a record says, in words: each filled column with what it is called. The record as it is called where
        the store no longer has it."""
        if table not in TABLES:
            return (Quoted(key),)
        schema = TABLES[table]
        row = self.records.get(schema, key)
        if row is None:
            return (Said(self.words("report.record_gone")),)
        sources = self.source((table, key))
        found: list[Inline] = []
        for column in shown_columns(schema, [row]):
            if column.key and schema.source is None:
                continue
            found += [Said(("; " if found else "") + label(self.words, schema, column) + ": ")]
            found += self.value(schema, column, row, sources)
        return tuple(found) or (Said(NOTHING),)

    def value(self, table: SchemaTable, column: SchemaColumn, row: Mapping[str, Any], sources: tuple[int, ...]) -> Cell:
        """One value of a record."""
        value = row.get(column.name)
        if value is None:
            nameless = table.row is Transfer and column.references == Account.TABLE.name
            return self.account(None) if nameless else (Said(NOTHING),)
        match column.type:
            case Type.MONEY:
                return self._amount(value, column, row, sources)
            case Type.INTEGER:
                return (Figure(self.formats.whole(value), sources),)
            case Type.NUMBER:
                return (Figure(self.formats.decimal(value), sources),)
            case Type.RATIO:
                return (Figure(self.formats.share(value), sources),)
            case Type.INSTANT:
                written = self.formats.instant(value, row.get("at_precision") or "second")
                return (Figure(written, sources),)
            case Type.DAY:
                return (Figure(self.formats.day(value), sources),)
            case Type.BOOLEAN:
                return (Said(self.words("record.yes" if value else "record.no")),)
            case Type.CHOICE:
                family = f"{table.name}_{column.name}"
                return (Said(self.words.of(family if self.words.knows(family, value) else "value", value)),)
        if column.references == Party.TABLE.name:
            return self.party(value)
        if column.references == Account.TABLE.name:
            return self.account(value, _day(row, self.formats))
        return (Quoted(str(value)),)

    def _amount(self, minor: int, column: SchemaColumn, row: Mapping[str, Any], sources: tuple[int, ...]) -> Cell:
        """An amount in the currency that the schema says a column is in; never one of unknown unit."""
        if column.currency is None:
            currency: str | None = self.currency
        elif "." in column.currency:
            loan = self.records.get(TABLES["loan"], row.get(column.currency.partition(".")[0]))
            currency = None if loan is None else loan["currency"]
        else:
            currency = row.get(column.currency)
        if currency is None:
            return (Figure(self.words("record.minor_units", count=self.formats.whole(minor)), sources),)
        return self.money(minor, currency, sources)


def joined(parts: Iterable[Cell], between: str = ", ") -> Cell:
    """Several things in a row; a dash where there is none."""
    found: list[Inline] = []
    for part in parts:
        if found:
            found.append(Said(between))
        found += part
    return tuple(found) or (Said(NOTHING),)


def quoted(ids: Iterable[str]) -> Cell:
    """Ids in a row."""
    return joined((Quoted(id_),) for id_ in ids)


def _day(row: Mapping[str, Any], formats: Formats) -> date | None:
    when = next((row[name] for name in ("booked_at", "drawn_at") if row.get(name) is not None), None)
    return when.astimezone(formats.zone).date() if isinstance(when, datetime) else None
