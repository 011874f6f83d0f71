"""The report of overtime lists nobody with 0.0 hours, and says how many it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from cloud_receiver.domain.attendance import DayStatus
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.reports import Stretch
from cloud_receiver.store.tables import day_fact, employee
from cloud_receiver.web.report_asked import Asked
from cloud_receiver.web.report_labour import overtime
from cloud_receiver.web.texts import Language

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cloud_receiver.web.report_sheet import Sheet

STRETCH = Stretch(first="2026-11-01", last="2026-11-30")


def _report(engine: Engine, overtime_min: dict[str, int]) -> Sheet:
    rows = [
        {"employee_id": who, "work_date": "2026-11-20", "store_id": "S1", "final": True,
         "status": DayStatus.NORMAL.value, "facts": "{}", "evidence": "{}", "input_hash": "",
         "revision": 1, "computed_utc_ms": 0, "sales_fen": 0, "overtime_min": minutes}
        for who, minutes in overtime_min.items()
    ]  # fmt: skip
    people = [
        {"employee_id": who, "name": who, "store_id": "S1", "language": "zh", "active": True}
        for who in overtime_min
    ]
    with write(engine) as connection:
        connection.execute(insert(employee), people)
        connection.execute(insert(day_fact), rows)
    with read(engine) as connection:
        return overtime(connection, Asked(STRETCH, Language.ZH))


def test_less_than_a_tenth_of_an_hour_is_counted_and_not_listed(hq_engine: Engine) -> None:
    sheet = _report(hq_engine, {"E1": 2, "E2": 3, "E3": 90, "E4": 0})
    assert [row.values[4] for row in sheet.rows] == ["1.5", "0.1"]
    assert sheet.findings[0].startswith("2 人次月有加班")
    assert sheet.findings[1] == "另有 1 人次月合计不足 0.1 小时,没有列出。"


def test_nothing_is_said_of_what_is_not_left_out(hq_engine: Engine) -> None:
    assert len(_report(hq_engine, {"E2": 3, "E4": 0}).findings) == 1
