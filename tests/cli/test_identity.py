"""`identity` as a clerk uses it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command

PARTIES = """party_id,kind,name,id_scheme,id_number
1,company,甲,uscc,91110000600037341L
2,company,乙,uscc,91110000600037341l
3,company,北京華信有限公司,,
4,company,北京华信公司,,
"""


def test_pairs_are_found_decided_and_opened_again(loantrail: Command, tmp_path: Path) -> None:
    file = tmp_path / "party.csv"
    file.write_text(PARTIES, encoding="utf-8")
    loantrail("load", file)
    assert loantrail("identity", "find", "--json").json == {"joined": 1, "proposed": 1, "known": 0}
    [pair] = loantrail("identity", "list", "--json").json["pairs"]
    assert (pair["party_id"], pair["other_id"], pair["reasons"]) == ("3", "4", "name")
    assert "北京華信有限公司" in loantrail("identity", "list").stdout
    assert loantrail("identity", "join", "3", "4", "--reason", "same licence").exit_code == 0
    assert loantrail("identity", "list", "--json").json["pairs"] == []
    joined = loantrail("identity", "list", "--state", "joined", "--json").json["pairs"]
    assert [one["basis"] for one in joined] == ["identifier", "person"]
    assert loantrail("identity", "reopen", "4", "3", "--reason", "not sure").exit_code == 0
    told = loantrail("audit", "list", "--json").stdout
    assert "parties joined" in told
    assert "parties reopened" in told
    assert loantrail("identity", "join", "3", "nobody", "--reason", "x").exit_code == 2
    assert loantrail("identity", "list", "--state", "maybe").exit_code == 2
