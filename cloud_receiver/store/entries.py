"""What people enter at headquarters goes into the journal, as what boxes send does.

The evaluator meets it there like any other record, marks the days it is about and judges
them. Only a swap does something at once: it becomes new versions of the roster.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection, select

from cloud_receiver.domain.entries import (
    HQ_BOX_ID,
    Arrival,
    CheckIn,
    Correction,
    Entered,
    Entry,
    EntryError,
    Feedback,
    Leave,
    Swap,
    Withdrawal,
    checked,
    from_body,
    identity,
    kind_of,
    to_body,
)
from cloud_receiver.store import enrolment, feedback_texts, journal, organisation, tables
from cloud_receiver.store.enrolment import RosterEntry

LANE: Final = "entry"
_WITHDRAWABLE: Final = (Arrival, Correction, Leave, Feedback)


def enter(connection: Connection, entry: Entry, author: str, now_utc_ms: int) -> str:
    """Enter something; return its record id. The same entry again changes nothing.

    Args:
        author: who is answerable: an account's login, an employee id, the name of an import.

    Raises:
        EntryError: it is malformed, or names somebody or something that is not there.
    """
    entry = checked(entry)
    record_id = identity(entry, author)
    store_id = _place(connection, entry)
    said = entry.text if isinstance(entry, Feedback) else ""
    if said:  # customers' words are deleted after their time; the journal is for ever
        entry = msgspec.structs.replace(entry, text="")
    body = to_body(Entered(author=author, entered_utc_ms=now_utc_ms, entry=entry))
    row = journal.Entry(
        record_id=record_id,
        kind=kind_of(entry),
        store_id=store_id,
        box_id=HQ_BOX_ID,
        epoch="",
        lane=LANE,
        seq=0,
        body=body,
        received_utc_ms=now_utc_ms,
    )
    is_new = journal.append(connection, [row]) > 0
    if is_new and said:
        feedback_texts.keep(connection, record_id, said, now_utc_ms)
    if is_new and isinstance(entry, Swap):
        _exchange(connection, entry, author, now_utc_ms)
    return record_id


def entered(connection: Connection, record_id: str) -> Entered | None:
    """Return an entry as the journal holds it, None when it holds no such entry."""
    row = tables.journal.c
    query = select(row.body).where(row.record_id == record_id, row.box_id == HQ_BOX_ID)
    body = connection.scalar(query)
    return None if body is None else from_body(body)


def _place(connection: Connection, entry: Entry) -> str:
    """Check all an entry refers to and return the store it is about, empty for none."""
    if isinstance(entry, Withdrawal):
        before = entered(connection, entry.record_id)
        if before is None or not isinstance(before.entry, _WITHDRAWABLE):
            raise EntryError(
                "record_id",
                "没有可以撤销的这条记录;打卡请用改签划除,调班请反向再调一次",
                "there is no such entry to withdraw; strike a touch out with a correction, "
                "undo a swap with another swap",
            )
        return _place(connection, before.entry)
    store_id = ""
    people = {
        name: who
        for name in ("employee_id", "other_employee_id")
        if (who := getattr(entry, name, ""))
    }
    homes = organisation.home_stores(connection, set(people.values()))
    for field, employee_id in people.items():
        if employee_id not in homes:
            raise EntryError(
                field, f"没有员工“{employee_id}”", f"there is no employee {employee_id!r}"
            )
        store_id = store_id or homes[employee_id]
    if isinstance(entry, CheckIn | Arrival | Feedback):
        if entry.store_id not in organisation.sites(connection):
            told = f"there is no store {entry.store_id!r}"
            raise EntryError("store_id", f"没有门店“{entry.store_id}”", told)
        store_id = entry.store_id
    replaces = entry.replaces if isinstance(entry, Correction) else ""
    if replaces and not journal.bodies(connection, [replaces]):
        told = f"the journal holds no record {replaces!r}"
        raise EntryError("replaces", f"没有记录“{replaces}”", told)
    return store_id


def _exchange(connection: Connection, swap: Swap, author: str, now_utc_ms: int) -> None:
    """Give each the day of the other, as new roster versions by the one who entered it."""
    mine = (swap.employee_id, swap.work_date)
    other = (swap.other_employee_id, swap.other_work_date)
    sites = organisation.sites(connection)
    dates = sorted((swap.work_date, swap.other_work_date))
    rosters = organisation.rosters(connection, {mine[0], other[0]}, dates[0], dates[1], sites)
    exchanged = []
    for (employee_id, work_date), taken in ((mine, other), (other, mine)):
        day = rosters.get(taken[0], {}).get(taken[1])
        if day is None:
            raise EntryError(
                "work_date",
                f"{taken[0]} 在 {taken[1]} 没有排班,不能调班",
                f"{taken[0]} has no roster on {taken[1]}; there is nothing to swap",
            )
        exchanged.append(
            RosterEntry(
                employee_id=employee_id,
                work_date=work_date,
                store_id=day.store_id,
                shifts=day.shifts,
                target_fen=day.target_fen,
                subsidy_fen=day.subsidy_fen,
            )
        )
    enrolment.add_roster(connection, exchanged, author, now_utc_ms)
