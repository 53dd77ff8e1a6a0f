"""Run by Alembic on the connection and inside the transaction that `casebook/database.py` opened."""

from __future__ import annotations

from alembic import context

from casebook.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
