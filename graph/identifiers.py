"""Numbers that name a party or an account: brought into one shape, and held against their check digits.

Check digits and shapes are python-stdnum's. A mainland resident id of 15 digits is the 18-digit one of the same person
(GB 11643-1999): the century (19) and the check digit are added, so both compare equal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import bic, iban, lei
from stdnum.cn import ric, uscc

_KEPT_AS_IS = ("passport", "other")
_CHECKED: dict[str, Callable[[str], str]] = {
    "uscc": uscc.validate,
    "resident_id": ric.validate,
    "lei": lei.validate,
    "iban": iban.validate,
    "bic": bic.validate,
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


@dataclass(frozen=True)
class Identifier:
    """A number in the shape in which it is compared; `valid`: its check digits hold (None: it has none)."""

    scheme: str
    number: str
    valid: bool | None


def identifier(scheme: str, number: str) -> Identifier:
    """Normalise a number of a scheme: uscc, resident_id, lei, iban, bic, passport, other."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKC", number).upper() if mark.isalnum())
    if scheme == "resident_id" and len(plain) == 15 and plain.isdecimal():
        plain = eighteen(plain)
    check = _CHECKED.get(scheme)
    if check is None:
        return Identifier(scheme, plain, None)
    try:
        check(plain)
    except ValueError:  # what stdnum raises is one
        return Identifier(scheme, plain, False)
    return Identifier(scheme, plain, True)


def eighteen(fifteen: str) -> str:
    """The 18-digit resident id of a 15-digit one."""
    body = fifteen[:6] + "19" + fifteen[6:]
    return body + _CHECKS[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]
