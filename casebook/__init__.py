"""The casebook: alerts, what people decided about them, and the log that proves it.

`open_casebook` gives a `Casebook`; everything else here is what its methods take, return or raise.
"""

from casebook.alerts import EVERYTHING, STATUSES, Alert, Decision, Filter, UnknownAlert, Version
from casebook.attachments import MOST_BYTES, Attachment, AttachmentRefused
from casebook.audit import AuditEntry, Head, Verification
from casebook.case_amount import CaseAmount
from casebook.casebook import Casebook, open_casebook
from casebook.cases import CaseFile, CaseRefused, CaseStep, CaseSummary, UnknownCase
from casebook.checklists import KeptChecklist
from casebook.concerns import Concern
from casebook.database import CasebookMissing, CasebookUnavailable, SweepRunning
from casebook.decisions import STEPS, DecisionRefused
from casebook.difference import Difference, RecordChange
from casebook.erasure import Erasure, ErasureRefused
from casebook.extract import Extract
from casebook.folding import Folded, InvalidResult
from casebook.materiality import Materiality
from casebook.parameters import ParametersRefused, SavedParameters
from casebook.people import Grant, GrantRefused
from casebook.personal_data import LASTS, PurposeMissing, Unmasking, hands_over_whole
from casebook.refusals import Refusal
from casebook.retention import Retention, RetentionRefused
from casebook.roles import ALLOWED, Action, Actor, NotAllowed, Role
from casebook.saved_views import SavedView, UnknownView, ViewRefused
from casebook.score import Contribution, Score
from casebook.suppressions import SCOPES, Silenced, Suppression, SuppressionRefused
from casebook.sweep_changes import CHANGES, Change
from casebook.sweep_log import FoldedSweep

__all__ = [
    "ALLOWED",
    "CHANGES",
    "EVERYTHING",
    "LASTS",
    "MOST_BYTES",
    "SCOPES",
    "STATUSES",
    "STEPS",
    "Action",
    "Actor",
    "Alert",
    "Attachment",
    "AttachmentRefused",
    "AuditEntry",
    "CaseAmount",
    "CaseFile",
    "CaseRefused",
    "CaseStep",
    "CaseSummary",
    "Casebook",
    "CasebookMissing",
    "CasebookUnavailable",
    "Change",
    "Concern",
    "Contribution",
    "Decision",
    "DecisionRefused",
    "Difference",
    "Erasure",
    "ErasureRefused",
    "Extract",
    "Filter",
    "Folded",
    "FoldedSweep",
    "Grant",
    "GrantRefused",
    "Head",
    "InvalidResult",
    "KeptChecklist",
    "Materiality",
    "NotAllowed",
    "ParametersRefused",
    "PurposeMissing",
    "RecordChange",
    "Refusal",
    "Retention",
    "RetentionRefused",
    "Role",
    "SavedParameters",
    "SavedView",
    "Score",
    "Silenced",
    "Suppression",
    "SuppressionRefused",
    "SweepRunning",
    "UnknownAlert",
    "UnknownCase",
    "UnknownView",
    "Unmasking",
    "Verification",
    "Version",
    "ViewRefused",
    "hands_over_whole",
    "open_casebook",
]
