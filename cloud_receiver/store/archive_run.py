"""One run of the archive: which months are old and closed, written to files, proved, removed.

Files first, on the disk and read back; then one transaction that finds the rows of the month to be
the ones in the files and takes them out. Whatever ends a run in between, a month is whole in
the database or whole in the archive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from cloud_receiver.domain.periods import after, before, last_date, parse_period, period_of
from cloud_receiver.domain.workday import local_date, local_to_utc_ms
from cloud_receiver.store import archive, archive_files, tables
from cloud_receiver.store.archive_files import COLUMNS, FACTS, JOURNAL, Rows, rows_sha256
from cloud_receiver.store.dirty import NEVER_UTC_MS
from cloud_receiver.store.engine import read, stream, upsert, wait_turn, write
from cloud_receiver.store.ledger import first_open
from cloud_receiver.store.projection import cursor
from cloud_receiver.store.sheaves import whole_rows

PART_ROWS: Final = 50_000
"""Rows of a file: what is in memory at a time."""

Stage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Month:
    """The rows of a month; `first_no` and `last_no` of the journal's, else 0."""

    kind: str
    month: str
    first_no: int = 0
    last_no: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a month.

    Attributes:
        is_removed: the files have it alone now; else the database has it too.
        is_changed: its rows changed while they were written; the next run tries again.
    """

    kind: str
    month: str
    rows: int
    is_removed: bool
    is_changed: bool = False


def run(
    engine: Engine,
    folder: Path,
    now_utc_ms: int,
    online_months: int,
    *,
    keep: bool = False,
    on_the_way: Stage = lambda _stage: None,
) -> Iterator[Done]:
    """Archive every closed month before the horizon, the oldest first.

    Args:
        online_months: how many months before the running one stay in the database.
        keep: write and prove only; remove nothing.
        on_the_way: called after each stage; a test ends the process there.

    Raises:
        ArchiveError: a file does not read as it was written.
    """
    archive_files.drop_drafts(folder)
    with read(engine) as connection:
        horizon = horizon_of(connection, now_utc_ms, online_months)
        waiting = [*_days(connection, horizon), *_journal(connection, horizon)]
    for month in waiting:
        yield _archive(engine, folder, month, now_utc_ms, keep=keep, on_the_way=on_the_way)
    with read(engine) as connection:
        parts = archive.parts(connection)
    if parts:
        archive_files.put_manifest(folder, [one._asdict() for one in parts])


def horizon_of(connection: Connection, now_utc_ms: int, online_months: int) -> str:
    """Return the first month that stays: of those asked for, open ones and of campaigns that last."""
    horizon = local_date(now_utc_ms, "UTC")[:7]
    for _ in range(online_months):
        horizon = before(horizon)
    horizon = min(horizon, first_open(connection))
    campaign = tables.campaign.c
    query = select(campaign.first_date, campaign.last_date, campaign.closed_utc_ms)
    for first, last, closed_utc_ms in connection.execute(query.order_by(campaign.last_date.desc())):
        if closed_utc_ms is None or period_of(last) >= horizon:
            horizon = min(horizon, period_of(first))
    return horizon


def _days(connection: Connection, horizon: str) -> list[Month]:
    """Return the months of days that are in the database and wait for nothing."""
    fact, dirty = tables.day_fact.c, tables.dirty.c
    month, waits = func.substr(fact.work_date, 1, 7), func.substr(dirty.work_date, 1, 7)
    found = connection.scalars(
        select(month).where(fact.work_date < f"{horizon}-01").group_by(month).order_by(month)
    )
    busy = set(connection.scalars(select(waits).where(dirty.due_utc_ms < NEVER_UTC_MS).distinct()))
    return [Month(FACTS, one) for one in found if one not in busy]


def _journal(connection: Connection, horizon: str) -> Iterator[Month]:
    """Yield the months of the journal after what is removed: stretches of numbers, by receipt (UTC)."""
    row = tables.journal.c
    removed = archive.parts_away(connection, JOURNAL)
    last_no, through = max((one.last_no for one in removed), default=0), cursor(connection)
    earliest = after(max(one.month for one in removed)) if removed else ""
    while True:
        rest = select(row.entry_no, row.received_utc_ms).where(row.entry_no > last_no)
        rest = rest.order_by(row.entry_no).limit(1)
        first = connection.execute(rest.where(row.entry_no <= through)).first()
        if first is None:
            return
        # a clock that stepped back does not begin an earlier month again
        month = max(local_date(first.received_utc_ms, "UTC")[:7], earliest)
        ends_utc_ms = local_to_utc_ms(f"{after(month)}-01T00:00:00", "UTC")
        following = connection.execute(rest.where(row.received_utc_ms >= ends_utc_ms)).first()
        if month >= horizon or following is None or following.entry_no - 1 > through:
            return  # of a month nothing came after, more may be on its way
        last_no = following.entry_no - 1
        earliest = after(month)
        yield Month(JOURNAL, month, first.entry_no, last_no)


def _archive(
    engine: Engine, folder: Path, month: Month, now_utc_ms: int, *, keep: bool, on_the_way: Stage
) -> Done:
    with read(engine) as connection:
        files = [
            _file(folder, month, number, rows, now_utc_ms, on_the_way)
            for number, rows in enumerate(_portions(connection, month), 1)
        ]
    done = partial(Done, month.kind, month.month, sum(one["rows"] for one in files))
    with write(engine) as connection:
        wait_turn(connection, archive.TURN)
        told = [one["rows_sha256"] for one in files]
        if [rows_sha256(rows) for rows in _portions(connection, month)] != told:
            return done(is_removed=False, is_changed=True)
        before = _note(connection, folder, month, files)
        if not keep:
            archive.take_out(connection, month.kind, month.month, now_utc_ms)
        on_the_way("taken out")
    on_the_way("committed")
    for name in before - {one["file"] for one in files}:
        (folder / name).unlink(missing_ok=True)
    return done(is_removed=not keep)


def _file(
    folder: Path, month: Month, number: int, rows: Rows, now_utc_ms: int, on_the_way: Stage
) -> dict[str, Any]:
    """Write a file; return its row of `archive_part`."""
    written = archive_files.write(folder, month.kind, month.month, number, rows, on_the_way)
    of_journal = month.kind == JOURNAL
    people = (None, None) if of_journal else _people(rows)
    return {
        **asdict(written),
        "kind": month.kind,
        "month": month.month,
        "part_no": number,
        "first_no": rows[0][0] if of_journal else 0,
        "last_no": rows[-1][0] if of_journal else 0,
        "written_utc_ms": now_utc_ms,
        "first_who": people[0],
        "last_who": people[1],
    }


def _people(rows: Rows) -> tuple[str, str]:
    """Return the least and the greatest employee id of days."""
    place = COLUMNS[FACTS].index("employee_id")
    ids = {row[place] for row in rows}
    return min(ids), max(ids)


def _note(
    connection: Connection, folder: Path, month: Month, files: Sequence[dict[str, Any]]
) -> set[str]:
    """Say which files hold a month; return the names of those that did so before."""
    before = {one.file for one in archive.parts(connection, month.kind) if one.month == month.month}
    own = tables.archive_part.c
    this = (own.kind == month.kind) & (own.month == month.month)
    connection.execute(delete(tables.archive_part).where(this))
    connection.execute(insert(tables.archive_part), files)
    upsert(connection, tables.meta, [{"key": archive.FOLDER_KEY, "value": str(folder)}])
    return before


def _portions(connection: Connection, month: Month) -> Iterator[Rows]:
    """Yield the rows of a month as the database has them, in portions."""
    columns = COLUMNS[month.kind]
    table = tables.metadata.tables[month.kind]
    yes_no = [place for place, name in enumerate(columns) if table.c[name].type.python_type is bool]
    if month.kind == FACTS:
        period = parse_period(month.month)
        where = f"work_date BETWEEN '{period}-01' AND '{last_date(period)}'"
        order = "employee_id, work_date"
        query = f"SELECT {', '.join(columns)} FROM {month.kind} WHERE {where} ORDER BY {order}"  # noqa: S608 - our own names, a checked month
        rows = stream(connection, query)
    else:
        rows = whole_rows(connection, month.first_no, month.last_no)
    while some := list(islice(rows, PART_ROWS)):
        yield [_with_truth(row, yes_no) for row in some] if yes_no else some


def _with_truth(row: tuple[Any, ...], yes_no: Sequence[int]) -> tuple[Any, ...]:
    """Return a row with True and False where SQLite gives 1 and 0."""
    values = list(row)
    for place in yes_no:
        values[place] = bool(values[place])
    return tuple(values)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a look through all files found.

    Attributes:
        strangers: files in the folder that hold no month; a run that was ended left them.
    """

    files: int
    troubles: tuple[str, ...]
    strangers: tuple[Path, ...]


def verify(engine: Engine, folder: Path) -> Proof:
    """Read every file; when all hold, this folder is noted as where they are."""
    troubles, own = [], tables.archive_part.c
    with write(engine) as connection:
        parts = archive.parts(connection)
        for one in parts:
            try:
                rows = archive_files.read(folder, one.kind, one.file, one.sha256)
            except archive_files.ArchiveError as error:
                troubles.append(str(error))
                continue
            if rows_sha256(rows) != one.rows_sha256:
                troubles.append(f"{folder / one.file}: its rows are not those that were archived")
            elif one.kind == FACTS and one.first_who is None:
                first, last = _people(rows)
                this = (own.kind == FACTS) & (own.file == one.file)
                noted = update(tables.archive_part).where(this)
                connection.execute(noted.values(first_who=first, last_who=last))
        if parts and not troubles:
            upsert(connection, tables.meta, [{"key": archive.FOLDER_KEY, "value": str(folder)}])
            archive_files.put_manifest(folder, [one._asdict() for one in parts])
    known = {folder / one.file for one in parts}
    strangers = sorted(path for path in folder.rglob("*.parquet") if path not in known)
    return Proof(len(parts), tuple(troubles), tuple(strangers))
