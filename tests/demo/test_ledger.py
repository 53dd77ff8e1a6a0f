"""The ledger: which lots a payment takes, and what counts as returned. Amounts in fen, arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from demo.book import Book
from demo.calendar import at
from demo.dice import Dice
from demo.ledger import Ledger, LedgerError, Lots, Payment, Rule, Trace
from graph.schema import Transfer

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("rule", "taken", "left"),
    [
        ("fifo", [(None, 50), ("D", 10)], [("D", 20), (None, 20)]),
        ("lifo", [(None, 20), ("D", 30), (None, 10)], [(None, 40)]),
        ("own_first", [(None, 50), (None, 10)], [("D", 30), (None, 10)]),
        ("loan_first", [("D", 30), (None, 30)], [(None, 20), (None, 20)]),
        ("pro_rata", [(None, 30), ("D", 18), (None, 12)], [(None, 20), ("D", 12), (None, 8)]),  # 60 of 100 of each
    ],
)
def test_sixty_out_of_fifty_own_thirty_borrowed_twenty_own(rule: Rule, taken: list[Any], left: list[Any]) -> None:
    lots = Lots(rule, [(None, 50), ("D", 30), (None, 20)])
    assert lots.take(60) == taken
    assert lots.lots == left


def test_pro_rata_rounds_to_whole_fen_that_add_up() -> None:
    lots = Lots("pro_rata", [("D", 1), ("E", 1), (None, 1)])
    taken = lots.take(2)  # two thirds of a fen each: cumulative 0.67, 1.33, 2 -> 0, 1, 2
    assert taken == [("E", 1), (None, 1)]
    assert lots.lots == [("D", 1)]


def test_money_that_was_not_known_of_is_nobodys() -> None:
    assert Lots("fifo", [("D", 10)]).take(25) == [("D", 10), (None, 15)]
    assert Lots("pro_rata", [("D", 10)]).take(25) == [("D", 10), (None, 15)]


class Bank:
    """A borrower's account b and b2, a supplier's s, an office's tax, with 100 each, and the borrower's drawdown D."""

    def __init__(self, rule: Rule = "fifo") -> None:
        book = Book(Dice("test"))
        borrower, supplier = book.company(), book.company()
        self.b, self.b2 = book.account(borrower, opening=100), book.account(borrower, opening=100)
        self.s = book.account(supplier, opening=100)
        self.tax = book.account(book.public_body("tax"), opening=100, kind="tax")
        self.away = book.account(supplier, on_us=False)
        self.loans = book.account(book.our_bank, opening=10_000, kind="loan")
        self.written: list[Transfer] = []
        self.ledger = Ledger(book, self.written.append)
        self.trace = Trace.of("D", frozenset({self.b, self.b2}), rule, at(DAY, "10:00"), days=30)
        self.ledger.follow(self.trace)

    def draw(self, amount: int, target: str | None = None) -> None:
        payment = Payment(at(DAY, "10:00"), self.loans, target or self.b, amount, kind="loan_drawdown", drawdown_id="D")
        self.ledger.book(payment)

    def pay(self, source: str, target: str, amount: int, day: date = DAY, **more: Any) -> None:
        self.ledger.book(Payment(at(day, "11:00"), source, target, amount, **more))


def test_what_left_and_came_back_has_returned_once() -> None:
    bank = Bank("loan_first")
    bank.draw(500)
    bank.pay(bank.b, bank.s, 400)
    bank.pay(bank.s, bank.b2, 300)  # 300 of the 400 are back
    assert bank.trace.returned == 300
    bank.pay(bank.b2, bank.s, 300)
    bank.pay(bank.s, bank.b, 250)  # of s: 100 never returned; the 300 that did are own money now
    assert bank.trace.returned == 400


def test_moves_inside_the_group_are_no_return() -> None:
    bank = Bank("loan_first")
    bank.draw(500)
    bank.pay(bank.b, bank.b2, 500)
    bank.pay(bank.b2, bank.b, 500)
    assert bank.trace.returned == 0


def test_a_drawdown_credited_outside_has_left_already() -> None:
    bank = Bank("own_first")
    bank.draw(500, target=bank.s)
    bank.pay(bank.s, bank.b, 250)  # own 100 first, then 150 of the loan
    assert bank.trace.returned == 150


def test_taxes_and_interest_carry_no_loan_money_on() -> None:
    bank = Bank("loan_first")
    bank.draw(500)
    bank.pay(bank.b, bank.tax, 200)
    bank.pay(bank.tax, bank.b, 200)
    bank.pay(bank.b, bank.s, 100, kind="interest")
    bank.pay(bank.s, bank.b, 100)
    assert bank.trace.returned == 0


def test_an_account_at_another_bank_is_followed_too() -> None:
    bank = Bank("loan_first")
    bank.draw(500)
    bank.pay(bank.b, bank.away, 300)
    bank.pay(bank.away, bank.b2, 350)  # 300 of the loan and 50 of which we know nothing
    assert bank.trace.returned == 300


def test_after_the_horizon_nothing_counts() -> None:
    bank = Bank("loan_first")
    bank.draw(500)
    bank.pay(bank.b, bank.s, 300)
    bank.pay(bank.s, bank.b, 300, day=date(2026, 4, 2))  # 31 days
    assert bank.trace.returned == 0


def test_balances_and_numbers_in_the_statements() -> None:
    bank = Bank()
    bank.pay(bank.b, bank.s, 30)
    bank.pay(bank.s, bank.away, 120)
    first, second = bank.written
    assert (first.source_balance_after_minor, first.target_balance_after_minor) == (70, 130)
    assert (second.source_balance_after_minor, second.target_balance_after_minor) == (10, None)
    assert (first.target_sequence, second.source_sequence, second.target_sequence) == (1, 2, None)


def test_nobody_pays_what_is_not_there() -> None:
    bank = Bank()
    with pytest.raises(LedgerError, match="exceeds the payer's balance of 100 fen"):
        bank.pay(bank.b, bank.s, 101)
    with pytest.raises(LedgerError, match="no amount"):
        bank.pay(bank.b, bank.s, 0)
