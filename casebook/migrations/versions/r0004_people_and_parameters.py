"""Roles of people who sign in, and parameters of detectors that were saved for later sweeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)
APPEND_ONLY = ("role_grant", "saved_parameters")


def upgrade() -> None:
    op.create_table(
        "role_grant",
        sa.Column("grant_id", NUMBER, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("granted_by", sa.Text, nullable=False),
        sa.Column("granted_at", INSTANT, nullable=False),
    )
    op.create_index("role_grant_person", "role_grant", ["person"])
    op.create_table(
        "saved_parameters",
        sa.Column("saved_id", NUMBER, primary_key=True),
        sa.Column("detector", sa.Text, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("saved_by", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
    )
    op.create_index("alert_version_sweep", "alert_version", ["sweep_id"])
    op.create_index("decision_sweep", "decision", ["sweep_id"])
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION loantrail_append_only()"
            )
