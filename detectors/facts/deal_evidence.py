"""What findings about a loan's contract rest on: contract, payments, invoices; and what could not be seen of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import pyarrow as pa

from detectors.facts.deals import Deal, Paid
from findings import BlindSpot, Evidence
from graph.schema import Invoice, Transfer
from graph.snapshot import Snapshot


def due_by(days: Sequence[tuple[date | None, int]], period: int, as_of: date) -> int:
    """How much of amounts with their days is older than the period: the day `period` days later has passed. What has
    no day is."""
    last = as_of - timedelta(days=period)
    return sum(amount for day, amount in days if day is None or day < last)


def evidence(
    snapshot: Snapshot, deal: Deal, papers: Iterable[Invoice] = (), payments: Sequence[Paid] | None = None
) -> Iterator[Evidence]:
    """The contract, what was paid for it in time order, and the papers by day."""
    yield Evidence("contract", deal.contract.contract_id, deal.contract.amount_minor)
    paid = deal.payments if payments is None else payments
    positions = pa.array([payment.position for payment in paid], pa.int64())
    ids = snapshot.table(Transfer)["transfer_id"].take(positions).to_pylist()
    for transfer_id, payment in zip(ids, paid, strict=True):
        yield Evidence("transfer", transfer_id, payment.amount)
    for invoice in sorted(papers, key=lambda paper: (paper.issued_on or date.min, paper.invoice_id)):
        yield Evidence("invoice", invoice.invoice_id, invoice.amount_minor)


def blind_spots(snapshot: Snapshot, deal: Deal, papers: Iterable[Invoice] = ()) -> Iterator[BlindSpot]:
    """Payments that only a name matches with the seller; papers without a day or a state; a loan not tied on paper."""
    if deal.by_name:
        accounts = snapshot.table(Transfer)["target_id"].take([paid.position for paid in deal.by_name]).to_pylist()
        amount = sum(paid.amount for paid in deal.by_name)
        yield BlindSpot("matched_by_name", tuple(sorted(set(accounts))), amount)
    known = list(papers)
    undated = sorted(paper.invoice_id for paper in known if paper.issued_on is None)
    if undated:
        yield BlindSpot("issue_day_unknown", tuple(undated))
    stateless = sorted(paper.invoice_id for paper in known if paper.status is None)
    if stateless:
        yield BlindSpot("invoice_state_unknown", tuple(stateless))
    if not deal.linked:
        yield BlindSpot("not_tied_on_paper", (deal.contract.contract_id,))
