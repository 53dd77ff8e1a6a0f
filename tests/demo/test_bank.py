"""The demonstration bank as files: repeatable, sized as asked, valid, and true to the fen."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from demo.bank import SMALLEST, write
from detectors import registry
from graph.columns import Kind
from graph.identity import row_keys
from graph.schema import TABLES, Account, AccountHolder, Drawdown, Loan, Shareholding, Transfer
from graph.snapshot import Snapshot
from tests.demo import reading

ROOT = Path(__file__).resolve().parents[2]
SPINE = ("contract_paid_to_individual", "loan_money_returns", "shared_controller")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_and_size_give_the_same_bytes(bank: Path, tmp_path: Path) -> None:
    write(tmp_path / "again", transfers=SMALLEST)
    assert files(tmp_path / "again") == files(bank)


def test_another_seed_gives_another_bank_with_the_same_stories(
    bank: Path, answers: dict[str, Any], tmp_path: Path
) -> None:
    write(tmp_path, seed=7, transfers=SMALLEST)
    assert (tmp_path / "transfer.csv").read_bytes() != (bank / "transfer.csv").read_bytes()
    other = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))
    stories = [(case["case"], case["variant"], case["expected"]) for case in answers["cases"]]
    assert [(case["case"], case["variant"], case["expected"]) for case in other["cases"]] == stories


@pytest.mark.parametrize("transfers", [SMALLEST, 18_337])
def test_exactly_as_many_transfers_as_asked_for_and_a_drawdown_a_hundred(transfers: int, tmp_path: Path) -> None:
    written = write(tmp_path, transfers=transfers)
    assert written.transfers == transfers
    assert len(reading.table(tmp_path, "transfer")) == transfers
    assert len(reading.table(tmp_path, "drawdown")) == written.drawdowns == transfers // 100


def test_a_bank_too_small_for_its_stories_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"transfers=500 is too few .* ask for {SMALLEST} or more"):
        write(tmp_path / "never", transfers=500)
    assert not (tmp_path / "never").exists()


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(OSError, match="taken"):
        write(tmp_path / "taken", transfers=SMALLEST)


# --- valid ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows(bank: Path) -> dict[str, list[Any]]:
    """Every row, read strictly: headers, types, choices and required columns are checked on the way."""
    return {name: reading.table(bank, name) for name in TABLES}


@pytest.fixture(scope="module")
def snapshot(rows: dict[str, list[Any]]) -> Snapshot:
    return Snapshot.from_rows(row for table in rows.values() for row in table)


def test_every_table_has_rows_but_what_only_people_and_banks_statements_write(rows: dict[str, list[Any]]) -> None:
    assert {name for name, table in rows.items() if not table} == {"same_party", "account_statement"}


def test_every_reference_is_described(snapshot: Snapshot) -> None:
    for name, table in TABLES.items():
        if table.kind is Kind.NODE:
            stored = snapshot.tables[name]
            assert [id_ for id_, bare in zip(*stored.select([table.id, "inferred"]), strict=True) if bare.as_py()] == []


def test_every_key_is_unique(snapshot: Snapshot) -> None:
    for name, table in TABLES.items():
        counted = Counter(row_keys(table, snapshot.tables[name]).to_pylist())
        assert [key for key, count in counted.items() if count > 1] == [], name


def test_no_company_is_owned_to_more_than_the_whole_on_any_day(rows: dict[str, list[Any]]) -> None:
    holdings: dict[str, list[Shareholding]] = defaultdict(list)
    for row in rows["shareholding"]:
        holdings[row.company_id].append(row)
    for held in holdings.values():
        for day in {row.valid_from or date.min for row in held} | {row.valid_to for row in held if row.valid_to}:
            in_force = [
                row.ratio or 0
                for row in held
                if (row.valid_from or date.min) <= day and (row.valid_to is None or day < row.valid_to)
            ]
            assert sum(in_force) <= 1.0001, held


def test_nothing_is_dated_after_the_last_day(snapshot: Snapshot, answers: dict[str, Any]) -> None:
    assert snapshot.latest_day is not None
    assert snapshot.latest_day.isoformat() == answers["as_of"]


def test_days_are_the_same_in_beijing_and_in_utc(bank: Path) -> None:
    lines = (bank / "transfer.csv").read_text(encoding="utf-8").splitlines()
    column = lines[0].split(",").index("booked_at")
    instants = [datetime.fromisoformat(text) for line in lines[1:] if "T" in (text := line.split(",")[column])]
    assert len(instants) > SMALLEST * 0.9
    assert all(moment.utcoffset() is not None for moment in instants)
    assert all(moment.hour * 60 + moment.minute <= 17 * 60 + 31 and moment.hour >= 9 for moment in instants)


# --- true to the fen -----------------------------------------------------------------------------------------------


def test_every_statement_adds_up_to_the_fen(rows: dict[str, list[Any]]) -> None:
    """Each account with us, in the order of its statement: opening balance, one change a line, never below zero, and
    the instants never go back."""
    accounts: dict[str, Account] = {row.account_id: row for row in rows["account"]}
    statements: dict[str, list[tuple[int, int, int | None, Transfer]]] = defaultdict(list)
    for row in rows["transfer"]:
        if row.source_sequence is not None:
            statements[row.source_id].append(
                (row.source_sequence, -row.amount_minor, row.source_balance_after_minor, row)
            )
        if row.target_sequence is not None:
            statements[row.target_id].append(
                (row.target_sequence, row.amount_minor, row.target_balance_after_minor, row)
            )
    for account_id, lines in statements.items():
        account = accounts[account_id]
        assert account.on_us
        assert account.opening_balance_minor is not None
        balance, latest = account.opening_balance_minor, date.min
        lines.sort(key=lambda line: line[0])
        assert [number for number, *_ in lines] == list(range(1, len(lines) + 1))
        for _, change, after, row in lines:
            balance += change
            to_itself = row.source_id == row.target_id
            assert after == balance or to_itself
            assert balance >= 0 or to_itself
            assert row.value_on >= latest
            assert row.value_on >= (account.opening_balance_on or date.min)
            assert row.currency == account.currency
            latest = row.value_on
    ours = {id_ for id_, account in accounts.items() if account.on_us}
    touched = {row.source_id for row in rows["transfer"]} | {row.target_id for row in rows["transfer"]}
    assert touched & ours == statements.keys()


def test_every_drawdown_is_credited_by_its_transfer(rows: dict[str, list[Any]]) -> None:
    transfers = {row.transfer_id: row for row in rows["transfer"]}
    for drawdown in rows["drawdown"]:
        credit = transfers[drawdown.transfer_id]
        assert credit.kind == "loan_drawdown"
        assert (credit.target_id, credit.amount_minor) == (drawdown.account_id, drawdown.amount_minor)
        assert credit.booked_at == drawdown.drawn_at


def test_no_loan_is_overdrawn(rows: dict[str, list[Any]]) -> None:
    drawn: Counter[str] = Counter()
    for drawdown in rows["drawdown"]:
        drawn[drawdown.loan_id] += drawdown.amount_minor
    assert all(drawn[loan.loan_id] == loan.amount_minor >= loan.balance_minor >= 0 for loan in rows["loan"])


# --- the answers ---------------------------------------------------------------------------------------------------


def test_every_detector_has_its_patterns_and_its_look_alikes(answers: dict[str, Any]) -> None:
    told = {(case["detector"], case["expected"], case["variant"]) for case in answers["cases"]}
    for detector in SPINE[:2]:
        for variant in ("easy", "split", "multi_hop", "mixed_money"):
            assert (detector, "alert", variant) in told
    for variant in ("direct", "split", "multi_hop", "declared_actual_controller", "beneficial_owner"):
        assert ("shared_controller", "alert", variant) in told
    silent = Counter(detector for detector, expected, _ in told if expected == "silent")
    assert min(silent[detector] for detector in SPINE) >= 7
    everything = set(registry.discover())
    assert {detector for detector, expected, _ in told if expected == "alert"} == everything
    assert set(silent) == everything


def test_the_makefile_tells_the_sweep_what_stands_in_no_file(answers: dict[str, Any]) -> None:
    [sweep] = [line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if "$(DEMO) sweep " in line]
    assert answers["params"]
    assert re.findall(r"--param (\S+)", sweep) == answers["params"]


def test_the_answers_name_what_is_in_the_files(answers: dict[str, Any], snapshot: Snapshot) -> None:
    parties = ("payee", "beneficiary", "other_party", "controller", "guarantor", "person", "company")
    tables = {f"{name}_id": "party" for name in parties}
    ids = {
        name: set(snapshot.tables[name][TABLES[name].id].to_pylist())
        for name in TABLES
        if TABLES[name].kind is Kind.NODE
    }
    for case in answers["cases"]:
        for name, id_ in case.get("identity", {}).items():
            if name == "accounts":
                assert ids["account"].issuperset(id_.split("|"))
            if not name.endswith("_id"):  # a day, a class, a ring of accounts
                continue
            assert id_ in ids[tables.get(name, name.removesuffix("_id"))]
        for id_ in case.get("not_concerned", ()):
            assert any(id_ in known for known in ids.values())
        assert case["story"]["en"]
        assert case["story"]["zh"]


def test_what_truly_returned_is_found_again_by_hand(answers: dict[str, Any], rows: dict[str, list[Any]]) -> None:
    """Follow each planted drawdown once more from the files alone: whose accounts are the group's from shareholdings
    and holders, which fen goes where from the rule that the answers name."""
    transfers = sorted(rows["transfer"], key=lambda row: row.transfer_id[-8:])  # as they were booked
    accounts = {row.account_id: row for row in rows["account"]}
    loans: dict[str, Loan] = {row.loan_id: row for row in rows["loan"]}
    drawdowns: dict[str, Drawdown] = {row.drawdown_id: row for row in rows["drawdown"]}
    told = [case for case in answers["cases"] if "true_returned" in case]
    assert len(told) >= 20
    for case in told:
        drawdown = drawdowns[case["drawdown_id"]]
        siblings = {row.transfer_id: row for row in drawdowns.values() if row.loan_id == drawdown.loan_id}
        group = group_accounts(rows, loans[drawdown.loan_id].borrower_id)
        returned = follow(transfers, accounts, siblings, group, case["mixing"], answers["horizon_days"])
        slack = 50 if case["mixing"] == "pro_rata" else 0  # rounding of single fen on the way
        assert abs(returned[drawdown.drawdown_id] - case["true_returned"]) <= slack, case["variant"]


def group_accounts(rows: dict[str, list[Any]], borrower: str) -> set[str]:
    """Accounts of the borrower, of who has more than half of it, and of everything that this owner has more than half
    of: the planted groups are no deeper."""
    owners: dict[str, set[str]] = defaultdict(set)
    owned: dict[str, set[str]] = defaultdict(set)
    for row in rows["shareholding"]:
        if (row.ratio or 0) > 0.5:
            owners[row.company_id].add(row.holder_id)
            owned[row.holder_id].add(row.company_id)
    parties = {borrower} | owners[borrower]
    for owner in owners[borrower]:
        parties |= owned[owner]
    holders: list[AccountHolder] = rows["account_holder"]
    return {row.account_id for row in holders if row.party_id in parties}


def follow(
    transfers: list[Transfer],
    accounts: dict[str, Account],
    credits: dict[str, Drawdown],
    group: set[str],
    rule: str,
    days: int,
) -> Counter[str]:
    """Piles of money a tag, newest on top, on every account that loan money has touched."""
    first = min(drawdown.drawn_at for drawdown in credits.values())
    piles: dict[str, list[list[Any]]] = {}
    balances = {id_: account.opening_balance_minor or 0 for id_, account in accounts.items()}
    returned: Counter[str] = Counter()
    for row in transfers:
        source, target, amount = row.source_id or "nobody", row.target_id or "nobody", row.amount_minor
        own_before = balances.get(target, 0)
        balances[source] = balances.get(source, 0) - amount
        balances[target] = own_before + amount
        if row.booked_at.date() < first.date():
            continue
        if row.transfer_id in credits:
            moved = [[credits[row.transfer_id].drawdown_id, amount]]
        elif source in piles:
            moved = lift(piles[source], amount, rule)
        else:
            moved = [["own", amount]]
        for pile in moved:
            if pile[0] == "own":
                continue
            drawn_at = next(d.drawn_at for d in credits.values() if d.drawdown_id == pile[0])
            late = (row.booked_at - drawn_at).total_seconds() > days * 86_400
            if target in group and source not in group and row.transfer_id not in credits and not late:
                returned[pile[0]] += pile[1]
                pile[0] = "own"
            elif late:
                pile[0] = "own"
        dead = row.kind in {"loan_repayment", "interest", "fee", "tax"} or target == "nobody"
        if dead or accounts[target].kind in {"loan", "internal", "suspense", "tax", "psp"}:
            continue
        if target in piles or any(tag != "own" for tag, _ in moved):
            known = accounts[target].on_us
            piles.setdefault(target, [["own", own_before]] if known and own_before else []).extend(moved)
    return returned


def lift(pile: list[list[Any]], amount: int, rule: str) -> list[list[Any]]:
    """Take `amount` off a pile by the rule; the parts taken, in the order in which they lay."""
    if rule == "pro_rata":
        whole = sum(part for _, part in pile)
        shares = [min(part, round(part * amount / whole)) if whole else 0 for _, part in pile]
    else:
        order = {
            "fifo": list(range(len(pile))),
            "lifo": list(range(len(pile)))[::-1],
            "own_first": sorted(range(len(pile)), key=lambda n: pile[n][0] != "own"),
            "loan_first": sorted(range(len(pile)), key=lambda n: pile[n][0] == "own"),
        }[rule]
        shares, wanted = [0] * len(pile), amount
        for number in order:
            shares[number] = min(wanted, pile[number][1])
            wanted -= shares[number]
        if rule == "lifo":  # what lay on top lies at the bottom of the next pile
            lifted = [[pile[number][0], shares[number]] for number in order if shares[number]]
            settle(pile, shares)
            return lifted
    lifted = [[tag, share] for (tag, _), share in zip(pile, shares, strict=True) if share]
    settle(pile, shares)
    return lifted


def settle(pile: list[list[Any]], shares: list[int]) -> None:
    pile[:] = [[tag, part - share] for (tag, part), share in zip(pile, shares, strict=True) if part > share]
