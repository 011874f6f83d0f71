"""One person: the month as a calendar, what it came to, and every day back to its records."""

from __future__ import annotations

import logging
from calendar import Calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from sqlalchemy import Connection

from cloud_receiver.domain.attendance import DayStatus
from cloud_receiver.domain.findings import LABELS, FindingCode
from cloud_receiver.store import archive, bindings, names, profile
from cloud_receiver.store.archive_files import ArchiveError
from cloud_receiver.store.engine import read
from cloud_receiver.store.names import Person, Store
from cloud_receiver.store.profile import Day
from cloud_receiver.store.statement import Entry, Selection, Total, entries, totals
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.holders import draw_holders
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.moves import draw_moves, said_of
from cloud_receiver.web.person_entry import draw_entries, listed
from cloud_receiver.web.phrases import (
    STATUSES,
    account_text,
    chip,
    date_text,
    icon,
    leaving,
    local_time,
    money,
    month_text,
    signed_yuan,
)
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.then import draw_then
from sync.money import yuan_text

_log = logging.getLogger(__name__)
MAX_ENTRIES: Final = 500  # of one person in one month
TEXTS: Final[Texts] = {
    "back": ("全部人员", "Everybody"),
    "change": ("修改资料、调动、离职", "Change, move, leave"),
    "none_title": ("没有这个人", "There is no such person"),
    "none": ("工号 {id} 不在人员名单里。", "The id {id} is not on the list of people."),
    "previous": ("上个月", "Month before"),
    "next": ("下个月", "Month after"),
    "month": ("月份", "Month"),
    "days": ("出勤天数", "Days worked"),
    "late": ("迟到", "Late"),
    "late_sum": ("{n} 次,共 {min} 分钟", "{n}, {min} min in all"),
    "missing": ("缺卡或旷工", "Missing"),
    "sales": ("销售额(元)", "Sales (yuan)"),
    "of_target": ("达标 {n} 天", "target met on {n} days"),
    "calendar": ("这个月", "This month"),
    "timeline": ("逐日经过", "Day by day"),
    "ledger": ("全部分录", "All entries"),
    "punched": ("打卡 {times}", "punched {times}"),
    "sold": ("销售 {sales} / 目标 {target}", "sold {sales} of {target}"),
    "minutes": ("迟到 {n} 分钟", "{n} min late"),
    "why": ("为什么", "Why"),
    "open": ("未定", "not final"),
    "quiet_title": ("这个月还没有记录", "Nothing yet in this month"),
    "quiet": (
        "有排班或打卡后,每一天都会出现在这里。",
        "Every day with a roster or a punch shows up here.",
    ),
    "archived": (
        "{month}的逐日考勤已归档,以下读自归档文件;奖惩分录仍在台账里。",
        "The days of {month} are archived: what follows is read from the archive's files; entries are in the ledger.",
    ),
    "away_title": (
        "这个月的考勤在归档里,现在读不到",
        "This month is in the archive, which cannot be read now",
    ),
    "away": (
        "请管理员把归档放回原处,或运行 daka-hq archive verify 查看缺了什么。下面的分录和金额不受影响。",
        (
            "Have the administrator put the archive back, or run daka-hq archive verify, which says what is missing. "
            "Entries and amounts below are complete."
        ),
    ),
    "weekdays": ("一 二 三 四 五 六 日", "Mon Tue Wed Thu Fri Sat Sun"),
}
_TONES: Final = {
    DayStatus.NORMAL: ("good", "check_circle"),
    DayStatus.LATE: ("warn", "schedule"),
    DayStatus.SERIOUS_LATE: ("warn", "schedule"),
    DayStatus.EARLY: ("warn", "logout"),
    DayStatus.REST_DAY_WORK: ("warn", "weekend"),
    DayStatus.NOT_SIGNED: ("bad", "error"),
    DayStatus.ABSENTEEISM: ("bad", "error"),
    DayStatus.AWAITING_DATA: ("wait", "hourglass_empty"),
}
_QUIET: Final = ("", "more_horiz")


@dataclass(frozen=True, slots=True)
class PersonView:
    """Whose month is looked at; `month` is ``YYYY-MM``, `said` what to tell of the last act.

    Attributes:
        then: the day and instant asked of the past, as the form sends them; empty: none.
    """

    language: Language
    employee_id: str
    month: str
    may_change: bool = False
    said: str = ""
    then: str = ""

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        return f"/people/{quote(self.employee_id)}?month={self.month}"

    @property
    def first(self) -> date:
        """Return the first day of the month."""
        return date.fromisoformat(f"{self.month}-01")

    @property
    def last(self) -> date:
        """Return the last day of the month."""
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def draw_person(desk: Desk, view: PersonView) -> Markup:
    """Read and draw one person's month; runs in a worker thread."""
    words = Words(TEXTS, view.language)
    selection = Selection(
        first_date=view.first.isoformat(), last_date=view.last.isoformat(),
        employee_id=view.employee_id,
    )  # fmt: skip
    with read(desk.engine) as connection:
        found = profile.person(connection, view.employee_id)
        if found is None:
            return _nobody(view, words)
        is_archived = view.month <= archive.removed_through(connection)
        days = _days(connection, view)
        held = bindings.held(connection, employee_id=view.employee_id)
        stores = {shop.store_id: shop for shop in names.stores(connection)}
        entered = listed(
            connection, view.employee_id, view.first.isoformat(), view.last.isoformat()
        )
        home = found[0].store_id
        colleagues = [
            one for one in names.people(connection) if one.active and one.store_id == home
        ]
        said = said_of(connection, view.employee_id)
        then = draw_then(connection, found[0], view.then, desk.today(), stores, view.language)
        booked = entries(connection, selection, MAX_ENTRIES)
        sums = totals(connection, selection)
    zone = found[1].zone if found[1] else "UTC"
    money_of: dict[str, list[Entry]] = {}
    for entry in booked:
        money_of.setdefault(entry.work_date, []).append(entry)
    return join([
        _head(*found, view, words),
        _notice(view, words, is_away=days is None) if is_archived else None,
        _figures(days, sums, words),
        None if days is None
        else _calendar(view, {day.work_date: day for day in days}, money_of, words),
        _timeline(days, money_of, view, zone, words),
        draw_entries(entered, [one for one in colleagues if one.employee_id != view.employee_id],
                     desk.today(), zone, view.language, may_change=view.may_change),
        draw_moves(said, stores, zone, view.language),
        then,
        draw_holders(held, stores, {}, view.language, is_own=True),
        el("div", el("span", view.said, role="status"), class_="done") if view.said else None,
    ])  # fmt: skip


def _days(connection: Connection, view: PersonView) -> list[Day] | None:
    """Return the month's days, None when they are in an archive that cannot be read."""
    first, last = view.first.isoformat(), view.last.isoformat()
    try:
        return profile.days(connection, view.employee_id, first, last)
    except ArchiveError as error:
        _log.warning("archive_missed person=%s error=%s", view.employee_id, error)
        return None


def _notice(view: PersonView, words: Words, *, is_away: bool) -> Markup:
    if is_away:
        told = el("span", el("b", words("away_title")), " ", words("away"))
        return el("p", icon("inventory_2"), told, class_="note bad", role="alert")
    month = month_text(view.month, view.language)
    return el("p", icon("inventory_2"), words("archived", month=month), class_="note")


def _nobody(view: PersonView, words: Words) -> Markup:
    texts = [el("h1", words("none_title")), el("p", words("none", id=view.employee_id))]
    back = el("a", words("back"), href="/people", class_="button")
    return el("section", el("div", icon("person_off"), texts, back, class_="empty"), class_="card")


def _head(person: Person, home: Store | None, view: PersonView, words: Words) -> Markup:
    store = home.name if home else person.store_id
    about = f"{person.employee_id} · {store}"
    title = el("h1", person.name, " ", leaving(person, words.language))
    back = el("a", icon("arrow_back"), words("back"), href="/people", class_="crumb")
    face = el("span", person.name[:1], class_="face", aria_hidden="true")
    before = (view.first - timedelta(days=1)).isoformat()[:7]
    after = (view.last + timedelta(days=1)).isoformat()[:7]
    picker = el(
        "div",
        el("button", icon("chevron_left"), class_="button", type="button", data_act="month",
           data_value=before, aria_label=words("previous")),
        el("input", type="month", value=view.month, data_change="month", aria_label=words("month")),
        el("button", icon("chevron_right"), class_="button", type="button", data_act="month",
           data_value=after, aria_label=words("next")),
        class_="row",
    )  # fmt: skip
    named = el("div", back, el("div", face, el("div", title, el("p", about)), class_="who"),
               class_="stack tight")  # fmt: skip
    change = el("a", icon("edit"), words("change"), href=f"/person?{urlencode({'id': person.employee_id})}",
                class_="button") if view.may_change else None  # fmt: skip
    return el("header", named, el("div", change, picker, class_="row"), class_="head")


def _of_days(days: Sequence[Day], words: Words) -> list[Markup]:
    def minutes(day: Day) -> int:
        return int(day.facts.get("late_min", 0))

    late = [day for day in days if minutes(day)]
    missing = sum(day.status in {DayStatus.NOT_SIGNED, DayStatus.ABSENTEEISM} for day in days)
    worked = sum(bool(day.touches) for day in days)
    sold = sum(int(day.facts.get("sales_fen", 0)) for day in days)
    met = sum(bool(day.facts.get("target_met")) for day in days)
    late_note = words("late_sum", n=len(late), min=sum(map(minutes, late)))
    figures = [
        (words("days"), str(worked), None),
        (words("late"), str(len(late)), late_note if late else None),
        (words("missing"), str(missing), None),
        (words("sales"), yuan_text(sold), words("of_target", n=met)),
    ]
    return [
        el("div", el("dt", name), el("dd", value), el("dd", note, class_="under") if note else None,
           class_="figure")
        for name, value, note in figures
    ]  # fmt: skip


def _figures(days: Sequence[Day] | None, sums: Sequence[Total], words: Words) -> Markup:
    accounts = [
        el("div", el("dt", account_text(total.account, words.language)),
           el("dd", money(total.net_fen), class_="money"), class_="figure")
        for total in sums
    ]  # fmt: skip
    plain = _of_days(days, words) if days is not None else None
    return el("dl", plain, accounts, class_="figures roomy")


def _calendar(
    view: PersonView, days: Mapping[str, Day], money_of: Mapping[str, Sequence[Entry]], words: Words
) -> Markup:
    names = [el("b", name) for name in words("weekdays").split()]
    first = view.first
    cells = [
        _cell(day, days.get(day.isoformat()), money_of.get(day.isoformat(), ()), words)
        if day.month == first.month else el("span", class_="gap")
        for day in Calendar().itermonthdates(first.year, first.month)
    ]  # fmt: skip
    return el("section", el("div", el("h2", words("calendar")), class_="card-head"),
              el("div", names, cells, class_="month"), class_="card")  # fmt: skip


def _cell(day: date, judged: Day | None, booked: Sequence[Entry], words: Words) -> Markup:
    number = el("b", day.day, class_="day")
    if judged is None:
        return el("span", number)
    tone, _ = _TONES.get(judged.status, _QUIET)
    net = sum(entry.amount_fen for entry in booked)
    amount = el("span", signed_yuan(net).removesuffix(".00"), class_="sum") if booked else None
    status = el("span", STATUSES[words.language][judged.status])
    return el("a", number, status, amount, href=f"#{judged.work_date}", class_=tone)


def _timeline(
    days: Sequence[Day] | None,
    money_of: Mapping[str, Sequence[Entry]],
    view: PersonView,
    zone: str,
    words: Words,
) -> Markup:
    query = urlencode({"person": view.employee_id, "from": view.first.isoformat(),
                       "to": view.last.isoformat()})  # fmt: skip
    head = el("div", el("h2", words("timeline")),
              el("a", words("ledger"), href=f"/ledger?{query}"), class_="card-head")  # fmt: skip
    if days is None:
        return el("section", head, class_="card")
    if not days:
        quiet = [el("h3", words("quiet_title")), el("p", words("quiet"))]
        return el("section", head, el("div", icon("event_note"), quiet, class_="empty"),
                  class_="card")  # fmt: skip
    items = [_day(day, money_of.get(day.work_date, ()), zone, words) for day in days]
    return el("section", head, el("ol", items, class_="timeline"), class_="card")


def _day(day: Day, booked: Sequence[Entry], zone: str, words: Words) -> Markup:
    language = words.language
    tone, picture = _TONES.get(day.status, _QUIET)
    status = chip(STATUSES[language][day.status], tone, picture)
    late = int(day.facts.get("late_min", 0))
    lines = [words("minutes", n=late)] if late else []
    times = ", ".join(
        local_time(touch.at_utc_ms, zone) if touch.at_utc_ms is not None else touch.device_time
        for touch in day.touches
    )
    if times:
        lines.append(words("punched", times=times))
    sold, target = (int(day.facts.get(name, 0)) for name in ("sales_fen", "target_fen"))
    if sold or target:
        lines.append(words("sold", sales=yuan_text(sold), target=yuan_text(target)))
    lines += [_finding(code, language) for code in day.findings]
    open_ = None if day.final else el("span", words("open"), class_="muted small")
    net = sum(entry.amount_fen for entry in booked)
    return el(
        "li",
        el("b", date_text(day.work_date, language), id=day.work_date),
        el("span", status, " ", open_),
        money(net) if booked else el("span"),
        el("ul", [el("li", line) for line in lines], [_entry(entry, words) for entry in booked]),
        data_key=day.work_date,
    )


def _finding(code: str, language: Language) -> str:
    labels = LABELS.get(FindingCode(code)) if code in set(FindingCode) else None
    return language.pick(*labels) if labels else code


def _entry(entry: Entry, words: Words) -> Markup:
    rule = entry.explanation.rule
    name = words.language.pick(rule.zh, rule.en)
    link = el("a", words("why"), href=f"/why/{quote(entry.entry_id)}",
              aria_label=f"{words('why')} {name} {signed_yuan(entry.amount_fen)}")  # fmt: skip
    return el("li", money(entry.amount_fen), " ", name, " · ", link)
