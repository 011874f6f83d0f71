"""Headquarters' own word on dates, per store or for all: versions with who and when.

A date said anew is judged anew where it is a fact of a day. Rosters that stand are not
changed: lay the pattern again where they should follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select

from cloud_receiver.domain.calendar import EVERY_STORE, Calendar, DayKind, Override
from cloud_receiver.store import archive, dirty
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import calendar_day, day_fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a date; no kind takes an earlier word back.

    Attributes:
        store_id: `EVERY_STORE` for all.
    """

    store_id: str = EVERY_STORE
    work_date: str
    kind: DayKind | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class SaidVersion:
    """A version of a word, with who said it and when."""

    said: Said
    version: int
    author: str
    created_utc_ms: int


def history(
    connection: Connection, first_date: str, last_date: str, known_by_utc_ms: int | None = None
) -> list[SaidVersion]:
    """Return all that was ever said of some dates, by date and store, the oldest first.

    Args:
        known_by_utc_ms: only what was said by then; None: all.
    """
    return [
        SaidVersion(
            Said(
                store_id=row.store_id,
                work_date=row.work_date,
                kind=DayKind(row.kind) if row.kind else None,
                name=row.name,
            ),
            row.version,
            row.author,
            row.created_utc_ms,
        )
        for row in _SAID.ask(connection, first=first_date, last=last_date)
        if known_by_utc_ms is None or row.created_utc_ms <= known_by_utc_ms
    ]


_SAID: Final = Question(
    select(calendar_day)
    .where(calendar_day.c.work_date.between(bindparam("first"), bindparam("last")))
    .order_by(calendar_day.c.work_date, calendar_day.c.store_id, calendar_day.c.version)
)


def calendar(
    connection: Connection, first_date: str, last_date: str, known_by_utc_ms: int | None = None
) -> Calendar:
    """Return the calendar in force between two dates, both included; now, or as known then."""
    newest = {
        (one.said.store_id, one.said.work_date): one.said
        for one in history(connection, first_date, last_date, known_by_utc_ms)
    }
    return Calendar(
        {key: Override(said.kind, said.name) for key, said in newest.items() if said.kind}
    )


def say(connection: Connection, words: Iterable[Said], author: str, now_utc_ms: int) -> int:
    """Say what dates are; return how many were new or different."""
    wanted = {(word.store_id, word.work_date): word for word in words}
    if not wanted:
        return 0
    dates = sorted({work_date for _, work_date in wanted})
    stored = {
        (one.said.store_id, one.said.work_date): one
        for one in history(connection, dates[0], dates[-1])
    }
    rows = []
    for key, word in sorted(wanted.items()):
        before = stored.get(key)
        if (before.said if before else Said(store_id=key[0], work_date=key[1], kind=None)) == word:
            continue
        rows.append(
            {
                "store_id": word.store_id,
                "work_date": word.work_date,
                "version": before.version + 1 if before else 1,
                "kind": word.kind.value if word.kind else "",
                "name": word.name,
                "author": author,
                "created_utc_ms": now_utc_ms,
            }
        )
    if rows:
        connection.execute(insert(calendar_day), rows)
        archive.hold_online(connection, min(str(row["work_date"]) for row in rows))
        fact = day_fact.c
        query = select(fact.employee_id, fact.work_date, fact.store_id).where(
            fact.work_date.in_({row["work_date"] for row in rows})
        )
        changed = {(row["store_id"], row["work_date"]) for row in rows}
        concerned = [
            (row.employee_id, row.work_date)
            for row in connection.execute(query)
            if {(row.store_id, row.work_date), (EVERY_STORE, row.work_date)} & changed
        ]
        dirty.mark(connection, concerned, now_utc_ms)
    return len(rows)
