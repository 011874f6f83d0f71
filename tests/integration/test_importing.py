"""Files of the organisation: good lines land, bad ones are told apart, repeats change nothing."""

from __future__ import annotations

import json
from datetime import datetime, time
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from cloud_receiver.exchange.importing import import_content, import_file
from cloud_receiver.store import contacts, tables
from cloud_receiver.store.engine import read
from sync.errors import DakaError, ToldError
from sync.places import config_dir

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

NOW = 1_764_000_000_000
CFB = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)  # [MS-CFB 2.2]
KINDS = ("stores", "employees", "badges", "sellers", "roster")


class Office:
    """Somebody with files."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

    def bring(self, kind: str, text: str, encoding: str = "utf-8", **options):
        path = self.folder / f"{kind}.csv"
        path.write_bytes(text.encode(encoding))
        return import_file(self.engine, kind, path, "li", NOW, **options)

    def rows(self, table) -> list:
        with read(self.engine) as connection:
            return connection.execute(select(table).order_by(*table.primary_key)).all()

    def count(self, table) -> int:
        with read(self.engine) as connection:
            return connection.scalar(select(func.count()).select_from(table))


@pytest.fixture
def office(hq_engine: Engine, tmp_path: Path) -> Office:
    office = Office(hq_engine, tmp_path)
    for kind in KINDS[:2]:
        import_file(hq_engine, kind, config_dir() / "import" / f"{kind}.csv", "li", NOW)
    return office


def test_the_shipped_templates_come_in_and_come_in_once(hq_engine: Engine) -> None:
    for expected in ([2, 2, 2, 2, 24], [0, 0, 0, 0, 0]):
        reports = [
            import_file(hq_engine, kind, config_dir() / "import" / f"{kind}.csv", "li", NOW)
            for kind in KINDS
        ]
        assert [report.errors for report in reports] == [()] * 5
        assert [report.changed for report in reports] == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_office_encodings_and_english_headings_are_read(office: Office, encoding: str) -> None:
    text = "employee_id;name;store_id\r\nE009;欧阳娜娜;S001\r\n"
    report = office.bring("employees", text, encoding)
    assert (report.lines, report.changed, report.errors) == (1, 1, ())
    assert office.rows(tables.employee)[-1].name == "欧阳娜娜"


def test_bad_lines_are_reported_by_place_and_good_ones_land(office: Office) -> None:
    report = office.bring(
        "badges",
        "门店编号,打卡号,工号\nS001,0007,E001\n\nS404,1,E001\nS001,,E001\nS001,2,E404\n",
    )
    assert report.changed == 1
    found = [(error.line, error.field) for error in report.errors]
    assert found == [(4, "store_id"), (5, "user_id"), (6, "employee_id")]
    assert "S404" in report.errors[0].zh
    assert "import the stores first" in report.errors[0].en
    assert [(row.device_serial, row.user_id) for row in office.rows(tables.badge)] == [
        ("*", "0007")
    ]


def test_a_dry_run_says_the_same_and_writes_nothing(office: Office) -> None:
    text = "门店编号,收银员编号,工号\nS001,P9,E001\nS001,P9,E404\n"
    tried = office.bring("sellers", text, dry_run=True)
    assert (tried.changed, len(tried.errors), tried.is_dry_run) == (1, 1, True)
    assert office.count(tables.seller) == 0
    assert office.bring("sellers", text).changed == 1


ROSTER = "工号,日期,开始日期,结束日期,星期,上班,下班,允许迟到分钟,当日目标,当日补贴\n"


def test_a_stretch_of_dates_a_holiday_and_a_split_day(office: Office) -> None:
    report = office.bring(
        "roster",
        ROSTER
        + "E001,,2026-12-01,2026-12-07,1-5,09:00,18:00,5,450,100\n"
        + "E001,2026-12-02,,,,休,,,,\n"
        + "E001,2026-12-03,,,,13:00,17:00,,300,80\n"
        + "E001,2026-12-03,,,,08:00,12:00,,300,80\n"
        + "E001,2026-12-04,,,,22:00,6:00,,,\n",
    )
    assert (report.errors, report.changed) == ((), 5)
    by_date = {row.work_date: row for row in office.rows(tables.roster)}
    assert list(by_date) == [f"2026-12-0{day}" for day in (1, 2, 3, 4, 7)]
    assert '"grace_min":5' in by_date["2026-12-01"].shift
    assert (by_date["2026-12-01"].target_fen, by_date["2026-12-01"].subsidy_fen) == (45_000, 10_000)
    assert by_date["2026-12-02"].shift == "null"
    assert by_date["2026-12-03"].shift.index("08:00") < by_date["2026-12-03"].shift.index("13:00")
    assert '"end_day":1' in by_date["2026-12-04"].shift
    assert {row.store_id for row in by_date.values()} == {"S001"}, "the home store by default"


def test_roster_lines_that_contradict_each_other_are_refused(office: Office) -> None:
    report = office.bring(
        "roster",
        ROSTER
        + "E001,2026-12-01,,,,09:00,18:00,,,\nE001,2026-12-01,,,,17:00,20:00,,,\n"
        + "E001,2026-12-02,,,,09:00,18:00,,,\nE001,2026-12-02,,,,rest,,,,\n"
        + "E001,2026-12-03,,,,09:00,09:00,,,\n"
        + "E001,,2026-12-09,2026-12-01,,09:00,18:00,,,\n"
        + "E001,2026-12-05,,,,09:00,18:00,,,\n",
    )
    assert [(error.line, error.field) for error in report.errors] == [
        (3, "start"), (5, "start"), (6, "end"), (7, "to"),
    ]  # fmt: skip
    assert [row.work_date for row in office.rows(tables.roster)] == ["2026-12-05"]


def test_a_changed_roster_is_a_new_version_and_an_equal_one_is_none(office: Office) -> None:
    line = "E001,2026-12-01,,,,{},18:00,,,\n"
    changed = [
        office.bring("roster", ROSTER + line.format(start)).changed
        for start in ("09:00", "09:00", "10:00", "9:00")
    ]
    assert changed == [1, 0, 1, 1]
    assert [row.version for row in office.rows(tables.roster)] == [1, 2, 3]


def test_a_line_takes_a_day_back(office: Office) -> None:
    head = "工号,日期,班次,上班,下班\n"
    for cells in (",09:00,18:00", "不排班,,", ",none,"):
        report = office.bring("roster", f"{head}E001,2026-12-01,{cells}\n")
        assert report.errors == ()
    assert [row.shift == "false" for row in office.rows(tables.roster)] == [False, True]


def test_a_workbook_is_read_as_its_text(office: Office, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["工号", "日期", "上班", "下班", "当日目标"])

    sheet.append(["E001", datetime(2026, 12, 1), time(9, 0), "18:00", 450])
    book.save(tmp_path / "roster.xlsx")
    report = import_file(office.engine, "roster", tmp_path / "roster.xlsx", "li", NOW)
    assert (report.errors, report.changed) == ((), 1)
    (row,) = office.rows(tables.roster)
    assert (row.work_date, row.target_fen) == ("2026-12-01", 45_000)
    assert '"start":"09:00"' in row.shift


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("roster", "工号,日期\n", "missing column start"),
        ("stores", "门店编号,门店,门店名称,场景\n", "twice"),
        ("stores", "", "empty"),
        ("horoscopes", "a\n", "cannot import 'horoscopes'"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(office: Office, kind, text, says) -> None:
    with pytest.raises(DakaError, match=says):
        office.bring(kind, text)


@pytest.mark.parametrize(
    ("name", "content", "zh", "en"),
    [
        ("空.csv", b"", "文件是空的", "it is empty"),
        ("缺.csv", "姓名,门店\n甲,S001\n".encode(), "缺少列:工号", "missing column employee_id"),
        ("两.csv", "工号,工号,姓名,门店\n".encode(), "列“工号”出现了两次", "stands there twice"),
        ("码.csv", b"\xff\xfe\x81\x20", "既不是 UTF-8 也不是 GBK", "neither UTF-8 nor GB 18030"),
        ("表.csv", b"PK\x03\x04....", "扩展名应是 .xlsx", "it is a workbook"),
        ("假.xlsx", "工号,姓名\n".encode(), "不是 Excel 工作簿", "it is no workbook"),
        ("旧.xlsx", CFB + b"Workbook", "旧版 Excel(XLS)", "XLS of before Excel 2007"),
        ("锁.xlsx", CFB + "EncryptedPackage".encode("utf-16-le"), "文件有密码", "it has a password"),
    ],
)  # fmt: skip
def test_a_whole_file_that_cannot_be_used_is_told_in_both_languages_by_its_name_alone(
    office: Office, name: str, content: bytes, zh: str, en: str
) -> None:
    with pytest.raises(ToldError) as caught:
        import_content(office.engine, "employees", name, content, "li", NOW)
    assert caught.value.zh.startswith(f"{name}:")
    assert zh in caught.value.zh
    assert caught.value.en.startswith(f"{name}: ")
    assert en in caught.value.en


def test_a_file_that_is_not_there_or_no_workbook_says_so(office: Office, tmp_path: Path) -> None:
    with pytest.raises(DakaError, match="cannot be read"):
        import_file(office.engine, "stores", tmp_path / "none.csv", "li", NOW)
    (tmp_path / "fake.xlsx").write_bytes(b"PK not really")
    with pytest.raises(DakaError, match="no workbook"):
        import_file(office.engine, "stores", tmp_path / "fake.xlsx", "li", NOW)


def test_a_stores_fence_comes_in_and_a_file_without_the_columns_leaves_it(office: Office) -> None:
    def fence() -> tuple[object, ...]:
        row = office.rows(tables.store)[0]
        return row.latitude_microdeg, row.longitude_microdeg, row.fence_m, row.arrivals_by

    assert fence() == (31_230_416, 121_473_701, 200, "09:30")
    plain = "门店编号,门店名称,场景\nS001,人民广场,超市\n"
    assert office.bring("stores", plain).changed == 1
    assert fence() == (31_230_416, 121_473_701, 200, "09:30")
    assert office.rows(tables.store)[0].name == "人民广场"
    emptied = "门店编号,门店名称,场景,到岗登记截止,纬度,经度,打卡范围\nS001,人民广场,超市,,,,\n"
    assert office.bring("stores", emptied).changed == 1
    assert fence() == (None, None, None, "")


@pytest.mark.parametrize(
    ("place", "field"),
    [("91,121,200", "latitude_microdeg"), ("31,east,200", "longitude_microdeg"),
     ("31.2,121.4,5", "fence_m"), ("31.2,121.4,", "fence_m"), (",,200", "latitude_microdeg")],
)  # fmt: skip
def test_half_a_fence_is_refused(office: Office, place: str, field: str) -> None:
    text = f"门店编号,门店名称,场景,纬度,经度,打卡范围\nS001,一店,超市,{place}\n"
    (error,) = office.bring("stores", text).errors
    assert error.field == field


def test_a_roster_beyond_the_labour_law_comes_in_with_a_warning(office: Office) -> None:
    lines = [f"E001,2026-12-{day:02d},09:00,20:30\n" for day in range(7, 14)]
    report = office.bring("roster", "工号,日期,上班,下班\n" + "".join(lines))
    assert (report.changed, report.errors) == (7, ())
    assert {(one.employee_id, one.month) for one in report.warnings} == {("E001", "2026-12")}
    told = [one.concern.value for one in report.warnings]
    assert told == ["day_limit", "month", "week_rest"], "7 x 3.5 h, and 12 h beyond 44 of the week"
    again = office.bring("roster", "工号,日期,上班,下班\nE001,2026-12-13,休,\n", dry_run=True)
    assert again.warnings == (), "the day that is changed is a day of rest"


def test_shifts_days_and_absences_come_in_by_file_and_come_in_once(office: Office) -> None:
    for expected in ([3, 2, 3], [0, 0, 0]):
        reports = [
            import_file(office.engine, kind, config_dir() / "import" / f"{kind}.csv", "li", NOW)
            for kind in ("shifts", "holidays", "leaves")
        ]
        assert [(one.changed, one.errors) for one in reports] == [(n, ()) for n in expected]
    bodies = [json.loads(row.body)["entry"] for row in office.rows(tables.journal)]
    assert {(one["purpose"], one["part"]) for one in bodies} == {
        ("annual", "day"), ("sick", "first_half"), ("outing", "hours"),
    }  # fmt: skip
    bad = office.bring(
        "leaves", "工号,请假类型,开始,结束\nE001,年假,2026-12-01 上午,2026-12-02 上午\n"
        "E001,休假,2026-12-01,2026-12-02\nE001,年假,2026-12-02,2026-12-01\nE404,年假,2026-12-01,2026-12-01\n",
    )  # fmt: skip
    assert [one.field for one in bad.errors] == ["to_time", "purpose", "to_time", "employee_id"]
    bad = office.bring(
        "shifts", "班次,上下班时间,设置\n早 班,09:00-18:00,\n早,9-18,\n早,09:00-18:00,grace=1\n"
    )
    assert [one.line for one in bad.errors] == [2, 3, 4]
    assert [one.field for one in bad.errors] == ["shift_id", "hours", "settings"]
    assert "没有设置“grace”" in bad.errors[2].zh
    bad = office.bring("holidays", "日期,类型,门店编号\n2027-01-01,节日,\n2027-01-01,周末,S404\n")
    assert [one.field for one in bad.errors] == ["kind", "store_id"]


def test_a_touch_with_the_other_system_s_id_never_comes_in_twice(office: Office) -> None:
    head = "工号,打卡时间,外部编号\n"
    first = office.bring(
        "punches", head + "E001,2026-12-01 08:55:00,a\nE001,2026-12-01 08:56:00,a\n"
    )
    assert (first.changed, [one.field for one in first.errors]) == (1, ["foreign_id"])
    assert office.bring("punches", head + "E001,2026-12-01 08:55:00,a\n").changed == 0
    moved = office.bring("punches", head + "E001,2026-12-01 09:55:00,a\n")
    assert (moved.changed, len(moved.errors)) == (0, 1)
    assert office.count(tables.journal) == 1


def test_who_is_whom_comes_in_once_and_the_last_word_counts(office: Office) -> None:
    """Contacts: the shipped file, by names people use, with what is wrong told by line."""
    path = config_dir() / "import" / "contacts.csv"
    office.bring("employees", "工号,姓名,门店编号\nE002,周杰,S001\nE003,吴敏,S001\n")
    first = import_file(office.engine, "contacts", path, "li", NOW)
    assert (first.changed, first.errors) == (3, ())
    assert import_file(office.engine, "contacts", path, "li", NOW).changed == 0
    bad = office.bring(
        "contacts",
        "工号,渠道,账号\nE003,微信,w\nE404,dingtalk,d\nE003,,\nE003,邮箱,wu@example.com\n",
    )
    assert bad.changed == 1
    assert [(one.line, one.field) for one in bad.errors] == [
        (2, "service"), (3, "employee_id"), (4, "address"),
    ]  # fmt: skip
    assert "dingtalk, mail" in bad.errors[0].zh

    def address(service: str, who: str) -> str | None:
        with read(office.engine) as connection:
            return contacts.address_of(connection, service, who)

    assert address("mail", "E003") == "wu@example.com"
    moved = office.bring("contacts", "employee_id,address\nE003,manager4220\n")
    assert moved.changed == 1
    assert (address("dingtalk", "E001"), address("dingtalk", "E003")) == (None, "manager4220")
    assert address("mail", "E001") == "wang@example.com", "another service is another matter"
    tried = office.bring("contacts", "工号,账号\nE001,new\n", dry_run=True)
    assert (tried.changed, tried.is_dry_run, address("dingtalk", "E001")) == (1, True, None)
