"""The columns of each kind of import file, by the headings people write, in either language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud_receiver.exchange.sheets import unusable


class ImportKind(StrEnum):
    """What a file brings."""

    STORES = "stores"
    EMPLOYEES = "employees"
    BADGES = "badges"
    SELLERS = "sellers"
    ROSTER = "roster"
    TARGETS = "targets"
    PUNCHES = "punches"
    RESULTS = "results"
    CONTACTS = "contacts"
    CAMPAIGNS = "campaigns"
    CAMPAIGN_MEMBERS = "campaign_members"
    TEAMS = "teams"
    WAGES = "wages"
    JURISDICTIONS = "jurisdictions"
    SHIFTS = "shifts"
    HOLIDAYS = "holidays"
    LEAVES = "leaves"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in code and in English files, its other headings, and whether it must be.

    Attributes:
        instead: the column that may stand there in its place; empty: none.
    """

    name: str
    headings: tuple[str, ...]
    is_required: bool = True
    instead: str = ""


_STORE = Column("store_id", ("门店编号", "门店"))
_PERSON = Column("employee_id", ("工号", "员工编号"))
_CAMPAIGN = Column("campaign_id", ("活动编号", "活动"))
_SINCE = Column("since", ("生效日期", "起"))
_MOVED = Column("since", _SINCE.headings, is_required=False)
_FOREIGN = Column("foreign_id", ("外部编号", "bizid"), is_required=False)
_VALIDITY = (
    Column("first_date", ("开始日期", "生效日期"), is_required=False),
    Column("last_date", ("结束日期", "失效日期"), is_required=False),
)
COLUMNS: Final[dict[ImportKind, tuple[Column, ...]]] = {
    ImportKind.STORES: (
        _STORE,
        Column("name", ("门店名称", "名称")),
        Column("scene", ("场景",)),
        Column("zone", ("时区",), is_required=False),
        Column("arrivals_by", ("到岗登记截止", "登记截止"), is_required=False),
        Column("latitude_microdeg", ("纬度", "latitude"), is_required=False),
        Column("longitude_microdeg", ("经度", "longitude"), is_required=False),
        Column("fence_m", ("打卡范围米", "打卡范围"), is_required=False),
        Column("jurisdiction", ("适用法规", "法规"), is_required=False),
    ),
    ImportKind.EMPLOYEES: (
        _PERSON,
        Column("name", ("姓名",)),
        _STORE,
        Column("language", ("语言",), is_required=False),
        Column("active", ("在职",), is_required=False),
        _MOVED,
    ),
    ImportKind.BADGES: (
        _STORE,
        Column("device_serial", ("设备序列号", "打卡机"), is_required=False),
        Column("user_id", ("打卡号", "打卡机编号")),
        _PERSON,
        *_VALIDITY,
    ),
    ImportKind.SELLERS: (
        _STORE,
        Column("seller_code", ("收银员编号", "导购编号")),
        _PERSON,
        *_VALIDITY,
    ),
    ImportKind.ROSTER: (
        _PERSON,
        Column("work_date", ("日期", "工作日"), is_required=False),
        Column("from", ("开始日期", "起"), is_required=False),
        Column("to", ("结束日期", "止"), is_required=False),
        Column("weekdays", ("星期",), is_required=False),
        Column("store_id", _STORE.headings, is_required=False),
        Column("shift", ("班次",), is_required=False),
        Column("start", ("上班", "上班时间"), instead="shift"),
        Column("end", ("下班", "下班时间"), instead="shift"),
        Column("grace_min", ("允许迟到分钟", "弹性分钟"), is_required=False),
        Column("target_yuan", ("当日目标", "目标"), is_required=False),
        Column("subsidy_yuan", ("当日补贴", "补贴"), is_required=False),
    ),
    ImportKind.TARGETS: (
        _PERSON,
        Column("work_date", ("日期", "工作日")),
        Column("target_yuan", ("当日目标", "目标"), is_required=False),
        Column("subsidy_yuan", ("当日补贴", "补贴"), is_required=False),
    ),
    ImportKind.PUNCHES: (
        Column("employee_id", _PERSON.headings, instead="user_id"),
        Column("user_id", ("打卡号", "打卡机编号"), is_required=False),
        Column("store_id", _STORE.headings, is_required=False),
        Column("device_serial", ("设备序列号", "打卡机"), is_required=False),
        Column("time", ("打卡时间", "时间")),
        Column("state", ("方向", "类型"), is_required=False),
        _FOREIGN,
    ),
    ImportKind.RESULTS: (
        _PERSON,
        Column("work_date", ("日期", "工作日")),
        Column("status", ("结果", "考勤结果")),
        Column("late_min", ("迟到分钟",), is_required=False),
        Column("early_min", ("早退分钟",), is_required=False),
    ),
    ImportKind.CONTACTS: (
        _PERSON,
        Column("service", ("渠道", "通讯工具"), is_required=False),
        Column("address", ("账号", "userid", "邮箱")),
    ),
    ImportKind.CAMPAIGNS: (
        _CAMPAIGN,
        Column("name", ("活动名称", "名称")),
        Column("begins", ("开始日期",)),
        Column("ends", ("结束日期",)),
        Column("scene", ("场景",), is_required=False),
        Column("stores", ("参加门店", "门店"), is_required=False),
        Column("weights", ("权重",), is_required=False),
        Column("member_target_yuan", ("每人目标",), is_required=False),
        Column("store_targets_yuan", ("门店目标",), is_required=False),
        Column("budget_yuan", ("预算",), is_required=False),
    ),
    ImportKind.CAMPAIGN_MEMBERS: (
        _CAMPAIGN,
        _PERSON,
        Column("joined_date", ("参加日期",), is_required=False),
        Column("left_date", ("退出日期",), is_required=False),
        Column("own_target_yuan", ("个人目标",), is_required=False),
    ),
    ImportKind.TEAMS: (_PERSON, Column("team", ("考勤组", "小组")), _MOVED),
    ImportKind.WAGES: (_PERSON, _SINCE, Column("wage_yuan", ("月工资", "月工资(元)"))),
    ImportKind.JURISDICTIONS: (
        _STORE,
        _SINCE,
        Column("jurisdiction", ("适用法规", "法规")),
    ),
    ImportKind.SHIFTS: (
        Column("shift_id", ("班次", "班次编号")),
        Column("name", ("班次名称", "名称"), is_required=False),
        Column("hours", ("上下班时间", "时间")),
        Column("settings", ("设置",), is_required=False),
    ),
    ImportKind.HOLIDAYS: (
        Column("work_date", ("日期", "工作日")),
        Column("kind", ("类型",)),
        Column("name", ("名称", "节日"), is_required=False),
        Column("store_id", _STORE.headings, is_required=False),
    ),
    ImportKind.LEAVES: (
        _PERSON,
        Column("purpose", ("请假类型", "类型")),
        Column("from_time", ("开始", "开始时间")),
        Column("to_time", ("结束", "结束时间")),
        Column("reason", ("事由",), is_required=False),
        Column("foreign_id", ("外部编号", "审批编号"), is_required=False),
    ),
}


def place_columns(kind: ImportKind, headings: Sequence[str], source: str) -> Mapping[str, int]:
    """Return where each column of the kind stands; unknown headings are passed over.

    Raises:
        DakaError: a required column is missing or one stands there twice.
    """
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        for column in COLUMNS[kind]:
            if heading.strip().lower() in (column.name, *column.headings):
                if column.name in places:
                    zh, en = (
                        f"列“{heading}”出现了两次",
                        f"the column {heading!r} stands there twice",
                    )
                    raise unusable(source, zh, en)
                places[column.name] = place
    missing = [
        column
        for column in COLUMNS[kind]
        if column.is_required and not {column.name, column.instead} & set(places)
    ]
    if missing:
        zh = "、".join(column.headings[0] for column in missing)
        en = ", ".join(f"{column.name} ({column.headings[0]})" for column in missing)
        raise unusable(
            source,
            f"缺少列:{zh};第一行应是表头,样例见 config/import/{kind}.csv",
            f"missing column {en}; the first row must hold the headings, "
            f"see config/import/{kind}.csv",
        )
    return places
