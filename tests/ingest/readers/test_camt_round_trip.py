"""Statements of ours, written as camt.053 and read again: the same statement, accounts and transfers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graph.schema import Account, AccountStatement, Transfer
from ingest.readers import camt
from ingest.statements import PAGES, PLACES
from tests.ingest.readers.camt_writer import written
from tests.ingest.readers.round_trip import model, read

OWN = "6222020000000000001"
BEGINS, DAYS = date(2026, 3, 1), 31
_TEXTS = (
    st.text("abc 公司&<>'\"é", min_size=1, max_size=20)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: bool(text) and not text.startswith("<"))
)

Told = tuple[AccountStatement, dict[str, Account], list[Transfer]]


@st.composite
def statements(draw: st.DrawFn) -> Told:
    """A statement that adds up, with the accounts that it mentions."""
    currency = draw(st.sampled_from(("CNY", "EUR", "JPY", "KWD")))
    number, opening = draw(st.integers(1, 9999)), draw(st.integers(-(10**12), 10**12))
    others = [
        Account(
            account_id=f"A{n}", holder_name=draw(st.none() | _TEXTS), bank_id=draw(st.sampled_from(("BKCHCNBJ", None)))
        )
        for n in range(3)
    ]
    transfers: list[Transfer] = []
    moved = 0
    for place in range(1, draw(st.integers(0, 8)) + 1):
        credit, other = draw(st.booleans()), draw(st.none() | st.sampled_from(others))
        by_day = draw(st.booleans())
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=draw(st.integers(0, DAYS - 1)))
        at += timedelta(seconds=0 if by_day else draw(st.integers(0, 86_399)))
        amount = draw(st.integers(0, 10**15))
        moved += amount if credit else -amount
        sides = {"target_id" if credit else "source_id": OWN, f"{'target' if credit else 'source'}_sequence": 0}
        sides["source_id" if credit else "target_id"] = other.account_id if other else None
        sides[f"{'target' if credit else 'source'}_sequence"] = number * PAGES * PLACES + place
        transfers.append(
            Transfer(
                transfer_id=f"{OWN}:R{place}", amount_minor=amount, currency=currency, booked_at=at,
                at_precision="day" if by_day else "second", value_on=draw(st.none() | st.just(at.date())),
                purpose=draw(st.none() | _TEXTS), kind=draw(st.sampled_from(("payment", "reversal"))),
                reference=draw(st.none() | st.just(f"E{place}")), **sides,
            )
        )  # fmt: skip
    ends = BEGINS + timedelta(days=DAYS - 1)
    statement = AccountStatement(
        event_id=f"{OWN}:{BEGINS}:{ends}:{number}", account_id=OWN, number=str(number), kind="complete",
        begins_on=BEGINS, ends_on=ends, currency=currency, opening_balance_minor=opening,
        closing_balance_minor=opening + moved, entries=len(transfers),
    )  # fmt: skip
    own = Account(
        account_id=OWN, holder_name=draw(st.none() | _TEXTS), bank_id="ICBKCNBJ", currency=currency,
        opening_balance_minor=opening, opening_balance_on=BEGINS,
    )  # fmt: skip
    mentioned = {one.source_id for one in transfers} | {one.target_id for one in transfers}
    return (
        statement,
        {one.account_id: one for one in (own, *others) if one is own or one.account_id in mentioned},
        transfers,
    )


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_what_is_written_is_read_again(tmp_path: Path, version: str) -> None:
    path = tmp_path / "camt.xml"

    @settings(max_examples=20, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(statements())
    def run(told: Told) -> None:
        statement, accounts, transfers = told
        path.write_text(written(statement, accounts, transfers, version), encoding="utf-8")
        found, _ = read(camt, path)
        assert found == model([statement, *accounts.values(), *transfers])

    run()
