"""The ledger in the database: outcomes in, entries and notices out, in the caller's transaction.

One row of `meta` holds the end of the chain. Locking it makes writers queue, and keeping it
apart from the entries lets verification notice a cut-off tail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, delete, func, insert, select, update

from cloud_receiver.domain.ledger import GENESIS, Chain, Entry, Head, post, verify
from cloud_receiver.domain.notices import notices_of
from cloud_receiver.domain.outcomes import DayKey, Outcome
from cloud_receiver.store.engine import insert_ignore, upsert
from cloud_receiver.store.notices import queue
from cloud_receiver.store.tables import ledger, meta, outcome

HEAD_KEY: Final = "ledger_head"
DEFAULT_CHANNELS: Final = ("console",)
_KEYS_A_QUERY: Final = 500  # some builds of SQLite allow only 999 parameters
_ROWS_A_READ: Final = 5_000


def apply_outcomes(
    connection: Connection,
    days: Collection[DayKey],
    outcomes: Sequence[Outcome],
    now_utc_ms: int,
    *,
    channels: Sequence[str] = DEFAULT_CHANNELS,
) -> list[Entry]:
    """Make the database say what the outcomes say; return the entries that were posted.

    Outcomes that were there and are no longer among `outcomes` are reversed. Applying the
    same again posts nothing. It all commits, or not, with the caller's transaction.

    Args:
        days: every employee-day that was evaluated, also those without an outcome.
        outcomes: all that the rules say about these days.
        channels: where people are told; one notice each for every visible change.
    """
    wanted = sorted(set(days))
    said = {one.outcome_key: one for one in outcomes}
    assert {one.day for one in outcomes} <= set(wanted), "an outcome of a day not evaluated"
    if not wanted:
        return []
    head = _locked_head(connection)
    _replace_outcomes(connection, wanted, said, now_utc_ms)
    booked = entries_of(connection, wanted)
    posted = post(said.values(), booked, head, now_utc_ms)
    if posted:
        connection.execute(insert(ledger), [entry._asdict() for entry in posted])
        _move_head(connection, Head(posted[-1].entry_no, posted[-1].hash))
        queue(connection, notices_of(booked, posted), channels, now_utc_ms)
    return posted


def entries_of(connection: Connection, days: Sequence[DayKey]) -> list[Entry]:
    """Return what is booked for some employee-days, oldest first."""
    rows = _rows_of_days(connection, ledger, days)
    return sorted(Entry(*row) for row in rows)


def verify_ledger(connection: Connection) -> Chain:
    """Check every entry against its hash, its neighbour and the end of the chain.

    Entries that are booked meanwhile are left for the next time.
    """
    last_no, head = _end(connection)
    columns = [ledger.c[name] for name in Entry._fields]
    query = select(*columns).where(ledger.c.entry_no <= last_no).order_by(ledger.c.entry_no)
    with connection.execute(query, execution_options={"yield_per": _ROWS_A_READ}) as rows:
        return verify(map(tuple, rows), head)  # plain tuples are read twice as fast


def _end(connection: Connection) -> tuple[int, Head]:
    """Return the highest entry number and the head, both from one look at the database."""
    last_no = func.coalesce(func.max(ledger.c.entry_no), 0)
    value = select(meta.c.value).where(meta.c.key == HEAD_KEY).scalar_subquery()
    row = connection.execute(select(last_no, value)).one()
    return row[0], _head_of(row[1])


def _locked_head(connection: Connection) -> Head:
    insert_ignore(connection, meta, [{"key": HEAD_KEY, "value": _head_text(GENESIS)}])
    query = select(meta.c.value).where(meta.c.key == HEAD_KEY).with_for_update()
    return _head_of(connection.scalar(query))


def _head_of(text: str | None) -> Head:
    return msgspec.json.decode(text, type=Head) if text else GENESIS


def _move_head(connection: Connection, head: Head) -> None:
    moved = update(meta).where(meta.c.key == HEAD_KEY).values(value=_head_text(head))
    connection.execute(moved)


def _head_text(head: Head) -> str:
    return msgspec.json.encode(head).decode()


def _replace_outcomes(
    connection: Connection, days: Sequence[DayKey], said: dict[str, Outcome], now_utc_ms: int
) -> None:
    """Write what changed among the outcomes of some days; a change is a new revision."""
    stored = {row.outcome_key: row for row in _rows_of_days(connection, outcome, days)}
    changed = []
    for key, one in said.items():
        row = _outcome_row(one)
        old = stored.get(key)
        if old is None or any(getattr(old, name) != value for name, value in row.items()):
            revision = old.revision + 1 if old is not None else 1
            changed.append({**row, "revision": revision, "updated_utc_ms": now_utc_ms})
    upsert(connection, outcome, changed)
    for keys in _slices(sorted(stored.keys() - said.keys())):
        connection.execute(delete(outcome).where(outcome.c.outcome_key.in_(keys)))


def _outcome_row(one: Outcome) -> dict[str, Any]:
    return {
        "outcome_key": one.outcome_key,
        "employee_id": one.employee_id,
        "work_date": one.work_date,
        "store_id": one.store_id,
        "rule_id": one.rule_id,
        "rule_version": one.rule_version,
        "row_id": one.row_id,
        "amount_fen": one.amount_fen,
        "account": one.account.value,
        "explanation": one.explanation.to_json(),
    }


def _rows_of_days(connection: Connection, table: Table, days: Sequence[DayKey]) -> Iterator[Any]:
    """Yield the rows of some days, a person or a date at a time, whichever are fewer.

    SQLite reads the whole table for a list of pairs; one value and a list use the index.
    """
    people: defaultdict[str, list[str]] = defaultdict(list)
    dates: defaultdict[str, list[str]] = defaultdict(list)
    for employee_id, work_date in days:
        people[employee_id].append(work_date)
        dates[work_date].append(employee_id)
    one, many = table.c.employee_id, table.c.work_date
    groups = people
    if len(dates) < len(people):
        one, many, groups = many, one, dates
    for key, others in groups.items():
        for some in _slices(others):
            yield from connection.execute(select(table).where(one == key, many.in_(some)))


def _slices(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _KEYS_A_QUERY):
        yield items[start : start + _KEYS_A_QUERY]
