"""In which currency a loan is: some tables name a loan and leave its currency to it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import flat
from graph.schema import Loan
from graph.store import GraphStore

_ID = Loan.TABLE.id
_CURRENCY = "currency"


class LoanCurrencies:
    """Currencies by loan: those of the loans seen in this load, else those in the store.

    The store is asked once, when a loan is first asked for.
    """

    def __init__(self, store: GraphStore | None) -> None:
        self._store = store
        self._seen: list[pa.Table] = []
        self._stored: pa.Table | None = None
        self._known: pa.Table | None = None

    def learn(self, loans: pa.Table) -> None:
        """Remember loans in the shape of their table."""
        self._seen.append(loans.select([_ID, _CURRENCY]))
        self._known = None

    def of(self, loans: pa.Array) -> pa.Array:
        """The currency of each loan id as text, null where it is not known."""
        known = self._all()
        found = pc.index_in(loans, value_set=known[_ID], skip_nulls=True)
        return flat(known[_CURRENCY].take(found))

    def _all(self) -> pa.Table:
        if self._known is None:
            # index_in finds the first: what this load brought last goes before what it replaced.
            tables = [*reversed(self._seen), self._from_store()]
            self._known = pa.concat_tables(tables).combine_chunks()
        return self._known

    def _from_store(self) -> pa.Table:
        if self._stored is None:
            schema = pa.schema([(_ID, pa.string()), (_CURRENCY, pa.string())])
            if self._store is None:
                self._stored = schema.empty_table()
            else:
                rows = self._store.scan(Loan.TABLE.name, [_ID, _CURRENCY]).read_all().cast(schema)
                self._stored = rows.filter(rows[_CURRENCY].is_valid())
        return self._stored
