"""Since when who was behind a party: told by hand, and against the answer of every single day."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.columns import Row
from graph.control import ControlRegister
from graph.control_history import Period, control_history
from graph.schema import Office, Party, Shareholding
from graph.snapshot import Snapshot
from tests.story import story

FIRST = date(2026, 1, 1)
DAYS = 8


def history(text: str, party: str) -> list[Period]:
    return control_history(ControlRegister.of(story(text)), party)


def test_a_company_that_was_sold() -> None:
    """P until the end of February, nobody known in March, Q from April on; Q already had H."""
    told = """
        company C, H
        person P, Q
        P owns 60% of C to 2026-03-01
        Q owns 70% of H
        H owns 80% of C from 2026-04-01
    """
    one, two, three = history(told, "C")
    assert (one.since, one.until, one.answer["ultimate_controller_id"]) == (None, date(2026, 3, 1), "P")
    assert (two.since, two.until, two.answer["ultimate_controller_id"]) == (date(2026, 3, 1), date(2026, 4, 1), None)
    assert (three.since, three.until, three.answer["controllers"]) == (date(2026, 4, 1), None, ["H", "Q"])
    assert one.changed == ()
    assert set(two.changed) == {
        "controllers",
        "ultimate_controller_id",
        "beneficial_owners",
        "control_group",
        "unexplained_share",
    }
    assert three.to_json()["records"] == [{"table": "shareholding", "id": "H|C|2026-04-01", "change": "begins"}]
    assert three.to_json()["since"] == "2026-04-01"
    assert three.answer["beneficial_owners"] == [{"party_id": "Q", "share": 0.56, "basis": "ownership"}]


def test_a_change_that_changes_nothing_makes_no_period() -> None:
    told = "company C \n person P \n P owns 60% of C to 2026-03-01 \n P owns 60% of C from 2026-03-01"
    assert len(history(told, "C")) == 1


def test_a_sister_that_joins_the_group_is_a_change() -> None:
    told = "company C, D \n person P \n P owns 60% of C \n P owns 60% of D from 2026-02-01"
    _, two = history(told, "C")
    assert two.changed == ("control_group",)
    assert two.answer["control_group"] == ["C", "D", "P"]


def test_declarations_and_managers_are_part_of_it() -> None:
    told = "company C \n person P, L \n P is actual_controller of C from 2026-02-01 to 2026-03-01"
    told += "\n L is legal_representative of C from 2026-02-15"
    periods = history(told, "C")
    assert [(period.since, period.answer["declared_controllers"]) for period in periods] == [
        (None, []),
        (date(2026, 2, 1), ["P"]),
        (date(2026, 3, 1), []),
    ]
    assert periods[2].answer["beneficial_owners"] == [{"party_id": "L", "share": 0.0, "basis": "office"}]


def test_a_party_nobody_knows_has_one_period() -> None:
    [period] = history("company C", "nobody")
    assert (period.since, period.until, period.answer["control_group"]) == (None, None, ["nobody"])


@st.composite
def registers(draw: st.DrawFn) -> list[Row]:
    companies = [f"C{number}" for number in range(draw(st.integers(1, 4)))]
    persons = ["P0", "P1", "P2"]
    rows: list[Row] = [Party(party_id=id_, kind="company", name=id_) for id_ in companies]
    rows += [Party(party_id=id_, kind="person", name=id_) for id_ in persons]
    seen = set()
    for _ in range(draw(st.integers(0, 9))):
        holder, company = draw(st.sampled_from([*companies, *persons])), draw(st.sampled_from(companies))
        since, days = draw(st.integers(0, DAYS - 1)), draw(st.integers(1, DAYS))
        period = {
            "valid_from": None if since == 0 else FIRST + timedelta(days=since),
            "valid_to": None if since + days > DAYS else FIRST + timedelta(days=since + days),
        }
        if draw(st.integers(0, 4)) == 0:
            row: Row = Office(
                person_id=holder,
                company_id=company,
                role=draw(st.sampled_from(["actual_controller", "legal_representative"])),
                **period,
            )
        else:
            ratio = draw(st.sampled_from([0.1, 0.25, 0.3, 0.5, 0.51, 0.6]))
            row = Shareholding(holder_id=holder, company_id=company, ratio=ratio, **period)
        key = (type(row), holder, company, getattr(row, "role", None), period["valid_from"])
        if key not in seen:
            seen.add(key)
            rows.append(row)
    return rows


@given(registers())
@settings(max_examples=60, deadline=None)
def test_every_day_is_as_it_is_when_asked_alone(rows: list[Row]) -> None:
    register = ControlRegister.of(Snapshot.from_rows(rows))
    for party in ("C0", "P0"):
        periods = control_history(register, party)
        assert periods[0].since is None
        assert periods[-1].until is None
        for before, after in itertools.pairwise(periods):
            assert before.until == after.since
            assert before.answer != after.answer
            assert after.changed
        for number in range(-1, DAYS + 2):
            day = FIRST + timedelta(days=number)
            control = register.as_of(day)
            [period] = [p for p in periods if (p.since or date.min) <= day < (p.until or date.max)]
            assert period.answer["controllers"] == control.controllers(party)
            assert period.answer["ultimate_controller_id"] == control.ultimate_controller(party)
            assert period.answer["declared_controllers"] == control.declared_controllers(party)
            assert period.answer["control_group"] == sorted(control.group(party))
            assert period.answer["unexplained_share"] == control.unexplained_share(party)
            owners = [(o["party_id"], o["share"], o["basis"]) for o in period.answer["beneficial_owners"]]
            assert owners == control.beneficial_owners(party)
