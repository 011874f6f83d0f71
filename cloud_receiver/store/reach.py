"""How messages get out: per channel what waits, what went and what the last trouble was; reads."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from cloud_receiver.store.tables import notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as its queue shows it.

    Attributes:
        last_error: of the newest notice that failed or is tried again; empty: none.
    """

    name: str
    waiting: int
    sent: int
    failed: int
    last_sent_utc_ms: int | None
    last_error: str


def channels(connection: Connection) -> list[Channel]:
    """Return every channel that has or had something to send, by name."""
    one = notice.c
    counts: dict[str, dict[str, int]] = {}
    last: dict[str, int] = {}
    query = select(one.channel, one.state, func.count(), func.max(one.sent_utc_ms))
    for name, state, count, sent in connection.execute(query.group_by(one.channel, one.state)):
        counts.setdefault(name, {})[state] = int(count)
        if sent is not None:
            last[name] = max(last.get(name, 0), int(sent))
    return [
        Channel(
            name=name,
            waiting=states.get("pending", 0) + states.get("gathering", 0),
            sent=states.get("sent", 0),
            failed=states.get("failed", 0),
            last_sent_utc_ms=last.get(name),
            last_error=_last_error(connection, name),
        )
        for name, states in sorted(counts.items())
    ]


def _last_error(connection: Connection, name: str) -> str:
    one = notice.c
    query = (
        select(one.last_error)
        .where(one.channel == name, one.state != "sent", one.last_error != "")
        .order_by(one.notice_no.desc())
        .limit(1)
    )
    return connection.scalar(query) or ""
