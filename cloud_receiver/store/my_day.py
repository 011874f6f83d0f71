"""One person's day and standing, as their phone shows it; reads only, and only their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from cloud_receiver.domain.touches import Place, Source
from cloud_receiver.domain.workday import local_date, local_to_utc_ms, shift_date
from cloud_receiver.store import appeals, balances, organisation, statement, wishes
from cloud_receiver.store.appeals import AppealView
from cloud_receiver.store.board import PersonDay, people_of_day
from cloud_receiver.store.names import Store, stores
from cloud_receiver.store.personal_file import PersonalFile, personal_file
from cloud_receiver.store.statement import Entry, Selection
from cloud_receiver.store.tables import ledger, punch
from cloud_receiver.store.wishes import Wish

ENTRIES_OF_A_DAY: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A touch of the person's, wherever it came from."""

    at_utc_ms: int
    store_id: str
    source: Source
    place: Place
    oddities: tuple[str, ...]
    is_withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MyDay:
    """Everything the first page of a phone shows.

    Attributes:
        day: None when nothing is rostered and nothing was judged.
        zone: of the home store, whose date it is.
    """

    work_date: str
    zone: str
    file: PersonalFile
    day: PersonDay | None
    touches: tuple[Touched, ...]
    entries: tuple[Entry, ...]
    balance_fen: dict[str, int]
    wishes: tuple[Wish, ...]

    @property
    def appeals(self) -> tuple[AppealView, ...]:
        """Return the person's appeals, those to be decided first before the others."""
        return self.file.appeals


def my_day(connection: Connection, employee_id: str, now_utc_ms: int) -> MyDay:
    """Return a person's day as it stands.

    Raises:
        DakaError: nobody is called so.
    """
    file = personal_file(connection, employee_id, now_utc_ms, from_archive=False)
    zone = organisation.zone_of(organisation.sites(connection), file.store_id)
    date = local_date(now_utc_ms, zone)
    days = people_of_day(connection, date, employee_id=employee_id)
    chosen = Selection(first_date=date, last_date=date, employee_id=employee_id)
    return MyDay(
        work_date=date,
        zone=zone,
        file=file,
        day=days[0] if days else None,
        touches=tuple(touches(connection, employee_id, date, zone)),
        entries=tuple(statement.entries(connection, chosen, ENTRIES_OF_A_DAY)),
        balance_fen=balances.of_people(connection, [employee_id]).get(employee_id, {}),
        wishes=tuple(wishes.of_person(connection, employee_id, limit=5)),
    )


def touches(connection: Connection, employee_id: str, date: str, zone: str) -> list[Touched]:
    """Return a person's touches of a local date, in order of time."""
    row = punch.c
    begins_utc_ms = local_to_utc_ms(f"{date}T00:00", zone)
    ends_utc_ms = local_to_utc_ms(f"{shift_date(date, 1)}T00:00", zone)
    query = select(punch).where(
        row.employee_id == employee_id,
        row.effective_utc_ms >= begins_utc_ms,
        row.effective_utc_ms < ends_utc_ms,
    )
    return [
        Touched(
            at_utc_ms=one.effective_utc_ms,
            store_id=one.store_id,
            source=Source(one.source or Source.ATM),
            place=Place(one.place or Place.UNKNOWN),
            oddities=tuple((one.oddities or "").split()),
            is_withdrawn=one.withdrawn_utc_ms is not None,
        )
        for one in connection.execute(query.order_by(row.effective_utc_ms))
    ]


def places(connection: Connection, employee_id: str, now_utc_ms: int) -> Sequence[Store]:
    """Return all stores, the one of today's shift first, then the home store."""
    mine = my_place(connection, employee_id, now_utc_ms)
    return sorted(stores(connection), key=lambda one: (mine.index(one.store_id)
                                                       if one.store_id in mine else len(mine), one.store_id))  # fmt: skip


def my_place(connection: Connection, employee_id: str, now_utc_ms: int) -> list[str]:
    """Return where a person is rostered today and their home store."""
    home = organisation.home_stores(connection, [employee_id]).get(employee_id, "")
    zone = organisation.zone_of(organisation.sites(connection), home)
    date = local_date(now_utc_ms, zone)
    today = people_of_day(connection, date, employee_id=employee_id)
    here = [one.shift.store_id for day in today for one in day.shifts]
    return [*here, home]


def own_entry(connection: Connection, employee_id: str, entry_id: str) -> Entry | None:
    """Return a person's own entry, None when it is another's or none."""
    query = statement.named_entries().where(
        ledger.c.entry_id == entry_id, ledger.c.employee_id == employee_id
    )
    found = statement.read_entries(connection, query)
    return found[0] if found else None


def own_appeals(connection: Connection, outcome_key: str, employee_id: str) -> list[AppealView]:
    """Return a person's appeals about an outcome, oldest first."""
    found = appeals.about(connection, outcome_key)
    return [one for one in found if one.employee_id == employee_id]
