"""The history of the casebook's tables; Alembic runs it when a casebook is opened."""
