"""The casebook: alerts, what people decided about them, and the log that proves it.

`open_casebook` gives a `Casebook`; everything else here is what its methods take, return or raise.
"""

from casebook.alerts import EVERYTHING, STATUSES, Alert, Decision, Filter, UnknownAlert, Version
from casebook.audit import AuditEntry, Head, Verification
from casebook.casebook import Casebook, open_casebook
from casebook.database import CasebookUnavailable, SweepRunning
from casebook.decisions import STEPS, DecisionRefused
from casebook.extract import Extract
from casebook.folding import Folded, InvalidResult
from casebook.materiality import Materiality
from casebook.roles import ALLOWED, Action, Actor, NotAllowed, Role
from casebook.suppressions import SCOPES, Suppression, SuppressionRefused
from casebook.sweep_log import FoldedSweep

__all__ = [
    "ALLOWED",
    "EVERYTHING",
    "SCOPES",
    "STATUSES",
    "STEPS",
    "Action",
    "Actor",
    "Alert",
    "AuditEntry",
    "Casebook",
    "CasebookUnavailable",
    "Decision",
    "DecisionRefused",
    "Extract",
    "Filter",
    "Folded",
    "FoldedSweep",
    "Head",
    "InvalidResult",
    "Materiality",
    "NotAllowed",
    "Role",
    "Suppression",
    "SuppressionRefused",
    "SweepRunning",
    "UnknownAlert",
    "Verification",
    "Version",
    "open_casebook",
]
