"""A small bank as files, a store and a casebook of its own, and the command run on them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import app

# Company B borrows 1,000,000.00 for a purchase from company S; the whole of it goes to the person P, B's own chief.
BANK = {
    "party": """
        party_id,kind,name
        B,company,Borrower Ltd
        S,company,Seller Ltd
        P,person,张伟
        bank,bank,Our Bank
    """,
    "account": """
        account_id,holder_name,kind,on_us,currency,opening_balance,opening_balance_on
        b,Borrower Ltd,settlement,true,CNY,0,2026-01-01
        p,张伟,settlement,true,CNY,0,2026-01-01
        s,Seller Ltd,settlement,true,CNY,0,2026-01-01
    """,
    "account_holder": """
        party_id,account_id,role
        B,b,owner
        P,p,owner
        S,s,owner
    """,
    "office": """
        person_id,company_id,role
        P,B,legal_representative
    """,
    "loan": """
        loan_id,borrower_id,lender_id,amount,currency,signed_on
        L1,B,bank,1000000.00,CNY,2026-03-01
        L2,S,bank,5000.00,CNY,2026-03-01
    """,
    "drawdown": """
        drawdown_id,loan_id,account_id,amount,drawn_at,transfer_id
        D1,L1,b,1000000.00,2026-03-02T09:00:00,T0
        D2,L2,s,5000.00,2026-03-02T09:00:00,
    """,
    "contract": """
        contract_id,buyer_id,seller_id,amount,currency,signed_on
        K1,B,S,1000000.00,CNY,2026-02-20
    """,
    "loan_contract": """
        contract_id,loan_id
        K1,L1
    """,
    "transfer": """
        transfer_id,source_id,target_id,amount,currency,booked_at,kind
        T0,,b,1000000.00,CNY,2026-03-02T09:00:00,loan_drawdown
        T1,b,p,1000000.00,CNY,2026-03-03T10:00:00,payment
    """,
}


def written(text: str) -> str:
    """The lines of an indented literal."""
    return "".join(f"{line.strip()}\n" for line in text.strip().splitlines())


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.stdout)


Command = Callable[..., Answer]


def settings(folder: Path) -> dict[str, str]:
    """The environment of a store and a casebook in `folder`."""
    return {
        "LOANTRAIL_STORE": f"duckdb:///{folder / 'graph.duckdb'}",
        "LOANTRAIL_CASEBOOK": f"sqlite:///{folder / 'casebook.sqlite'}",
        "LOANTRAIL_USER": "chen",
        "LOANTRAIL_ROLE": "compliance",
        "LOANTRAIL_TIMEZONE": "Asia/Shanghai",
        "LOANTRAIL_LANGUAGE": "en",
    }


def invoke(arguments: Sequence[object], environment: dict[str, str]) -> Answer:
    """Run the command in this process."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)
    assert "Traceback" not in result.stdout
    return Answer(result.exit_code, result.stdout, result.stderr)


def write_bank(folder: Path) -> Path:
    folder.mkdir()
    for table, text in BANK.items():
        (folder / f"{table}.csv").write_text(written(text), encoding="utf-8")
    return folder


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """The bank as a folder of CSV files."""
    return write_bank(tmp_path / "bank")


@pytest.fixture
def loantrail(tmp_path: Path) -> Command:
    """Run `loantrail` on an empty store and casebook: ``loantrail("alerts", "list", LOANTRAIL_USER="rui")``."""
    return lambda *arguments, **changed: invoke(arguments, {**settings(tmp_path), **changed})


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bank loaded and swept once; each test that asks for it works on a copy."""
    folder = tmp_path_factory.mktemp("prepared")
    for arguments in (("load", write_bank(folder / "bank")), ("sweep", "--detector", "contract_paid_to_individual")):
        answer = invoke(arguments, settings(folder))
        assert answer.exit_code == 0, answer
    with closing(sqlite3.connect(folder / "casebook.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def loaded(loantrail: Command, prepared: Path, tmp_path: Path) -> Command:
    """The command, after the bank was loaded."""
    shutil.copy(prepared / "graph.duckdb", tmp_path)
    return loantrail


@pytest.fixture
def swept(loaded: Command, prepared: Path, tmp_path: Path) -> Command:
    """The command, after the bank was loaded and swept; alert 1 is red."""
    shutil.copy(prepared / "casebook.sqlite", tmp_path)
    return loaded
