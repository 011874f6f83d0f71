"""Alembic migrations, forward only; `store.engine.upgrade` runs them."""
