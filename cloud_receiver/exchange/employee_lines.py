"""Lines of employees: who is who, where from which date on, and until when."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from cloud_receiver.exchange import fields
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.lines import Cells, Errand, ImportFile, known, store_of
from cloud_receiver.store import assignments, enrolment
from cloud_receiver.store.enrolment import Employee

_Numbered = tuple[int, Employee]
_SAID: Final = ("store_id", "active", "name", "language")
"""What two lines of a person for one date may say differently; the columns are called so."""


def import_employees(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Enter people; several lines of one person count in the order of their dates.

    Of two that contradict each other for one date the first counts; the other one is refused.
    """
    named = known(connection)

    def read(number: int, cells: Cells) -> _Numbered:
        since = cells["since"] and fields.day("since", cells["since"]).isoformat()
        return number, Employee(
            employee_id=fields.name("employee_id", cells["employee_id"]),
            name=fields.name("name", cells["name"]),
            store_id=store_of(cells, named),
            language=fields.language("language", cells["language"]),
            active=fields.yes("active", cells["active"]),
            since=since,
        )

    lines = list(file.read(read))
    people = {one.employee_id for _, one in lines} & named.homes.keys()
    today = assignments.today_of(connection, people, errand.now_utc_ms)
    kept: dict[tuple[str, str], _Numbered] = {}
    for number, one in lines:
        date = one.since or today.get(one.employee_id, "")
        first, other = kept.setdefault((one.employee_id, date), (number, one))
        wrong = next((name for name in _SAID if getattr(one, name) != getattr(other, name)), None)
        if wrong is not None:
            file.refuse(number, _contradiction(wrong, date, first))
    told = [one for _, one in kept.values()]
    return enrolment.put_employees(connection, told, errand.now_utc_ms, author=errand.author)


def _contradiction(name: str, date: str, first: int) -> CellError:
    on = (f"从 {date} 起", f"from {date} on") if date else ("", "")
    zh = f"与第 {first} 行说的这个人{on[0]}不一样,以第 {first} 行为准:请删去其中一行,或写明各自从哪天起(since)"
    en = (
        f"line {first} says otherwise of this person {on[1]}".rstrip()
        + ", and counts: take one of them out, or give each its own date (since)"
    )
    return CellError(name, zh, en)
