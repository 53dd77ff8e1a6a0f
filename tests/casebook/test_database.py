"""Opening a casebook, bringing it up to date, and many people writing at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from casebook import Casebook, CasebookUnavailable, DecisionRefused, open_casebook
from casebook.database import head_revision
from casebook.tables import Base
from exports.export import export
from exports.manifest import Exported, Request, verify
from tests.casebook.conftest import CHEN, INES, MACHINE, NIGHT, TODAY, finding, sweep

HEAD = head_revision()


def test_the_migrations_make_exactly_the_tables_that_the_code_declares(book: Casebook) -> None:
    with book.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    assert book.database.revision() == HEAD


def test_opening_again_changes_nothing_and_finds_what_was_written(url: str) -> None:
    first = open_casebook(url)
    first.fold(sweep(finding()), actor=MACHINE, started_at=NIGHT, at=NIGHT)
    first.close()
    second = open_casebook(url)
    assert [alert.loan_id for alert in second.alerts(actor=CHEN, today=TODAY)] == ["L1"]
    second.close()


def test_many_who_open_an_empty_casebook_at_once(url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        books = list(pool.map(lambda _: open_casebook(url), range(8)))
    assert {book.database.revision() for book in books} == {HEAD}
    for book in books:
        book.close()


def test_a_casebook_of_a_newer_release_is_not_touched(book: Casebook, url: str) -> None:
    with book.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CasebookUnavailable, match=r"newer loantrail \(revision 9999\)"):
        open_casebook(url)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "is not a URL"),
        ("mysql://localhost/casebook", "sqlite or postgresql, not in mysql"),
        ("sqlite://", "would forget every decision"),
        ("sqlite:///:memory:", "would forget every decision"),
        ("sqlite:////nowhere/at/all/casebook.sqlite", "unable to open database file"),
        ("postgresql://loantrail:hunter2@127.0.0.1:1/casebook", "onnection"),
    ],
)
def test_a_casebook_that_cannot_be_opened_says_why_and_keeps_the_password(url: str, told: str) -> None:
    with pytest.raises(CasebookUnavailable, match=told) as caught:
        open_casebook(url, "hunter3")
    assert "hunter" not in str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, " * 100, encoding="utf-8")
    with pytest.raises(CasebookUnavailable, match="not a database"):
        open_casebook(f"sqlite:///{tmp_path / 'notes.txt'}")


def test_the_password_may_come_apart_from_the_url(postgres_url: str) -> None:
    from sqlalchemy import make_url

    parsed = make_url(postgres_url)
    bare = parsed.set(drivername="postgresql", password=None).render_as_string()
    book = open_casebook(bare, str(parsed.password))
    assert book.database.revision() == HEAD
    assert str(parsed.password) not in book.database.name + repr(book.database.engine)
    book.close()


def test_two_sweeps_ten_deciders_and_an_export_at_once_lose_nothing(book: Casebook, tmp_path: Path) -> None:
    """Two sweeps of the same findings, ten people who each want to confirm every alert and write a note on each, and
    somebody who exports the list five times meanwhile."""
    loans = [f"L{number}" for number in range(1, 6)]
    book.fold(sweep(*map(finding, loans)), actor=MACHINE, started_at=NIGHT, at=NIGHT)
    more = sweep(*map(finding, [*loans, "L6", "L7"]))

    def fold(number: int) -> int:
        return book.fold(more, actor=MACHINE, started_at=NIGHT.replace(minute=1 + number), at=NIGHT).new

    def decide(number: int) -> int:
        taken = 0
        for alert_id in range(1, 6):
            try:
                book.decide(alert_id, "confirm", actor=INES, reason=f"by {number}", at=NIGHT)
                taken += 1
            except DecisionRefused:
                pass
            book.decide(alert_id, "note", actor=INES, reason=f"note of {number}", at=NIGHT)
        return taken

    def write(number: int) -> Exported:
        request = Request(CHEN, NIGHT, f"list {number}")
        return export(book, None, "csv", tmp_path / f"list{number}.csv", request=request, today=TODAY)

    with ThreadPoolExecutor(13) as pool:
        folds = [pool.submit(fold, number) for number in range(2)]
        deciders = [pool.submit(decide, number) for number in range(10)]
        lists = pool.submit(lambda: [write(number) for number in range(5)])
    assert sorted(future.result() for future in folds) == [0, 2]  # one of them brings L6 and L7, the other nothing
    assert sum(future.result() for future in deciders) == 5  # each alert is confirmed once
    assert [alert.status for alert in book.alerts(actor=CHEN, today=TODAY)] == ["confirmed"] * 5 + ["open"] * 2
    for alert_id in range(1, 6):
        notes = [step.reason for step in book.decisions(alert_id, actor=CHEN) if step.action == "note"]
        assert sorted(notes) == [f"note of {number}" for number in range(10)]
    for done in lists.result():
        assert done.rows in {5, 7}
        assert verify(done.file, book).unchanged
    assert len(book.audit(actor=CHEN)) == 1 + 2 + 5 + 50 + 5
    assert book.verify().intact


def test_readers_do_not_wait_for_a_writer(book: Casebook) -> None:
    book.fold(sweep(finding()), actor=MACHINE, started_at=NIGHT, at=NIGHT)
    with book.database.writing() as session:
        session.execute(text("UPDATE alert SET status = 'confirmed'"))
        assert [alert.status for alert in book.alerts(actor=CHEN, today=TODAY)] == ["open"]
    assert [alert.status for alert in book.alerts(actor=CHEN, today=TODAY)] == ["confirmed"]


def test_what_fails_half_way_leaves_nothing(book: Casebook) -> None:
    broken = sweep(finding("L1"), finding("L2"))
    del broken["findings"][1]["evidence_hash"]
    with pytest.raises(KeyError):
        book.fold(broken, actor=MACHINE, started_at=NIGHT, at=NIGHT)
    assert book.alerts(actor=CHEN, today=TODAY) == []
    assert book.verify().entries == 0
