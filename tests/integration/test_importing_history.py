"""History of before: our own files, DingTalk's exports, Frappe's exports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from cloud_receiver.domain.templates import ShiftTemplate, part
from cloud_receiver.domain.workday import local_to_utc_ms
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.exchange.importing import import_file
from cloud_receiver.store import comparison, shifts, tables, unmatched
from cloud_receiver.store.engine import read, write
from sync.places import config_dir

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

NOW = local_to_utc_ms("2026-11-25T12:00", "Asia/Shanghai")
DAILY = ("姓名", "考勤组", "部门", "工号", "职位", "UserId", "日期", "workDate", "班次", "上班1打卡时间",
         "上班1打卡结果", "下班1打卡时间", "下班1打卡结果", "出勤天数", "迟到时长", "早退时长", "旷工天数")  # fmt: skip
RAW = ("姓名", "考勤组", "部门", "工号", "职位", "UserId", "考勤日期", "考勤时间", "打卡时间", "打卡结果", "打卡地址",
       "打卡备注", "异常打卡原因", "打卡图片1", "打卡设备", "管理员修改备注")  # fmt: skip


class Noon:
    """A clock that stands."""

    def now_utc(self):
        from datetime import UTC, datetime

        return datetime.fromtimestamp(NOW / 1000, UTC)


class Office:
    """Somebody who moves to Daka with the files of before."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        for kind in ("stores", "employees"):
            import_file(engine, kind, config_dir() / "import" / f"{kind}.csv", "li", NOW)

    def bring(self, kind: str, name: str, content: str | dict[str, list], **options):
        path = self.folder / name
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            book = Workbook()
            book.remove(book.active)
            for title, rows in content.items():
                sheet = book.create_sheet(title)
                for row in rows:
                    sheet.append(row)
            book.save(path)
        return import_file(self.engine, kind, path, "li", NOW, **options)

    def evaluate(self) -> None:
        evaluator = Evaluator(self.engine, Noon())
        while evaluator.flush():
            pass

    def ask(self, question):
        with read(self.engine) as connection:
            return question(connection)

    def fact(self, employee_id: str, work_date: str):
        fact = tables.day_fact.c
        query = select(fact.status, fact.final).where(
            fact.employee_id == employee_id, fact.work_date == work_date
        )
        return self.ask(lambda connection: tuple(connection.execute(query).one()))

    def touches(self) -> list[tuple[str, str]]:
        punch = tables.punch.c
        query = select(punch.employee_id, punch.device_time).order_by(punch.device_time)
        return self.ask(lambda connection: [tuple(row) for row in connection.execute(query)])


@pytest.fixture
def office(hq_engine: Engine, tmp_path: Path) -> Office:
    return Office(hq_engine, tmp_path)


def test_the_shipped_samples_come_in_once(office: Office) -> None:
    for kind in ("punches", "results"):
        sample = config_dir() / "import" / f"{kind}.csv"
        counts = []
        for _ in range(2):
            report = import_file(office.engine, kind, sample, "li", NOW)
            assert (report.errors, report.lines) == ((), 2)
            counts.append(report.changed)
        assert counts == [2, 0], "the same touch is the same record, from whichever file"


def test_touches_become_judged_days_with_their_file_beside_them(office: Office) -> None:
    roster = "工号,日期,上班,下班\nE001,2026-10-08,09:00,18:00\nE001,2026-10-09,09:00,18:00\n"
    office.bring("roster", "roster.csv", roster)
    text = "工号,打卡时间\nE001,2026-10-08 09:20\nE001,2026/10/08 18:01:30\nE404,2026-10-08 08:00\n"
    tried = office.bring("punches", "old.csv", text, dry_run=True)
    assert (tried.changed, len(tried.errors)) == (2, 1)
    report = office.bring("punches", "old.csv", text, complete_through="2026-10-09")
    assert (report.changed, [(e.line, e.field) for e in report.errors]) == (2, [(4, "store_id")])
    office.evaluate()
    assert office.fact("E001", "2026-10-08") == ("SeriousLate", True)
    assert office.fact("E001", "2026-10-09") == ("Absenteeism", True), "HQ said that is all"
    body = json.loads(office.ask(lambda c: c.scalars(select(tables.journal.c.body)).first()))
    assert (body["import_file"], body["import_line"], body["import_author"]) == ("old.csv", 2, "li")


def test_without_a_word_that_it_is_all_absence_is_not_made_from_silence(office: Office) -> None:
    office.bring("roster", "roster.csv", "工号,日期,上班,下班\nE001,2026-10-09,09:00,18:00\n")
    office.bring("punches", "old.csv", "工号,打卡时间\nE001,2026-10-08 09:20\n")
    office.evaluate()
    assert office.fact("E001", "2026-10-09") == ("AwaitingData", False)


def test_who_is_not_known_waits_among_the_strangers(office: Office) -> None:
    text = "打卡号,门店编号,打卡时间\n77,人民广场超市,2026-10-08 09:20\n"
    assert office.bring("punches", "old.csv", text).changed == 1
    office.evaluate()
    (stranger,) = office.ask(unmatched.unmatched_users)
    assert (stranger.store_id, stranger.user_id, stranger.punches) == ("S001", "77", 1)


def test_dingtalks_raw_records_below_their_titles(office: Office) -> None:
    rows = [
        ["原始记录表 统计日期:2026-10-08 至 2026-10-08"], ["报表生成时间:2026-11-01 08:00"], list(RAW),
        ["王芳", "门店", "超市", "E001", "", "u1", "26-10-08 星期四", "26-10-08 09:00", "26-10-08 08:57",
         "正常", "人民广场", "", "", "", "", ""],
        ["王芳", "门店", "超市", "E001", "", "u1", "26-10-08 星期四", "26-10-08 18:00", "", "缺卡"],
        ["王芳", "门店", "超市", "E001", "", "u1", "26-10-08 星期四", "26-10-08 18:00", "午后", "正常"],
    ]  # fmt: skip
    report = office.bring(
        "punches", "考勤.xlsx", {"月度汇总": [["x"]], "原始记录": rows}, form="dingtalk"
    )
    assert report.changed == 1
    assert [(e.line, e.field) for e in report.errors] == [(6, "time")]
    office.evaluate()
    assert office.touches() == [("E001", "2026-10-08T08:57:00")]


def _daily(*cells: object) -> list[object]:
    date, shift, came, came_result, left, left_result, late, absent = cells
    return ["王芳", "门店", "超市", "E001", "", "u1", date, "", shift, came, came_result, left,
            left_result, 1, late, 0, absent]  # fmt: skip


def test_dingtalks_daily_report_brings_touches_rosters_and_results(office: Office) -> None:
    rows = [
        ["每日统计表 统计日期:2026-10-08 至 2026-10-11"], ["报表生成时间:2026-11-01"], list(DAILY),
        _daily("26-10-08 星期四", "早班 09:00-18:00", "09:20", "严重迟到", "18:01", "正常", 20, 0),
        _daily("26-10-09 星期五", "夜班 22:00-次日06:00", "21:55", "正常", "次日 06:02", "正常", 0, 0),
        _daily("26-10-10 星期六", "早班 09:00-18:00", "", "缺卡", "18:00", "正常", 0, 0),
        _daily("26-10-11 星期日", "休息", "", "", "", "", 0, 0),
        _daily("26-10-12 星期一", "早班 09:00-18:00", "", "看不懂", "", "", 0, 0),
    ]  # fmt: skip
    book = {"月度汇总": [["x"]], "每日统计": rows}
    for kind, changed in (("roster", 5), ("punches", 5), ("results", 4)):
        report = office.bring(kind, "日报.xlsx", book, form="dingtalk")
        assert report.changed == changed, kind
        assert office.bring(kind, "日报.xlsx", book, form="dingtalk").changed == 0
    assert [(e.line, e.field) for e in report.errors] == [(8, "status")]
    office.bring("punches", "more.csv", "工号,打卡时间\nE001,2026-10-08 18:01\n",
                 complete_through="2026-10-12")  # fmt: skip
    office.evaluate()
    assert office.touches()[2:4] == [
        ("E001", "2026-10-09T21:55:00"),
        ("E001", "2026-10-10T06:02:00"),
    ]
    found = office.ask(lambda c: comparison.compare(c, "2026-10-01", "2026-10-31"))
    assert (found.agreed, found.disagreements) == (4, ())
    changed = office.bring("results", "x.csv", "工号,日期,结果,迟到分钟\nE001,2026-10-08,Late,12\n")
    assert changed.changed == 1
    (one,) = office.ask(lambda c: comparison.compare(c, "2026-10-01", "2026-10-31")).disagreements
    assert (one.origin, one.theirs, one.ours) == ("daka", "Late", "SeriousLate")
    assert (one.their_late_min, one.our_late_min) == (12, 20)


def test_dingtalks_interface_answers(office: Office) -> None:
    def at(local: str) -> int:
        return local_to_utc_ms(local, "Asia/Shanghai")

    def card(kind: str, planned: str, tapped: str | None, result: str) -> dict[str, object]:
        day = {"userId": "E001", "workDate": at("2026-10-08T00:00"), "checkType": kind,
               "baseCheckTime": at(planned), "timeResult": result}  # fmt: skip
        return day | ({"userCheckTime": at(tapped)} if tapped else {})

    answer = {"errcode": 0, "recordresult": [
        card("OnDuty", "2026-10-08T09:00", "2026-10-08T09:20:30", "SeriousLate"),
        card("OffDuty", "2026-10-08T18:00", None, "NotSigned"),
    ]}  # fmt: skip
    text = json.dumps([answer])
    assert office.bring("punches", "list.json", text, form="dingtalk").changed == 1
    assert office.bring("results", "list.json", text, form="dingtalk").changed == 1
    office.evaluate()
    assert office.touches() == [("E001", "2026-10-08T09:20:30")]
    kept = tables.imported_result.c
    row = office.ask(lambda c: c.execute(select(kept.status, kept.late_min)).one())
    assert tuple(row) == ("NotSigned", 20)


def test_frappes_exports(office: Office) -> None:
    with write(office.engine) as connection:
        template = ShiftTemplate("早", "Morning Shift", (part("早", "09:00", "18:00"),))
        shifts.put(connection, template, "li", NOW)
    people = "ID,Full Name,Branch,Status\nHR-EMP-1,Ann,滨江社区店,Active\n"
    assert office.bring("employees", "e.csv", people, form="frappe").changed == 1
    rota = (
        "Employee,Shift Type,Start Date,End Date,Status\n"
        "HR-EMP-1,Morning Shift,2026-10-08,2026-10-09,Active\n"
        "HR-EMP-1,Morning Shift,2026-10-12,,Active\n"
        "HR-EMP-1,Night,2026-10-13,2026-10-13,Active\n"
        "HR-EMP-1,Night,2026-10-14,2026-10-14,Inactive\n"
    )
    report = office.bring("roster", "r.csv", rota, form="frappe")
    assert report.changed == 2
    assert [(e.line, e.field) for e in report.errors] == [(3, "to"), (4, "shift")]
    log = "Employee,Time,Log Type\nHR-EMP-1,2026-10-08 09:20:00,IN\nHR-EMP-1,2026-10-08 18:00:05.120,OUT\n"
    report = office.bring("punches", "c.csv", log, form="frappe", complete_through="2026-10-09")
    assert report.changed == 2
    attendance = (
        "Employee,Attendance Date,Status,Late Entry,Early Exit\n"
        "HR-EMP-1,2026-10-08,Present,1,0\nHR-EMP-1,2026-10-09,Absent,0,0\n"
        "HR-EMP-1,2026-10-10,On Leave,0,0\nHR-EMP-1,2026-10-12,Sleeping,0,0\n"
    )
    report = office.bring("results", "a.csv", attendance, form="frappe")
    assert (report.changed, [(e.line, e.field) for e in report.errors]) == (3, [(5, "status")])
    office.evaluate()
    found = office.ask(lambda c: comparison.compare(c, "2026-10-01", "2026-10-31"))
    (one,) = found.disagreements
    assert (one.theirs, one.ours, one.their_late_min) == ("Late", "SeriousLate", None)
    assert found.agreed == 1


def test_another_export_is_named_as_such(office: Office) -> None:
    from sync.errors import DakaError

    with pytest.raises(DakaError, match="is it another export"):
        office.bring("results", "x.csv", "姓名,考勤组\n王芳,门店\n", form="dingtalk")
    with pytest.raises(DakaError, match="knows employees, roster"):
        office.bring("badges", "x.csv", "姓名\n", form="frappe")


def test_dingtalks_roster_with_a_column_a_day(office: Office) -> None:
    with write(office.engine) as connection:
        template = ShiftTemplate("早", "早班", (part("早", "09:00", "18:00", grace_min=5),))
        shifts.put(connection, template, "li", NOW)
    rows = [
        ["门店排班表 2026-10-30 至 2026-11-02"],
        ["姓名", "工号", "部门", "30", "31", "1日", "2"],
        ["", "", "", "五", "六", "日", "一"],
        ["王芳", "E001", "超市", "早班", "休息", "晚班 13:00-22:00", ""],
        ["李强", "E006", "超市", "通宵", "休", "A班 08:00-12:00 13:00-17:00", "未排班"],
    ]
    trial = office.bring("roster", "排班.xlsx", {"排班表": rows}, form="dingtalk", dry_run=True)
    report = office.bring("roster", "排班.xlsx", {"排班表": rows}, form="dingtalk")
    assert trial.changed == report.changed == 5
    assert [(e.line, e.field) for e in report.errors] == [(5, "shift")]
    days = office.ask(
        lambda c: c.execute(
            select(tables.roster.c.employee_id, tables.roster.c.work_date, tables.roster.c.shift)
            .order_by(tables.roster.c.employee_id, tables.roster.c.work_date)
        ).all()
    )  # fmt: skip
    assert [tuple(day[:2]) for day in days] == [
        ("E001", "2026-10-30"), ("E001", "2026-10-31"), ("E001", "2026-11-01"),
        ("E006", "2026-10-31"), ("E006", "2026-11-01"),
    ]  # fmt: skip
    assert '"grace_min":5' in days[0][2], "a shift that is known by its name"
    assert [days[1][2], days[3][2]] == ["null", "null"]
    assert len(json.loads(days[4][2])) == 2


def test_dingtalks_month_with_a_column_a_day_is_compared(office: Office) -> None:
    rows = [
        ["月度汇总 统计日期:2026-10-08 至 2026-10-12"],
        ["姓名", "考勤组", "部门", "工号", "UserId", "出勤天数", "考勤结果", "", "", "", ""],
        ["", "", "", "", "", "", "8", "9", "六", "日", "12"],
        ["王芳", "门店", "超市", "E001", "u1", "4", "正常", "上班迟到1小时5分钟,下班早退3分钟",
         "休息并打卡", "休息", "上班缺卡,下班缺卡"],
        ["李强", "门店", "超市", "E006", "u2", "1", "年假", "旷工迟到70分钟", "", "--", "天气好"],
    ]  # fmt: skip
    report = office.bring("results", "月报.xlsx", {"月度汇总": rows}, form="dingtalk")
    assert (report.changed, [(e.line, e.field) for e in report.errors]) == (7, [(5, "status")])
    kept = tables.imported_result.c
    query = select(kept.employee_id, kept.work_date, kept.status, kept.late_min, kept.early_min)
    found = office.ask(lambda c: c.execute(query.order_by(kept.employee_id, kept.work_date)).all())
    assert [tuple(row) for row in found] == [
        ("E001", "2026-10-08", "Normal", 0, 0),
        ("E001", "2026-10-09", "Late", 65, 3),
        ("E001", "2026-10-10", "RestDayWork", 0, 0),
        ("E001", "2026-10-11", "RestDay", 0, 0),
        ("E001", "2026-10-12", "Absenteeism", 0, 0),
        ("E006", "2026-10-08", "Leave", 0, 0),
        ("E006", "2026-10-09", "AbsenteeismLate", 70, 0),
    ]


def test_frappes_shift_types_become_shifts(office: Office) -> None:
    text = (
        "ID,Start Time,End Time,Late Entry Grace Period,"
        "Begin check-in before shift start time (in minutes),"
        "Working Hours Threshold for Half Day,Working Hours Calculation Based On\n"
        "Day Shift,9:00:00,18:00:00,10,60,4.5,First Check-in and Last Check-out\n"
        "Night,22:00:00,6:00:00,0,90,0,Every Valid Check-in and Check-out\n"
        "Odd,nine,18:00:00,,,,\n"
    )
    assert office.bring("shifts", "s.csv", text, form="frappe", dry_run=True).changed == 2
    report = office.bring("shifts", "s.csv", text, form="frappe")
    assert (report.changed, [(e.line, e.field) for e in report.errors]) == (2, [(4, "hours")])
    assert office.bring("shifts", "s.csv", text, form="frappe").changed == 0
    known = office.ask(shifts.in_force)
    day, night = known["Day_Shift"].template, known["Night"].template
    assert (day.name, day.shifts[0].grace_min, day.shifts[0].on_before_min) == ("Day Shift", 10, 60)
    assert day.shifts[0].half_day_below_min == 270
    assert (night.shifts[0].end_day, night.shifts[0].hours.value) == (1, "pairs")
    rota = "Employee,Shift Type,Start Date,End Date\nE001,Day Shift,2026-10-08,2026-10-09\n"
    assert office.bring("roster", "r.csv", rota, form="frappe").changed == 2
