"""What the written state of a collateral says: seized, missing, or nothing of the kind."""

from __future__ import annotations

import re

SEIZED, MISSING = "seized", "missing"

_SEIZED = r"查封|扣押|冻结|轮候|seized|seizure|attached|frozen|impounded"
_MISSING = r"灭失|丢失|遗失|失踪|毁损|下落不明|不知去向|missing|lost|destroyed|stolen"
_UNDONE = re.compile(
    rf"(?:未被?|无|没有|不存在|不|解除|解|撤销)(?:{_SEIZED}|{_MISSING})"
    rf"|(?:{_SEIZED})(?:已|业已)?(?:解除|撤销)"
    rf"|\b(?:not|never|no|no longer|released from|lifted)(?: been| was| the)* (?:{_SEIZED}|{_MISSING})"
    rf"|(?:{_SEIZED})(?: order)? (?:was |has been )?(?:lifted|released|cancelled)",
    re.IGNORECASE,
)


def read(state: str | None) -> str | None:
    """SEIZED or MISSING where the state says so, None where it says nothing or that it is no longer so."""
    said = _UNDONE.sub(" ", state or "")
    for sign, words in ((SEIZED, _SEIZED), (MISSING, _MISSING)):
        if re.search(words, said, re.IGNORECASE):
            return sign
    return None
