"""Who is paid: a person, a company, or somebody of whom only the name on the account is known.

The register decides. Where it does not know the holder, the name does, as a *weak* sign that says so: a company by its
ending, a person by a name of two to four Han characters (`docs/detectors/`, "Payee kind").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from graph.account_holdings import AccountHoldings
from graph.schema import Account, AccountHolder, Party
from graph.snapshot import Snapshot

Array = np.ndarray[Any, Any]

_COMPANY_ENDINGS_HAN = (
    *("公司", "股份", "集团", "厂", "合作社", "经营部", "商行", "事务所", "中心", "合伙", "银行", "院", "社"),
    *("店", "馆", "部", "行", "站", "场", "坊", "铺"),
)
_COMPANY_ENDINGS = re.compile(
    r"\b(ltd|limited|llc|inc|corp|corporation|co|plc|gmbh|ag|kg|sa|sarl|srl|spa|bv|nv|oy|ab|as|aps|kk|pty|pte)\.?$",
    re.IGNORECASE,
)
_TRAILING_PLACE = re.compile(r"\s*[（(][^（()）]*[)）]$")
_HAN_NAME = re.compile(r"^[\u3400-\u9fff]{2,4}$")


def reads_as_company(name: str | None) -> bool:
    """Whether a name ends like a company's, a shop's or an institution's."""
    name = _TRAILING_PLACE.sub("", (name or "").strip())
    return name.endswith(_COMPANY_ENDINGS_HAN) or bool(_COMPANY_ENDINGS.search(name))


def reads_as_person(name: str | None) -> bool:
    """Whether a name is two to four Han characters that do not end like a company's."""
    name = (name or "").strip()
    return bool(_HAN_NAME.match(name)) and not reads_as_company(name)


@dataclass(frozen=True)
class Payee:
    """An individual, or a business, that is paid. `by_name`: nothing but the name says that it is one.

    party_id is the smallest id among those of its sort that hold the account, None where no holder is on record.
    """

    account_id: str
    party_id: str | None
    by_name: bool

    @property
    def key(self) -> tuple[str, str]:
        """What tells payees apart: the party, or the account where the holder is unknown."""
        return ("payee_id", self.party_id) if self.party_id else ("account_id", self.account_id)


class Payees:
    """Which accounts are an individual's. A sole trader's is not: the business and its owner are one."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._holdings = AccountHoldings.of(snapshot)
        self._accounts = snapshot.ids(Account)
        self._parties = snapshot.ids(Party)
        parties = snapshot.table(Party)
        self._kind = pc.fill_null(parties["kind"], "unknown")
        self._party_name = parties["name"]
        self._holders = snapshot.table(AccountHolder)
        self._account_name = snapshot.table(Account)["holder_name"]

    def kind(self, party_id: str) -> str:
        """The kind of a party; `unknown` also for one that is only referred to."""
        code = self._parties.code(party_id)
        return "unknown" if code < 0 else str(self._kind[code].as_py())

    def name(self, party_id: str) -> str | None:
        """The name of a party."""
        code = self._parties.code(party_id)
        return None if code < 0 else self._party_name[code].as_py()

    def account_name(self, account: int) -> str | None:
        """The name on an account (a code)."""
        name: str | None = self._account_name[account].as_py()
        return name

    def individual(self, account: int, at: int) -> Payee | None:
        """The individual that holds the account (a code) at an instant (microseconds); None where it is not one's."""
        holders = self._holdings.holders_of(np.array([account], dtype=np.int32), at, at)
        account_id = self._accounts.id(account)
        kinds = {holder: self.kind(holder) for holder in holders}
        persons = [holder for holder, kind in kinds.items() if kind == "person"]
        if persons:
            return Payee(account_id, persons[0], by_name=False)
        if any(kind != "unknown" for kind in kinds.values()):
            return None
        names = [self.name(holder) for holder in holders] + [self._account_name[account].as_py()]
        if not any(reads_as_person(name) for name in names) or any(reads_as_company(name) for name in names):
            return None
        return Payee(account_id, holders[0] if holders else None, by_name=True)

    def business(self, account: int, at: int) -> Payee | None:
        """The company or sole trader that holds the account (a code) at an instant; None where it is not one's, nor by
        its name. An account that a person holds too is the person's."""
        holders = self._holdings.holders_of(np.array([account], dtype=np.int32), at, at)
        account_id = self._accounts.id(account)
        kinds = {holder: self.kind(holder) for holder in holders}
        businesses = [holder for holder, kind in kinds.items() if kind in {"company", "sole_trader"}]
        if businesses and "person" not in kinds.values():
            return Payee(account_id, businesses[0], by_name=False)
        if any(kind != "unknown" for kind in kinds.values()):
            return None
        names = [self.name(holder) for holder in holders] + [self._account_name[account].as_py()]
        if not any(reads_as_company(name) for name in names):
            return None
        return Payee(account_id, holders[0] if holders else None, by_name=True)

    def may_be_individuals(self) -> Array:
        """bool, one entry an account code: whether `individual` could name one, at any time. Cheap for all at once."""
        party, account = (
            self._parties.codes(self._holders["party_id"]),
            self._accounts.codes(self._holders["account_id"]),
        )
        person = np.asarray(pc.equal(self._kind, "person"))
        unknown = np.asarray(pc.equal(self._kind, "unknown"))
        has_person = np.zeros(len(self._accounts), dtype=bool)
        has_person[account[person[party]]] = True
        has_other = np.zeros(len(self._accounts), dtype=bool)
        has_other[account[~person[party] & ~unknown[party]]] = True
        return has_person | ~has_other
