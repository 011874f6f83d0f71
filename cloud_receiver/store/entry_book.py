"""Entries of headquarters as judging reads them: touches beside the terminals', leave, corrections.

Derived from the journal like punches are. What is withdrawn stays, marked with when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, delete, or_, select, update

from cloud_receiver.domain.entries import (
    KINDS,
    Arrival,
    CheckIn,
    Correction,
    Entered,
    Feedback,
    Leave,
    Withdrawal,
    from_body,
    kind_of,
)
from cloud_receiver.domain.findings import FindingCode
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.schedule import around
from cloud_receiver.domain.touches import Place, Source, distance_m, rank_of
from cloud_receiver.domain.workday import MINUTE_MS, local_date, shift_date
from cloud_receiver.store import tables
from cloud_receiver.store.engine import upsert
from cloud_receiver.store.organisation import Site, zone_of

LATE_ENTRY_MS: Final = 24 * 60 * MINUTE_MS
BULK_PEOPLE: Final = 3
PHONE_CLOCK_MS: Final = 10 * MINUTE_MS
_TOUCHES: Final = (CheckIn, Arrival)

Act = tuple[str | None, str, int | None, str]
"""Person, store, instant and local time of something done in a store."""


class Note(NamedTuple):
    """A journal row that is an entry."""

    entry_no: int
    record_id: str
    entered: Entered


class About(NamedTuple):
    """Which days entries bear on: what was done at an instant, and dates they name."""

    acts: list[Act]
    days: set[DayKey]


def is_entry(kind: str) -> bool:
    """Tell whether a kind of journal row is an entry of headquarters."""
    return kind in KINDS


def note(connection: Connection, rows: Iterable[tuple[int, str, str]], now_utc_ms: int,
         sites: Mapping[str, Site]) -> About:  # fmt: skip
    """Take journal rows (number, id, body) into the book; return what they bear on.

    Whether a withdrawal or what it withdraws comes first makes no difference.
    """
    notes = [Note(number, record_id, from_body(body)) for number, record_id, body in rows]
    upsert(connection, tables.entry, [_row(one, sites) for one in notes], ("withdrawn_utc_ms",))
    touches = [one for one in notes if isinstance(one.entered.entry, _TOUCHES)]
    upsert(connection, tables.punch, [_touch(one, sites) for one in touches],
           ("withdrawn_utc_ms",))  # fmt: skip
    targets = withdraw(connection, [one.record_id for one in notes])
    _point_out_bulk(connection, touches)
    about = About([], set())
    for entered in [*(one.entered for one in notes), *targets]:
        _add_days(connection, entered, about, now_utc_ms)
    return about


def _row(one: Note, sites: Mapping[str, Site]) -> dict[str, Any]:
    entry = one.entered.entry
    first_date = last_date = getattr(entry, "work_date", "")
    if isinstance(entry, Leave):
        first_date, last_date = entry.first_date, entry.last_date
    if isinstance(entry, Feedback):
        zone = zone_of(sites, entry.store_id)
        first_date = last_date = local_date(entry.said_utc_ms, zone)
    return {
        "record_id": one.record_id,
        "entry_no": one.entry_no,
        "kind": kind_of(entry),
        "employee_id": getattr(entry, "employee_id", "") or None,
        "first_date": first_date,
        "last_date": last_date,
        "target_id": entry.record_id if isinstance(entry, Withdrawal) else None,
        "author": one.entered.author,
        "entered_utc_ms": one.entered.entered_utc_ms,
        "withdrawn_utc_ms": None,
    }


def _touch(one: Note, sites: Mapping[str, Site]) -> dict[str, Any]:
    """Return the row of `punch` that a check-in or a supervisor's record is."""
    entered, entry = one.entered, one.entered.entry
    assert isinstance(entry, CheckIn | Arrival)
    source, place, has_photo = Source.BOSS, Place.UNKNOWN, False
    at_utc_ms = entered.entered_utc_ms
    if isinstance(entry, CheckIn):
        source, has_photo = Source.USER, bool(entry.photo_sha256)
        place = place_of(entry, sites.get(entry.store_id))
    else:
        at_utc_ms = entry.at_utc_ms
    return {
        "record_id": one.record_id,
        "entry_no": one.entry_no,
        "store_id": entry.store_id,
        "device_serial": "",
        "user_id": "",
        "employee_id": entry.employee_id,
        "device_time": "",
        "effective_utc_ms": at_utc_ms,
        "state_code": 255,
        "verify_code": 0,
        "source": source.value,
        "rank": rank_of(source, place, has_photo=has_photo),
        "place": place.value,
        "check_type": getattr(entry, "check_type", None),
        "oddities": " ".join(_oddities(entered, place)),
        "withdrawn_utc_ms": None,
    }


def place_of(entry: CheckIn, site: Site | None) -> Place:
    """Tell whether a check-in was made where its store is."""
    if entry.kept_place is not None:
        return entry.kept_place
    if entry.latitude_microdeg is None or entry.longitude_microdeg is None:
        return Place.UNKNOWN
    if site is None or site.fence_m is None:
        return Place.UNKNOWN
    assert site.latitude_microdeg is not None
    assert site.longitude_microdeg is not None
    there = (site.latitude_microdeg, site.longitude_microdeg)
    away_m = distance_m(there, (entry.latitude_microdeg, entry.longitude_microdeg))
    return Place.NORMAL if away_m <= site.fence_m else Place.OUTSIDE


def _oddities(entered: Entered, place: Place) -> list[FindingCode]:
    entry, at_utc_ms = entered.entry, entered.entered_utc_ms
    found = []
    if place is Place.OUTSIDE:
        found.append(FindingCode.OUTSIDE_FENCE)
    if isinstance(entry, CheckIn):
        if entry.is_mock:
            found.append(FindingCode.MOCK_POSITION)
        if abs((entry.taken_at_utc_ms or at_utc_ms) - at_utc_ms) > PHONE_CLOCK_MS:
            found.append(FindingCode.PHONE_CLOCK)
    if isinstance(entry, Arrival):
        if entered.author == entry.employee_id:
            found.append(FindingCode.SELF_ENTRY)
        if at_utc_ms - entry.at_utc_ms > LATE_ENTRY_MS:
            found.append(FindingCode.LATE_ENTRY)
    return found


def withdraw(connection: Connection, ids: Sequence[str]) -> list[Entered]:
    """Mark what is withdrawn, whichever of the two came first; return what these rows withdraw."""
    entry = tables.entry.c
    known = select(entry.target_id, entry.entered_utc_ms).where(
        or_(entry.record_id.in_(ids), entry.target_id.in_(ids)), entry.target_id.is_not(None)
    )
    when: dict[str, int] = {}
    for target_id, entered_utc_ms in connection.execute(known):
        when[target_id] = min(entered_utc_ms, when.get(target_id, entered_utc_ms))
    for target_id, withdrawn_utc_ms in sorted(when.items()):
        for table in (tables.entry, tables.punch):
            this = table.c.record_id == target_id
            connection.execute(update(table).where(this).values(withdrawn_utc_ms=withdrawn_utc_ms))
    return [one.entered for one in _noted(connection, when)]


def _noted(connection: Connection, record_ids: Collection[str]) -> list[Note]:
    journal = tables.journal.c
    query = select(journal.entry_no, journal.record_id, journal.body).join(
        tables.entry, tables.entry.c.record_id == journal.record_id
    )
    rows = connection.execute(query.where(journal.record_id.in_(record_ids)))
    return [Note(number, record_id, from_body(body)) for number, record_id, body in rows]


def _point_out_bulk(connection: Connection, touches: Sequence[Note]) -> None:
    """Point out records one author made for several people in the same second."""
    entry, punch = tables.entry.c, tables.punch.c
    seconds = {
        (one.entered.author, one.entered.entered_utc_ms // 1000)
        for one in touches
        if isinstance(one.entered.entry, Arrival)
    }
    for author, second in sorted(seconds):
        same = and_(
            entry.author == author,
            entry.kind == "arrival",
            entry.entered_utc_ms.between(second * 1000, second * 1000 + 999),
        )
        rows = connection.execute(select(entry.record_id, entry.employee_id).where(same)).all()
        if len({row.employee_id for row in rows}) < BULK_PEOPLE:
            continue
        ids = [row.record_id for row in rows]
        told = select(punch.record_id, punch.oddities).where(punch.record_id.in_(ids))
        for record_id, oddities in connection.execute(told).all():
            codes = sorted({*oddities.split(), FindingCode.BULK_ENTRY.value})
            this = punch.record_id == record_id
            connection.execute(update(tables.punch).where(this).values(oddities=" ".join(codes)))


def _add_days(
    connection: Connection,
    entered: Entered,
    about: About,
    now_utc_ms: int,
) -> None:
    entry = entered.entry
    if isinstance(entry, CheckIn):
        about.acts.append((entry.employee_id, entry.store_id, entered.entered_utc_ms, ""))
    elif isinstance(entry, Arrival):
        about.acts.append((entry.employee_id, entry.store_id, entry.at_utc_ms, ""))
        about.acts.extend(_of_the_same_second(connection, entered))
    elif isinstance(entry, Correction):
        about.days.update(_of_month(connection, entry.employee_id, entry.work_date))
        punch = tables.punch.c
        struck = select(punch.employee_id, punch.store_id, punch.effective_utc_ms,
                        punch.device_time).where(punch.record_id == entry.replaces)  # fmt: skip
        about.acts.extend((row[0], row[1], row[2], row[3]) for row in connection.execute(struck))
    elif isinstance(entry, Leave):
        until = min(entry.last_date, local_date(now_utc_ms, "UTC"))
        date = entry.first_date
        while date <= until:  # later days are judged from their midnight on, with this in mind
            about.days.update((entry.employee_id, near) for near in around(date)[1:4])
            date = shift_date(date, 1)
    elif isinstance(entry, Feedback) and entry.employee_id:
        about.acts.append((entry.employee_id, entry.store_id, entry.said_utc_ms, ""))


def _of_the_same_second(connection: Connection, entered: Entered) -> list[Act]:
    entry, punch = tables.entry.c, tables.punch.c
    second = entered.entered_utc_ms // 1000 * 1000
    query = (
        select(punch.employee_id, punch.store_id, punch.effective_utc_ms, punch.device_time)
        .join(tables.entry, entry.record_id == punch.record_id)
        .where(
            entry.author == entered.author,
            entry.entered_utc_ms.between(second, second + 999),
        )
    )
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def _of_month(connection: Connection, employee_id: str, work_date: str) -> set[DayKey]:
    """Return the days of a month that were corrected: one more may change which ones count."""
    entry = tables.entry.c
    month = work_date[:7]
    query = select(entry.first_date).where(
        entry.employee_id == employee_id,
        entry.kind == "correction",
        entry.first_date.between(f"{month}-01", f"{month}-31"),
    )
    dates = {work_date, *connection.scalars(query)}
    return {(employee_id, near) for date in dates for near in around(date)[2:4]}


def standing(connection: Connection, ids: Collection[str]) -> list[tuple[Any, ...]]:
    """Return all that stands of some entries, and of what they withdraw."""
    entry, punch = tables.entry, tables.punch
    targets = select(entry.c.target_id).where(entry.c.record_id.in_(ids))
    found: list[tuple[Any, ...]] = []
    for table in (entry, punch):
        own = table.c.record_id
        these = or_(own.in_(ids), own.in_(targets))
        found += [
            tuple(row) for row in connection.execute(select(table).where(these).order_by(own))
        ]
    return found


def forget(connection: Connection, ids: Collection[str]) -> None:
    """Take entries out of the book; `note` brings them back."""
    for table in (tables.entry, tables.punch):
        connection.execute(delete(table).where(table.c.record_id.in_(ids)))
