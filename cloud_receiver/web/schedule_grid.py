"""A week of people as a grid, the calendar above it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from cloud_receiver.domain.calendar import CalendarDay, DayKind
from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.store.enrolment import RosterEntry
from cloud_receiver.store.roster_history import GridRow
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import date_text
from cloud_receiver.web.texts import Words
from sync.money import yuan_text


def hours(day: RosterDay | RosterEntry | None, words: Words) -> str:
    """Return the hours of a day for people."""
    if day is None or (isinstance(day, RosterEntry) and not day.is_planned):
        return words("none")
    return " / ".join(f"{one.start}–{one.end}" for one in day.shifts) or words("rest")


def grid(
    rows: Sequence[GridRow], days: Sequence[CalendarDay], words: Words, *, may_change: bool
) -> Markup:
    """Return a week of people; each cell opens its editor where the reader may change it."""
    head = [
        el("th", words("person"), scope="col"),
        *(_day_head(day, words, may_change=may_change) for day in days),
    ]
    body = [
        el(
            "tr",
            el("th", el("a", row.name, href=f"/people/{quote(row.employee_id)}"), scope="row"),
            [el("td", _cell(row, day.date, words, may_change=may_change)) for day in days],
            data_key=row.employee_id,
        )
        for row in rows
    ]
    table = el("table", el("thead", el("tr", head)), el("tbody", body), class_="grid-week")
    scroll = el("div", table, class_="scroll", tabindex="0", role="region",
                aria_label=words("title"))  # fmt: skip
    return el("section", scroll, class_="card")


def _day_head(day: CalendarDay, words: Words, *, may_change: bool) -> Markup:
    mark = {DayKind.HOLIDAY: ("holiday", "bad"), DayKind.MAKEUP_WORKDAY: ("makeup", "warn")}
    found = mark.get(day.kind)
    name = words.language.pick(day.name_zh, day.name_en)
    note = el("span", name or words(found[0]), class_=f"small {found[1]}") if found else None
    date = date_text(day.date, words.language)
    shown = el("button", date, note, class_="day-head", type="button", data_act="date",
               data_value=day.date, aria_label=words("calendar", day=date),
               ) if may_change else [date, note]  # fmt: skip
    return el("th", shown, scope="col", class_="off" if not day.kind.is_worked else None)


def _cell(row: GridRow, date: str, words: Words, *, may_change: bool) -> Markup:
    day = row.days.get(date)
    if day is None:
        shown: list[Markup | str | None] = ["—"]
        look = "shift none"
    elif not day.shifts:
        shown = [words("rest")]
        look = "shift rest"
    else:
        shown = [
            el("b", f"{shift.start}–{shift.end}",
               el("small", f" {words('night')}") if shift.end_day else None)
            for shift in day.shifts
        ]  # fmt: skip
        target = yuan_text(day.target_fen).removesuffix(".00")
        shown.append(el("small", words("target", n=target)) if day.target_fen else None)
        look = "shift"
    if not may_change:
        return el("span", shown, class_=look)
    told = words("cell", who=row.name, day=date_text(date, words.language), hours=hours(day, words))
    return el("button", shown, class_=look, type="button", data_act="cell",
              data_value=f"{row.employee_id}/{date}", aria_label=told)  # fmt: skip
