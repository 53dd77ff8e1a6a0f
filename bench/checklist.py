"""How long the checklist of a whole book takes: ``python -m bench.checklist [LOANS]``, 100,000 loans by default.

A book of that many drawn loans with all that is owed for them over a year: twelve receipts a borrower, four ratings,
classifications, inspections and reconciliations, statements, reports, contracts with invoices, guarantees and
collateral. Timed apart: sorting out the records, each detector of the life of a loan, and the ten lines of every loan.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from detectors import registry
from graph.identity import content_fingerprint, row_keys
from graph.schema import TABLES
from graph.snapshot import Snapshot, _sorted
from graph.store import ROW_KEY, stored_schema
from review.checklist import checklists
from sweeps import collecting

AS_OF = date(2026, 6, 30)
DRAWN = date(2025, 8, 4)
QUARTERS = (date(2025, 10, 10), date(2026, 1, 12), date(2026, 4, 10))
ENDS = (date(2025, 3, 31), date(2025, 9, 30), date(2025, 12, 31), date(2026, 3, 31))


def book(loans: int) -> Snapshot:
    """The snapshot, made column by column; every hundredth loan is neglected."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    rows["account"].append({"account_id": "market", "on_us": False, "kind": "settlement", "currency": "CNY"})
    rows["party"].append({"party_id": "bank", "kind": "bank", "name": "bank"})
    for n in range(loans):
        _loan(rows, n)
    tables = {name: _table(name, given) for name, given in rows.items()}
    return Snapshot(tables, data_cut=content_fingerprint(tables), timezone="UTC", store="rows")


def _loan(rows: dict[str, list[dict[str, Any]]], n: int) -> None:
    party, account, loan = f"B{n}", f"A{n}", f"L{n}"
    guarantor, collateral, contract = f"G{n % 997}", f"Z{n}", f"K{n}"
    drawn = datetime(DRAWN.year, DRAWN.month, DRAWN.day, 10, tzinfo=UTC) + timedelta(days=n % 60)
    kept = n % 100 != 0
    rows["party"].append({"party_id": party, "kind": "company", "name": party})
    if n < 997:
        rows["party"].append({"party_id": guarantor, "kind": "company", "name": guarantor})
    rows["account"].append({"account_id": account, "on_us": True, "kind": "settlement", "currency": "CNY"})
    rows["account_holder"].append({"party_id": party, "account_id": account, "role": "owner"})
    money = {"amount_minor": 10**8, "currency": "CNY"}
    more = {"product": f"product {n % 5}", "balance_minor": 10**8, "days_past_due": 0, "classification": "normal"}
    rows["loan"].append({"loan_id": loan, "borrower_id": party, "lender_id": "bank", **money, **more})
    drawdown = {"drawdown_id": f"D{n}", "loan_id": loan, "account_id": account, "transfer_id": f"D{n}"}
    rows["drawdown"].append({**drawdown, "amount_minor": 10**8, "drawn_at": drawn})
    credit = {"transfer_id": f"D{n}", "source_id": None, "target_id": account, "kind": "loan_drawdown"}
    rows["transfer"].append({**credit, **money, "booked_at": drawn})
    for month in range(12):
        at = datetime(2025 + (month + 6) // 12, (month + 6) % 12 + 1, 1 + n % 27, 11, tzinfo=UTC)
        sale = {"transfer_id": f"T{n}-{month}", "source_id": "market", "target_id": account, "kind": "payment"}
        rows["transfer"].append({**sale, "amount_minor": 3 * 10**6, "currency": "CNY", "booked_at": at})
    parties = {"buyer_id": party, "seller_id": guarantor}
    rows["contract"].append({"contract_id": contract, **parties, **money})
    rows["loan_contract"].append({"contract_id": contract, "loan_id": loan})
    invoice = {"invoice_id": f"V{n}", "kind": "special_vat", "contract_id": contract, "status": "valid"}
    rows["invoice"].append({**invoice, **parties, **money, "issued_on": date(2025, 9, 1)})
    rows["guarantee"].append({"guarantor_id": guarantor, "loan_id": loan, "valid_from": DRAWN})
    worth = {"value_minor": 2 * 10**8, "currency": "CNY", "valued_on": date(2026, 1, 5), "state": "正常"}
    rows["collateral"].append({"collateral_id": collateral, **worth})
    rows["pledge"].append({"collateral_id": collateral, "loan_id": loan, "valid_from": DRAWN})
    rows["settlement_commitment"].append({"loan_id": loan, "share": 0.5, "valid_from": DRAWN})
    visit = {"loan_id": loan, "on_site": True, "purpose_verified": True}
    rows["inspection"].append({**visit, "kind": "first", "inspected_on": (drawn + timedelta(days=9)).date()})
    for end in ENDS:
        revenue = {"revenue_minor": 10**7, "net_assets_minor": 10**9, "operating_cash_flow_minor": 10**6}
        rows["financial_statement"].append(
            {"party_id": party, "period_end": end, "months": 3, "currency": "CNY", **revenue}
        )
    for on in QUARTERS if kept else QUARTERS[:1]:
        rows["credit_rating"].append({"party_id": party, "scale": "internal", "grade": "AA", "rated_on": on})
        rows["loan_classification"].append({"loan_id": loan, "classification": "normal", "decided_on": on})
        rows["inspection"].append({**visit, "kind": "regular", "inspected_on": on})
        for subject, id_ in (("borrower", party), ("guarantor", guarantor), ("collateral", collateral)):
            done = {"loan_id": loan, "subject": subject, "subject_id": id_, "agreed": True}
            rows["claim_reconciliation"].append({**done, "reconciled_on": on})
        report = {"party_id": party, "lender": "another bank", "reported_on": on, "balance_minor": 10**7}
        rows["external_credit"].append({**report, "currency": "CNY"})


def _table(name: str, given: list[dict[str, Any]]) -> pa.Table:
    table = TABLES[name]
    schema = stored_schema(table)
    columns = {}
    for field in schema:
        values = [False] * len(given) if field.name == "inferred" else [row.get(field.name) for row in given]
        columns[field.name] = pa.array(values, field.type)
    arrow = pa.table(columns, schema=schema)
    keyed = row_keys(table, arrow)
    if table.key[0].name == "event_id":
        arrow = arrow.set_column(0, schema.field(0), keyed)
    arrow = arrow.set_column(schema.get_field_index(ROW_KEY), schema.field(ROW_KEY), keyed)
    return _sorted(table, arrow)


def main(loans: int) -> None:
    """Print one JSON document of seconds and megabytes."""
    began = time.perf_counter()
    snapshot = book(loans)
    made = time.perf_counter() - began
    known = registry.discover()
    timings: dict[str, float] = {}
    worked = time.process_time()
    findings = []
    finished = set()
    for id_, module in known.items():
        if module.META.family == "loan_life" and registry.missing(module, snapshot) is None:
            began = time.perf_counter()
            findings += registry.run(module, snapshot, module.Params(), AS_OF)
            timings[id_] = round(time.perf_counter() - began, 2)
            finished.add(id_)
    began = time.perf_counter()
    lines = 0
    for one in checklists(snapshot, AS_OF, findings=findings, known=known, finished=finished, params={}):
        lines += len(one.lines)
    timings["checklist"] = round(time.perf_counter() - began, 2)
    worked = time.process_time() - worked
    report = {
        "loans": loans,
        "rows": {name: table.num_rows for name, table in snapshot.tables.items() if table.num_rows},
        "seconds_to_make_the_book": round(made, 1),
        "seconds": timings,
        "seconds_in_all": round(sum(timings.values()), 1),
        "seconds_of_processor": round(worked, 1),
        "findings": len(findings),
        "lines": lines,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    with collecting.seldom():  # as every sweep does
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
