"""A tiny language for tests: a bank told in a few lines.

    company B, S            person P            public_body V        unknown X
    B holds a, a2           P holds p from 2026-01-01 to 2026-06-30      A holds a as agent
    account x opens with 500          account a opens with 0 on 2026-01-01
    account q is psp                  account r off us
    B owns 60% of C from 2026-01-01   N owns ?% of C as nominee
    P is legal_representative of C    P is spouse kin of Q
    G guarantees L1 from 2026-01-01   G guarantees party B up to 500
    X works in J6712                  (its industry)
    K: B buys from S for 1,000 on 2026-02-20 for L1 payable to s
    contract K is for framework supply                contract K justifies L2
    V1: S bills B 1,000 on 2026-03-20 for K numbered 9900/00001234 as receipt (void)
    B spends 1,200 in 12 months to 2025-12-31         (cost of sales in a financial statement)
    S was registered on 2020-01-01    S stands 注销    S is in DE
    loan L1 is for refinancing        loan L1 is repaid from a
    loan L1 owes 800                  loan L1 is 40 days past due
    loan L1 is classified doubtful    loan L1 is lent by N
    collateral C registered as d      C secures L2 up to 500 from 2026-03-01
    collateral D worth 1,000          B uses phone 555-1 from 2026-01-01
    B reports net assets of 900 on 2026-03-31
    registry of B: director from X to Y on 2026-03-01 published 2026-03-04 mandate 2026-03-20
    2026-03-01        L1 of B pays 1,000 to a          (a drawdown "L1-1", with its transfer "L1-1")
    2026-03-01 10:00  L1 of B pays 1,000 to a unseen   (the same without the transfer)
    2026-03-05        a pays 100 to s as refund under K naming L1 id T9 in USD balances 900, 100
    exclude party S: factoring until 2027-01-01

A day without a time has day precision. Transfers without an id are T1, T2, … in the order told. Accounts that are
mentioned belong to us and have no known opening balance unless the story says so; amounts are in whole currency
units. Loans are in CNY and lent by the bank `bank`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from graph.columns import Row
from graph.schema import (
    Account,
    AccountHolder,
    Collateral,
    Contact,
    ContactUse,
    Contract,
    Drawdown,
    Exclusion,
    FinancialStatement,
    Guarantee,
    Invoice,
    Kinship,
    Loan,
    LoanContract,
    Office,
    Party,
    Pledge,
    RegistryChange,
    Shareholding,
    Transfer,
)
from graph.snapshot import Snapshot

PERIOD = r"(?: from (?P<since>\S+))?(?: to (?P<until>\S+))?"
UP_TO = r"(?: up to (?P<amount>[\d,.]+))?"
WHEN = r"(?P<day>\d{4}-\d\d-\d\d)(?: +(?P<time>[\d:]+))? +"


def story(text: str, timezone: str = "UTC") -> Snapshot:
    """The snapshot of the bank that `text` tells. Raises ValueError for a line it does not understand."""
    return Snapshot.from_rows(rows(text), timezone)


def rows(text: str) -> list[Row]:
    """The rows of the bank that `text` tells, in a fixed order."""
    teller = _Teller()
    for line in text.splitlines():
        line = re.sub(r"\s+", " ", line.partition("#")[0]).strip()
        if line:
            teller.tell(line)
    return teller.rows()


def minor(text: str) -> int:
    """``1,234.50`` as 123450."""
    value = Decimal(text.replace(",", "")) * 100
    assert value == int(value), f"{text} is not a whole number of fen"
    return int(value)


class _Teller:
    def __init__(self) -> None:
        self.parties: dict[str, Party] = {}
        self.accounts: dict[str, Account] = {}
        self.loans: dict[str, Loan] = {}
        self.facts: list[Row] = []
        self.transfers = 0
        self.drawdowns: dict[str, int] = {}
        self.terms: dict[str, dict[str, Any]] = {}
        self.sentences: list[tuple[re.Pattern[str], Callable[[dict[str, Any]], None]]] = [
            (re.compile(pattern + "$"), told) for pattern, told in self._grammar().items()
        ]

    def tell(self, line: str) -> None:
        for pattern, told in self.sentences:
            match = pattern.match(line)
            if match:
                told(match.groupdict())
                return
        raise ValueError(f"the story language has no sentence like {line!r}")

    def rows(self) -> list[Row]:
        loans = [replace(loan, **self.terms.get(loan.loan_id, {})) for loan in self.loans.values()]
        return [*self.parties.values(), *self.accounts.values(), *loans, *self.facts]

    def _grammar(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        kinds = "|".join(Party.TABLE.column("kind").choices)
        return {
            rf"(?P<kind>{kinds}) (?P<names>.+)": self._party,
            r"account (?P<account>\S+) opens with (?P<amount>[\d,.]+)(?: on (?P<day>\S+))?": self._opening,
            r"account (?P<account>\S+) is (?P<kind>\S+)": self._account_kind,
            r"account (?P<account>\S+) off us": self._off_us,
            rf"(?P<party>\S+) holds (?P<accounts>[\w, -]+?)(?: as (?P<role>\S+))?{PERIOD}": self._holds,
            rf"(?P<holder>\S+) owns (?P<share>\S+)% of (?P<company>\S+)"
            rf"(?: voting (?P<votes>\S+)%)?(?: as (?P<capacity>\S+))?{PERIOD}": self._owns,
            rf"(?P<person>\S+) is (?P<relation>\S+) kin of (?P<relative>\S+){PERIOD}": self._kin,
            rf"(?P<person>\S+) is (?P<role>\S+) of (?P<company>\S+){PERIOD}": self._serves,
            rf"(?P<guarantor>\S+) guarantees (?P<party>party )?(?P<target>\S+){UP_TO}{PERIOD}": self._guarantees,
            r"(?P<contract>\S+): (?P<buyer>\S+) buys from (?P<seller>\S+) for (?P<amount>[\d,.]+)"
            r"(?: on (?P<day>\S+))?(?: for (?P<loan>\S+))?(?: payable to (?P<account>\S+))?": self._contract,
            r"contract (?P<contract>\S+) justifies (?P<loan>\S+)": self._justifies,
            r"contract (?P<contract>\S+) is for (?P<subject>.+)": self._subject,
            r"(?P<invoice>\S+): (?P<seller>\S+) bills (?P<buyer>\S+) (?P<amount>-?[\d,.]+)(?: on (?P<day>\S+))?"
            r"(?: for (?P<contract>\S+))?(?: numbered (?P<number>\S+))?(?: as (?P<kind>\S+))?"
            r"(?: \((?P<status>\S+)\))?": self._bills,
            r"(?P<party>\S+) spends (?P<cost>[\d,.]+) in (?P<months>\d+) months to (?P<day>\S+)": self._spends,
            r"(?P<party>\S+) was registered on (?P<day>\S+)": self._founded,
            r"(?P<party>\S+) stands (?P<status>\S+)": self._stands,
            r"(?P<party>\S+) is in (?P<country>[A-Z]{2})": self._is_in,
            r"(?P<party>\S+) works in (?P<code>\S+)": self._works,
            r"loan (?P<loan>\S+) is for (?P<purpose>.+)": self._purpose,
            r"loan (?P<loan>\S+) is repaid from (?P<account>\S+)": self._repaid_from,
            r"loan (?P<loan>\S+) owes (?P<amount>[\d,.]+)": self._owes,
            r"loan (?P<loan>\S+) is (?P<days>\d+) days past due": self._past_due,
            r"loan (?P<loan>\S+) is classified (?P<classification>\S+)": self._classified,
            r"loan (?P<loan>\S+) is lent by (?P<lender>\S+)": self._lent_by,
            r"collateral (?P<collateral>\S+)(?: registered as (?P<number>\S+))?"
            r"(?: worth (?P<amount>[\d,.]+))?": self._collateral,
            rf"(?P<collateral>\S+) secures (?P<loan>\S+){UP_TO}{PERIOD}": self._secures,
            rf"(?P<party>\S+) uses (?P<kind>phone|address|email|device|ip) (?P<contact>\S+){PERIOD}": self._uses,
            r"(?P<party>\S+) reports net assets of (?P<amount>-?[\d,.]+) on (?P<day>\S+)": self._reports,
            r"registry of (?P<party>\S+): (?P<field>\w+) from (?P<old>\S+) to (?P<new>\S+) on (?P<day>\S+)"
            r"(?: published (?P<published>\S+))?(?: mandate (?P<mandate>\S+))?": self._registered,
            WHEN + r"(?P<loan>\S+) of (?P<borrower>\S+) pays (?P<amount>[\d,.]+) to (?P<account>\S+)"
            r"(?P<unseen> unseen)?": self._drawn,
            WHEN + r"(?P<source>\S+) pays (?P<amount>[\d,.]+) to (?P<target>\S+)(?: as (?P<kind>\S+))?"
            r"(?: under (?P<contract>\S+))?(?: naming (?P<reference>\S+))?(?: id (?P<id>\S+))?"
            r"(?: in (?P<currency>\S+))?"
            r"(?: sequence (?P<sequence>\d+), (?P<target_sequence>\d+))?"
            r"(?: balances (?P<before>\S+), (?P<after>\S+))?": self._pays,
            r"exclude (?P<scope>account|party|pair|transfer kind) (?P<value>[^:]+): (?P<reason>.+)"
            r" until (?P<day>\S+)": self._exclude,
        }

    def _party(self, said: dict[str, Any]) -> None:
        for name in said["names"].split(","):
            self.parties[name.strip()] = Party(party_id=name.strip(), kind=said["kind"], name=name.strip())

    def _account(self, account: str) -> Account:
        return self.accounts.setdefault(
            account, Account(account_id=account, kind="settlement", on_us=True, currency="CNY")
        )

    def _opening(self, said: dict[str, Any]) -> None:
        self.accounts[said["account"]] = replace(
            self._account(said["account"]),
            opening_balance_minor=minor(said["amount"]),
            opening_balance_on=date.fromisoformat(said["day"] or "2026-01-01"),
        )

    def _account_kind(self, said: dict[str, Any]) -> None:
        self.accounts[said["account"]] = replace(self._account(said["account"]), kind=said["kind"])

    def _off_us(self, said: dict[str, Any]) -> None:
        self.accounts[said["account"]] = replace(self._account(said["account"]), on_us=False)

    def _holds(self, said: dict[str, Any]) -> None:
        for account in said["accounts"].split(","):
            self._account(account.strip())
            self.facts.append(
                AccountHolder(
                    party_id=said["party"], account_id=account.strip(), role=said["role"] or "owner", **_period(said)
                )
            )

    def _owns(self, said: dict[str, Any]) -> None:
        self.facts.append(
            Shareholding(
                holder_id=said["holder"],
                company_id=said["company"],
                ratio=_share(said["share"]),
                voting_ratio=_share(said["votes"]),
                capacity=said["capacity"],
                **_period(said),
            )
        )

    def _kin(self, said: dict[str, Any]) -> None:
        self.facts.append(
            Kinship(person_id=said["person"], relative_id=said["relative"], relation=said["relation"], **_period(said))
        )

    def _serves(self, said: dict[str, Any]) -> None:
        self.facts.append(
            Office(person_id=said["person"], company_id=said["company"], role=said["role"], **_period(said))
        )

    def _guarantees(self, said: dict[str, Any]) -> None:
        target = {"obligor_id": said["target"]} if said["party"] else {"loan_id": said["target"]}
        amount = minor(said["amount"]) if said["amount"] else None
        self.facts.append(Guarantee(guarantor_id=said["guarantor"], amount_minor=amount, **target, **_period(said)))

    def _contract(self, said: dict[str, Any]) -> None:
        self.facts.append(
            Contract(
                contract_id=said["contract"],
                buyer_id=said["buyer"],
                seller_id=said["seller"],
                amount_minor=minor(said["amount"]),
                currency="CNY",
                signed_on=_day(said["day"]),
                pay_to_account_id=said["account"],
            )
        )
        if said["loan"]:
            self.facts.append(LoanContract(contract_id=said["contract"], loan_id=said["loan"]))

    def _justifies(self, said: dict[str, Any]) -> None:
        self.facts.append(LoanContract(contract_id=said["contract"], loan_id=said["loan"]))

    def _subject(self, said: dict[str, Any]) -> None:
        self.facts = [
            replace(fact, subject=said["subject"])
            if isinstance(fact, Contract) and fact.contract_id == said["contract"]
            else fact
            for fact in self.facts
        ]

    def _bills(self, said: dict[str, Any]) -> None:
        code, _, number = (said["number"] or "").rpartition("/")
        self.facts.append(
            Invoice(
                invoice_id=said["invoice"],
                kind=said["kind"] or "special_vat",
                code=code or None,
                number=number or None,
                buyer_id=said["buyer"],
                seller_id=said["seller"],
                amount_minor=minor(said["amount"]),
                currency="CNY",
                issued_on=_day(said["day"]),
                status=said["status"] or "valid",
                contract_id=said["contract"],
            )
        )

    def _spends(self, said: dict[str, Any]) -> None:
        self.facts.append(
            FinancialStatement(
                event_id=f"F-{said['party']}-{said['day']}-{said['months']}",
                party_id=said["party"],
                period_end=date.fromisoformat(said["day"]),
                months=int(said["months"]),
                cost_minor=minor(said["cost"]),
                currency="CNY",
            )
        )

    def _founded(self, said: dict[str, Any]) -> None:
        day = date.fromisoformat(said["day"])
        self.parties[said["party"]] = replace(self.parties[said["party"]], registered_on=day)

    def _stands(self, said: dict[str, Any]) -> None:
        self.parties[said["party"]] = replace(self.parties[said["party"]], status=said["status"])

    def _is_in(self, said: dict[str, Any]) -> None:
        self.parties[said["party"]] = replace(self.parties[said["party"]], country=said["country"])

    def _works(self, said: dict[str, Any]) -> None:
        self.parties[said["party"]] = replace(self.parties[said["party"]], industry_code=said["code"])

    def _purpose(self, said: dict[str, Any]) -> None:
        self.terms.setdefault(said["loan"], {})["purpose"] = said["purpose"]

    def _repaid_from(self, said: dict[str, Any]) -> None:
        self._account(said["account"])
        self.terms.setdefault(said["loan"], {})["repayment_account_id"] = said["account"]

    def _owes(self, said: dict[str, Any]) -> None:
        self.terms.setdefault(said["loan"], {})["balance_minor"] = minor(said["amount"])

    def _past_due(self, said: dict[str, Any]) -> None:
        self.terms.setdefault(said["loan"], {})["days_past_due"] = int(said["days"])

    def _classified(self, said: dict[str, Any]) -> None:
        self.terms.setdefault(said["loan"], {})["classification"] = said["classification"]

    def _lent_by(self, said: dict[str, Any]) -> None:
        self.terms.setdefault(said["loan"], {})["lender_id"] = said["lender"]

    def _collateral(self, said: dict[str, Any]) -> None:
        value = minor(said["amount"]) if said["amount"] else None
        self.facts.append(
            Collateral(
                collateral_id=said["collateral"], register_number=said["number"], value_minor=value, currency="CNY"
            )
        )

    def _secures(self, said: dict[str, Any]) -> None:
        amount = minor(said["amount"]) if said["amount"] else None
        self.facts.append(
            Pledge(collateral_id=said["collateral"], loan_id=said["loan"], amount_minor=amount, **_period(said))
        )

    def _uses(self, said: dict[str, Any]) -> None:
        contact = Contact(contact_id=said["contact"], kind=said["kind"], value=said["contact"])
        if contact not in self.facts:
            self.facts.append(contact)
        self.facts.append(ContactUse(party_id=said["party"], contact_id=said["contact"], **_period(said)))

    def _reports(self, said: dict[str, Any]) -> None:
        self.facts.append(
            FinancialStatement(
                event_id="",
                party_id=said["party"],
                period_end=date.fromisoformat(said["day"]),
                net_assets_minor=minor(said["amount"]),
                currency="CNY",
            )
        )

    def _registered(self, said: dict[str, Any]) -> None:
        self.facts.append(
            RegistryChange(
                event_id="",
                party_id=said["party"],
                field=said["field"],
                old=said["old"],
                new=said["new"],
                effective_on=date.fromisoformat(said["day"]),
                published_on=_day(said["published"]),
                bank_mandate_updated_on=_day(said["mandate"]),
            )
        )

    def _drawn(self, said: dict[str, Any]) -> None:
        loan, amount = said["loan"], minor(said["amount"])
        known = self.loans.get(loan)
        self.loans[loan] = (
            replace(known, amount_minor=known.amount_minor + amount)
            if known
            else Loan(loan_id=loan, borrower_id=said["borrower"], lender_id="bank", amount_minor=amount, currency="CNY")
        )
        self.drawdowns[loan] = self.drawdowns.get(loan, 0) + 1
        drawdown = f"{loan}-{self.drawdowns[loan]}"
        self._account(said["account"])
        instant, precision = _instant(said)
        self.facts.append(
            Drawdown(
                drawdown_id=drawdown,
                loan_id=loan,
                account_id=said["account"],
                amount_minor=amount,
                drawn_at=instant,
                transfer_id=drawdown,
            )
        )
        if not said["unseen"]:
            self.facts.append(
                Transfer(
                    transfer_id=drawdown,
                    target_id=said["account"],
                    amount_minor=amount,
                    currency="CNY",
                    booked_at=instant,
                    at_precision=precision,
                    kind="loan_drawdown",
                )
            )

    def _pays(self, said: dict[str, Any]) -> None:
        self.transfers += 1
        source, target = (None if side == "nobody" else side for side in (said["source"], said["target"]))
        for side in (source, target):
            if side:
                self._account(side)
        instant, precision = _instant(said)
        self.facts.append(
            Transfer(
                transfer_id=said["id"] or f"T{self.transfers}",
                source_id=source,
                target_id=target,
                amount_minor=minor(said["amount"]),
                currency=said["currency"] or "CNY",
                booked_at=instant,
                at_precision=precision,
                kind=said["kind"] or "payment",
                contract_id=said["contract"],
                reference=said["reference"],
                source_sequence=int(said["sequence"]) if said["sequence"] else None,
                target_sequence=int(said["target_sequence"]) if said["target_sequence"] else None,
                source_balance_after_minor=_balance(said["before"]),
                target_balance_after_minor=_balance(said["after"]),
            )
        )

    def _exclude(self, said: dict[str, Any]) -> None:
        self.facts.append(
            Exclusion(
                scope=said["scope"],
                value=said["value"],
                reason=said["reason"],
                approved_by="approver",
                expires_on=date.fromisoformat(said["day"]),
            )
        )


def _share(text: str | None) -> float | None:
    return None if text in {None, "?"} else float(Decimal(str(text)) / 100)


def _balance(text: str | None) -> int | None:
    return None if text in {None, "?"} else minor(str(text))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _period(said: dict[str, Any]) -> dict[str, date | None]:
    return {"valid_from": _day(said["since"]), "valid_to": _day(said["until"])}


def _instant(said: dict[str, Any]) -> tuple[datetime, str]:
    if said["time"]:
        return datetime.fromisoformat(f"{said['day']}T{said['time']}").replace(tzinfo=UTC), "second"
    return datetime.fromisoformat(said["day"]).replace(tzinfo=UTC), "day"
