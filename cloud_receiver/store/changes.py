"""Whether anything was committed since the last look, at a cost that does not grow with the data."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine

_QUESTIONS: Final = {
    "sqlite": "PRAGMA data_version",  # differs when another connection committed
    "postgresql": "SELECT pg_snapshot_xmax(pg_current_snapshot())::text",
}


class ChangeWatch:
    """One onlooker's memory of where the database stood.

    It keeps a connection of its own, for SQLite tells changes to a connection that stays.
    On PostgreSQL a commit in another database of the server counts as well: one look too
    many, never one too few.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._question = _QUESTIONS[engine.dialect.name]
        self._seen: str | None = None

    def has_changed(self) -> bool:
        """Tell whether something was committed since the last call; the first says True."""
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._connection.begin():
            stands = str(self._connection.exec_driver_sql(self._question).scalar_one())
        changed, self._seen = stands != self._seen, stands
        return changed

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
