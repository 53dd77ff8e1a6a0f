"""The first casebook: sweeps, alerts with versions and decisions, suppressions, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)
APPEND_ONLY = ("sweep", "alert_version", "decision", "audit_entry")
GENESIS = "0" * 64


def upgrade() -> None:
    op.create_table(
        "sweep",
        sa.Column("sweep_id", NUMBER, primary_key=True),
        sa.Column("run", sa.String(64), nullable=False, unique=True),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("data_cut", sa.Text, nullable=False),
        sa.Column("store", sa.Text, nullable=False),
        sa.Column("code_version", sa.Text, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("loans", sa.Text),
        sa.Column("not_checked", sa.Text, nullable=False),
        sa.Column("failed", sa.Text, nullable=False),
        sa.Column("timings", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("folded_at", INSTANT, nullable=False),
        sa.Column("folded_by", sa.Text, nullable=False),
    )
    op.create_table(
        "alert",
        sa.Column("alert_id", NUMBER, primary_key=True),
        sa.Column("fingerprint", sa.String(32), nullable=False, unique=True),
        sa.Column("detector", sa.Text, nullable=False),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("subject_table", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("loan_id", sa.Text),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("seen", sa.Boolean, nullable=False),
        sa.Column("severity", sa.String(1), nullable=False),
        sa.Column("amount_low", NUMBER),
        sa.Column("amount_high", NUMBER),
        sa.Column("currency", sa.String(3)),
        sa.Column("evidence_hash", sa.String(32), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("closed_version", NUMBER),
        sa.Column("first_as_of", sa.Date, nullable=False),
        sa.Column("last_as_of", sa.Date, nullable=False),
        sa.Column("first_sweep_id", NUMBER, sa.ForeignKey("sweep.sweep_id"), nullable=False),
        sa.Column("last_sweep_id", NUMBER, sa.ForeignKey("sweep.sweep_id"), nullable=False),
        sa.Column("judged_sweep_id", NUMBER, sa.ForeignKey("sweep.sweep_id"), nullable=False),
    )
    op.create_index("alert_queue", "alert", ["status", "seen", "severity"])
    op.create_index("alert_loan", "alert", ["loan_id"])
    op.create_table(
        "alert_version",
        sa.Column("alert_id", NUMBER, sa.ForeignKey("alert.alert_id"), primary_key=True),
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("evidence_hash", sa.String(32), nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("severity", sa.String(1), nullable=False),
        sa.Column("data_cut", sa.Text, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("sweep_id", NUMBER, sa.ForeignKey("sweep.sweep_id"), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
    )
    op.create_table(
        "alert_concern",
        sa.Column("alert_id", NUMBER, sa.ForeignKey("alert.alert_id"), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
    )
    op.create_index("alert_concern_value", "alert_concern", ["kind", "value"])
    op.create_table(
        "decision",
        sa.Column("decision_id", NUMBER, primary_key=True),
        sa.Column("alert_id", NUMBER, sa.ForeignKey("alert.alert_id"), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("action", sa.String(24), nullable=False),
        sa.Column("from_status", sa.String(16), nullable=False),
        sa.Column("to_status", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("sweep_id", NUMBER, sa.ForeignKey("sweep.sweep_id")),
    )
    op.create_index("decision_alert", "decision", ["alert_id"])
    op.create_table(
        "suppression",
        sa.Column("suppression_id", NUMBER, primary_key=True),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("other_value", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("withdrawn_by", sa.Text),
        sa.Column("withdrawn_at", INSTANT),
    )
    op.create_table(
        "audit_entry",
        sa.Column("sequence", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("hash", name="audit_entry_hash"),
    )
    head = op.create_table(
        "audit_head",
        sa.Column("only", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("sequence", NUMBER, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"only": 1, "sequence": 0, "hash": GENESIS}])
    _refuse_changes(op.get_bind().dialect.name)


def _refuse_changes(dialect: str) -> None:
    """Triggers: rows of the append-only tables can be neither changed nor deleted, whoever asks."""
    if dialect == "sqlite":
        for table in APPEND_ONLY:
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION loantrail_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION loantrail_append_only()"
        )
