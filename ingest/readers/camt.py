"""ISO 20022 cash management: statements (camt.053), reports within the day (camt.052), notifications (camt.054).

Versions .001.02 to .001.13; what changed between them (a status inside an element of its own, parties inside ``Pty``,
``BICFI`` for ``BIC``) is in the paths below. A file of any size is read as a stream. Lines in reports are entries,
counted from 1 through the file.

Direction
    `CdtDbtInd` says what the entry does to the account, also where it is a reversal. In returns and reversals the
    parties keep the roles of the payment that is taken back, so the other side is looked for on the opposite side.
Collective bookings
    An entry with several `TxDtls` becomes as many transfers where these add up to it exactly; otherwise it stays one
    transfer to nobody we can name.
Left out
    Entries that are not booked (`PDNG`, `INFO`, `FUTR`); balances other than opening, previous closing and closing.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import flat
from ingest.assumptions import Assumptions
from ingest.contract import Batch, Claim, Options, Part
from ingest.format_problems import (
    ACCOUNT_CURRENCY_TAKEN,
    ACCOUNT_UNKNOWN,
    BATCH_KEPT_WHOLE,
    NO_DIRECTION,
    NO_RECORDS,
    NOT_BOOKED,
    PERIOD_FROM_ENTRIES,
    VALUE_DAY_TAKEN,
)
from ingest.journal import Journal
from ingest.problems import FileRefused
from ingest.statements import (
    COLUMNS,
    COUNTED,
    MENTIONED,
    TABLES,
    Array,
    Statement,
    StatementRows,
    named,
    one,
    plain_account,
    stated,
)
from ingest.xml import root_in, split
from ingest.xml_fields import Fields

FORMAT = "camt"
BY_NAME = False

AHEAD = 4
"""Documents of some thousand entries that are read while another one is judged."""
THREADS = 2

_ROOT = re.compile(r"\{(urn:iso:std:iso:20022:tech:xsd:camt\.05([234])\.001\.(0[2-9]|1[0-3]))\}Document")
_OF_MESSAGE = {"2": "Rpt", "3": "Stmt", "4": "Ntfctn"}
_NOTIFICATION = "4"
_INTERIM = "2"

_STATEMENT = {
    "id": "Id",
    "number": "concat(ElctrncSeqNb, substring(LglSeqNb, 1, 99 * not(ElctrncSeqNb)))",
    "begins": "concat(FrToDt/FrDtTm, FrToDt/FrDt)",
    "ends": "concat(FrToDt/ToDtTm, FrToDt/ToDt)",
    "account": "concat(Acct/Id/IBAN, Acct/Id/Othr/Id)",
    "currency": "Acct/Ccy",
    "holder": "Acct/Ownr/Nm",
    "bank": "concat(Acct/Svcr/FinInstnId/BICFI, Acct/Svcr/FinInstnId/BIC)",
}
_BALANCE = {
    "type": "Tp/CdOrPrtry/Cd",
    "amount": "Amt",
    "currency": "Amt/@Ccy",
    "direction": "CdtDbtInd",
    "day": "Dt",
}
_ENTRY = {
    "entry_reference": "NtryRef",
    "amount": "Amt",
    "currency": "Amt/@Ccy",
    "direction": "CdtDbtInd",
    "reversal": "RvslInd",
    "status": "Sts",
    "booked": "BookgDt",
    "value": "ValDt",
    "bank_reference": "AcctSvcrRef",
    "family": "BkTxCd/Domn/Fmly/Cd",
    "sub_family": "BkTxCd/Domn/Fmly/SubFmlyCd",
    "proprietary": "BkTxCd/Prtry/Cd",
    "entry_text": "AddtlNtryInf",
}
_DETAIL = {
    "detail_reference": "Refs/AcctSvcrRef",
    "end_to_end": "Refs/EndToEndId",
    "uetr": "Refs/UETR",
    "transaction": "Refs/TxId",
    "detail_amount": "Amt",
    "detail_currency": "Amt/@Ccy",
    "transaction_amount": "AmtDtls/TxAmt/Amt",
    "transaction_currency": "AmtDtls/TxAmt/Amt/@Ccy",
    "detail_direction": "CdtDbtInd",
    "debtor": "concat(RltdPties/Dbtr/Nm, RltdPties/Dbtr/Pty/Nm)",
    "debtor_account": "concat(RltdPties/DbtrAcct/Id/IBAN, RltdPties/DbtrAcct/Id/Othr/Id)",
    "debtor_bank": "concat(RltdAgts/DbtrAgt/FinInstnId/BICFI, RltdAgts/DbtrAgt/FinInstnId/BIC)",
    "creditor": "concat(RltdPties/Cdtr/Nm, RltdPties/Cdtr/Pty/Nm)",
    "creditor_account": "concat(RltdPties/CdtrAcct/Id/IBAN, RltdPties/CdtrAcct/Id/Othr/Id)",
    "creditor_bank": "concat(RltdAgts/CdtrAgt/FinInstnId/BICFI, RltdAgts/CdtrAgt/FinInstnId/BIC)",
    "remittance": "RmtInf",
    "purpose_code": "Purp/Cd",
    "returned": "RtrInf/Rsn",
    "detail_text": "AddtlTxInf",
}
_KIND_OF_SUB_FAMILY = {
    "CHRG": "fee",
    "COMM": "fee",
    "FEES": "fee",
    "COMI": "fee",
    "INTR": "interest",
    "TAXE": "tax",
    "WITH": "tax",
    "SALA": "payroll",
    "PAYR": "payroll",
    "DDWN": "loan_drawdown",
    "PPAY": "loan_repayment",
    "CDPT": "cash",
    "CWDL": "cash",
}
"""Sub-families of the ISO 20022 external code set of bank transactions."""
_KIND_OF_PURPOSE = {"SALA": "payroll", "TAXS": "tax", "VATX": "tax", "INTE": "interest"}


def claim(files: Sequence[Path]) -> list[Claim]:
    """Files whose root element is a Document of one of the three messages."""
    claims: list[Claim] = []
    for file in files:
        root = root_in(file)
        if root and (match := _ROOT.fullmatch(root)):
            read = partial(_read, file, match[1], match[2])
            part = Part(file.as_posix(), file, FORMAT, TABLES, read, counted=COUNTED, mentioned=MENTIONED)
            claims.append(part)
    return claims


def _read(path: Path, namespace: str, message: str, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    """Entries are taken out of the XML in other threads, some thousand at a time, and judged here in their order."""
    reading = _Reading(message, journal)
    of_message, account, balance = (f"{{{namespace}}}{name}" for name in (_OF_MESSAGE[message], "Acct", "Bal"))
    statement_fields, balance_fields = Fields(_STATEMENT, namespace), Fields(_BALANCE, namespace)
    entries = Fields(_ENTRY, namespace, "Ntry", details=("NtryDtls/TxDtls", _DETAIL))
    journal.header(entries.names)
    size = path.stat().st_size
    statement: Statement | None = None
    waiting: deque[tuple[Statement | None, Future[pa.Table] | None]] = deque()
    found = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for piece, done in split(path, "Ntry", of_message, (account, balance)):
            if isinstance(piece, bytes):
                waiting.append((statement, pool.submit(entries.table, piece)))
            elif piece.tag == of_message:
                waiting.append((statement, None))
                statement = None
            elif piece.getparent() is None or piece.getparent().tag != of_message:
                continue  # an account or balance that is not the statement's own
            elif piece.tag == account:
                found += 1
                statement = _statement(statement_fields(piece.getparent()), interim=message == _INTERIM)
            elif statement is not None:
                _add_balance(statement, balance_fields(piece))
            while len(waiting) > AHEAD:
                yield from reading.next(*waiting.popleft())
                journal.at("read", done, size)
        for next_ in waiting:
            yield from reading.next(*next_)
    if not found and not journal.read:
        raise FileRefused(NO_RECORDS(format=f"camt.05{message}"))
    yield from reading.rows.batches()
    reading.assumptions.tell(journal)


def _statement(told: Mapping[str, str], *, interim: bool) -> Statement | None:
    account = one(plain_account, told["account"])
    if account is None:
        return None
    return Statement(
        account,
        currency=told["currency"] or None,
        holder=one(named, told["holder"]),
        bank=told["bank"] or None,
        number=one(stated, told["number"]) or one(stated, told["id"]),
        begins=told["begins"][:10] or None,
        ends=told["ends"][:10] or None,
        interim=interim,
    )


def _add_balance(statement: Statement, told: Mapping[str, str]) -> None:
    """An opening balance goes before the closing one of the day before."""
    minus = "-" if told["direction"] == "DBIT" and told["amount"].strip("0.") else ""
    amount = minus + told["amount"]
    statement.currency = statement.currency or told["currency"] or None
    if told["type"] == "OPBD" or (told["type"] == "PRCD" and statement.opening is None):
        statement.opening = amount
    elif told["type"] == "CLBD":
        statement.closing = amount
        statement.ends = statement.ends or told["day"][:10] or None


class _Reading:
    """Where the reading of one file stands: the entries before, and the statement whose entries are coming."""

    def __init__(self, message: str, journal: Journal) -> None:
        self.message = message
        self.journal = journal
        self.assumptions = Assumptions()
        self.rows = StatementRows(self.assumptions)
        self._open: Statement | None = None
        self._began = 0

    def next(self, statement: Statement | None, entries: Future[pa.Table] | None) -> Iterator[Sequence[Batch]]:
        """Some entries of a statement, or (None) its end."""
        if statement is not None and statement is not self._open:
            self._open, self._began = statement, self.journal.read + 1
            self.rows.open(self._began, statement)
        if entries is not None:
            self._entries(entries.result(), statement)
        elif statement is not None and self.message != _NOTIFICATION:
            if not (statement.begins and statement.ends):
                self.assumptions.add(PERIOD_FROM_ENTRIES, self._began)
            self.rows.close(self._began)
        if self.rows.full:
            yield from self.rows.batches()

    def _entries(self, told: pa.Table, statement: Statement | None) -> None:
        is_entry = pc.equal(told["level"], "0").to_numpy()
        entry = np.cumsum(is_entry) - 1  # of each row, the entry it is (or is a detail of)
        heads = np.flatnonzero(is_entry)
        lines = self.journal.read + 1 + np.arange(len(heads))
        self.journal.read += len(heads)
        entries = told.take(pa.array(heads))
        kept = self._judged(entries, lines, statement)
        if statement is None or not kept.any():
            return
        rows, part = self._chosen(told, heads, entry, is_entry, kept, lines)
        of = pa.array(entry[rows])
        columns = {name: flat(entries[name]).take(of) for name in _ENTRY}
        columns |= {name: flat(told[name]).take(pa.array(rows)) for name in _DETAIL}
        whole = np.isin(rows, heads) & (part < 0)
        if whole.any():  # a collective booking that stays one says nothing of the other side
            blank = pa.array(whole)
            columns |= {n: pc.if_else(blank, pa.scalar(None, pa.string()), columns[n]) for n in _DETAIL}
        self.rows.add_columns(lines[entry[rows]], self._columns(columns, part, lines[entry[rows]], statement))

    def _judged(self, entries: pa.Table, lines: Array, statement: Statement | None) -> Array:
        """Which entries become transfers; why the others do not is told."""
        directed = pc.is_in(entries["direction"], value_set=pa.array(["CRDT", "DBIT"])).to_numpy()
        if statement is None:
            directed[:] = False
        for position in np.flatnonzero(~directed):
            problem = ACCOUNT_UNKNOWN() if statement is None else NO_DIRECTION()
            record = {name: values[0] or "" for name, values in entries.slice(position, 1).to_pydict().items()}
            self.journal.set_aside()
            self.journal.bad(int(lines[position]), "", record["direction"], problem, list(record.values()))
        booked = pc.fill_null(pc.equal(entries["status"], "BOOK"), True).to_numpy(zero_copy_only=False)
        for position in np.flatnonzero(~booked & directed):
            self.assumptions.add(NOT_BOOKED, int(lines[position]), status=entries["status"][position].as_py())
        found: Array = directed & booked
        return found

    def _chosen(
        self, told: pa.Table, heads: Array, entry: Array, is_entry: Array, kept: Array, lines: Array
    ) -> tuple[Array, Array]:
        """The rows that become transfers, and of each its place among the details of its entry: 0 where the entry is
        one payment, -1 where its details do not add up."""
        sizes = np.diff(np.append(heads, told.num_rows))
        rows, parts = [heads[kept & (sizes == 1)]], [np.zeros(int((kept & (sizes == 1)).sum()), dtype=np.int64)]
        for position in np.flatnonzero(kept & (sizes > 1)):
            head = heads[position]
            details = np.arange(head + 1, head + sizes[position])
            if _adds_up(told.slice(head, sizes[position])):
                rows.append(details)
                parts.append(np.arange(1, len(details) + 1))
            else:
                rows.append(np.array([head]))
                parts.append(np.array([-1]))
                self.assumptions.add(BATCH_KEPT_WHOLE, int(lines[position]))
        chosen, part = np.concatenate(rows), np.concatenate(parts)
        order = np.argsort(chosen, kind="stable")
        return chosen[order], part[order]

    def _columns(self, told: Mapping[str, pa.Array], part: Array, lines: Array, statement: Statement) -> pa.Table:
        """Entries as `COLUMNS`."""
        split_up = pa.array(part > 0)
        direction = pc.if_else(split_up, pc.coalesce(told["detail_direction"], told["direction"]), told["direction"])
        credit = pc.equal(direction, "CRDT")
        returned = pc.or_(
            pc.fill_null(pc.is_in(told["reversal"], value_set=pa.array(["true", "1"])), False),
            told["returned"].is_valid(),
        )
        debtor = pc.xor(credit, returned)
        account = pc.if_else(debtor, told["debtor_account"], told["creditor_account"])
        # Some banks name the parties of a return by what it does: then the account looked for is the statement's own.
        swapped = pc.fill_null(pc.equal(plain_account(account), statement.account), False)
        debtor = pc.xor(debtor, swapped)
        booked, value, currency = told["booked"], told["value"], told["currency"]
        if booked.null_count:
            self._assume(pc.and_(booked.is_null(), value.is_valid()), VALUE_DAY_TAKEN, lines)
            booked = pc.coalesce(booked, value)
        if currency.null_count and statement.currency:
            self._assume(currency.is_null(), ACCOUNT_CURRENCY_TAKEN, lines, currency=statement.currency)
            currency = pc.fill_null(currency, statement.currency)
        detail_amount = pc.coalesce(told["detail_amount"], told["transaction_amount"])
        reference = stated(told["bank_reference"])  # NtryRef counts the entries of one statement only
        single = pc.if_else(split_up, pa.scalar(None, pa.string()), stated(told["detail_reference"]))
        suffix = pa.array([f"/{place}" if place > 0 else "" for place in part.tolist()], pa.string())
        columns = {
            "credit": credit,
            "amount": pc.if_else(split_up, detail_amount, told["amount"]),
            "currency": currency,
            "booked": booked,
            "reference": pc.binary_join_element_wise(pc.coalesce(reference, single), suffix, ""),
            "value": pc.utf8_slice_codeunits(value, 0, 10),
            "counter_account": pc.if_else(debtor, told["debtor_account"], told["creditor_account"]),
            "counter_name": pc.if_else(debtor, told["debtor"], told["creditor"]),
            "counter_bank": pc.if_else(debtor, told["debtor_bank"], told["creditor_bank"]),
            "link": pc.coalesce(*(stated(told[name]) for name in ("end_to_end", "uetr", "transaction"))),
            "purpose": pc.coalesce(told["remittance"], told["detail_text"], told["entry_text"]),
            "kind": pc.if_else(returned, "reversal", _kinds(told)),
            "channel": pc.coalesce(told["proprietary"], told["family"]),
            "balance": pa.nulls(len(lines), pa.string()),
            "place": pa.nulls(len(lines), pa.int64()),
        }
        return pa.table(columns, schema=COLUMNS)

    def _assume(self, which: pa.Array, kind: Any, lines: Array, **values: Any) -> None:
        chosen = lines[which.to_numpy(zero_copy_only=False)]
        if len(chosen):
            self.assumptions.add(kind, *chosen.tolist(), **values)


def _adds_up(rows: pa.Table) -> bool:
    """Whether the details (all rows but the first) of a collective booking are its whole amount in its currency."""
    [entry, *details] = rows.to_pylist()
    try:
        total = Decimal(0)
        for detail in details:
            amount = Decimal(detail["detail_amount"] or detail["transaction_amount"] or "")
            total += amount if (detail["detail_direction"] or entry["direction"]) == "CRDT" else -amount
        whole = Decimal(entry["amount"] or "")
    except InvalidOperation:
        return False
    currencies = {detail["detail_currency"] or detail["transaction_currency"] for detail in details}
    return total == (whole if entry["direction"] == "CRDT" else -whole) and currencies <= {None, entry["currency"]}


def _kinds(told: Mapping[str, pa.Array]) -> pa.Array:
    found = [
        pa.array(list(kinds.values())).take(pc.index_in(told[name], value_set=pa.array(list(kinds))))
        for name, kinds in (("purpose_code", _KIND_OF_PURPOSE), ("sub_family", _KIND_OF_SUB_FAMILY))
    ]
    return pc.coalesce(*found, "payment")
