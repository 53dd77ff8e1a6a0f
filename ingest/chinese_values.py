"""How Chinese banks and offices write days, times, amounts, currencies and marks, as our own formats write them.

Each function takes one text and gives the plain form, or the text as it is where it is none: then normalising names
what is wrong with it.
"""

from __future__ import annotations

import re
import unicodedata

CURRENCIES = {
    "人民币": "CNY",
    "人民币元": "CNY",
    "RMB": "CNY",
    "CNY": "CNY",
    "美元": "USD",
    "美金": "USD",
    "欧元": "EUR",
    "港币": "HKD",
    "港元": "HKD",
    "日元": "JPY",
    "日圆": "JPY",
    "英镑": "GBP",
    "澳元": "AUD",
    "加元": "CAD",
    "新加坡元": "SGD",
    "瑞士法郎": "CHF",
}
OUT = frozenset({"借", "借方", "D", "DR", "支", "支出", "付", "付款", "出", "转出", "往账", "DEBIT", "-"})
IN = frozenset({"贷", "贷方", "C", "CR", "收", "收入", "收款", "入", "转入", "来账", "存入", "CREDIT", "+"})
"""A bank's books are its own: 借 on a customer's account is money that went, 贷 money that came."""

_DAY = re.compile(
    r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[T ]*(\d{1,2}:?\d{2}:?\d{2}(?:\.\d+)?|\d{1,2}:\d{2}))?"
)
_TIME = re.compile(r"(\d{1,2}):?(\d{2}):?(\d{2})?(\.\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_SIGNS = str.maketrans({"，": ",", "－": "-", "−": "-", "．": "."})


def plain(text: str) -> str:
    """Half-width, without spaces: so headings and marks are compared."""
    return "".join((text if text.isascii() else unicodedata.normalize("NFKC", text)).split())


def amount(text: str | None) -> str | None:
    """1,234.50 is 1234.50 where commas stand at every third digit; ¥ and 元 go; nothing and a dash are nothing."""
    if text is None:
        return None
    found = plain(text).translate(_SIGNS).removesuffix("元")
    found = re.sub(r"^([+-]?)(?:¥|￥|CNY|RMB)", r"\1", found)
    if found in ("", "-", "--"):
        return None
    return (found.replace(",", "") if _GROUPED.fullmatch(found) else found).removeprefix("+")


def is_zero(text: str | None) -> bool:
    """Whether an amount says that there is none."""
    return text is None or not text.strip("-0.")


def instant(day: str | None, clock: str | None = None) -> str | None:
    """20260331, 2026.03.31, 2026年3月31日, with the time behind it or in a cell of its own: as 2026-03-31T10:11:12."""
    if day is None:
        return None
    text = " ".join(unicodedata.normalize("NFKC", day).split())
    match = _DAY.fullmatch(text)
    if match is None:
        return day
    year, month, number, within = match.groups()
    found = f"{year}-{int(month):02d}-{int(number):02d}"
    timed = _TIME.fullmatch(plain(clock or within or ""))
    if timed is None:
        return found
    hour, minute, second, fraction = timed.groups()
    return f"{found}T{int(hour):02d}:{minute}:{second or '00'}{fraction or ''}"


def is_day(text: str) -> bool:
    """Whether `instant` knows it as a day."""
    return _DAY.fullmatch(" ".join(unicodedata.normalize("NFKC", text).split())) is not None


def currency(text: str | None) -> str | None:
    if text is None:
        return None
    found = plain(text).upper()
    return CURRENCIES.get(found, found or None)


def names(text: str) -> str:
    """A heading as it is looked up: 交易金额(元) is 交易金额. 交易金额(万元) is not: its amounts are others."""
    return re.sub(r"\((?:人民币)?(?:元|CNY|RMB|RMB元)\)|[*:：]", "", plain(text))
