"""The log-ins that are open: kept here so that a log-out holds in every process and after a restart."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from cloud_receiver.store.tables import web_session

SEEN_EVERY_MS: Final = 60_000
"""How exactly it is known when somebody was last active: a write a minute, not one a click."""


def begin(connection: Connection, nonce: str, login: str, now_utc_ms: int, max_age_ms: int) -> None:
    """Keep a new log-in; those that would have expired are forgotten."""
    own = web_session.c
    connection.execute(delete(web_session).where(own.began_utc_ms < now_utc_ms - max_age_ms))
    row = {"nonce": nonce, "login": login, "began_utc_ms": now_utc_ms, "seen_utc_ms": now_utc_ms}
    connection.execute(insert(web_session).values(row))


def seen(connection: Connection, nonce: str, login: str) -> int | None:
    """Return when an open log-in was last active; None when it was ended or never begun."""
    own = web_session.c
    query = select(own.seen_utc_ms).where(own.nonce == nonce, own.login == login)
    return connection.scalar(query)


def touch(connection: Connection, nonce: str, now_utc_ms: int) -> None:
    """Note that somebody is active; one that was ended meanwhile stays ended."""
    changed = update(web_session).where(web_session.c.nonce == nonce)
    connection.execute(changed.values(seen_utc_ms=now_utc_ms))


def end(connection: Connection, nonce: str) -> None:
    """End a log-in."""
    connection.execute(delete(web_session).where(web_session.c.nonce == nonce))
