"""Loan money put to a prohibited use: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors.contract import ParameterError
from detectors.prohibited_use import Params, detect
from detectors.registry import discover, parse
from findings import Finding, Range
from tests.story import story

BANK = """
    company B, S, X
    person P
    B holds a
    S holds s
    X holds x
    account a opens with 0
    account s opens with 0
    X works in {code}
    2026-03-01 10:00  L1 of B pays 1,000 to a
"""
BROKER = BANK.format(code="J6712")


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), date(2026, 12, 31))


def test_a_broker_by_its_industry_code() -> None:
    [finding] = found(BROKER + "2026-03-05 10:00  a pays 400 to x")
    assert finding.identity == {"drawdown_id": "L1-1"}
    assert finding.severity == "R"
    assert finding.amount == Range(400_00, 400_00, "CNY")
    assert {s.name: s.value for s in finding.signals}["uses"] == "securities"
    assert finding.message.text("zh").endswith("证券。")
    assert finding.parties == ("B", "X")


@pytest.mark.parametrize(
    ("code", "use"),
    [
        ("6712", "securities"),
        ("J6749", "securities"),
        ("J6700", "securities"),
        ("7010", "real_estate"),
        ("K7010", "real_estate"),
        ("6635", "lending"),
        ("J6633", "lending"),
        ("R9042", "gambling"),
        ("J6640", "wealth"),
        ("j6640", "wealth"),
    ],
)
def test_what_the_codes_mean(code: str, use: str) -> None:
    [finding] = found(BANK.format(code=code) + "2026-03-05 10:00  a pays 400 to x")
    assert {s.name: s.value for s in finding.signals}["uses"] == use


@pytest.mark.parametrize("code", ["7040", "K7020", "C2670", "J6621", "J6631", "K7000", "F5167"])
def test_near_miss_other_industries_rent_among_them(code: str) -> None:
    assert found(BANK.format(code=code) + "2026-03-05 10:00  a pays 400 to x") == []


def test_a_wealth_product_by_the_kind_of_the_account_even_the_borrowers_own() -> None:
    [finding] = found(BROKER + "B holds v\naccount v is wealth\n2026-03-05 10:00  a pays 400 to v")
    assert {s.name: s.value for s in finding.signals}["uses"] == "wealth"


def test_names_decide_nothing() -> None:
    assert found("company Securities\nSecurities holds n\n" + BROKER + "2026-03-05 10:00  a pays 400 to n") == []


def test_three_hops_and_not_four() -> None:
    three = """
        2026-03-02 10:00  a pays 400 to s
        2026-03-03 10:00  s pays 400 to y
        2026-03-04 10:00  y pays 400 to x
    """
    four = three.replace("y pays 400 to x", "y pays 400 to z") + "2026-03-05 10:00  z pays 400 to x"
    assert len(found(BROKER + three)) == 1
    assert found(BROKER + four) == []


def test_twenty_percent_alerts_and_a_fen_less_does_not() -> None:
    assert len(found(BROKER + "2026-03-05 10:00  a pays 200 to x")) == 1
    assert found(BROKER + "2026-03-05 10:00  a pays 199.99 to x") == []


def test_several_uses_add_up() -> None:
    [finding] = found(
        BROKER
        + """
        account v is wealth
        2026-03-05 10:00  a pays 100 to x
        2026-03-06 10:00  a pays 100 to v
        """
    )
    assert finding.amount == Range(200_00, 200_00, "CNY")
    assert {s.name: s.value for s in finding.signals}["uses"] == "securities, wealth"


def test_within_thirty_days_to_the_instant() -> None:
    assert len(found(BROKER + "2026-03-31 10:00  a pays 400 to x")) == 1
    assert found(BROKER + "2026-03-31 10:00:01  a pays 400 to x") == []


def test_look_alike_rent() -> None:
    assert found(BANK.format(code="K7040") + "2026-03-05 10:00  a pays 400 to x") == []


def test_look_alike_a_margin_account_of_the_borrowers_own_trade() -> None:
    paid = "2026-03-05 10:00  a pays 400 to x"
    assert found(BROKER + "account x is margin\n" + paid) == []
    assert found(BROKER + "B holds m\naccount m is margin\n2026-03-05 10:00  a pays 400 to m") == []


def test_look_alike_the_purpose_the_bank_agreed_to() -> None:
    developer = BANK.format(code="K7010")
    paid = "2026-03-05 10:00  a pays 400 to x"
    assert found(developer + "K: B buys from X for 400 on 2026-02-20 for L1\n" + paid) == []
    assert len(found(developer + "K: B buys from X for 380 on 2026-02-20 for L1\n" + paid)) == 1  # 399 with 5 % more
    assert len(found(developer + "K: B buys from X for 400 on 2026-02-20 for L2\n" + paid)) == 1


def test_look_alike_the_borrowers_own_industry() -> None:
    bank = BROKER + "B works in K7010\nB holds b\n"
    assert found(bank + "2026-03-05 10:00  a pays 400 to b") == []


def test_look_alike_a_payer_with_ample_money_of_its_own() -> None:
    # 400 of 5,000 on a, 1,000 of them the loan's: pro rata 80, exactly 20 % of 400; with 4,001 besides 79.98.
    rich = BROKER.replace("account a opens with 0", "account a opens with {own}")
    assert len(found(rich.format(own="4,000") + "2026-03-05 10:00  a pays 400 to x")) == 1
    assert found(rich.format(own="4,001") + "2026-03-05 10:00  a pays 400 to x") == []


def test_what_employees_do_with_their_wages_is_theirs() -> None:
    chain = "P holds p\n2026-03-02 10:00  a pays 400 to p as {kind}\n2026-03-03 10:00  p pays 400 to x"
    assert found(BROKER + chain.format(kind="payroll")) == []
    assert len(found(BROKER + chain.format(kind="payment"))) == 1


def test_the_holder_counts_on_the_day_of_the_payment() -> None:
    paid = "2026-03-05 10:00  a pays 400 to k"
    assert len(found(BROKER + "X holds k from 2026-03-05\n" + paid)) == 1
    assert found(BROKER + "X holds k from 2026-03-06\n" + paid) == []
    assert found(BROKER + "X holds k to 2026-03-05\n" + paid) == []


def test_a_drawdown_credited_to_a_broker_arrived_at_once() -> None:
    [finding] = found(BROKER.replace("to a", "to x"))
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")


def test_a_sale_that_was_cancelled_is_set_off() -> None:
    assert found(BROKER + "2026-03-05 10:00  a pays 400 to x\n2026-03-06 10:00  x pays 400 to a as refund") == []


def test_codes_are_parameters() -> None:
    paid = "2026-03-05 10:00  a pays 400 to x"
    assert found(BROKER + paid, securities_codes="") == []
    assert len(found(BANK.format(code="A0111") + paid, gambling_codes="904, A01")) == 1
    module = discover()["prohibited_use"]
    assert parse(module, {"lending_codes": "66"}).lending_codes == "66"
    with pytest.raises(ParameterError, match="lending_codes='banks' is no list of industry codes"):
        parse(module, {"lending_codes": "banks"})


def test_red_where_the_loan_carries_half_of_it_pro_rata_and_a_level_lower_below() -> None:
    # 400 of 2,000 on a, 1,000 of them the loan's: pro rata 200, half of 400; with 1,001 besides 199.90.
    own = BROKER.replace("account a opens with 0", "account a opens with {own}") + "2026-03-05 10:00  a pays 400 to x"
    assert [finding.severity for own_ in ("1,000", "1,001") for finding in found(own.format(own=own_))] == ["R", "O"]
