"""The LDBC FinBench snapshot: a folder of |-separated files, one a kind of node or relationship.

What becomes of each file is one function here; ids and kinds follow `docs/semantics.md`, 20. Times are UTC (FinBench
counts milliseconds since 1970); days are those of the book's time zone. Amounts carry the noise of doubles: they are
rounded to the minor unit, half to even, and what that takes away is reported. A repayment goes to nobody we can name
(FinBench knows no account of the loan); its loan is the transfer's reference.

What the schema has no place for is counted in the notes of the report: which accounts and media are blocked, the kind
of an account (each is taken as a settlement account), the account a medium signed in to (its holder is what counts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import flat, local_days
from graph.columns import Row
from graph.schema import (
    Account,
    AccountHolder,
    Contact,
    ContactUse,
    Drawdown,
    Guarantee,
    Loan,
    Party,
    Shareholding,
    Transfer,
)
from ingest.amounts import EXPONENTS
from ingest.contract import Batch, CellFault, Claim, Options, Part
from ingest.csv_records import CsvFile
from ingest.journal import Journal, Rounding
from ingest.problems import (
    FOLDED_IN,
    INCOMPLETE_SET,
    NO_SUCH_RECORD,
    NOT_CARRIED,
    SEVERAL_BORROWERS,
    FileRefused,
)
from ingest.quarantine import Quarantine
from ingest.times import instants

FORMAT = "finbench"
BY_NAME = False

CURRENCY = "CNY"
LENDER = "finbench"
CONTACT_KINDS = {"PHONE": "phone", "IPv4": "ip", "IPv6": "ip"}
"""Media that are contact points of a kind of their own; every other one is a device."""
OWNERS = {"PersonOwnAccount": ("personId", "P"), "CompanyOwnAccount": ("companyId", "C")}
APPLICANTS = {"PersonApplyLoan": ("personId", "P"), "CompanyApplyLoan": ("companyId", "C")}

_EXACT = pa.decimal128(36, 18)
_PLAIN = r"^-?[0-9]{1,18}(\.[0-9]{1,18})?$"
_SCIENTIFIC = r"^-?[0-9](\.[0-9]{1,17})?[Ee]-?[0-9]{1,2}$"

Array = np.ndarray[Any, Any]


@dataclass
class _Records:
    """Some records of one file: their columns by name (text), their lines, and what is known beside them."""

    columns: pa.Table
    lines: Array
    file: Path
    options: Options
    journal: Journal
    faults: list[CellFault] = field(default_factory=list)

    def __getitem__(self, name: str) -> pa.Array:
        return flat(self.columns[name])

    def prefixed(self, prefix: str, name: str) -> pa.Array:
        return pc.binary_join_element_wise(pa.scalar(prefix), self[name], "")

    def every(self, value: str | bool) -> pa.Array:
        return pa.repeat(pa.scalar(value), len(self.lines))

    def instants(self, column: str) -> pa.Array:
        """createTime, for the column of that name."""
        found = instants(self["createTime"], "UTC")
        for position, kind in found.faults.items():
            value = str(self["createTime"][position].as_py())
            self.faults.append(CellFault(position, column, value, kind(timezone="UTC")))
        return found.instants

    def days(self, column: str) -> pa.Array:
        """The day of createTime in the book's time zone, for the column of that name."""
        return local_days(self.instants(column), self.options.timezone)

    def ids(self, prefix: str, *columns: str) -> pa.Array:
        """The prefix, the columns and the milliseconds of createTime (which may be faulty), joined by colons."""
        since = pc.cast(instants(self["createTime"], "UTC").instants, pa.int64())
        milliseconds = pc.fill_null(pc.cast(pc.divide(since, 1000), pa.string()), "?")
        return pc.binary_join_element_wise(pa.scalar(prefix), *(self[name] for name in columns), milliseconds, ":")

    def amounts(self, name: str) -> pa.Array:
        """Amounts rounded to the minor unit as text; what is no number stays as it is, to be found faulty."""
        text = self[name]
        if pc.any(pc.match_substring_regex(text, _SCIENTIFIC)).as_py():
            scientific = pc.match_substring_regex(text, _SCIENTIFIC).to_pylist()
            spelt = zip(text.to_pylist(), scientific, strict=True)
            text = pa.array([format(Decimal(t), "f") if s else t for t, s in spelt], pa.string())
        plain = pc.fill_null(pc.match_substring_regex(text, _PLAIN), False)
        exact = pc.cast(pc.if_else(plain, text, pa.scalar(None, pa.string())), _EXACT)
        exponent = EXPONENTS[CURRENCY]
        rounded = pc.round(exact, ndigits=exponent, round_mode="half_to_even")
        taken = pc.subtract(rounded, exact)
        rounding = self.journal.rounding = self.journal.rounding or Rounding(CURRENCY)
        rounding.net += pc.sum(taken, min_count=0).as_py() or 0
        rounding.absolute += pc.sum(pc.abs(taken), min_count=0).as_py() or 0
        minor = pc.cast(pc.cast(rounded, pa.decimal128(38, exponent)), pa.string())
        return pc.if_else(plain, minor, text)

    def rows(self, row: type[Row], **cells: pa.Array) -> Batch:
        """A batch of a table, its cells named as in files."""
        faults = [fault for fault in self.faults if fault.column in cells]
        return Batch(row.TABLE, cells, self.lines, self.columns, faults)

    def not_carried(self, name: str, values: pa.Array, en: str, zh: str) -> None:
        """Note that the true ones among `values` have no place in the schema."""
        if count := pc.sum(values, min_count=0).as_py():
            self.journal.note(NOT_CARRIED(count=count, column=name, detail_en=en, detail_zh=zh))


def _party(prefix: str, kind: str, id_: str, name: str, records: _Records) -> list[Batch]:
    blocked = pc.if_else(pc.equal(records["isBlocked"], "true"), "blocked", pa.scalar(None, pa.string()))
    party = records.rows(
        Party, party_id=records.prefixed(prefix, id_), kind=records.every(kind), name=records[name], status=blocked
    )
    return [party]


def _account(records: _Records) -> list[Batch]:
    blocked = pc.equal(records["isBlocked"], "true")
    records.not_carried("isBlocked", blocked, "blocked accounts", "被冻结的账户")
    records.not_carried("accoutType", records["accoutType"].is_valid(), "settlement is taken", "均按结算账户处理")
    account = records.rows(
        Account,
        account_id=records["accountId"],
        kind=records.every("settlement"),
        on_us=records.every(True),
        currency=records.every(CURRENCY),
        opened_on=records.days("opened_on"),
    )
    return [account]


def _loan(records: _Records) -> list[Batch]:
    applicants = _beside(records, APPLICANTS, "loanId")
    positions, borrowers = _joined(records["loanId"], applicants)
    counts = np.bincount(positions, minlength=len(records.lines))
    for position in np.flatnonzero(counts > 1).tolist():
        id_ = str(records["loanId"][position].as_py())
        records.faults.append(CellFault(position, "borrower_id", id_, SEVERAL_BORROWERS()))
    first = np.flatnonzero(np.append(True, positions[1:] != positions[:-1])) if len(positions) else positions
    loan = records.rows(
        Loan,
        loan_id=records["loanId"],
        borrower_id=borrowers.take(pa.array(first)),
        lender_id=records.every(LENDER),
        amount=records.amounts("loanAmount"),
        currency=records.every(CURRENCY),
        signed_on=records.days("signed_on"),
        balance=records.amounts("balance"),
    )
    return [loan]


def _application(records: _Records) -> list[Batch]:
    """An application becomes the loan's borrower, when the loans are read; here it is only checked."""
    loans = _column(records.file.with_name("Loan.csv"), "loanId")
    known = pc.is_in(records["loanId"], value_set=loans).to_numpy(zero_copy_only=False)
    for position in np.flatnonzero(~known):
        values = [
            "" if value is None else value for value in records.columns.slice(int(position), 1).to_pylist()[0].values()
        ]
        loan = str(records["loanId"][int(position)].as_py())
        records.journal.set_aside()
        records.journal.bad(int(records.lines[position]), "loanId", loan, NO_SUCH_RECORD(file="Loan.csv"), values)
    records.journal.note(FOLDED_IN(count=int(known.sum()), column="loan.borrower_id", file="Loan.csv"))
    return []


def _deposit(records: _Records) -> list[Batch]:
    ids = records.ids("D", "loanId", "accountId")
    amounts = records.amounts("amount")
    drawdown = records.rows(
        Drawdown,
        drawdown_id=ids,
        loan_id=records["loanId"],
        account_id=records["accountId"],
        amount=amounts,
        drawn_at=records.instants("drawn_at"),
        transfer_id=ids,
    )
    transfer = records.rows(
        Transfer,
        transfer_id=ids,
        target_id=records["accountId"],
        amount=amounts,
        currency=records.every(CURRENCY),
        booked_at=records.instants("booked_at"),
        kind=records.every("loan_drawdown"),
    )
    return [drawdown, transfer]


def _repayment(records: _Records) -> list[Batch]:
    transfer = records.rows(
        Transfer,
        transfer_id=records.ids("R", "accountId", "loanId"),
        source_id=records["accountId"],
        amount=records.amounts("amount"),
        currency=records.every(CURRENCY),
        booked_at=records.instants("booked_at"),
        kind=records.every("loan_repayment"),
        reference=records["loanId"],
    )
    return [transfer]


def _payment(prefix: str, channel: str, records: _Records) -> list[Batch]:
    transfer = records.rows(
        Transfer,
        transfer_id=records.ids(prefix, "fromId", "toId"),
        source_id=records["fromId"],
        target_id=records["toId"],
        amount=records.amounts("amount"),
        currency=records.every(CURRENCY),
        booked_at=records.instants("booked_at"),
        channel=records.every(channel),
        kind=records.every("payment"),
    )
    return [transfer]


def _medium(records: _Records) -> list[Batch]:
    blocked = pc.equal(records["isBlocked"], "true")
    records.not_carried("isBlocked", blocked, "blocked media", "被冻结的介质")
    known = pc.index_in(records["mediumType"], value_set=pa.array(list(CONTACT_KINDS)))
    kinds = pc.fill_null(pa.array(list(CONTACT_KINDS.values())).take(known), "device")
    return [records.rows(Contact, contact_id=records["mediumId"], kind=kinds, value=records["mediumId"])]


def _sign_in(records: _Records) -> list[Batch]:
    """A medium is used by whoever holds the account it signs in to."""
    owners = _beside(records, OWNERS, "accountId")
    positions, parties = _joined(records["accountId"], owners)
    taken = pa.array(positions)
    uses = _Records(
        records.columns.take(taken), records.lines[positions], records.file, records.options, records.journal
    )
    for position in np.flatnonzero(parties.is_null().to_numpy(zero_copy_only=False)):
        account = str(uses["accountId"][int(position)].as_py())
        problem = NO_SUCH_RECORD(file=" or ".join(f"{name}.csv" for name in OWNERS))
        uses.faults.append(CellFault(int(position), "party_id", account, problem))
    use = uses.rows(ContactUse, party_id=parties, contact_id=uses["mediumId"], valid_from=uses.days("valid_from"))
    return [use]


def _holder(prefix: str, id_: str, records: _Records) -> list[Batch]:
    holder = records.rows(
        AccountHolder,
        party_id=records.prefixed(prefix, id_),
        account_id=records["accountId"],
        role=records.every("owner"),
        valid_from=records.days("valid_from"),
    )
    return [holder]


def _investment(prefix: str, records: _Records) -> list[Batch]:
    shareholding = records.rows(
        Shareholding,
        holder_id=records.prefixed(prefix, "investorId"),
        company_id=records.prefixed("C", "companyId"),
        ratio=records["ratio"],
        valid_from=records.days("valid_from"),
    )
    return [shareholding]


def _guarantee(prefix: str, records: _Records) -> list[Batch]:
    guarantee = records.rows(
        Guarantee,
        guarantor_id=records.prefixed(prefix, "fromId"),
        obligor_id=records.prefixed(prefix, "toId"),
        valid_from=records.days("valid_from"),
    )
    return [guarantee]


# --- the set -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _File:
    """One file of the set: its columns, the tables it brings, the function that makes batches of its records, the
    files it needs beside it, and the columns that are counted up where records share an id."""

    columns: str
    tables: tuple[type[Row], ...]
    batches: Callable[[_Records], list[Batch]]
    needs: tuple[str, ...] = ()
    counted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_TRANSFERS = {"transfer": ("transfer_id",)}
_EDGE = "fromId|toId|amount|createTime"
_INVEST = "investorId|companyId|ratio|createTime"

FILES = {
    "Person": _File(
        "personId|personName|isBlocked|createTime", (Party,), partial(_party, "P", "person", "personId", "personName")
    ),
    "Company": _File(
        "companyId|companyName|isBlocked|createTime",
        (Party,),
        partial(_party, "C", "company", "companyId", "companyName"),
    ),
    "Account": _File("accountId|createTime|isBlocked|accoutType", (Account,), _account),
    "Loan": _File("loanId|loanAmount|balance|createTime", (Loan,), _loan, needs=tuple(APPLICANTS)),
    "PersonApplyLoan": _File("personId|loanId|createTime", (), _application, needs=("Loan",)),
    "CompanyApplyLoan": _File("companyId|loanId|createTime", (), _application, needs=("Loan",)),
    "LoanDepositAccount": _File(
        "loanId|accountId|amount|createTime",
        (Drawdown, Transfer),
        _deposit,
        counted={"drawdown": ("drawdown_id", "transfer_id"), **_TRANSFERS},
    ),
    "AccountRepayLoan": _File("accountId|loanId|amount|createTime", (Transfer,), _repayment, counted=_TRANSFERS),
    "AccountTransferAccount": _File(_EDGE, (Transfer,), partial(_payment, "T", "transfer"), counted=_TRANSFERS),
    "AccountWithdrawAccount": _File(_EDGE, (Transfer,), partial(_payment, "W", "withdrawal"), counted=_TRANSFERS),
    "Medium": _File("mediumId|mediumType|isBlocked|createTime", (Contact,), _medium),
    "MediumSignInAccount": _File("mediumId|accountId|createTime", (ContactUse,), _sign_in, needs=tuple(OWNERS)),
    "PersonOwnAccount": _File("personId|accountId|createTime", (AccountHolder,), partial(_holder, "P", "personId")),
    "CompanyOwnAccount": _File("companyId|accountId|createTime", (AccountHolder,), partial(_holder, "C", "companyId")),
    "PersonInvestCompany": _File(_INVEST, (Shareholding,), partial(_investment, "P")),
    "CompanyInvestCompany": _File(_INVEST, (Shareholding,), partial(_investment, "C")),
    "PersonGuaranteePerson": _File("fromId|toId|createTime", (Guarantee,), partial(_guarantee, "P")),
    "CompanyGuaranteeCompany": _File("fromId|toId|createTime", (Guarantee,), partial(_guarantee, "C")),
}


def claim(files: Sequence[Path]) -> list[Claim]:
    """The files of the set, by name and first line."""
    claims: list[Claim] = []
    for file in files:
        form = FILES.get(file.stem) if file.suffix == ".csv" else None
        if form is None or _first_line(file) != form.columns:
            continue
        needs = tuple(path for name in form.needs if (path := file.with_name(f"{name}.csv")).is_file())
        tables = tuple(row.TABLE for row in form.tables)
        claims.append(Part(file.as_posix(), file, FORMAT, tables, partial(_read, file, form), needs, form.counted))
    return claims


def _first_line(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.readline(1000).decode("utf-8", errors="replace").strip()


def _read(file: Path, form: _File, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    for name in form.needs:
        if not file.with_name(f"{name}.csv").is_file():
            raise FileRefused(INCOMPLETE_SET(missing=f"{name}.csv"))
    opened = CsvFile(file, "|")
    journal.header(opened.header)
    for records in opened.records(journal):
        columns = records.cells.rename_columns(opened.header)
        if batches := form.batches(_Records(columns, records.lines, file, options, journal)):
            yield batches


def _beside(records: _Records, files: Mapping[str, tuple[str, str]], key: str) -> pa.Table:
    """The parties that other files of the set tie to a key: columns key and party."""
    found = []
    for name, (id_, prefix) in files.items():
        path = records.file.with_name(f"{name}.csv")
        parties = pc.binary_join_element_wise(pa.scalar(prefix), _column(path, id_), "")
        found.append(pa.table({"key": _column(path, key), "party": parties}))
    return pa.concat_tables(found).combine_chunks()


def _column(file: Path, name: str) -> pa.Array:
    """One column of another file of the set; its bad records are told when that file itself is loaded."""
    opened = CsvFile(file, "|")
    position = opened.header.index(name)
    silent = Journal(file.name, Quarantine(None, ""))
    chunks = [c for records in opened.records(silent) for c in records.cells.column(position).chunks]
    return pa.chunked_array(chunks, pa.string()).combine_chunks()


def _joined(values: pa.Array, keyed: pa.Table) -> tuple[Array, pa.Array]:
    """Every match of `values` with the keys of `keyed`: positions in `values`, ascending, and the parties; a value
    without a match stands once, with null."""
    keys = keyed["key"].combine_chunks().dictionary_encode()
    keys = keys.chunk(0) if isinstance(keys, pa.ChunkedArray) else keys
    codes = pc.fill_null(pc.index_in(values, value_set=keys.dictionary), -1).to_numpy()
    order = np.argsort(keys.indices.to_numpy(), kind="stable")
    ordered = keys.indices.to_numpy()[order]
    first, last = np.searchsorted(ordered, codes, "left"), np.searchsorted(ordered, codes, "right")
    matches = np.where(codes < 0, 0, last - first)
    repeats = np.maximum(matches, 1)
    positions = np.repeat(np.arange(len(codes)), repeats)
    offsets = np.arange(len(positions)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    chosen = np.where(matches[positions] == 0, 0, first[positions] + offsets)
    parties = keyed["party"].take(pa.array(order[chosen])).combine_chunks()
    parties = parties.chunk(0) if isinstance(parties, pa.ChunkedArray) else parties
    nobody = pa.array(matches[positions] == 0)
    return positions, pc.if_else(nobody, pa.scalar(None, pa.string()), parties)
