"""Why a detector was not checked is told in the reader's language, through the words that tables have elsewhere."""

from __future__ import annotations

from presentation.unchecked import of_line, why
from presentation.words import Words, load_catalogue
from sweeps.sweep import NotChecked

CATALOGUE = load_catalogue()
ENGLISH, CHINESE = Words(CATALOGUE, "en"), Words(CATALOGUE, "zh")


def test_tables_and_parameters_are_called_as_elsewhere() -> None:
    tables = (("invoice",), ("shareholding", "office"))
    missed = NotChecked("x", "no rows in invoice", tables, ("net_capital",)).to_json()
    assert why(CHINESE, missed) == "缺少数据：发票; 缺少数据：持股或任职; 未设定参数 net_capital"
    assert why(ENGLISH, missed) == (
        "no rows in: Invoice; no rows in: Shareholding or Office; parameter net_capital not given"
    )


def test_what_an_older_sweep_left_has_its_one_sentence() -> None:
    assert why(CHINESE, {"detector": "x", "reason": "no rows in invoice"}) == "no rows in invoice"


def test_the_tables_that_a_line_of_a_checklist_lacks_are_called_as_elsewhere() -> None:
    reason = {"en": "not checked: no rows in inspection, contract", "zh": "未检查：inspection, contract 无数据"}
    line = {"reason": reason, "tables": ["inspection", "contract"]}
    assert of_line(ENGLISH, line) == "not checked: nothing loaded for Inspection, Contract"
    assert of_line(CHINESE, line) == "未检查：未导入贷后检查、合同数据"


def test_a_line_that_lacks_no_table_says_what_the_sweep_said() -> None:
    line = {"reason": {"en": "rated in time, and not lower", "zh": "按期评级且未下调"}}
    assert of_line(CHINESE, line) == "按期评级且未下调"
