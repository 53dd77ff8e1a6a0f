"""One transfer that two statements tell: the payer's and the payee's are one, and counted once.

The store keeps both as they were read, each with its file and line; whoever takes one load back leaves the other as it
is. `Snapshot.of` asks here which transfers are one and puts the pair together: what the payer's statement says of the
payer's side, what the payee's says of the payee's, under the payer's id. So nothing is merged that could not be taken
apart, and equal content gives equal pairs in whatever order it was loaded.

Only what a statement told is ever joined: a transfer numbered on one side alone, of an account with a statement that
covers its day. Amount, currency and the day (booked, or value day where both tell one) must be the same, and

- ``reference``: both accounts and a reference that both tell; or one of the two names no account for the other side and
  the reference is found once on each side;
- ``accounts``: both accounts, where one of the two tells no reference.

Equal payments are joined one to one, those with equal references first, then in the order of their statements; so two
payments that both sides tell stay two. References that differ keep transfers apart, and they are listed as `alike`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import local_days
from graph.schema import Drawdown, Transfer

NOTHING = frozenset({"", "-", "--", "0", "NOTPROVIDED", "NONREF", "NOREF", "NA", "N/A", "NONE", "NULL", "无", "空"})
"""What banks write, in capitals, where there is nothing to say (ISO 20022: NOTPROVIDED; SWIFT: NONREF)."""

NAME_ONLY = "name:"
"""How the id of an account begins of which a statement told the holder's name only (see `ingest/statements.py`)."""

_TOLD = ("channel", "purpose", "kind", "reference", "contract_id", "value_on")


@dataclass(frozen=True)
class Pair:
    """Two stored transfers that are one: the ids of the payer's and the payee's, and by what they were joined."""

    payer_id: str
    payee_id: str
    basis: str


@dataclass(frozen=True)
class SeenTwice:
    """`pairs` are joined; `alike` could be the same transfer, but their references differ: they stay two."""

    pairs: tuple[Pair, ...]
    alike: tuple[Pair, ...]


def seen_twice(transfers: pa.Table, statements: pa.Table, timezone: str) -> SeenTwice:
    """Which transfers of a store are one.

    transfers   `transfer` rows, at least those that statements told
    statements  all rows of `account_statement`
    timezone    where days begin
    """
    payer, payee = (_told_by(transfers, statements, side, timezone) for side in ("source", "target"))
    if payer.empty or payee.empty:
        return SeenTwice((), ())
    matcher = _Matcher(payer, payee)
    both, by_payer, by_payee = ["source", "target"], ["source", "reference"], ["target", "reference"]
    matcher.join("reference", [*both, "reference"])
    matcher.join(
        "reference", by_payee, lambda payer, payee: (_lone(payer, by_payee), _lone(_no(payee, "source"), by_payee))
    )
    matcher.join(
        "reference", by_payer, lambda payer, payee: (_lone(_no(payer, "target"), by_payer), _lone(payee, by_payer))
    )
    matcher.join("accounts", both, lambda payer, payee: (_no(payer, "reference"), payee))
    matcher.join("accounts", both, lambda payer, payee: (payer, _no(payee, "reference")))
    pairs, matcher.pairs = matcher.pairs, []
    matcher.join("accounts", both)
    return SeenTwice(*(tuple(sorted(some, key=lambda pair: pair.payer_id)) for some in (pairs, matcher.pairs)))


def joined(tables: Mapping[str, pa.Table], pairs: Sequence[Pair]) -> dict[str, pa.Table]:
    """The tables with each pair as one transfer, under the payer's id; what names the payee's names that one."""
    transfers = tables[Transfer.TABLE.name]
    ids = transfers["transfer_id"]
    payer = pc.index_in(pa.array([p.payer_id for p in pairs], pa.string()), value_set=ids)
    payee = pc.index_in(pa.array([p.payee_id for p in pairs], pa.string()), value_set=ids)
    kept, gone = transfers.take(payer), transfers.take(payee)
    one = {name: kept[name] for name in transfers.column_names}
    for name in ("target_id", "target_sequence", "target_balance_after_minor"):
        one[name] = pc.coalesce(gone[name], kept[name])
    for name in _TOLD:
        one[name] = pc.coalesce(kept[name], gone[name])
    exact = pc.and_(
        pc.equal(pc.fill_null(kept["at_precision"], "second"), "day"),
        pc.not_equal(pc.fill_null(gone["at_precision"], "second"), "day"),
    )
    for name in ("booked_at", "at_precision"):
        one[name] = pc.if_else(exact, gone[name], kept[name])
    touched = np.zeros(len(transfers), dtype=bool)
    touched[payer.to_numpy()] = touched[payee.to_numpy()] = True
    whole = pa.table(one, schema=transfers.schema)
    result = dict(tables)
    result[Transfer.TABLE.name] = pa.concat_tables([transfers.filter(pa.array(~touched)), whole])
    new_id = {pair.payee_id: pair.payer_id for pair in pairs}
    for table, column in ((Transfer, "reference"), (Drawdown, "transfer_id")):
        result[table.TABLE.name] = _renamed(result[table.TABLE.name], column, new_id)
    return result


def _renamed(rows: pa.Table, column: str, new_id: Mapping[str, str]) -> pa.Table:
    at = pc.index_in(rows[column], value_set=pa.array(list(new_id), pa.string()), skip_nulls=True)
    names = pa.array(list(new_id.values()), pa.string()).take(pc.fill_null(at, 0))
    position = rows.schema.get_field_index(column)
    return rows.set_column(position, rows.schema.field(position), pc.if_else(pc.is_valid(at), names, rows[column]))


Choice = Callable[[pd.DataFrame, pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]]
"""Which of the payer's and the payee's rows take part in a round."""


class _Matcher:
    """Joins rows one to one, in rounds; what is joined is out of the later ones."""

    def __init__(self, payer: pd.DataFrame, payee: pd.DataFrame) -> None:
        self.payer, self.payee = payer, payee
        self.pairs: list[Pair] = []

    def join(self, basis: str, by: Sequence[str], choose: Choice = lambda payer, payee: (payer, payee)) -> None:
        """Join rows equal in amount, currency, `by` and the day: booked, and then value. Of several equal ones the
        first with the first, in the order of their statements."""
        for day in ("booked", "value"):
            key = [*by, "amount", "currency", day]
            told = [rows[rows[key].notna().all(axis=1)] for rows in (self.payer, self.payee)]
            if told[0].empty or told[1].empty:
                continue
            payer, payee = (_ranked(rows, key) for rows in choose(*told))
            couples = payer.merge(payee, on=[*key, "rank"], suffixes=("", "_payee"))
            self.pairs += [Pair(*ids, basis) for ids in zip(couples["id"], couples["id_payee"], strict=True)]
            self.payer = self.payer[~self.payer["id"].isin(couples["id"])]
            self.payee = self.payee[~self.payee["id"].isin(couples["id_payee"])]


def _ranked(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    ordered = rows.sort_values(["order", "id"])
    return ordered.assign(rank=ordered.groupby(key, sort=False).cumcount())


def _no(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows[rows[column].isna()]


def _lone(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The rows that no other one is like, in `by`, amount and currency: whatever the day."""
    return rows[~rows.duplicated([*by, "amount", "currency"], keep=False)]


def _told_by(transfers: pa.Table, statements: pa.Table, side: str, timezone: str) -> pd.DataFrame:
    """The transfers that only the statement of this side tells, as a frame with unique index: id, source, target,
    reference (None where none), amount int64, currency, booked and value (days), order (the sequence)."""
    other = "target" if side == "source" else "source"
    alone = pc.and_(pc.is_valid(transfers[f"{side}_sequence"]), pc.is_null(transfers[f"{other}_sequence"]))
    stated = pc.is_in(transfers[f"{side}_id"], value_set=pc.unique(statements["account_id"]), skip_nulls=True)
    rows = transfers.filter(pc.and_(alone, stated))
    frame = pd.DataFrame(
        {
            "id": rows["transfer_id"].to_pylist(),
            "source": rows["source_id"].to_pylist(),
            "target": rows["target_id"].to_pylist(),
            "reference": [_reference(text) for text in rows["reference"].to_pylist()],
            "amount": rows["amount_minor"].to_numpy(),
            "currency": rows["currency"].to_pylist(),
            "booked": local_days(rows["booked_at"], timezone).to_pylist(),
            "value": rows["value_on"].to_pylist(),
            "order": rows[f"{side}_sequence"].to_numpy(),
        }
    )
    frame[other] = [None if id_ is None or id_.startswith(NAME_ONLY) else id_ for id_ in frame[other]]
    covered = _Covered(statements)
    own = frame["source" if side == "source" else "target"]
    is_covered = [covered(account, day) for account, day in zip(own, frame["booked"], strict=True)]
    return frame[np.array(is_covered, dtype=bool)].sort_values("id").reset_index(drop=True)


class _Covered:
    """Whether a statement of an account covers a day."""

    def __init__(self, statements: pa.Table) -> None:
        self._periods: dict[str, list[tuple[date, date]]] = {}
        columns = (statements[name].to_pylist() for name in ("account_id", "begins_on", "ends_on"))
        for account, begins, ends in zip(*columns, strict=True):
            self._periods.setdefault(account, []).append((begins, ends))

    def __call__(self, account: str, day: date) -> bool:
        return any(begins <= day <= ends for begins, ends in self._periods.get(account, ()))


def _reference(text: str | None) -> str | None:
    cleaned = "" if text is None else "".join(text.split()).upper()
    return None if cleaned in NOTHING else cleaned
