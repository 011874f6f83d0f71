"""Empty workbooks for people to fill in: headings, drop-downs of what is known, and a help sheet.

What is filled in is read back by `importing`; the headings are those of `headings.COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from sqlalchemy import Connection

from cloud_receiver.domain.entries import NO_CHARACTER
from cloud_receiver.exchange.headings import COLUMNS, Column, ImportKind
from cloud_receiver.store import campaigns, lawbook, names, shifts, teams
from sync.errors import DakaError

ROWS: Final = 2000
_TEXT_FORMAT: Final = "@"  # so that Excel keeps leading zeros
_DATE_FORMAT: Final = "yyyy-mm-dd"
_DATES: Final = frozenset(
    {"work_date", "from", "to", "first_date", "last_date", "begins", "ends", "joined_date", "left_date",
     "since"}
)  # fmt: skip
_HEAD_FILL: Final = PatternFill("solid", fgColor="FFE8EEF7")
_SHEETS: Final = {"zh": ("说明", "名单"), "en": ("Help", "Lists")}
_INTRODUCED: Final = {
    ImportKind.STORES: "store_id",
    ImportKind.EMPLOYEES: "employee_id",
    ImportKind.CAMPAIGNS: "campaign_id",
}
_HELP: Final[dict[str, tuple[str, str, str]]] = {
    "store_id": ("门店编号或名称;排班时不填就是员工所属门店", "a store's id or name; in rosters empty means the home store", "S001"),
    "name": ("给人看的名称", "what people call it", "王芳"),
    "scene": ("超市、社区、便利店……规则按它区分", "supermarket, community, convenience: rules tell them apart", "超市"),
    "zone": ("时区,不填为中国时间", "IANA time zone; empty is China's", "Asia/Shanghai"),
    "arrivals_by": ("主管应在几点前登记到岗;不填表示不要求", "by when the supervisor records arrivals; empty: need not", "09:30"),
    "latitude_microdeg": ("门店纬度(WGS-84 度)", "the store's latitude, degrees of WGS 84", "31.230416"),
    "longitude_microdeg": ("门店经度(WGS-84 度)", "the store's longitude, degrees of WGS 84", "121.473701"),
    "fence_m": ("手机打卡允许的范围(米)", "how far around a phone may check in, metres", "200"),
    "employee_id": ("工号,每人唯一", "the employee's id", "E001"),
    "language": ("通知用的语言:zh 或 en,不填为中文", "zh or en for notices; empty is Chinese", "zh"),
    "active": ("是 或 否;不填为是", "yes or no; empty is yes", "是"),
    "device_serial": ("打卡机序列号;不填或 * 表示本店所有打卡机", "the terminal's serial number; empty or * is every terminal of the store", "*"),
    "user_id": ("打卡机上的编号,前面的 0 要保留", "the id on the terminal, leading zeros kept", "0006"),
    "seller_code": ("收银系统里的收银员或导购编号", "the cashier's or seller's code at the till", "P01"),
    "first_date": ("从哪天起有效(含);不填为一直", "from which date it holds, included; empty: always", "2026-12-01"),
    "last_date": ("到哪天为止(含);不填为一直", "to which date it holds, included; empty: always", "2026-12-31"),
    "work_date": ("只排一天时填这里;与开始、结束日期二选一", "for a single day; instead of from and to", "2026-12-01"),
    "from": ("一段日期的第一天", "the first of a stretch of dates", "2026-12-01"),
    "to": ("一段日期的最后一天(含)", "the last of the stretch, included", "2026-12-31"),
    "weekdays": ("这段日期里的星期几,例如 1-5、一三五;不填为每天", "which weekdays of the stretch, like 1-5; empty: all", "1-5"),
    "shift": ("班次名,从下拉里选;或“休”“不排班”(撤回已排的);填了它就不填上下班时间", "a shift of the list, rest, or none (nothing is planned any more); instead of start and end", "早"),
    "start": ("上班时间;休息日填“休”", "when it starts; rest for a rest day", "09:00"),
    "end": ("下班时间;早于上班时间就是第二天", "when it ends; before the start means the next day", "18:00"),
    "grace_min": ("允许迟到几分钟", "minutes of lateness that do not count", "5"),
    "target_yuan": ("当日销售目标(元)", "the day's sales target in yuan", "450"),
    "subsidy_yuan": ("当日补贴(元)", "the day's subsidy in yuan", "100"),
    "time": ("打卡的日期和时间", "date and time of the touch", "2026-10-08 08:57:31"),
    "state": ("上班、下班,或不填", "in, out or nothing", "上班"),
    "foreign_id": ("对方系统里这条记录的编号;填了它,同一条不会导入两次", "what the other system calls the record; with it the same never comes in twice", "biz:123456"),
    "shift_id": ("班次的简称,排班时用它;不能有空格和 , ; : * /", "what patterns call it; no spaces or , ; : * /", "早"),
    "hours": ("上下班时间;一天两段用 + 连接", "from and to; two stretches of a day joined by +", "08:00-12:00+13:00-17:00"),
    "settings": ("班次设置,空格分开;两段不同时用 | 分开", "settings of the shift, with spaces; | between two stretches", "grace_min=5 on_before_min=60"),
    "kind": ("法定节假日、调休上班、工作日或周末", "holiday, makeup_workday, workday or weekend", "法定节假日"),
    "purpose": ("年假、病假、事假、调休、外出、出差……", "annual, sick, personal, compensatory, family, outing, trip, other", "年假"),
    "from_time": ("日期;半天写“2026-12-01 上午”,按小时写“2026-12-01 13:30”", "a date; 2026-12-01 am for a half, 2026-12-01 13:30 for hours", "2026-12-01"),
    "to_time": ("同上,到这天(含)或这一刻为止", "the same: to this date, included, or instant", "2026-12-02"),
    "reason": ("事由,可不填", "why; may be empty", "回家"),
    "status": ("对方系统的结论,例如 Normal、Late、Absenteeism", "the other system's result, like Normal, Late, Absenteeism", "Late"),
    "late_min": ("迟到分钟;不知道就不填", "minutes late; empty when not known", "3"),
    "service": ("dingtalk 或 mail;默认 dingtalk", "dingtalk or mail; dingtalk when empty", "dingtalk"),
    "address": ("钉钉 userid,或邮箱地址", "the DingTalk userid, or a mail address", "manager4220"),
    "campaign_id": ("活动编号", "the campaign's id", "2026-12"),
    "begins": ("活动第一天", "the campaign's first date", "2026-12-01"),
    "ends": ("活动最后一天(含)", "its last date, included", "2026-12-10"),
    "stores": ("只限这些门店时列出,用、隔开;不填为全部", "only these stores, separated by commas; empty: all", "S001、S002"),
    "weights": ("考勤/业绩/反馈的权重;不填为 30/50/20", "weights of attendance/sales/feedback; empty: 30/50/20", "30/50/20"),
    "member_target_yuan": ("整个活动每人的目标(元);不填为每日目标之和", "each member's target for the whole campaign in yuan; empty: the days' summed", "5000"),
    "store_targets_yuan": ("整个活动各门店的目标(元),由本店成员均分", "each store's target for the whole campaign, shared by its members", "S001=50000、S002=30000"),
    "budget_yuan": ("活动预算(元);不填为不限", "what it may cost in yuan; empty: no limit", "20000"),
    "joined_date": ("从哪天起参加;不填为活动第一天", "from which date on; empty: the first", "2026-12-01"),
    "left_date": ("从哪天起不再参加;不填为不退出", "first date no longer there; empty: stays", "2026-12-08"),
    "own_target_yuan": ("此人整个活动的目标(元);不填按活动规定", "the member's own target for the campaign in yuan; empty: the campaign's", "6000"),
    "team": ("考勤组名称,每人只在一个组;“无”表示不在任何组", "the team; a person is in one; none: in no team", "甲组"),
    "since": ("从哪天起有效;调组、调店时不填为今天", "from which date it holds; of a move, empty is today", "2026-12-01"),
    "wage_yuan": ("月工资(元),用来计算法定扣减上限", "the monthly wage in yuan, by which the law limits deductions", "5000"),
    "jurisdiction": ("门店适用哪里的规定:config/law 里的编号", "which place's law holds: an id of config/law", "guangdong"),
    "early_min": ("早退分钟;不知道就不填", "minutes left early; empty when not known", "0"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choices:
    """What the drop-downs offer, by column."""

    by_column: Mapping[str, Sequence[tuple[str, str]]]


def choices(connection: Connection, language: str) -> Choices:
    """Return what is known, each with what people call it."""
    people = [(one.employee_id, one.name) for one in names.people(connection) if one.active]
    rest = ("休", "休息") if language == "zh" else ("rest", "rest day")
    known = [
        (one.template.shift_id, one.template.name) for one in shifts.in_force(connection).values()
    ]
    yes_no = [("是", ""), ("否", "")] if language == "zh" else [("yes", ""), ("no", "")]
    scenes = (
        ("超市", "社区", "便利店")
        if language == "zh"
        else ("supermarket", "community", "convenience")
    )
    return Choices(
        {
            "store_id": [(one.store_id, one.name) for one in names.stores(connection)],
            "employee_id": people,
            "shift": [*known, rest],
            "active": yes_no,
            "language": [("zh", "中文"), ("en", "English")],
            "scene": [(scene, "") for scene in scenes],
            "campaign_id": [(one.campaign_id, one.name) for one in campaigns.every(connection)],
            "team": [(team, "") for team in teams.names(connection)],
            "jurisdiction": [
                (law.id, law.name.zh if language == "zh" else law.name.en)
                for law in lawbook.laws().values()
            ],
        }
    )


def write_blank(kind: ImportKind, path: Path, offered: Choices, language: str) -> None:
    """Write an empty workbook for a kind of import.

    Raises:
        DakaError: the file cannot be written.
    """
    book = Workbook()
    sheet: Any = book.active
    sheet.title = kind.value
    help_title, lists_title = _SHEETS[language]
    lists = book.create_sheet(lists_title)
    # an id that is being introduced is typed, not chosen
    new = _INTRODUCED.get(kind, "")
    for place, column in enumerate(COLUMNS[kind], start=1):
        letter = get_column_letter(place)
        head = sheet.cell(1, place, _heading(column, language))
        head.font, head.fill = Font(bold=True), _HEAD_FILL
        sheet.column_dimensions[letter].width = 16
        form = _DATE_FORMAT if column.name in _DATES else _TEXT_FORMAT
        sheet.column_dimensions[letter].number_format = form
        known = () if column.name == new else offered.by_column.get(column.name, ())
        if known:
            _offer(sheet, lists, lists_title, letter, _heading(column, language), known)
    sheet.freeze_panes = "A2"
    _help(book.create_sheet(help_title), kind, language)
    try:
        book.save(path)
    except OSError as error:
        raise DakaError(f"{path} cannot be written: {error.strerror or error}") from error


def _heading(column: Column, language: str) -> str:
    return column.headings[0] if language == "zh" else column.name


def _offer(
    sheet: Any, lists: Any, lists_title: str, letter: str, heading: str,
    known: Sequence[tuple[str, str]],
) -> None:  # fmt: skip
    """List what is known on its own sheet and let the column choose from it."""
    place = 1 if lists.max_column == 1 and lists.cell(1, 1).value is None else lists.max_column + 2
    lists.cell(1, place, heading).font = Font(bold=True)
    for row, (value, name) in enumerate(known, start=2):
        for column, text in ((place, value), (place + 1, name)):
            cell = lists.cell(row, column, NO_CHARACTER.sub(" ", text))
            cell.data_type, cell.number_format = "s", _TEXT_FORMAT  # an id is never a formula
    at = get_column_letter(place)
    formula = f"='{lists_title}'!${at}$2:${at}${len(known) + 1}"
    rule = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=False)
    sheet.add_data_validation(rule)
    rule.add(f"{letter}2:{letter}{ROWS + 1}")


@dataclass(frozen=True, slots=True)
class Explained:
    """What goes into a column, as people are told."""

    heading: str
    is_required: bool
    what: str
    example: str


def explained(kind: ImportKind, language: str) -> list[Explained]:
    """Return the columns of a kind of file, in their order."""
    column_at = 0 if language == "zh" else 1
    return [
        Explained(
            _heading(column, language),
            column.is_required and not column.instead,
            _HELP[column.name][column_at],
            _HELP[column.name][2],
        )
        for column in COLUMNS[kind]
    ]


def _help(sheet: Any, kind: ImportKind, language: str) -> None:
    titles = (
        ("列", "必填", "填什么", "例")
        if language == "zh"
        else ("column", "needed", "what", "example")
    )
    for place, title in enumerate(titles, start=1):
        sheet.cell(1, place, title).font = Font(bold=True)
    for row, column in enumerate(explained(kind, language), start=2):
        needed = "●" if column.is_required else ""
        cells = (column.heading, needed, column.what, column.example)
        for place, cell in enumerate(cells, start=1):
            written = sheet.cell(row, place, cell)
            written.number_format = _TEXT_FORMAT
            written.alignment = Alignment(wrap_text=True, vertical="top")
    for letter, width in zip("ABCD", (16, 8, 60, 22), strict=True):
        sheet.column_dimensions[letter].width = width
