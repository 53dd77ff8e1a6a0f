"""What must hold between the columns of one row. Rules of a single column follow from the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Table
from graph.schema import TABLES, AccountStatement, Exclusion, Guarantee, Invoice, Rate, Shareholding, Transfer
from ingest.problems import (
    ENDS_BEFORE,
    NEGATIVE,
    NO_SIDE,
    NOT_A_PAIR,
    NOT_A_TRANSFER_KIND,
    NOT_POSITIVE,
    ONE_OF_TWO,
    RANGE_UPSIDE_DOWN,
    Kind,
    Problem,
)

_TRANSFER_KINDS = Transfer.TABLE.column("kind").choices


@dataclass(frozen=True)
class Rule:
    """`broken` gives, for the typed rows of a table, where the rule does not hold (null counts as it does);
    `column` is the one to be mended, by its name in the store."""

    column: str
    kind: Kind
    broken: Callable[[pa.Table], pa.Array]
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problem(self) -> Problem:
        return self.kind(**self.values)


def rules(table: Table) -> tuple[Rule, ...]:
    """The rules of a table."""
    found = _RULES.get(table.name, ())
    return (_IN_FORCE, *found) if table.in_force else found


def _not_a_pair(rows: pa.Table) -> pa.Array:
    pair = pc.match_substring_regex(rows["value"], r"^[^|]+\|[^|]+$")
    return pc.and_(pc.equal(rows["scope"], "pair"), pc.invert(pair))


def _not_a_transfer_kind(rows: pa.Table) -> pa.Array:
    known = pc.is_in(rows["value"], pa.array(_TRANSFER_KINDS))
    return pc.and_(pc.equal(rows["scope"], "transfer kind"), pc.invert(known))


def _negative_and_not_red(rows: pa.Table) -> pa.Array:
    red = pc.equal(pc.fill_null(rows["status"], ""), "red_letter")
    return pc.and_(pc.less(rows["amount_minor"], 0), pc.invert(red))


def _both_or_neither(rows: pa.Table) -> pa.Array:
    return pc.equal(pc.is_null(rows["loan_id"]), pc.is_null(rows["obligor_id"]))


def _less(column: str, other: str) -> Callable[[pa.Table], pa.Array]:
    return lambda rows: pc.less(rows[column], rows[other])


_IN_FORCE = Rule("valid_to", ENDS_BEFORE, _less("valid_to", "valid_from"), {"begins": "valid_from"})

_RULES: dict[str, tuple[Rule, ...]] = {
    AccountStatement.TABLE.name: (
        Rule("ends_on", ENDS_BEFORE, _less("ends_on", "begins_on"), {"begins": "begins_on"}),
    ),
    Transfer.TABLE.name: (
        Rule(
            "source_id",
            NO_SIDE,
            lambda rows: pc.and_(pc.is_null(rows["source_id"]), pc.is_null(rows["target_id"])),
        ),
    ),
    Shareholding.TABLE.name: (Rule("ratio_max", RANGE_UPSIDE_DOWN, _less("ratio_max", "ratio")),),
    Guarantee.TABLE.name: (Rule("loan_id", ONE_OF_TWO, _both_or_neither, {"columns": "loan_id, obligor_id"}),),
    Invoice.TABLE.name: (Rule("amount_minor", NEGATIVE, _negative_and_not_red),),
    Exclusion.TABLE.name: (
        Rule("value", NOT_A_PAIR, _not_a_pair),
        Rule("value", NOT_A_TRANSFER_KIND, _not_a_transfer_kind, {"choices": ", ".join(_TRANSFER_KINDS)}),
    ),
    Rate.TABLE.name: (Rule("rate", NOT_POSITIVE, lambda rows: pc.less_equal(rows["rate"], 0)),),
}

assert set(_RULES) <= set(TABLES)
