"""Alembic's entry: runs the migrations on the connection that `store.engine.upgrade` gives."""

from __future__ import annotations

from alembic import context

from cloud_receiver.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # both databases can; the caller holds the transaction
)
context.run_migrations()
