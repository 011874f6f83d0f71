"""History from before: touches into the journal, and how another system judged, to compare.

An imported touch is a journal record like any other, with where it came from beside it; the
same touch again, from whichever file, is the same record. Who is not known yet does not hold
a touch up: it waits among the strangers until somebody says who it is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection

from cloud_receiver.domain.entries import HQ_BOX_ID
from cloud_receiver.domain.results import DayStatus
from cloud_receiver.domain.workday import midnight_utc_ms, shift_date
from cloud_receiver.exchange import fields
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.lines import (
    Cells,
    Errand,
    ImportFile,
    Known,
    known,
    person_of,
    store_of,
)
from cloud_receiver.store import enrolment, feed_history, foreign_records, journal, tables
from cloud_receiver.store.engine import upsert
from cloud_receiver.store.enrolment import Badge
from sync.clock import utc_text
from sync.envelope import encode_body
from sync.identity import record_id
from sync.records import STATE_UNKNOWN, Punch, is_clean_text, to_wire

LANE: Final = "import"
DRIVER: Final = "import"
_STATES: Final = {"": STATE_UNKNOWN, "0": 0, "1": 1, "上班": 0, "下班": 1, "in": 0, "out": 1}


@dataclass(frozen=True, slots=True)
class _Touch:
    """A touch and the line it stood on; `employee_id` is empty when only an id is known."""

    line: int
    punch: Punch
    employee_id: str
    foreign_ids: tuple[str, ...] = ()


def import_punches(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Put touches into the journal; return how many it did not hold."""
    named = known(connection)
    received = utc_text(datetime.fromtimestamp(errand.now_utc_ms / 1000, UTC))

    def read(number: int, cells: Cells) -> _Touch:
        return _touch(number, cells, named, received)

    touches = list(_not_yet_in(connection, file, list(file.read(read))))
    _bind(connection, touches, named, errand)
    rows = [_entry(touch, file, errand) for touch in touches]
    return journal.append(connection, rows)


def _touch(number: int, cells: Cells, named: Known, received: str) -> _Touch:
    employee_id, user_id = cells["employee_id"], cells["user_id"]
    if not is_clean_text(employee_id or user_id):
        zh, en = "请填写工号或打卡号", "write an employee or a user id"
        raise CellError("employee_id", zh, en)
    store_id = cells["store_id"] or named.homes.get(employee_id, "")
    if not store_id:
        raise CellError(
            "store_id",
            f"不知道“{employee_id or user_id}”在哪家门店:请先导入员工,或填写门店编号",
            f"no store is known for {employee_id or user_id!r}: import the employees first, "
            "or write the store's id",
        )
    state = _STATES.get(cells["state"].lower())
    if state is None:
        raise CellError("state", "请填写 上班、下班 或留空", "write in, out or nothing")
    punch = Punch(
        device_serial=cells["device_serial"] or LANE,
        user_id=employee_id or user_id,
        device_time=fields.moment("time", cells["time"]),
        state_code=state,
        verify_code=0,
        occurrence=0,
        workcode="",
        store_id=store_of({**cells, "store_id": store_id}, named),
        driver=DRIVER,
        received_at_utc=received,
        boot_id=LANE,
        boottime_ms=0,
        clock_offset_ms=None,
    )
    return _Touch(number, punch, employee_id, tuple(cells["foreign_id"].split()))


def _not_yet_in(
    connection: Connection, file: ImportFile, touches: list[_Touch]
) -> Iterator[_Touch]:
    """Yield touches whose record the other system has not told us of otherwise."""
    origin = str(file.form)
    asked = {one for touch in touches for one in touch.foreign_ids}
    stands = foreign_records.known(connection, origin, asked)
    new: dict[str, str] = {}
    for touch in touches:
        mine = record_id(touch.punch)
        found = {stands[one] for one in touch.foreign_ids if one in stands}
        if found - {mine}:
            zh = f"对方系统的同一条记录({touch.foreign_ids[0]})已按另一时间或另一人导入过:请用改签更正"
            en = (f"the other system's record {touch.foreign_ids[0]} came in before with another time "
                  "or person: enter a correction")  # fmt: skip
            file.refuse(touch.line, CellError("foreign_id", zh, en))
            continue
        for known_as in (stands, new):
            known_as.update(dict.fromkeys(touch.foreign_ids, mine))
        yield touch
    foreign_records.keep(connection, origin, new)


def _bind(connection: Connection, touches: list[_Touch], named: Known, errand: Errand) -> None:
    """Say that an employee's id under an import is the employee's own."""
    badges = {
        Badge(
            store_id=touch.punch.store_id,
            device_serial=touch.punch.device_serial,
            user_id=touch.employee_id,
            employee_id=touch.employee_id,
        )
        for touch in touches
        if touch.employee_id in named.homes
    }
    ordered = sorted(badges, key=lambda badge: (badge.store_id, badge.device_serial, badge.user_id))
    enrolment.bind_badges(connection, ordered, errand.author, errand.now_utc_ms)


def _entry(touch: _Touch, file: ImportFile, errand: Errand) -> journal.Entry:
    beside = {
        "import_file": file.source,
        "import_line": touch.line,
        "import_author": errand.author,
        "import_sha256": file.content_sha256,
    }
    return journal.Entry(
        record_id=record_id(touch.punch),
        kind=Punch.KIND,
        store_id=touch.punch.store_id,
        box_id=HQ_BOX_ID,
        epoch=file.content_sha256[:16],
        lane=LANE,
        seq=touch.line,
        body=encode_body(to_wire(touch.punch) | beside),
        received_utc_ms=errand.now_utc_ms,
    )


def declare_complete(
    connection: Connection, store_ids: Collection[str], last_date: str, now_utc_ms: int
) -> None:
    """Take HQ's word that imports hold all touches of stores up to a date, it included.

    It is kept as a source that has gone out of service then: it speaks only for stores
    without a terminal of their own in service, whose feed speaks for itself (law 9).
    """
    zones = known(connection).zones
    rows = [
        {
            "box_id": HQ_BOX_ID,
            "source_id": f"{LANE}:{store_id}",
            "name": LANE,
            "store_id": store_id,
            "driver": DRIVER,
            "status": "ok",
            "detail": "",
            # a day's margin: the last night shift ends on the next date
            "retired_utc_ms": midnight_utc_ms(shift_date(last_date, 2), zones[store_id]),
        }
        for store_id in sorted(store_ids)
    ]
    with feed_history.noted(connection, now_utc_ms):
        upsert(connection, tables.source, rows)


def import_results(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Keep how another system judged; return how many days are new or different."""
    named = known(connection)

    def read(number: int, cells: Cells) -> dict[str, Any]:
        status = cells["status"]
        if status not in set(DayStatus):
            raise CellError(
                "status",
                f"不认识的结果“{status}”;可用:{'、'.join(DayStatus)}",
                f"{status!r} is no result; known: {', '.join(DayStatus)}",
            )
        return {
            "origin": str(file.form),
            "employee_id": person_of(cells, named),
            "work_date": fields.day("work_date", cells["work_date"]).isoformat(),
            "status": status,
            "late_min": _minutes("late_min", cells),
            "early_min": _minutes("early_min", cells),
            "raw": json.dumps(cells, ensure_ascii=False),
            "file": file.source,
            "line": number,
            "author": errand.author,
            "created_utc_ms": errand.now_utc_ms,
        }

    beside = ("raw", "file", "line", "author", "created_utc_ms")
    rows = file.read(read)
    return len(enrolment.put_rows(connection, tables.imported_result, rows, beside))


def _minutes(field: str, cells: Cells) -> int | None:
    return fields.minutes(field, cells[field]) if cells[field] else None


def stores_of(file: ImportFile, connection: Connection) -> Iterator[str]:
    """Yield the stores the lines of a file are about, each once."""
    named = known(connection)
    seen = set()
    for line in file.lines:
        cells = file.cells(line)
        text = cells["store_id"] or named.homes.get(cells["employee_id"], "")
        store_id = named.stores.get(text)
        if store_id and store_id not in seen:
            seen.add(store_id)
            yield store_id
