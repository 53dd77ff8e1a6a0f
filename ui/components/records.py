"""Records as tables: any table of the schema, in the reader's words and conventions, with links to who is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.columns import Column as SchemaColumn
from graph.columns import Table, Type
from graph.schema import Account, Party, Transfer
from presentation.columns import label, shown_columns
from presentation.formats import NOTHING, Formats
from presentation.markup import Node, clip, data, el
from presentation.words import Words
from ui.addresses import BORROWER, address
from ui.book import Holder, Named, Record
from ui.components.table import Cell, Column

Names = Mapping[str, Named]
Holders = Mapping[str, Holder]


@dataclass(frozen=True)
class Reader:
    """In which words and conventions records are shown, and what is known of the ids in them.

    currency         the book's own, of amounts whose table names none
    loan_currencies  by loan id, for amounts that are in the currency of their loan
    """

    words: Words
    formats: Formats
    currency: str
    parties: Names = field(default_factory=dict)
    holders: Holders = field(default_factory=dict)
    loan_currencies: Mapping[str, str] = field(default_factory=dict)

    def party(self, party_id: str) -> Node:
        """A party by its name, leading to its page, with its id beside it."""
        return party_link(self.parties.get(party_id, Named(party_id, None, None)))

    def account(self, account_id: str | None) -> Node:
        """An account by who holds it, with its id beside it; a side that nobody can name says so."""
        if account_id is None:
            return el("span", self.words("record.nameless"), class_="lt-quiet")
        number = el("span", data(account_id), class_="lt-quiet lt-small")
        holder = self.holders.get(account_id, Holder())
        names: list[Node] = []
        for party in holder.parties:
            names += [", " if names else None, party_name_link(party)]
        if not names and holder.written:
            names = [el("em", data(holder.written), title=self.words("record.as_written"))]
        return el("span", *names, el("br"), number) if names else el("span", data(account_id))

    def holder_text(self, account_id: str) -> str:
        """Who holds an account, as plain text: the holders, else the name on it, else its id."""
        holder = self.holders.get(account_id, Holder())
        return ", ".join(p.name or p.party_id for p in holder.parties) or holder.written or account_id

    def cell(self, table: Table, column: SchemaColumn, row: Record) -> Cell:
        """One value of a row."""
        value = row.get(column.name)
        if value is None:
            missing = table.row is Transfer and column.references == Account.TABLE.name
            return Cell(self.account(None) if missing else el("span", NOTHING, class_="lt-quiet"))
        if column.type is Type.MONEY:
            return Cell(self.money(value, column, row), sort=value)
        if column.type is Type.INTEGER:
            return Cell(self.formats.whole(value), sort=value)
        if column.type is Type.INSTANT:
            return Cell(self.formats.instant(value, row.get("at_precision") or "second"), sort=value.isoformat())
        if column.type is Type.DAY:
            return Cell(self.formats.day(value), sort=value.isoformat())
        return Cell(self._plain(table, column, value), sort=str(value))

    def money(self, minor: int | None, column: SchemaColumn, row: Record) -> str:
        """An amount in the currency that the schema says a money column is in; never one of unknown unit."""
        if minor is None:
            return NOTHING
        if column.currency is None:
            currency: str | None = self.currency
        elif "." in column.currency:
            currency = self.loan_currencies.get(str(row.get(column.currency.partition(".")[0])))
        else:
            currency = row.get(column.currency)
        if currency is None:
            return self.words("record.minor_units", count=self.formats.whole(minor))
        return self.formats.money(minor, currency)

    def _plain(self, table: Table, column: SchemaColumn, value: Any) -> Node:
        if column.type is Type.RATIO:
            return self.formats.share(value)
        if column.type is Type.NUMBER:
            return self.formats.decimal(value)
        if column.type is Type.BOOLEAN:
            return self.words("record.yes") if value else self.words("record.no")
        if column.type is Type.CHOICE:
            family = f"{table.name}_{column.name}"
            return self.words.of(family if self.words.knows(family, value) else "value", value)
        if column.references == Party.TABLE.name:
            return self.party(value)
        if column.references == Account.TABLE.name:
            return self.account(value)
        return data(str(value))


def party_link(named: Named) -> Node:
    """A party's name leading to its page, and its id beside it where that is something else."""
    if not named.name:
        return party_name_link(named)
    number = el("span", data(named.party_id), class_="lt-quiet lt-small")
    return el("span", party_name_link(named), " ", number)


def party_name_link(named: Named) -> Node:
    """A party's name (its id where it has none) leading to its page."""
    return el("a", data(named.name or named.party_id), href=address(BORROWER, id=named.party_id))


def record_table(
    reader: Reader,
    table: Table,
    rows: Sequence[Record],
    *,
    every_column: bool = False,
    origin: bool = True,
    without: str = "",
) -> tuple[list[Column], list[list[Cell]]]:
    """Columns and cells of records of one table.

    origin   add from which file and line each came
    without  name of a column that would say the same in every row
    """
    shown = [c for c in shown_columns(table, rows, every_column=every_column) if c.name != without]
    columns = [_column(reader, table, column) for column in shown]
    cells = [[reader.cell(table, column, row) for column in shown] for row in rows]
    if origin:
        columns.append(Column(reader.words("record.origin")))
        cells = [[*of_row, _origin(reader.words, row)] for of_row, row in zip(cells, rows, strict=True)]
    return columns, cells


def _column(reader: Reader, table: Table, column: SchemaColumn) -> Column:
    number = column.type in {Type.MONEY, Type.INTEGER, Type.NUMBER, Type.RATIO}
    day = column.type in {Type.DAY, Type.INSTANT}
    named = column.references in {Party.TABLE.name, Account.TABLE.name}
    return Column(label(reader.words, table, column), align="end" if number else "start", line=day, wide=named)


def ids_in(table: Table, rows: Sequence[Record]) -> tuple[set[str], set[str]]:
    """Ids of the parties and of the accounts that records refer to."""
    found: dict[str, set[str]] = {Party.TABLE.name: set(), Account.TABLE.name: set()}
    for column in table.references:
        if column.references in found:
            found[column.references] |= {row[column.name] for row in rows if row.get(column.name)}
    return found[Party.TABLE.name], found[Account.TABLE.name]


def _origin(words: Words, row: Record) -> Cell:
    file, line = row.get("source_file"), row.get("source_line")
    if file is None:
        return Cell(el("span", NOTHING, class_="lt-quiet"))
    where = str(file).replace("\\", "/").rpartition("/")[2]
    said = where if line is None else words("record.line", file=clip(where), line=line)
    return Cell(el("span", data(said), class_="lt-quiet lt-small"))
