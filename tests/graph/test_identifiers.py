"""Numbers with check digits, and names in one shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.identifiers import Identifier, eighteen, identifier
from graph.party_names import party_name


@pytest.mark.parametrize(
    ("scheme", "number", "plain", "valid"),
    [
        ("uscc", "91110000600037341L", "91110000600037341L", True),  # the example of python-stdnum
        ("uscc", " 9111 0000 6000 37341l ", "91110000600037341L", True),
        ("uscc", "91110000600037342L", "91110000600037342L", False),
        ("resident_id", "11010519491231002X", "11010519491231002X", True),  # the example of GB 11643
        ("resident_id", "１１０１０５１９４９１２３１００２ｘ", "11010519491231002X", True),  # full width
        ("resident_id", "110105491231002", "11010519491231002X", True),  # the same person's 15 digits
        ("resident_id", "110105194912310021", "110105194912310021", False),
        ("lei", "213800KUD8LAJWSQ9D15", "213800KUD8LAJWSQ9D15", True),
        ("lei", "213800KUD8LAJWSQ9D51", "213800KUD8LAJWSQ9D51", False),
        ("iban", "GR16 0110 1050 0000 1054 7023 795", "GR1601101050000010547023795", True),
        ("iban", "GR1601101050000010547023796", "GR1601101050000010547023796", False),
        ("bic", "agriFRpp", "AGRIFRPP", True),
        ("bic", "AGRIFRP", "AGRIFRP", False),
        ("passport", "e 1234567", "E1234567", None),
    ],
)
def test_numbers_in_the_shape_in_which_they_are_compared(scheme: str, number: str, plain: str, valid: bool) -> None:
    assert identifier(scheme, number) == Identifier(scheme, plain, valid)


@given(st.from_regex(r"[1-9][0-9]{16}", fullmatch=True))
def test_the_check_digit_of_the_eighteen_holds_by_the_sum_of_the_standard(body: str) -> None:
    made = eighteen(body[:6] + body[8:])
    weights = [2**power % 11 for power in range(17, -1, -1)]
    digits = [10 if mark == "X" else int(mark) for mark in made]
    assert made[6:8] == "19"
    assert sum(w * d for w, d in zip(weights, digits, strict=True)) % 11 == 1  # ISO 7064, MOD 11-2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("北京华信商贸有限公司", "北京華信商貿有限責任公司"),  # script and legal form
        ("北京华信（商贸）有限公司", "北京华信(商贸) 公司"),  # width and spaces
        ("ＡＢＣ Trading Co., Ltd.", "abc trading limited"),
        ("Müller GmbH", "MÜLLER GMBH"),
    ],
)
def test_names_that_differ_in_writing_only_have_one_core(one: str, other: str) -> None:
    assert party_name(one).core == party_name(other).core


def test_what_is_no_writing_stays_different() -> None:
    assert party_name("华信一分公司").core != party_name("华信二分公司").core
    assert party_name("有限公司").core == "有限公司"  # nothing else is left
    assert party_name("Cisco").core == "cisco"  # its end is no legal form
    assert party_name("张伟").sound == party_name("Zhang Wei").sound == "zhangwei"
