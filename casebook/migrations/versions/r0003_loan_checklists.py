"""Checklists of the ten methods, kept for each loan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "loan_checklist",
        sa.Column("loan_id", sa.Text, primary_key=True),
        sa.Column("since_sweep_id", NUMBER, sa.ForeignKey("sweep.sweep_id"), primary_key=True),
        sa.Column("sweep_id", NUMBER, sa.ForeignKey("sweep.sweep_id"), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("loan_checklist")
