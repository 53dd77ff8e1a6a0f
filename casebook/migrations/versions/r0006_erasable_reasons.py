"""Reasons of roles and of saved parameters can be erased, as those of decisions can."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from casebook.migrations.versions.r0002_casework import let_erase

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ERASABLE = {"reason": "''"}


def upgrade() -> None:
    bind = op.get_bind()
    for table in ("role_grant", "saved_parameters"):
        op.add_column(table, sa.Column("erased_at", sa.DateTime(timezone=True)))
        columns = [column["name"] for column in sa.inspect(bind).get_columns(table)]
        let_erase(bind.dialect.name, table, ERASABLE, [c for c in columns if c not in {*ERASABLE, "erased_at"}])
