"""Everything derived, proven against the journal and made right where it is not.

Processes read and compare, each a stretch of the journal or some people at a time; what
differs is projected, judged, decided and booked here by the ways of every day. So sound data
is only read, and what was amiss comes out as if it had come in just now.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, func, select, update

from cloud_receiver.domain.attendance import Policy
from cloud_receiver.judgement import AS_SHIPPED, Terms, evaluate
from cloud_receiver.store import (
    archive,
    campaign_sums,
    day_proof,
    dirty,
    journal_proof,
    projection,
    tables,
)
from cloud_receiver.store.day_proof import DAYS_AT_ONCE
from cloud_receiver.store.engine import read, upsert_rows, wait_turn, write
from cloud_receiver.store.provers import Prove, Result, Task, provers
from sync.portions import portions

SMALL: Final = 400_000
"""Rows of a journal for which processes of their own are not worth starting."""
_STRETCHES_A_PROCESS: Final = 4
_PEOPLE_AT_ONCE: Final = 500
Progress = Callable[[int, int], None]
"""Told how many records of the journal and how many days were looked at so far."""
_fact = tables.day_fact.c
_WRITE_AGAIN: Final = (
    update(tables.day_fact)
    .where(_fact.employee_id == bindparam("who"), _fact.work_date == bindparam("date"))
    .values(input_hash="")
)


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        records: of the journal that were compared with what stands.
        days: that were judged.
        amiss: of these, days that had to be judged in earnest.
        sums: of members of campaigns that were not what their days come to.
    """

    records: int = 0
    days: int = 0
    amiss: int = 0
    sums: int = 0


def rebuild(
    engine: Engine,
    now_utc_ms: int,
    terms: Terms = AS_SHIPPED,
    *,
    of_journal: bool = True,
    processes: int | None = None,
    on_progress: Progress = lambda _records, _days: None,
) -> Rebuilt:
    """Compute all that is derived from the journal and the organisation.

    Days that come out as they were are not touched, so on sound data nothing changes. What
    differs is judged and booked in one transaction: nobody sees a half-built state. Months
    that were removed come back from the archive for it, and stay until they are archived again.

    Args:
        of_journal: compare touches, lines of sale and entries with the journal too; else only the
            days are judged anew, from what stands of it.
        processes: that read and compare; 0: this one alone; None: as many as there are
            processors. PostgreSQL is always read by this one: others would not see what its
            transaction sees.
    """
    with provers(engine, _number_of_provers(engine, processes)) as prove:
        return _rebuilt(engine, prove, now_utc_ms, terms, of_journal, on_progress)


def _rebuilt(
    engine: Engine,
    prove: Prove,
    now_utc_ms: int,
    terms: Terms,
    of_journal: bool,
    on_progress: Progress,
) -> Rebuilt:
    with write(engine) as connection:
        wait_turn(connection, archive.TURN)
        archive.bring_back(connection)
        is_new = projection.is_bare(connection)  # what is made just now needs no proof
    while _catch_up(engine, now_utc_ms):
        pass
    done = Rebuilt()
    with write(engine) as connection:
        wait_turn(connection, archive.TURN)
        waiting = _queue_whole(connection, now_utc_ms)
        tasks = _of_journal(connection) if of_journal and not is_new else []
        tasks += _of_days(connection, waiting, now_utc_ms, terms.policy)
        results = prove(connection, tasks)
        _put_right(connection, results, now_utc_ms, done, on_progress)
        for keys in dirty.by_employee(connection, now_utc_ms, DAYS_AT_ONCE):
            evaluate(connection, keys, now_utc_ms, terms)
            done.amiss += len(keys)
            on_progress(done.records, done.days)
        done.sums = campaign_sums.put_right(connection)
    return done


def _catch_up(engine: Engine, now_utc_ms: int) -> int:
    """Project what is new in the journal, a portion in each transaction; return how much."""
    with write(engine) as connection:
        wait_turn(connection, archive.TURN, shared=True)
        return projection.advance(connection, now_utc_ms, put=upsert_rows)


def _queue_whole(connection: Connection, now_utc_ms: int) -> set[str]:
    """Have all days judged of those who have one in the queue; return who they are."""
    waiting = {
        who for keys in dirty.by_employee(connection, now_utc_ms, DAYS_AT_ONCE) for who, _ in keys
    }
    for some in portions(sorted(waiting), _PEOPLE_AT_ONCE):
        dirty.mark_people(connection, some, now_utc_ms)
    return waiting


def _of_journal(connection: Connection) -> list[Task]:
    stretches = journal_proof.stretches(connection, _STRETCHES_A_PROCESS * _processors())
    return [partial(journal_proof.prove, first=first, last=last) for first, last in stretches]


def _of_days(
    connection: Connection, leave_out: set[str], now_utc_ms: int, policy: Policy
) -> list[Task]:
    return [
        partial(day_proof.prove, people=people, now_utc_ms=now_utc_ms, policy=policy)
        for people in day_proof.parties(connection, now_utc_ms, leave_out)
    ]


def _put_right(
    connection: Connection,
    results: Iterator[Result],
    now_utc_ms: int,
    done: Rebuilt,
    on_progress: Progress,
) -> None:
    """Put right what does not stand as the journal says, and queue the days that must be judged."""
    amiss: set[str] = set()
    for found in results:
        if isinstance(found, journal_proof.Found):
            projection.put_right(connection, found, now_utc_ms)
            done.records += found.records
        else:
            amiss.update(found.people)
            if found.columns:
                rows = [{"who": who, "date": date} for who, date in found.columns]
                connection.execute(_WRITE_AGAIN, rows)
                dirty.mark(connection, found.columns, now_utc_ms)
            done.days += found.days
        on_progress(done.records, done.days)
    for some in portions(sorted(amiss), _PEOPLE_AT_ONCE):
        dirty.mark_people(connection, some, now_utc_ms)
        for table in (tables.punch, tables.sale):  # a day may be missing altogether
            these = table.c.employee_id.in_(some)
            stood = projection.standing_days(connection, table, these)
            dirty.mark(connection, stood, now_utc_ms)


def _number_of_provers(engine: Engine, processes: int | None) -> int:
    """Return how many processes prove; 0: this one does it."""
    if engine.dialect.name != "sqlite":
        return 0
    if processes is not None:
        return processes
    with read(engine) as connection:
        rows = connection.scalar(select(func.max(tables.journal.c.entry_no))) or 0
    return _processors() if rows >= SMALL else 0


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
