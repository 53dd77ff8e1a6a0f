"""Names of parties, brought into one shape for comparison. Never shown, never stored in place of what was written.

Full and half width (NFKC), small letters, traditional to simplified characters (OpenCC), no spaces or marks; of a
company the legal form at its end and the place before it in brackets are told apart from the core of the name; a
Chinese name also as pinyin, by which a name in Latin letters may be the same.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

_FORMS = (
    "股份有限公司", "有限责任公司", "集团有限公司", "控股有限公司", "有限公司", "集团公司", "总公司", "公司",
    "集团", "分公司",
    "个人独资企业", "普通合伙", "有限合伙", "合伙企业",
    "company limited", "co limited", "co ltd", "coltd", "limited", "ltd", "incorporated", "inc", "corporation", "corp",
    "company", "co", "llc", "llp", "plc", "gmbh", "ag", "sa", "bv", "nv", "pte", "holdings", "group",
)  # fmt: skip
_BRACKETS = re.compile(r"\(([^()]*)\)")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class PartyName:
    """A name to be compared: `whole` (folded, without marks), `core` (without the legal form), `sound` (of a Chinese
    name the pinyin without tones or spaces, else the core's letters), `chinese`."""

    whole: str
    core: str
    sound: str
    chinese: bool


def party_name(name: str) -> PartyName:
    """Normalise a name as somebody wrote it."""
    folded = _simplified().convert(unicodedata.normalize("NFKC", name).casefold())
    words = " ".join("".join(mark if mark.isalnum() or mark in "()" else " " for mark in folded).split())
    whole = _plain(words)
    core = _plain(_without_form(_BRACKETS.sub(r" \1 ", words)))
    chinese = _CHINESE.search(whole) is not None
    sound = "".join(lazy_pinyin(core, style=Style.NORMAL)) if chinese else core
    return PartyName(whole, core or whole, sound, chinese)


def _without_form(words: str) -> str:
    """Without the legal forms at its end, as long as something else is left."""
    text = words.strip()
    while True:
        form = next((form for form in _FORMS if text.endswith(form) and _ends_a_word(text, form)), None)
        if form is None or not _plain(text[: -len(form)]):
            return text
        text = text[: -len(form)].strip()


def _ends_a_word(text: str, form: str) -> bool:
    before = text[: -len(form)]
    return not form.isascii() or not before or not before[-1].isascii() or not before[-1].isalnum()


def _plain(text: str) -> str:
    return "".join(mark for mark in text if mark.isalnum())


@cache
def _simplified() -> OpenCC:
    return OpenCC("t2s")
