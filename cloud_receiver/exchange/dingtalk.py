"""DingTalk's exports: 考勤报表 (每日统计, 原始记录/打卡记录) as XLSX or CSV, and its API's JSON.

Source: headings of the reports as people who process them list them: 每日统计 has 姓名, 考勤组,
部门, 工号, 职位, UserId, 日期, workDate, 班次, 上班1打卡时间, 上班1打卡结果 … 下班3打卡结果, 关联的审批单,
出勤天数, 迟到时长, 早退时长, 旷工天数 (below one or two title rows); 原始记录 has 姓名, 考勤组, 部门, 工号,
职位, UserId, 考勤日期, 考勤时间, 打卡时间, 打卡结果, 打卡地址, 打卡备注, 异常打卡原因, 打卡图片1, 打卡设备,
管理员修改备注. 月度汇总 and 排班表 have a row a person and a column a day,
see `wide`. JSON: open.dingtalk.com, `attendance/list` and `attendance/listRecord`, `recordresult`
with userId, workDate, userCheckTime, baseCheckTime in UTC milliseconds, checkType, timeResult.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from cloud_receiver.domain.results import WORST_FIRST, DayStatus, worst
from cloud_receiver.exchange.dingtalk_month import monthly_result
from cloud_receiver.exchange.headed import HeadedLine, has_heading, headed, ours
from cloud_receiver.exchange.sheets import Sheet, read_sheet, unreadable, unusable
from cloud_receiver.exchange.wide import day_cells, is_wide

BEIJING: Final = timezone(timedelta(hours=8))  # DingTalk's reports know no other zone
_CARDS: Final = tuple(f"{end}{n}" for n in (1, 2, 3) for end in ("上班", "下班"))
_PERSON: Final = ("工号", "UserId")
_DAILY: Final = ("上班1打卡时间", "上班1打卡结果")
_RESULT: Final = ("employee_id", "work_date", "status", "late_min", "early_min")
_RAW: Final = ("打卡时间",)
_DATE = re.compile(r"(?:20)?(\d{2})[-/.年](\d{1,2})[-/.月](\d{1,2})")
_CLOCK = re.compile(r"(次日)?\s*(\d{1,2}:\d{2})(:\d{2})?")
_HOURS = re.compile(r"(\d{1,2}:\d{2})\s*[-~至]\s*(?:次日)?\s*(\d{1,2}:\d{2})")
_RESULTS: Final[dict[str, DayStatus]] = {
    "旷工迟到": DayStatus.ABSENT_LATE,
    "旷工": DayStatus.ABSENTEEISM,
    "严重迟到": DayStatus.SERIOUS_LATE,
    "迟到": DayStatus.LATE,
    "早退": DayStatus.EARLY,
    "缺卡": DayStatus.NOT_SIGNED,
    "未打卡": DayStatus.NOT_SIGNED,
    "正常": DayStatus.NORMAL,
    "外勤": DayStatus.NORMAL,
    "请假": DayStatus.LEAVE,
    "外出": DayStatus.OUTING,
    "出差": DayStatus.OUTING,
    "补卡": DayStatus.NORMAL,
    "管理员": DayStatus.NORMAL,  # 管理员改为正常
}
"""What begins a result's text; the longer before what it ends with."""


def punches(path: Path) -> Sheet:
    """Read touches: of 原始记录, of the cards of 每日统计, or of the API's JSON."""
    rows: list[tuple[int, tuple[str, ...]]] = []
    if path.suffix.lower() == ".json":
        for number, record in records_of(path):
            if record.get("userCheckTime") and record.get("timeResult") != "NotSigned":
                at = local(record["userCheckTime"])
                rows.append((number, (str(record.get("userId", "")), at, _ids(record))))
        return ours(("employee_id", "time", "foreign_id"), rows)
    sheet = read_sheet(path, ("原始记录", "打卡记录", "打卡详情", "每日统计"))
    for line in headed(sheet, (*_RAW, *_DAILY), path.name):
        person = line.first(*_PERSON)
        if "打卡时间" in line.cells:
            clocks = [line.cells["打卡时间"]]
        else:
            clocks = [line.cells.get(f"{card}打卡时间", "") for card in _CARDS]
        rows += [
            (line.number, (person, _moment(line.first("考勤日期", "日期"), clock)))
            for clock in clocks
            if clock and clock not in ("-", "--")
        ]
    return ours(("employee_id", "time"), rows)


def results(path: Path) -> Sheet:
    """Read how DingTalk judged days: of 每日统计 or 月度汇总, or of the API's JSON."""
    if path.suffix.lower() == ".json":
        return ours(_RESULT, list(_results_of_records(path)))
    sheet = read_sheet(path, ("每日统计", "月度汇总"))
    if has_heading(sheet, _DAILY) or not is_wide(sheet):
        return ours(_RESULT, list(_daily_results(sheet, path.name)))
    cells = day_cells(sheet, path.name)
    return ours(_RESULT, [row for cell in cells for row in monthly_result(cell, _PERSON)])


def _daily_results(sheet: Sheet, source: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    for line in headed(sheet, _DAILY, source):
        status = _status(line)
        if status:
            late = line.first("迟到时长", "迟到时长(分钟)", "迟到分钟")
            early = line.first("早退时长", "早退时长(分钟)", "早退分钟")
            date = _date(line.first("日期"))
            cells = (line.first(*_PERSON), date, status, _minutes(late), _minutes(early))
            yield line.number, cells


def roster(path: Path) -> Sheet:
    """Read the shifts of 每日统计 (班次), or a 排班表 with a column a day."""
    sheet = read_sheet(path, ("每日统计", "排班表"))
    rows: list[tuple[int, tuple[str, ...]]] = []
    if has_heading(sheet, ("班次",)) or not is_wide(sheet):
        for line in headed(sheet, ("班次",), path.name):
            person, date = line.first(*_PERSON), _date(line.first("日期"))
            rows += [(line.number, (person, date, *one)) for one in _shifts(line.first("班次"))]
    else:
        for cell in day_cells(sheet, path.name):
            person = cell.line.first(*_PERSON)
            rows += [
                (cell.line.number, (person, cell.work_date, *one)) for one in _shifts(cell.text)
            ]
    return ours(("employee_id", "work_date", "shift", "start", "end"), rows)


def _shifts(text: str) -> list[tuple[str, str, str]]:
    """Return (shift, start, end) of a cell: hours where it has some, rest, or a shift's name."""
    spans = _HOURS.findall(text)
    if spans:
        return [("", *span) for span in spans]
    if text in ("", "-", "--", "未排班"):
        return []
    return [("休" if "休" in text else text, "", "")]


def employees(path: Path) -> Sheet:
    """Read people: 姓名, 工号 or UserId, and 部门, whose last part is the store."""
    rows: dict[str, tuple[int, tuple[str, ...]]] = {}
    for line in headed(read_sheet(path), ("姓名",), path.name):
        department = re.split(r"[-/>]", line.first("主部门", "部门"))[-1].strip()
        person = line.first(*_PERSON)
        rows.setdefault(person, (line.number, (person, line.first("姓名"), department)))
    return ours(("employee_id", "name", "store_id"), list(rows.values()))


def _status(line: HeadedLine) -> str:
    """Return the day's status, the worst of its cards; empty when nothing was due."""
    texts = [
        text
        for card in _CARDS
        if (text := line.cells.get(f"{card}打卡结果", "")) not in ("", "-", "--")
    ]
    if line.first("旷工天数") not in ("", "0", "0.0"):
        return DayStatus.ABSENTEEISM.value
    if not texts:
        return DayStatus.REST_DAY.value if "休息" in line.first("班次") else ""
    found = [_result(text) for text in texts]
    if "" in found:
        return texts[found.index("")]  # handed on, to be told what it is
    if all(status == DayStatus.NOT_SIGNED for status in found):
        return DayStatus.ABSENTEEISM.value
    return worst(*map(DayStatus, found)).value


def _result(text: str) -> str:
    return next((status.value for word, status in _RESULTS.items() if text.startswith(word)), "")


def _results_of_records(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    days: dict[tuple[str, str], list[tuple[int, Mapping[str, Any]]]] = {}
    for number, record in records_of(path):
        if record.get("workDate") and record.get("timeResult"):
            key = str(record.get("userId", "")), local(record["workDate"])[:10]
            days.setdefault(key, []).append((number, record))
    for (person, work_date), cards in sorted(days.items()):
        statuses = [str(card["timeResult"]) for _, card in cards]
        known = [status for status in statuses if status in WORST_FIRST]
        status = worst(*map(DayStatus, known)).value if known else statuses[0]
        if set(statuses) == {DayStatus.NOT_SIGNED.value}:
            status = DayStatus.ABSENTEEISM.value
        late, early = (_off_min(cards, kind) for kind in ("OnDuty", "OffDuty"))
        yield cards[0][0], (person, work_date, status, str(late), str(early))


def _off_min(cards: list[tuple[int, Mapping[str, Any]]], check_type: str) -> int:
    """Return the minutes late or early, seconds dropped, of cards that DingTalk calls so."""
    named = {"OnDuty": ("Late", "SeriousLate"), "OffDuty": ("Early",)}[check_type]
    return sum(
        abs(card["userCheckTime"] - card["baseCheckTime"]) // 60_000
        for _, card in cards
        if card.get("checkType") == check_type
        and card["timeResult"] in named
        and {"userCheckTime", "baseCheckTime"} <= set(card)
    )


def records_of(path: Path, field: str = "") -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the records of one answer or a list of answers, numbered from 1.

    Args:
        field: what the records of such an answer are told by; a file of which none has it is
            another file.

    Raises:
        DakaError: the file cannot be read, is no JSON or another file.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise unusable(path.name, f"不是 JSON:{error}", f"it is no JSON: {error}") from error
    numbered = enumerate(_flat(document), 1)
    records = [(number, record) for number, record in numbered if isinstance(record, dict)]
    if field and document != [] and not any(field in record for _, record in records):
        raise unusable(
            path.name,
            f"没有一条记录有字段 {field},这不是钉钉的返回内容",
            f"no record in it has a field {field}: it is not what DingTalk answers",
        )
    yield from records


def _flat(document: Any) -> Iterator[Any]:
    for answer in document if isinstance(document, list) else [document]:
        found = answer.get("recordresult", answer) if isinstance(answer, dict) else answer
        yield from found if isinstance(found, list) else [found]


def local(at_utc_ms: object) -> str:
    """Return an instant in milliseconds on China's clock; what is none as it stands."""
    if type(at_utc_ms) is not int or not 0 <= at_utc_ms < 2**42:
        return str(at_utc_ms)
    instant = datetime.fromtimestamp(at_utc_ms // 1000, UTC).astimezone(BEIJING)
    return instant.strftime("%Y-%m-%d %H:%M:%S")


def _ids(record: Mapping[str, Any]) -> str:
    """Return what names a tap at DingTalk: bizId in pushes and lists, the number in lists and days."""
    named = {"biz": record.get("bizId"), "id": record.get("id") or record.get("recordId")}
    return " ".join(f"{name}:{value}".replace(" ", "_") for name, value in named.items() if value)


def _date(text: str) -> str:
    """Return ``20-10-19 星期一`` or ``2020-10-19`` as a date; else the text as it stands."""
    found = _DATE.match(text)
    return f"20{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}" if found else text


def _moment(date_text: str, clock_text: str) -> str:
    """Return an instant: of a clock time on a date, 次日 being the next, or a whole stamp."""
    own_date, _, own_clock = clock_text.partition(" ")
    if _DATE.fullmatch(own_date):
        return f"{_date(own_date)} {own_clock}"
    date, found = _date(date_text), _CLOCK.fullmatch(clock_text)
    if not found:
        return clock_text
    if found[1]:
        try:
            date = (datetime.fromisoformat(date) + timedelta(1)).date().isoformat()
        except ValueError:
            return f"{date_text} {clock_text}"
    return f"{date} {found[2]}{found[3] or ''}"


def _minutes(text: str) -> str:
    """Return whole minutes; DingTalk writes ``3``, ``3.0`` or ``3分钟``."""
    found = re.match(r"(\d+)(?:\.\d+)?(?:分钟)?$", text)
    return found[1] if found else text
