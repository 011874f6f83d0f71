"""今日到岗: who is expected, who came, what it means in money, and what happened just now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import Request
from nicegui import ui

from cloud_receiver.domain.attendance import DayStatus
from cloud_receiver.domain.workday import PlannedShift, utc_ms
from cloud_receiver.store import board, names
from cloud_receiver.store.board import Happening, PersonDay, Presence
from cloud_receiver.store.engine import read
from cloud_receiver.store.names import Store
from cloud_receiver.store.turnout import Turnout, figures_of, turnouts
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import STATUSES, chip, date_text, icon, local_time, money
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of
from sync.money import yuan_text

FEED_LENGTH: Final = 14
TEXTS: Final[Texts] = {
    "title": ("今日到岗", "Today"),
    "title_of": ("到岗情况", "Attendance of the day"),
    "lead": (
        "每位同事打卡、成交后,一秒之内出现在这里。",
        "Every punch and sale shows here within a second.",
    ),
    "previous": ("前一天", "Day before"),
    "next": ("后一天", "Day after"),
    "back_to_today": ("回到今天", "Back to today"),
    "date": ("日期", "Date"),
    "expected": ("应到", "Expected"),
    "arrived": ("已到", "Arrived"),
    "late": ("迟到", "Late"),
    "no_punch": ("尚未打卡", "No punch yet"),
    "missing": ("缺卡或旷工", "Missing"),
    "awaiting": ("等待数据", "Awaiting data"),
    "sales": ("销售额 / 目标(元)", "Sales / target (yuan)"),
    "store_sales": ("销售 {sales} / 目标 {target} 元", "Sold {sales} of {target} yuan"),
    "of_target": ("达成 {percent}%", "{percent}% of target"),
    "no_target": ("未设目标", "no target"),
    "stores": ("各门店", "Stores"),
    "stores_hint": ("点门店看每个人", "Choose a store to see its people"),
    "person": ("姓名", "Name"),
    "shift": ("班次", "Shift"),
    "status": ("状态", "Status"),
    "came": ("到岗", "In"),
    "left": ("离岗", "Out"),
    "late_min": ("迟到", "Late"),
    "minutes": ("{n} 分钟", "{n} min"),
    "person_sales": ("销售 / 目标(元)", "Sales / target (yuan)"),
    "unreadable": ("读不出,请运行 daka-hq rebuild", "cannot be read: run daka-hq rebuild"),
    "money": ("奖惩(元)", "Money (yuan)"),
    "see_entries": ("{name}当日的奖惩明细", "Entries of {name} that day"),
    "in_time": ("已到岗", "in"),
    "in_late": ("迟到", "late"),
    "later": ("未到班次", "shift to come"),
    "off": ("休息", "day off"),
    "next_day": ("次日", "next day"),
    "feed": ("刚刚发生", "Just happened"),
    "feed_empty": (
        "有人打卡或有奖惩入账时,这里会立即出现。",
        "Punches and bookings will show here at once.",
    ),
    "punched": ("打卡", "punched in"),
    "unknown": ("未登记用户 {user}", "Unknown user {user}"),
    "bind": ("去登记", "Say who it is"),
    "why": ("为什么", "Why"),
    "empty_title": ("这一天还没有排班", "Nobody is rostered on this day"),
    "empty": (
        "导入排班后,这里会列出每家门店应到的人。没有排班的打卡也会显示,不会丢失。",
        (
            "Once a roster is imported, the people expected in each store appear here. "
            "Punches without a roster show as well; nothing is lost."
        ),
    ),
}
_TONES: Final = {
    Presence.IN_TIME: ("in_time", "good", "check_circle"),
    Presence.LATE: ("in_late", "warn", "schedule"),
    Presence.NO_PUNCH: ("no_punch", "wait", "radio_button_unchecked"),
    Presence.LATER: ("later", "", "more_horiz"),
    Presence.AWAITING: ("awaiting", "wait", "hourglass_empty"),
    Presence.OFF: ("off", "", "weekend"),
}
_COUNTED: Final = (
    ("arrived", "good", "check_circle"),
    ("late", "warn", "schedule"),
    ("no_punch", "wait", "radio_button_unchecked"),
    ("missing", "bad", "error"),
    ("awaiting", "wait", "hourglass_empty"),
)


@dataclass(frozen=True, slots=True)
class View:
    """What a reader looks at: a date (None follows today) and the stores opened."""

    language: Language
    day: str | None
    opened: frozenset[str]

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        query = {"date": self.day, "store": ",".join(sorted(self.opened))}
        given = {name: value for name, value in query.items() if value}
        return f"/?{urlencode(given)}" if given else "/"


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/")
    async def today(request: Request, date: str = "", store: str = "") -> None:
        visit = visit_of(request)
        view = View(visit.language, _day(date), frozenset(filter(None, store.split(","))))
        with await page_frame(desk, visit, "today", visit.words(TEXTS)("title")):

            async def act(name: str, value: str) -> None:
                nonlocal view
                view = _turned(view, name, value)
                await follower.turn(view, partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            follower = await desk.hub.follow(view, partial(draw, desk, view), act)


def _day(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _turned(view: View, name: str, value: str) -> View:
    if name == "day":
        return replace(view, day=_day(value))
    if name == "store":
        return replace(view, opened=view.opened ^ {value})
    return view


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    now, today = utc_ms(desk.now()), desk.today()
    day = view.day or today
    with read(desk.engine) as connection:
        shops = names.stores(connection)
        counted = turnouts(connection, day, now)
        people = board.people_of_day(connection, day, store_ids=sorted(view.opened))
        feed = board.happenings(connection, FEED_LENGTH) if day == today else []
    words = Words(TEXTS, view.language)
    total = Turnout()
    for one in counted.values():
        total.add(one)
    rows = [
        _store(shop, counted[shop.store_id],
               [one for one in people if one.store_id == shop.store_id], view, day, now)
        for shop in shops if shop.store_id in counted
    ]  # fmt: skip
    stores = el(
        "section",
        el("div", el("h2", words("stores")), el("span", words("stores_hint"), class_="muted small"), class_="card-head"),
        rows,
        class_="card",
    ) if rows else el("section", _empty(words), class_="card")  # fmt: skip
    body = stores
    if day == today:
        body = el("div", stores, _feed(feed, shops, words, today), class_="split")
    return join([_head(words, view, day, today), _figures(total, words), body])


def _head(words: Words, view: View, day: str, today: str) -> Markup:
    title = words("title") if day == today else words("title_of")
    shift = partial(_shifted, day)
    picker = el(
        "div",
        el("button", icon("chevron_left"), class_="button", type="button", data_act="day",
           data_value=shift(-1), aria_label=words("previous")),
        el("input", type="date", value=day, data_change="day", aria_label=words("date")),
        el("button", icon("chevron_right"), class_="button", type="button", data_act="day",
           data_value=shift(1), aria_label=words("next")),
        el("button", words("back_to_today"), class_="button", type="button", data_act="day",
           data_value="") if day != today else None,
        class_="row",
    )  # fmt: skip
    named = el("div", el("h1", title, " · ", date_text(day, view.language)), el("p", words("lead")))
    return el("header", named, picker, class_="head")


def _shifted(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _figures(total: Turnout, words: Words) -> Markup:
    figures = [_figure(words("expected"), total.expected, icon("groups"))]
    for key, tone, picture in _COUNTED:
        count = getattr(total, key)
        figures.append(_figure(words(key), count, icon(picture, tone if count else "")))
    amount = el("dd", yuan_text(total.sales_fen), " ", el("small", f"/ {yuan_text(total.target_fen)}"),
                class_="money")  # fmt: skip
    bar = _bar(total.sales_fen, total.target_fen)
    wide = el("div", el("dt", words("sales")), amount, bar, class_="figure wide")
    return el("dl", figures, wide, class_="figures")


def _figure(label: str, count: int, picture: Markup) -> Markup:
    return el("div", el("dt", picture, label), el("dd", count), class_="figure")


def _bar(sales: int, target: int) -> Markup:
    percent = min(100, max(0, sales * 100 // target)) if target else 0
    tone = "good" if target and sales >= target else None
    return el(
        "span", el("i", style=f"width:{percent}%", class_=tone), class_="bar", aria_hidden="true"
    )


def _store(
    shop: Store, counted: Turnout, crew: Sequence[PersonDay],
    view: View, day: str, now: int,
) -> Markup:  # fmt: skip
    opened = shop.store_id in view.opened
    head = _store_head(shop, figures_of(counted), view.language, opened=opened)
    people = None
    if opened:
        listed = _people(shop, crew, Words(TEXTS, view.language), day, now)
        people = el("div", listed, id=f"people-{shop.store_id}", class_="store-people")
    return el("div", head, people, class_="store", data_key=shop.store_id)


@lru_cache(maxsize=8192)  # nearly all of them are as they were a moment ago
def _store_head(
    shop: Store, figures: tuple[int, ...], language: Language, *, opened: bool
) -> Markup:
    words, counted = Words(TEXTS, language), Turnout(*figures)
    chips = [
        chip(
            f"{words('arrived')} {counted.arrived}/{counted.expected}",
            "good" if counted.arrived else "",
            "how_to_reg",
        )
    ]
    chips += [
        chip(f"{words(key)} {getattr(counted, key)}", tone, picture)
        for key, tone, picture in _COUNTED
        if key != "arrived" and getattr(counted, key)
    ]
    sales, target = counted.sales_fen, counted.target_fen
    reached = words("of_target", percent=sales * 100 // target) if target else words("no_target")
    sold = el("span", el("span", words("store_sales", sales=yuan_text(sales), target=yuan_text(target)), class_="small"),
              _bar(sales, target), el("span", reached, class_="small muted"), class_="store-sales")  # fmt: skip
    return el(
        "button", el("h3", shop.name), el("span", chips, class_="row"), sold,
        icon("expand_more", "turn"), class_="store-head", type="button", data_act="store",
        data_value=shop.store_id, aria_expanded=str(opened).lower(),
        aria_controls=f"people-{shop.store_id}",
    )  # fmt: skip


def _people(
    shop: Store, crew: Sequence[PersonDay],
    words: Words, day: str, now: int,
) -> Markup:  # fmt: skip
    columns = ("person", "shift", "status", "came", "left", "late_min", "person_sales", "money")
    numeric = {"came", "left", "late_min", "person_sales", "money"}
    head = el(
        "tr",
        [
            el("th", words(key), scope="col", class_="num" if key in numeric else None)
            for key in columns
        ],
    )
    rows = [_person(shop, person, words, day, now) for person in crew]
    return el("table", el("thead", head), el("tbody", rows), class_="cards dense")


def _person(shop: Store, person: PersonDay, words: Words, day: str, now: int) -> Markup:
    came = local_time(person.came_utc_ms, shop.zone) if person.came_utc_ms else ""
    left = local_time(person.left_utc_ms, shop.zone) if person.left_utc_ms else ""
    late = words("minutes", n=person.late_min) if person.late_min else ""
    is_idle = not (person.sales_fen or person.target_fen or person.shifts)
    sales = "—" if is_idle else f"{yuan_text(person.sales_fen)} / {yuan_text(person.target_fen)}"
    query = urlencode({"person": person.employee_id, "from": day, "to": day})
    amount = money(person.money_fen)
    linked = el(
        "a", amount, href=f"/ledger?{query}", aria_label=words("see_entries", name=person.name)
    )
    return el(
        "tr",
        el("td", el("a", person.name, href=f"/people/{quote(person.employee_id)}"), class_="lead"),
        el(
            "td",
            " / ".join(_shift(shift, words) for shift in person.shifts),
            class_="nowrap",
            data_label=words("shift"),
        ),
        el("td", _status(person, words, now), data_label=words("status"), class_="beside"),
        el("td", came, class_="num", data_label=words("came")),
        el("td", left, class_="num", data_label=words("left")),
        el("td", late, class_="num warn", data_label=words("late_min")),
        el("td", sales, class_="num line last", data_label=words("person_sales")),
        el("td", linked if person.money_fen else amount, class_="num", data_label=words("money")),
        data_key=person.employee_id,
    )


def _shift(shift: PlannedShift, words: Words) -> str:
    night = f" ({words('next_day')})" if shift.shift.end_day else ""
    return f"{shift.shift.start}–{shift.shift.end}{night}"


def _status(person: PersonDay, words: Words, now: int) -> Markup:
    if not person.is_readable:
        return chip(words("unreadable"), "bad", "error")
    presence = person.presence(now)
    if presence is Presence.MISSING:
        return chip(STATUSES[words.language][person.status], "bad", "error")
    if person.final and person.status in {DayStatus.EARLY, DayStatus.REST_DAY_WORK}:
        return chip(STATUSES[words.language][person.status], "warn", "logout")
    key, tone, picture = _TONES[presence]
    return chip(words(key), tone, picture)


def _empty(words: Words) -> Markup:
    return el(
        "div",
        icon("event_busy"),
        el("h2", words("empty_title")),
        el("p", words("empty")),
        class_="empty",
    )


def _feed(feed: Sequence[Happening], shops: Sequence[Store], words: Words, today: str) -> Markup:
    by_id = {shop.store_id: shop for shop in shops}
    items = [_happening(item, by_id.get(item.store_id), words, today) for item in feed]
    listed = (
        el("ol", items, class_="feed", aria_live="polite")
        if items
        else el("p", words("feed_empty"), class_="empty")
    )
    return el(
        "aside",
        el(
            "section", el("div", el("h2", words("feed")), class_="card-head"), listed, class_="card"
        ),
    )


def _happening(item: Happening, shop: Store | None, words: Words, today: str) -> Markup:
    zone, place = (shop.zone, shop.name) if shop else ("UTC", item.store_id)
    is_today = local_time(item.at_utc_ms, zone, "%Y-%m-%d") == today
    told = local_time(item.at_utc_ms, zone, "%H:%M" if is_today else "%m-%d %H:%M")
    at = el("time", told, class_="num muted small")
    if item.entry_id is not None:
        rule = words.language.pick(item.rule.zh, item.rule.en) if item.rule else ""
        picture = icon(
            "add_circle" if item.amount_fen > 0 else "remove_circle",
            "good" if item.amount_fen > 0 else "bad",
        )
        what = el("span", el("b", item.name), " ", money(item.amount_fen))
        link = el("a", words("why"), href=f"/why/{quote(item.entry_id)}")
        return el(
            "li", picture, what, at, el("span", rule, " · ", link, class_="sub"), data_key=item.key
        )
    if item.name is None:
        name = el("span", words("unknown", user=item.user_id), class_="warn")
        link = el("a", words("bind"), href="/problems?tab=people")
        return el(
            "li",
            icon("help", "warn"),
            name,
            at,
            el("span", place, " · ", link, class_="sub"),
            data_key=item.key,
        )
    what = el("span", el("b", item.name), " ", words("punched"))
    sub = f"{place} · {item.device_time[11:]}"
    return el(
        "li",
        icon("fingerprint", "wait"),
        what,
        at,
        el("span", sub, class_="sub"),
        data_key=item.key,
    )
