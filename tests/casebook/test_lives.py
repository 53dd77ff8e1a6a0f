"""Whatever sweeps find and people decide: no alert is lost, doubled or woken for nothing, and the log holds."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from casebook import Casebook, DecisionRefused, Materiality, open_casebook
from findings import Finding
from tests.casebook.conftest import CHEN, MACHINE, NIGHT, RUI, TODAY, finding, sweep

LOANS = ("L1", "L2", "L3")
found = st.builds(
    finding,
    loan=st.sampled_from(LOANS),
    severity=st.sampled_from("YOR"),
    high=st.sampled_from([1000_00, 1100_00, 1250_00, None]),
    parties=st.sampled_from([("P7",), ("P7", "P8")]),
    transfers=st.sampled_from([("T1",), ("T1", "T2")]),
)
swept = st.fixed_dictionaries(
    {
        "findings": st.lists(found, min_size=1, max_size=3, unique_by=lambda one: one.subject.id),
        "loans": st.sampled_from([None, None, frozenset({"L1", "L2"})]),
        "ending": st.sampled_from(["ran", "ran", "ran", "failed", "not_checked"]),
        "again": st.booleans(),
    }
)
decided = st.fixed_dictionaries(
    {
        "alert": st.sampled_from(LOANS),
        "action": st.sampled_from(["confirm", "dismiss", "dismiss", "reopen", "review"]),
        "actor": st.sampled_from([CHEN, RUI]),
    }
)


@given(st.lists(st.one_of(swept, decided, decided), min_size=5, max_size=25))
@settings(max_examples=100, deadline=None)
def test_no_history_loses_doubles_or_needlessly_wakes_an_alert(history: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        book = open_casebook(f"sqlite:///{Path(folder) / 'casebook.sqlite'}")
        try:
            Life(book).live(history)
        finally:
            book.close()


class Life:
    """Tells a history to a casebook and, beside it, to plain dictionaries by loan.

    last      the finding last folded       versions  how many different ones in a row
    seen      whether it is found           closed    the finding that the closing decision was about
    """

    def __init__(self, book: Casebook) -> None:
        self.book = book
        self.night = NIGHT
        self.last: dict[str, Finding] = {}
        self.versions: dict[str, int] = {}
        self.seen: dict[str, bool] = {}
        self.closed: dict[str, Finding] = {}

    def live(self, history: list[dict[str, Any]]) -> None:
        for told in history:
            self.night += timedelta(hours=1)
            if "action" in told:
                self.decide(**told)
            else:
                self.sweep(**told)
            self.compare()
        checked = self.book.verify()
        assert checked.intact, checked.faults
        assert checked.entries == len(self.book.audit(actor=CHEN))

    def decide(self, alert: str, action: str, actor: Any) -> None:
        if alert not in self.last:
            return
        try:
            recorded = self.book.decide(self.last[alert].fingerprint, action, actor=actor, reason="so", at=self.night)
        except DecisionRefused:
            return
        if recorded in {"confirm", "dismiss"}:
            self.closed[alert] = self.last[alert]
        elif recorded == "reopen":
            del self.closed[alert]

    def sweep(self, findings: list[Finding], loans: frozenset[str] | None, ending: str, again: bool) -> None:
        findings = [one for one in findings if loans is None or one.subject.id in loans]
        document = sweep(*findings)
        if ending != "ran":
            findings = []
            silent = {"detector": "loan_money_returns", "reason": "no rows in drawdown", "error": "E", "message": ""}
            document = {**document, "findings": [], ending: [silent]}
        for time in range(1 + again):
            folded = self.book.fold(document, actor=MACHINE, started_at=self.night, at=self.night, loans=loans)
            assert folded.repeated == (time == 1)
        for one in findings:
            loan = one.subject.id
            self.seen[loan] = True
            if loan in self.last and self.last[loan].evidence_hash == one.evidence_hash:
                continue
            self.versions[loan] = self.versions.get(loan, 0) + 1
            self.last[loan] = one
            if loan in self.closed and Materiality().changes(self.closed[loan].to_json(), one.to_json()):
                del self.closed[loan]
        if ending == "ran":
            for loan in set(self.last) - {one.subject.id for one in findings}:
                self.seen[loan] = self.seen[loan] and loans is not None and loan not in loans

    def compare(self) -> None:
        alerts = {str(alert.loan_id): alert for alert in self.book.alerts(actor=CHEN, today=TODAY)}
        assert len(alerts) == self.book.count(actor=CHEN, today=TODAY)
        assert set(alerts) == set(self.last)
        for loan, alert in alerts.items():
            assert alert.finding["evidence_hash"] == self.last[loan].evidence_hash
            assert alert.seen == self.seen[loan]
            assert (alert.case_status in {"confirmed", "dismissed"}) == (loan in self.closed)
            assert len(self.book.versions(alert.alert_id, actor=CHEN)) == self.versions[loan] == alert.version.number
