"""A draft of a report of suspicious transactions to the financial intelligence unit, with goAML's element names.

`goaml.xsd` beside this file is our own schema of its structure; every draft is held against it before it is written.
Each transfer that an alert rests on stands in it once, with exactly one side that pays and one that is paid; a side
nobody can name is an entity that says so. Amounts in the currency of the book are local; others keep their own
currency, because a draft invents no rate. The number of the reporting entity and the person who reports are for the
officer to add, who also checks it against the unit's own schema.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from lxml import etree

from casebook import Alert
from exports.material import Format, Material
from exports.records import Records, Row
from exports.xml_text import child, document
from graph import money
from graph.columns import Text
from graph.schema import Account, Party, Transfer

SCHEMA = Path(__file__).with_suffix(".xsd")
UNKNOWN = Text("unknown", "不明")
NO_NAME = "-"
"""What goAML takes for a first name that is not told apart from the last."""


class DraftInvalid(Exception):
    """The draft does not keep its own structure: an error of ours; nothing was written."""


def render(material: Material) -> bytes:
    """The draft as bytes. Raises `DraftInvalid`."""
    report = _Report(material).written()
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    if not schema.validate(report):
        raise DraftInvalid(f"the draft does not keep exports/goaml.xsd: {schema.error_log.last_error}")
    return document(report)


class _Report:
    def __init__(self, material: Material) -> None:
        self.material = material
        self.records: Records = material.records
        self.alerts: Sequence[Alert] = material.extract.alerts

    @cached_property
    def resting(self) -> dict[str, list[Alert]]:
        """The alerts that rest on each transfer, by its id."""
        found: dict[str, list[Alert]] = defaultdict(list)
        for alert in self.alerts:
            finding = alert.finding
            ids = [e["id"] for e in finding["evidence"] if e["table"] == Transfer.TABLE.name]
            ids += [id_ for path in finding["paths"] for id_ in path["transfers"]]
            for id_ in dict.fromkeys(ids):
                found[id_].append(alert)
        return found

    def written(self) -> etree._Element:
        made, extract = self.material.made, self.material.extract
        report = etree.Element("report", draft="true")
        child(report, "submission_code", "E")
        child(report, "report_code", "STR")
        child(report, "entity_reference", f"loantrail-{extract.head.sequence}-{extract.head.hash[:12]}")
        child(report, "submission_date", self.material.request.at.strftime("%Y-%m-%dT%H:%M:%S"))
        child(report, "currency_code_local", self.material.currency)
        child(report, "reason", self._reason())
        child(
            report,
            "action",
            f"exported by {made['exported_by']} ({made['role']}), purpose: {made['purpose']}; "
            f"as of {made['as_of']}, data cut {made['data_cut']}",
        )
        for transfer in self.records.table(Transfer.TABLE):
            self._transaction(report, transfer)
        self._activity(report)
        indicators = child(report, "report_indicators")
        for detector in sorted({alert.detector for alert in self.alerts}):
            child(indicators, "indicator", detector)
        return report

    def _reason(self) -> str:
        told = [f"{alert.alert_id} {alert.severity} {alert.detector}: {self._message(alert)}" for alert in self.alerts]
        return "\n".join(told) or self._word(Text("no alerts", "无预警"))

    def _transaction(self, report: etree._Element, row: Row) -> None:
        transaction = child(report, "transaction")
        child(transaction, "transactionnumber", row["transfer_id"])
        _optional(transaction, "internal_ref_number", row["reference"])
        _optional(transaction, "transaction_description", row["purpose"])
        child(transaction, "date_transaction", row["booked_at"].strftime("%Y-%m-%dT%H:%M:%S"))
        child(transaction, "transmode_code", row["kind"] or "other")
        _optional(transaction, "transmode_comment", row["channel"])
        amount = f"{money.decimal(row['amount_minor'], row['currency']):f}"
        if row["currency"] == self.material.currency:
            child(transaction, "amount_local", amount)
        else:
            foreign = child(transaction, "foreign_currency")
            child(foreign, "foreign_currency_code", row["currency"])
            child(foreign, "foreign_amount", amount)
        self._side(transaction, "t_from", row["source_id"], row["booked_at"].date())
        self._side(transaction, "t_to", row["target_id"], row["booked_at"].date())
        alerts = self.resting.get(row["transfer_id"], [])
        if alerts:
            told = self._word(Text("alerts", "预警"))
            child(transaction, "comments", f"{told} {', '.join(str(alert.alert_id) for alert in alerts)}")

    def _side(self, transaction: etree._Element, name: str, account_id: str | None, day: date) -> None:
        row = self.records.get(Account.TABLE, account_id)
        if row is None:
            side = child(transaction, name)
            child(child(side, "entity"), "name", account_id or self._word(UNKNOWN))
            return
        side = child(transaction, f"{name}_my_client" if row["on_us"] else name)
        account = child(side, "account")
        bank = self.records.get(Party.TABLE, row["bank_id"])
        _optional(account, "institution_name", bank["name"] or bank["party_id"] if bank else None)
        child(account, "account", row["account_id"])
        _optional(account, "currency_code", row["currency"])
        _optional(account, "account_name", row["holder_name"])
        for party in self.records.holders(account_id, day):
            self._party(account, party, prefix="t_")
        _optional(account, "opened", row["opened_on"])

    def _party(self, parent: etree._Element, row: Row, prefix: str = "") -> None:
        name = row["name"] or row["party_id"]
        if row["kind"] == "person":
            person = child(parent, f"{prefix}person")
            child(person, "first_name", NO_NAME)
            child(person, "last_name", name)
            _optional(person, "birthdate", row["registered_on"])
            _optional(person, "id_number", row["id_number"])
            _optional(person, "nationality1", row["country"])
            child(person, "comments", row["party_id"])
            return
        entity = child(parent, f"{prefix}entity")
        child(entity, "name", name)
        _optional(entity, "incorporation_number", row["id_number"])
        _optional(entity, "incorporation_country_code", row["country"])
        _optional(entity, "incorporation_date", row["registered_on"])
        child(entity, "comments", row["party_id"])

    def _activity(self, report: etree._Element) -> None:
        reporting = {alert.alert_id for alerts in self.resting.values() for alert in alerts}
        named: dict[str, list[str]] = defaultdict(list)
        for alert in self.alerts:
            if alert.alert_id not in reporting:
                for party in alert.finding["parties"]:
                    if self.records.get(Party.TABLE, party) is not None:
                        named[party].append(self._message(alert))
        if not named:
            return
        parties = child(child(report, "activity"), "report_parties")
        for party, reasons in sorted(named.items()):
            entry = child(parties, "report_party")
            row = self.records.get(Party.TABLE, party)
            assert row is not None
            self._party(entry, row)
            child(entry, "reason", "\n".join(dict.fromkeys(reasons)))

    def _message(self, alert: Alert) -> str:
        return str(alert.finding["message"][self.material.language])

    def _word(self, text: Text) -> str:
        return text.zh if self.material.language == "zh" else text.en


def _optional(parent: etree._Element, name: str, value: Any) -> None:
    if value not in (None, ""):
        child(parent, name, value.isoformat() if isinstance(value, date) else str(value))


FORMAT = Format(render, needs_records=True)
