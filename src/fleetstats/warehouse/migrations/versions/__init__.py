"""How the ledgers' tables on PostgreSQL go from version to version (Alembic)."""
