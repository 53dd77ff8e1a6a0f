"""What must hold between the columns of one row. Rules of a single column follow from the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

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
    broken: Callable[[pd.DataFrame], pd.Series]
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problem(self) -> Problem:
        return self.kind(**self.values)


def rules(table: Table) -> tuple[Rule, ...]:
    """The rules of a table."""
    found = _RULES.get(table.name, ())
    return (_IN_FORCE, *found) if table.in_force else found


def _not_a_pair(rows: pd.DataFrame) -> pd.Series:
    return (rows["scope"] == "pair") & ~rows["value"].str.fullmatch(r"[^|]+\|[^|]+")


def _not_a_transfer_kind(rows: pd.DataFrame) -> pd.Series:
    return (rows["scope"] == "transfer kind") & ~rows["value"].isin(_TRANSFER_KINDS)


def _negative_and_not_red(rows: pd.DataFrame) -> pd.Series:
    return (rows["amount_minor"] < 0) & (rows["status"].fillna("") != "red_letter")


_IN_FORCE = Rule("valid_to", ENDS_BEFORE, lambda rows: rows["valid_to"] < rows["valid_from"], {"begins": "valid_from"})

_RULES: dict[str, tuple[Rule, ...]] = {
    AccountStatement.TABLE.name: (
        Rule("ends_on", ENDS_BEFORE, lambda rows: rows["ends_on"] < rows["begins_on"], {"begins": "begins_on"}),
    ),
    Transfer.TABLE.name: (
        Rule("source_id", NO_SIDE, lambda rows: rows["source_id"].isna() & rows["target_id"].isna()),
    ),
    Shareholding.TABLE.name: (Rule("ratio_max", RANGE_UPSIDE_DOWN, lambda rows: rows["ratio_max"] < rows["ratio"]),),
    Guarantee.TABLE.name: (
        Rule(
            "loan_id",
            ONE_OF_TWO,
            lambda rows: rows["loan_id"].isna() == rows["obligor_id"].isna(),
            {"columns": "loan_id, obligor_id"},
        ),
    ),
    Invoice.TABLE.name: (Rule("amount_minor", NEGATIVE, _negative_and_not_red),),
    Exclusion.TABLE.name: (
        Rule("value", NOT_A_PAIR, _not_a_pair),
        Rule("value", NOT_A_TRANSFER_KIND, _not_a_transfer_kind, {"choices": ", ".join(_TRANSFER_KINDS)}),
    ),
    Rate.TABLE.name: (Rule("rate", NOT_POSITIVE, lambda rows: rows["rate"] <= 0),),
}

assert set(_RULES) <= set(TABLES)
