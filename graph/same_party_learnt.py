"""Pairs of records of a large book whose names are alike, scored by weights learnt from the book itself.

Of some thousand records two with one name are worth a look; of a million, names are shared by chance, and how much an
equal name, address or day says depends on how common it is. Splink estimates that: the model of Fellegi and Sunter, its
weights by expectation maximisation, rare names counted for more than common ones (Linacre et al. 2022, International
Journal of Population Data Science 7:3). Needs the extra `matching`.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import splink.comparison_level_library as levels
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.comparison_library import CustomComparison
from splink.internals.exceptions import EMTrainingException

SEED = 2026
SAMPLED_PAIRS = 2e6
"""Random pairs from which it is learnt how often records of two parties agree by chance."""
ALIKE = 0.9
"""Similarity (Jaro-Winkler) from which two cores of names are alike."""
FACTS = ("address", "day")

_NAME_LEVELS = {3: "name", 2: "sound", 1: "similar"}
_BLOCKS = {
    "core": "core",
    "sound": "sound",
    "address": "address",
    "day": "day || substr(sound, 1, 1)",
    "begins": "case when length(core) >= 4 then substr(core, 1, 4) end",
    "ends": "case when length(core) >= 4 then right(core, 4) end",
}
"""What two records must share to be compared at all, as DuckDB writes it."""


class TooLittle(Exception):
    """The book has too few records that agree in anything for weights to be learnt."""


@dataclass(frozen=True)
class Pair:
    """Two records, the probability that they are one party, and in what they agree or differ: keys of
    `graph.same_party.REASONS`."""

    one: str
    other: str
    probability: float
    reasons: tuple[str, ...]


def pairs(records: pa.Table, *, at_least: float, block_limit: int) -> list[Pair]:
    """The pairs with at least that probability, in no order.

    records      one row a record: ``party_id``, ``core`` and ``sound`` of its name, ``address``, ``day``; texts, null
                 where not known
    block_limit  what more records than this share tells nobody apart, and brings no two together to be compared

    Raises `TooLittle`. The same records give the same answer.
    """
    told = [fact for fact in FACTS if records.num_rows - records[fact].null_count > 1]
    if not told:
        raise TooLittle("nothing but names is on record")
    with duckdb.connect(config={"threads": 1}) as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its advice to analysts, such as to sample more pairs
        logging.getLogger("splink").setLevel(logging.ERROR)
        blocked = _blocked(connection, records.sort_by("party_id"), block_limit)
        linker = Linker(DuckDBAPI(connection).register(blocked), _settings(told), log_level=None)
        _learn(linker, told)
        scored = linker.inference.predict(threshold_match_probability=at_least).as_duckdbpyrelation()
        wanted = ["party_id_l", "party_id_r", "match_probability", "gamma_name", *(f"gamma_{fact}" for fact in told)]
        return [_pair(told, *row) for row in scored.project(", ".join(wanted)).fetchall()]


def _blocked(connection: duckdb.DuckDBPyConnection, records: pa.Table, limit: int) -> pa.Table:
    """The records with a column for each of `_BLOCKS`, null where too many share it."""
    connection.register("records", records)
    columns = ", ".join(
        f"case when count(*) over (partition by {block}) <= {limit} then {block} end as shared_{name}"
        for name, block in _BLOCKS.items()
    )
    return connection.sql(f"select *, {columns} from records order by party_id").to_arrow_table()  # noqa: S608 - ours


def _settings(told: Sequence[str]) -> SettingsCreator:
    name = CustomComparison(
        output_column_name="name",
        comparison_levels=[
            levels.NullLevel("core"),
            levels.ExactMatchLevel("core", term_frequency_adjustments=True),
            levels.ExactMatchLevel("sound"),
            levels.JaroWinklerLevel("core", ALIKE),
            levels.ElseLevel(),
        ],
    )
    facts = [
        CustomComparison(
            output_column_name=fact,
            comparison_levels=[
                levels.NullLevel(fact),
                levels.ExactMatchLevel(fact, term_frequency_adjustments=True),
                levels.ElseLevel(),
            ],
        )
        for fact in told
    ]
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="party_id",
        comparisons=[name, *facts],
        blocking_rules_to_generate_predictions=[block_on(f"shared_{name}") for name in _BLOCKS],
    )


def _learn(linker: Any, told: Sequence[str]) -> None:
    """Chance agreements from random pairs, agreements of one party from pairs that agree in one thing, about the other
    things."""
    training = linker.training
    try:
        training.estimate_probability_two_random_records_match([block_on("core", fact) for fact in told], recall=0.7)
        training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
        for block in ("core", *told):
            training.estimate_parameters_using_expectation_maximisation(block_on(f"shared_{block}"))
    except EMTrainingException as error:
        raise TooLittle(str(error)) from error


def _pair(told: Sequence[str], left: str, right: str, probability: float, name: int, *facts: int) -> Pair:
    reasons = [_NAME_LEVELS[name]] if name in _NAME_LEVELS else []
    reasons += [fact if level else f"other_{fact}" for fact, level in zip(told, facts, strict=True) if level >= 0]
    return Pair(min(left, right), max(left, right), probability, tuple(reasons))
