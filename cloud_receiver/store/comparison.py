"""How another system judged days, beside how ours does: what differs, and how much agrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, and_, select

from cloud_receiver.domain import day_texts
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.periods import last_date, period_of
from cloud_receiver.store import archive
from cloud_receiver.store.archive_files import ArchiveError
from cloud_receiver.store.tables import day_fact, imported_result

_UNJUDGED: Final = frozenset({"Pending", "AwaitingData"})


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A day both judged, differently; minutes are None where the other does not say."""

    employee_id: str
    work_date: str
    origin: str
    theirs: str
    ours: str
    their_late_min: int | None
    our_late_min: int
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of laying both side by side.

    Attributes:
        unjudged: days of theirs that ours has no final word on, for want of data or roster.
        archived: days of theirs whose own are in files of the archive that cannot be read.
        trouble: what is the matter with the archive then; else empty.
    """

    agreed: int
    unjudged: int
    disagreements: tuple[Disagreement, ...]
    archived: int = 0
    trouble: str = ""


class _Ours(NamedTuple):
    status: str
    late_min: int


def compare(connection: Connection, first_date: str, last_date: str) -> Comparison:
    """Lay imported results beside our days, the archive's too, between two dates, both included."""
    theirs, ours = imported_result.c, day_fact.c
    same_day = and_(theirs.employee_id == ours.employee_id, theirs.work_date == ours.work_date)
    query = (
        select(imported_result, ours.status.label("our_status"), ours.facts, ours.evidence)
        .select_from(imported_result.outerjoin(day_fact, same_day))
        .where(theirs.work_date.between(first_date, last_date))
        .order_by(theirs.work_date, theirs.employee_id, theirs.origin)
    )
    agreed = unjudged = archived = 0
    found = []
    removed = _Removed(connection)
    for row in connection.execute(query):
        try:
            own = _own(row) if row.our_status is not None else removed.of(row)
        except ArchiveError:
            archived += 1
            continue
        if own is None or own.status in _UNJUDGED:
            unjudged += 1
            continue
        same_minutes = row.late_min is None or row.late_min == own.late_min
        if row.status == own.status and same_minutes:
            agreed += 1
            continue
        found.append(
            Disagreement(
                row.employee_id, row.work_date, row.origin, row.status, own.status,
                row.late_min, own.late_min, row.file, row.line,
            )
        )  # fmt: skip
    return Comparison(agreed, unjudged, tuple(found), archived, removed.trouble)


def _own(row: Row[Any]) -> _Ours | None:
    """Return a day of ours as it stands in the database; None: it cannot be read."""
    facts, _ = day_texts.read(row.facts, row.evidence)
    return _Ours(row.our_status, int(facts.get("late_min", 0))) if facts else None


class _Removed:
    """Days that are in the archive alone, for who asks in order of dates: a month at a time.

    Attributes:
        trouble: what was the matter with a month that could not be read.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last = archive.removed_through(connection)
        self._month = ""
        self._days: Mapping[DayKey, _Ours] | None = {}
        self.trouble = ""

    def of(self, row: Row[Any]) -> _Ours | None:
        """Return a day of ours, None when there is none.

        Raises:
            ArchiveError: a file of its month is not there or not what was written.
        """
        month = period_of(row.work_date)
        if month > self._last:
            return None
        if month != self._month:
            self._month, self._days = month, self._read(month)
        if self._days is None:
            raise ArchiveError(self.trouble)
        return self._days.get((row.employee_id, row.work_date))

    def _read(self, month: str) -> Mapping[DayKey, _Ours] | None:
        names = ("employee_id", "work_date", *_Ours._fields)
        try:
            days = archive.facts(self._connection, names, f"{month}-01", last_date(month))
        except ArchiveError as error:
            self.trouble = str(error)
            return None
        return {(who, date): _Ours(*own) for who, date, *own in days.iter_rows()}
