"""Files of employees with dates: every line counts in its order; who leaves is there until then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.importing import Report, import_file
from cloud_receiver.store import assignments, names, profile, scheduling, tables
from cloud_receiver.store.assignments import Kind
from cloud_receiver.store.enrolment import take_effect
from cloud_receiver.store.trail import Act, deeds
from cloud_receiver.web.phrases import leaving
from cloud_receiver.web.roster_cell import cell_of, changed
from cloud_receiver.web.texts import Language
from tests.integration.evaluate.conftest import Headquarters

HEAD = "employee_id,name,store_id,active,since"
TODAY, TOMORROW = "2026-11-23", "2026-11-24"


@pytest.fixture
def hq(hq_engine: Any) -> Headquarters:
    one = Headquarters(hq_engine)
    one.organise()
    one.at(f"{TODAY}T10:00")
    return one


def _bring(
    hq: Headquarters, folder: Path, *lines: str, kind: str = "employees", head: str = HEAD
) -> Report:
    path = folder / f"{kind}.csv"
    path.write_text("\n".join((head, *lines)), encoding="utf-8")
    return import_file(hq.engine, kind, path, "陈静", hq.now_utc_ms)


def _homes(hq: Headquarters, who: str) -> dict[str, str]:
    return hq.reading(lambda c: assignments.of_people(c, Kind.HOME, [who]))[who]


def _person(hq: Headquarters, who: str = "E1") -> names.Person:
    found = hq.reading(lambda c: profile.person(c, who))
    return found[0]


def test_every_dated_line_counts_in_the_order_of_dates(hq: Headquarters, tmp_path: Path) -> None:
    lines = (
        "E1,王芳,S1,,2027-01-01", "E1,王芳,S2,,2026-06-01", "E3,赵一,S2,,2026-10-01",
        "E1,王芳,S2,,2026-06-01", "E3,赵一,S1,,2026-12-01", "E2,李强,S2,,",
    )  # fmt: skip
    report = _bring(hq, tmp_path, *lines)
    assert (report.errors, report.changed) == ((), 3)
    assert _homes(hq, "E1") == {"2000-01-01": "S1", "2026-06-01": "S2", "2027-01-01": "S1"}
    assert _homes(hq, "E3") == {"2026-10-01": "S2", "2026-12-01": "S1"}
    assert (_person(hq).store_id, _person(hq, "E3").store_id) == ("S2", "S2")
    assert _bring(hq, tmp_path, *reversed(lines)).changed == 0, "the same again, in another order"


def test_lines_that_contradict_each_other_are_told(hq: Headquarters, tmp_path: Path) -> None:
    report = _bring(
        hq, tmp_path, "E1,王芳,S1,,2026-06-01", "E1,王芳,S2,,2026-06-01", "E1,王方,S1,,2026-06-01",
        f"E2,李强,S2,,{TODAY}", "E2,李强,S1,,", "E3,赵一,S1,,", "E3,赵一,S1,no,",
    )  # fmt: skip
    told = [(one.source, one.line, one.field) for one in report.errors]
    assert told == [("employees.csv", line, field) for line, field in (
        (3, "store_id"), (4, "name"), (6, "store_id"), (8, "active"))]  # fmt: skip
    assert "第 2 行" in report.errors[0].zh
    assert "since" in report.errors[0].zh
    assert "from 2026-06-01 on" in report.errors[0].en
    assert f"from {TODAY} on" in report.errors[2].en, "a line without a date is of today"
    assert _homes(hq, "E2") == {"2000-01-01": "S1", TODAY: "S2"}
    assert _person(hq, "E3").active, "the first line counts"


def test_who_will_leave_is_there_until_that_day(hq: Headquarters, tmp_path: Path) -> None:
    for date in ("2026-11-30", "2026-12-01", "2026-12-02"):
        hq.roster("E1", date)
    assert _bring(hq, tmp_path, "E1,王芳,S1,no,2026-12-01").changed == 1
    person = _person(hq)
    assert (person.active, person.left_date) == (True, "2026-12-01")
    assert [person.works_on(date) for date in ("2026-11-30", "2026-12-01")] == [True, False]
    assert "离职于 2026-12-01" in str(leaving(person, Language.ZH))
    assert "leaves on 2026-12-01" in str(leaving(person, Language.EN))
    assert hq.reading(lambda c: profile.roll(c, "王芳", None, 9)).found == 1
    planned = hq.reading(
        lambda c: scheduling.cleared(c, ["E1"], scheduling.Stretch(TODAY, "2026-12-09"))
    )
    assert [one.work_date for one in planned] == ["2026-11-30"]
    act = hq.reading(lambda c: deeds(c, 9, act=Act.EMPLOYED))
    assert [(one.author, one.subject, one.first_date) for one in act] == [
        ("陈静", "E1", "2026-12-01")
    ]
    assert _bring(hq, tmp_path, "E1,王芳,S1,,").changed == 0, "the same file without dates"
    hq.at("2026-11-30T23:50")
    assert _person(hq).active
    hq.at("2026-12-01T00:10")
    hq.writing(lambda c: take_effect(c, hq.now_utc_ms))
    person = _person(hq)
    assert (person.active, person.left_date) == (False, "2026-12-01")
    assert "left on 2026-12-01" in str(leaving(person, Language.EN))
    assert person.works_on("2026-11-30")
    assert hq.reading(lambda c: profile.roll(c, "王芳", None, 9, former=True)).found == 1


def test_leaving_and_coming_back_in_one_file(hq: Headquarters, tmp_path: Path) -> None:
    for date in ("2026-12-01", "2026-12-15", "2027-01-10"):
        hq.roster("E1", date)
    lines = "E1,王芳,S2,yes,2027-01-01", "E1,王芳,S1,no,2026-12-10"
    assert _bring(hq, tmp_path, *lines).changed == 1
    planned = hq.reading(
        lambda c: scheduling.cleared(c, ["E1"], scheduling.Stretch(TODAY, "2027-02-01"))
    )
    assert [one.work_date for one in planned] == ["2026-12-01", "2027-01-10"]
    assert _homes(hq, "E1") == {"2000-01-01": "S1", "2027-01-01": "S2"}
    for local, stands in (
        ("2026-12-09T12:00", (True, "2026-12-10")), ("2026-12-10T12:00", (False, "2026-12-10")),
        ("2027-01-01T12:00", (True, None)),
    ):  # fmt: skip
        hq.at(local)
        hq.writing(lambda c: take_effect(c, hq.now_utc_ms))
        assert (_person(hq).active, _person(hq).left_date) == stands, local
    hq.at("2027-01-02T12:00")
    assert _bring(hq, tmp_path, "E1,王芳,S2,no,2027-03-01", "E1,王芳,S2,yes,2027-03-01").errors
    assert _bring(hq, tmp_path, "E1,王芳,S2,yes,2027-03-01").changed == 1, "stays after all"
    assert _person(hq).left_date is None


def test_nobody_is_rostered_after_leaving(hq: Headquarters, tmp_path: Path) -> None:
    _bring(hq, tmp_path, "E1,王芳,S1,no,2026-12-01")
    head = "employee_id,work_date,start,end"
    report = _bring(
        hq, tmp_path, "E1,2026-11-30,09:00,18:00", "E1,2026-12-01,09:00,18:00",
        "E2,2026-12-01,09:00,18:00", kind="roster", head=head,
    )  # fmt: skip
    assert [(one.line, one.field) for one in report.errors] == [(3, "work_date")]
    assert "2026-12-01" in report.errors[0].zh
    rows = [(row[0], row[1]) for row in hq.table(tables.roster)]
    assert rows == [("E1", "2026-11-30"), ("E2", "2026-12-01")]
    cell = hq.reading(lambda c: cell_of(c, "E1/2026-12-02"))
    form = {"store": "S1", "shift": "own", "start": "09:00", "end": "18:00"}
    with pytest.raises(CellError, match="does not work here on 2026-12-02"):
        hq.reading(lambda c: changed(c, cell, form))
    order = scheduling.CopyOrder(
        source=scheduling.Stretch("2026-11-30", "2026-11-30"),
        target=scheduling.Stretch("2026-12-07", "2026-12-07"), employee_ids=("E1",),
    )  # fmt: skip
    with pytest.raises(scheduling.PatternError):
        hq.reading(lambda c: scheduling.by_copy(c, order))


def test_who_left_without_a_date_left_tomorrow(hq: Headquarters, tmp_path: Path) -> None:
    assert _bring(hq, tmp_path, "E1,王芳,S1,no,", "E9,老员工,S1,no,").changed == 2
    assert (_person(hq).active, _person(hq).left_date) == (True, TOMORROW)
    assert (_person(hq, "E9").active, _person(hq, "E9").left_date) == (False, None)
    hq.at(f"{TOMORROW}T12:00")
    hq.writing(lambda c: take_effect(c, hq.now_utc_ms))
    assert not _person(hq).active
    assert _bring(hq, tmp_path, "E1,王芳,S1,no,").changed == 0
