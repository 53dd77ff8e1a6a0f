"""Who is who at the demonstration bank: parties, accounts and what ties them, as rows of the schema."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from demo.calendar import FIRST_DAY
from demo.dice import Dice
from demo.names import Namer
from graph.columns import Row
from graph.schema import (
    Account,
    AccountHolder,
    Exclusion,
    Guarantee,
    Kinship,
    Office,
    Party,
    Shareholding,
)

YUAN = 100
"""Fen in a yuan."""
TEN_THOUSAND = 10_000 * YUAN
"""万元, the unit in which loans are spoken of."""


class Book:
    """Every row but the movements of money. Methods that make a party or account return its id."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self.names = Namer(dice.of("names"))
        self.rows: list[Row] = []
        self.parties: dict[str, Party] = {}
        self.accounts: dict[str, Account] = {}
        self._serial: dict[str, int] = {}
        self.our_bank = self.party("bank", name="江海商业银行", prefix="B", country="CN")
        self.other_bank = self.party("bank", name="他行汇总", prefix="B", country="CN")

    def add(self, row: Row) -> None:
        """Record a row."""
        self.rows.append(row)

    def id(self, prefix: str) -> str:
        """A fresh id. Numbers are scattered, so that the order in which things were made does not show."""
        serial = self._serial[prefix] = self._serial.get(prefix, 0) + 1
        return f"{prefix}{serial * 7_654_321 % 10_000_000:07d}"

    # --- parties ---------------------------------------------------------------------------------------------

    def party(self, kind: str, *, name: str, prefix: str, **more: Any) -> str:
        """A party of any kind."""
        row = Party(party_id=self.id(prefix), kind=kind, name=name, **more)
        self.parties[row.party_id] = row
        self.add(row)
        return row.party_id

    def company(
        self,
        *,
        english: bool = False,
        name: str | None = None,
        registered_on: date | None = None,
        status: str = "存续",
        industry: str | None = None,
        capital: int | None = None,
    ) -> str:
        """A company of this country; `capital` in fen."""
        given, drawn = self.names.company(english=english)
        return self.party(
            "company",
            name=name or given,
            prefix="C",
            id_scheme="uscc",
            id_number=self.names.uscc(),
            country="CN",
            status=status,
            registered_on=registered_on or date(self._dice.whole(1998, 2021), self._dice.whole(1, 12), 18),
            industry_code=industry or drawn,
            registered_capital_minor=capital or self._dice.whole(1, 50) * 100 * TEN_THOUSAND,
            address=self.names.address(),
        )

    def sole_trader(self) -> str:
        """An individual business (个体工商户)."""
        name, industry = self.names.sole_trader()
        return self.party(
            "sole_trader",
            name=name,
            prefix="S",
            id_scheme="uscc",
            id_number=self.names.uscc(),
            country="CN",
            status="存续",
            registered_on=date(self._dice.whole(2008, 2022), self._dice.whole(1, 12), 6),
            industry_code=industry,
            address=self.names.address(),
        )

    def person(self) -> str:
        """A natural person."""
        birthday = date(self._dice.whole(1960, 2002), self._dice.whole(1, 12), self._dice.whole(1, 28))
        return self.party(
            "person",
            name=self.names.person(),
            prefix="P",
            id_scheme="resident_id",
            id_number=self.names.resident_id(birthday.strftime("%Y%m%d")),
            country="CN",
            registered_on=birthday,
            address=self.names.address(),
        )

    def foreign_company(self) -> str:
        """A company abroad."""
        name, country = self.names.foreign()
        return self.party("company", name=name, prefix="C", id_scheme="other", country=country)

    def public_body(self, name: str) -> str:
        """An office of the state."""
        return self.party("public_body", name=name, prefix="G", country="CN")

    # --- accounts --------------------------------------------------------------------------------------------

    def account(
        self,
        holder: str | None,
        *,
        opening: int = 0,
        on_us: bool = True,
        kind: str = "settlement",
        currency: str = "CNY",
        opened_on: date | None = None,
        joint_with: str | None = None,
        holder_name: str | None = None,
    ) -> str:
        """An account. One with us opens with a known balance; of one elsewhere we know neither balance nor day.

        Without a holder only the name on the statement is known.
        """
        later = opened_on is not None and opened_on > FIRST_DAY
        row = Account(
            account_id=self.id("A"),
            holder_name=holder_name or (self.parties[holder].name if holder else None),
            bank_id=self.our_bank if on_us else self.other_bank,
            kind=kind,
            on_us=on_us,
            currency=currency,
            opened_on=(opened_on or date(self._dice.whole(2012, 2024), self._dice.whole(1, 12), 9)) if on_us else None,
            opening_balance_minor=(0 if later else opening) if on_us else None,
            opening_balance_on=(opened_on if later else FIRST_DAY) if on_us else None,
        )
        self.accounts[row.account_id] = row
        self.add(row)
        for party in (holder, joint_with):
            if party:
                role = "joint" if joint_with else "owner"
                self.add(AccountHolder(party_id=party, account_id=row.account_id, role=role, valid_from=opened_on))
        return row.account_id

    # --- ties ------------------------------------------------------------------------------------------------

    def owns(
        self,
        holder: str,
        company: str,
        ratio: float | None,
        since: date | None = None,
        until: date | None = None,
        **more: Any,
    ) -> None:
        """`holder` owns `ratio` of `company` from `since` up to the day before `until`."""
        self.add(
            Shareholding(
                holder_id=holder,
                company_id=company,
                ratio=ratio,
                capacity="own",
                valid_from=since or self.parties[company].registered_on,
                valid_to=until,
                **more,
            )
        )

    def serves(
        self,
        person: str,
        company: str,
        role: str = "legal_representative",
        since: date | None = None,
        until: date | None = None,
    ) -> None:
        """`person` holds an office in `company`."""
        self.add(
            Office(
                person_id=person,
                company_id=company,
                role=role,
                valid_from=since or self.parties[company].registered_on,
                valid_to=until,
            )
        )

    def kin(self, person: str, relative: str, relation: str) -> None:
        """`person` is kin of `relative`."""
        self.add(Kinship(person_id=person, relative_id=relative, relation=relation))

    def guarantees(
        self, guarantor: str, since: date, *, loan_id: str | None = None, obligor_id: str | None = None, amount: int
    ) -> None:
        """A guarantee for one loan, or for all debts of a party (最高额保证)."""
        self.add(
            Guarantee(
                guarantor_id=guarantor,
                loan_id=loan_id,
                obligor_id=obligor_id,
                kind="连带责任保证" if loan_id else "最高额保证",
                amount_minor=amount,
                valid_from=since,
                valid_to=since + timedelta(days=1095),
            )
        )

    def exclude(self, scope: str, value: str, reason: str) -> None:
        """An approved exclusion that outlasts the bank's year."""
        self.add(
            Exclusion(
                event_id=self.id("X"),
                scope=scope,
                value=value,
                reason=reason,
                approved_by="合规部 负责人",
                expires_on=date(2027, 12, 31),
            )
        )
