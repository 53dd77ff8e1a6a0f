"""Casework: assignment, days due, attachments, cases, what suppressions silenced; texts that can be erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)

ERASABLE: dict[str, dict[str, str]] = {
    "alert_version": {"finding": "'{}'"},
    "decision": {"reason": "''"},
    "case_step": {"reason": "''"},
    "audit_entry": {"text": "NULL", "salt": "NULL"},
}
"""Columns that may be emptied, with the SQL of what they are emptied to."""


def upgrade() -> None:
    for table, column in (
        ("alert", sa.Column("assignee", sa.Text)),
        ("alert", sa.Column("due_on", sa.Date)),
        ("alert", sa.Column("suspicious", sa.Boolean, nullable=False, server_default=sa.false())),
        ("alert", sa.Column("erased_at", INSTANT)),
        ("alert_version", sa.Column("erased_at", INSTANT)),
        ("decision", sa.Column("value", sa.Text)),
        ("decision", sa.Column("erased_at", INSTANT)),
        ("suppression", sa.Column("approved_by", sa.Text)),
        ("suppression", sa.Column("approved_at", INSTANT)),
        ("audit_entry", sa.Column("text", sa.Text)),
        ("audit_entry", sa.Column("salt", sa.Text)),
        ("audit_entry", sa.Column("erased_at", INSTANT)),
    ):
        op.add_column(table, column)
    op.create_table(
        "silenced",
        sa.Column("suppression_id", NUMBER, sa.ForeignKey("suppression.suppression_id"), primary_key=True),
        sa.Column("alert_id", NUMBER, sa.ForeignKey("alert.alert_id"), primary_key=True),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("times", NUMBER, nullable=False),
    )
    op.create_table(
        "case_file",
        sa.Column("case_id", NUMBER, primary_key=True),
        sa.Column("borrower_id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("suspicious", sa.Boolean, nullable=False),
        sa.Column("assignee", sa.Text),
        sa.Column("due_on", sa.Date),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
    )
    op.create_index("case_borrower", "case_file", ["borrower_id"])
    op.create_table(
        "case_alert",
        sa.Column("alert_id", NUMBER, sa.ForeignKey("alert.alert_id"), primary_key=True, autoincrement=False),
        sa.Column("case_id", NUMBER, sa.ForeignKey("case_file.case_id"), nullable=False),
    )
    op.create_index("case_alert_case", "case_alert", ["case_id"])
    op.create_table(
        "case_step",
        sa.Column("step_id", NUMBER, primary_key=True),
        sa.Column("case_id", NUMBER, sa.ForeignKey("case_file.case_id"), nullable=False),
        sa.Column("action", sa.String(24), nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("erased_at", INSTANT),
    )
    op.create_index("case_step_case", "case_step", ["case_id"])
    op.create_table(
        "attachment_content",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("erased_at", INSTANT),
    )
    op.create_table(
        "attachment",
        sa.Column("attachment_id", NUMBER, primary_key=True),
        sa.Column("alert_id", NUMBER, sa.ForeignKey("alert.alert_id")),
        sa.Column("case_id", NUMBER, sa.ForeignKey("case_file.case_id")),
        sa.Column("sha256", sa.String(64), sa.ForeignKey("attachment_content.sha256"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("attached_by", sa.Text, nullable=False),
        sa.Column("attached_at", INSTANT, nullable=False),
        sa.Column("erased_at", INSTANT),
        sa.CheckConstraint("(alert_id IS NULL) <> (case_id IS NULL)", name="attachment_of_one"),
    )
    op.create_index("attachment_alert", "attachment", ["alert_id"])
    op.create_index("attachment_case", "attachment", ["case_id"])
    bind = op.get_bind()
    for table, emptied in ERASABLE.items():
        kept = [c["name"] for c in sa.inspect(bind).get_columns(table) if c["name"] not in {*emptied, "erased_at"}]
        let_erase(bind.dialect.name, table, emptied, kept)


def let_erase(dialect: str, table: str, emptied: dict[str, str], kept: list[str]) -> None:
    """Replace the triggers of an append-only table: nothing changes but that `emptied` become empty, once."""
    same = "IS" if dialect == "sqlite" else "IS NOT DISTINCT FROM"
    allowed = " AND ".join(
        [
            "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL",
            *(f'NEW."{name}" {same} {value}' for name, value in emptied.items()),
            *(f'NEW."{name}" {same} OLD."{name}"' for name in kept),
        ]
    )
    if dialect == "sqlite":
        for event, condition in (("UPDATE", f"WHEN NOT ({allowed}) "), ("DELETE", "")):
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{event.lower()}")
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"{condition}BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION loantrail_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW WHEN (NOT ({allowed})) "
        "EXECUTE FUNCTION loantrail_append_only()"
    )
