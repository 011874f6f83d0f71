"""What HR enters for a person: leave and outings, corrections, swaps; and takes back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from cloud_receiver.domain.entries import (
    Correction,
    CorrectionStyle,
    Entered,
    Entry,
    Leave,
    Part,
    Purpose,
    Swap,
    Withdrawal,
)
from cloud_receiver.domain.workday import CheckType, local_to_utc_ms, shift_date, utc_ms
from cloud_receiver.exchange import fields
from cloud_receiver.store import entries, names, tables
from cloud_receiver.store.engine import write
from cloud_receiver.web.entry_fields import CHOICES
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import icon, local_minute, local_time
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from sync.errors import DakaError

KINDS: Final = ("leave", "correction", "swap")
TEXTS: Final[Texts] = {
    **CHOICES,
    "title": ("登记请假、补卡、调班", "Enter leave, corrections, swaps"),
    "kind": ("登记什么", "What"),
    "kind_leave": ("请假或外出", "leave or outing"),
    "kind_correction": ("补卡或改签", "correction"),
    "kind_swap": ("调班", "swap"),
    "kind_arrival": ("主管登记", "supervisor's record"),
    "purpose": ("事由", "For"),
    "part": ("多久", "How long"),
    "date": ("日期", "Date"),
    "last_date": ("到哪天(含)", "Until"),
    "from_time": ("从几点", "From"),
    "to_time": ("到几点", "To"),
    "style": ("补卡还是改签", "By whom"),
    "check_type": ("上班还是下班", "Which end"),
    "on": ("上班", "coming"),
    "off": ("下班", "going"),
    "shift_no": ("当天第几个班次", "Which shift of the day"),
    "time": ("时间", "At"),
    "other": ("和谁换", "With whom"),
    "other_date": ("对方的日期", "The other's date"),
    "reason": ("原因", "Reason"),
    "enter": ("登记", "Enter"),
    "entered": ("已登记,考勤随之重算", "Entered; the days are judged anew"),
    "by": ("{author} · {at}", "{author} · {at}"),
    "take_back": ("撤销", "Take back"),
    "took_back": ("已撤销,考勤随之重算", "Taken back; the days are judged anew"),
    "withdrawn": ("已撤销", "taken back"),
    "question": ("撤销后考勤会重算。确定吗?", "The days will be judged anew. Are you sure?"),
    "yes": ("确定", "Yes"),
    "no": ("取消", "Cancel"),
}  # fmt: skip
_LISTED: Final = ("leave", "correction", "swap", "arrival")


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry about a person, and what became of it."""

    record_id: str
    kind: str
    said: Entered
    is_withdrawn: bool


def listed(connection: Connection, employee_id: str, first: str, last: str) -> list[Listed]:
    """Return what was entered about a person's dates, the newest first."""
    entry = tables.entry.c
    query = select(entry.record_id, entry.kind, entry.withdrawn_utc_ms).where(
        entry.employee_id == employee_id, entry.kind.in_(_LISTED),
        entry.first_date <= last, entry.last_date >= first,
    )  # fmt: skip
    found = []
    rows = connection.execute(query.order_by(entry.entered_utc_ms.desc(), entry.record_id))
    for record_id, kind, withdrawn_utc_ms in rows.all():
        said = entries.entered(connection, record_id)
        if said is not None:
            found.append(Listed(record_id, kind, said, withdrawn_utc_ms is not None))
    return found


def enter(desk: Desk, employee_id: str, zone: str, text: str, author: str, words: Words) -> str:
    """Enter what a form says; return what to tell."""
    form = {key: str(value).strip() for key, value in json.loads(text).items()}
    try:
        entry = _entry(employee_id, zone, form)
        with write(desk.engine) as connection:
            entries.enter(connection, entry, author, utc_ms(desk.now()))
    except DakaError as error:
        return reason_of(error, words.language)
    except ValueError as error:
        return str(error)
    return words("entered")


def take_back(desk: Desk, record_id: str, author: str, words: Words) -> str:
    """Withdraw an entry; return what to tell."""
    try:
        with write(desk.engine) as connection:
            withdrawal = Withdrawal(record_id=record_id, reason="taken back on the person's page")
            entries.enter(connection, withdrawal, author, utc_ms(desk.now()))
    except DakaError as error:
        return reason_of(error, words.language)
    return words("took_back")


def _entry(employee_id: str, zone: str, form: Mapping[str, str]) -> Entry:
    date = fields.day("work_date", form.get("date", "")).isoformat()
    reason = form.get("reason", "")
    if form.get("kind") == "swap":
        other_date = form.get("other_date") or date
        return Swap(
            employee_id=employee_id, work_date=date, reason=reason,
            other_employee_id=form.get("other", ""),
            other_work_date=fields.day("work_date", other_date).isoformat(),
        )  # fmt: skip
    if form.get("kind") == "correction":
        return Correction(
            employee_id=employee_id, work_date=date, reason=reason or "-",
            check_type=CheckType(form.get("check_type", "")),
            shift_no=int(form.get("shift_no") or 1),
            style=CorrectionStyle(form.get("style", "")),
            at_utc_ms=_instant("time", form, date, zone),
        )  # fmt: skip
    part = Part(form.get("part", Part.DAY))
    last = fields.day("last_date", form.get("last_date") or date).isoformat()
    span = (0, 0)
    if part is Part.HOURS:
        begin, end = (_instant(name, form, date, zone) for name in ("from_time", "to_time"))
        if end <= begin:  # of a night shift: until the next morning
            end = _instant("to_time", form, shift_date(date, 1), zone)
        span = (begin, end)
    return Leave(
        employee_id=employee_id, purpose=Purpose(form.get("purpose", "")), part=part, reason=reason,
        first_date=date, last_date=last, from_utc_ms=span[0], to_utc_ms=span[1],
    )  # fmt: skip


def _instant(name: str, form: Mapping[str, str], date: str, zone: str) -> int:
    return local_to_utc_ms(f"{date}T{fields.clock(name, form.get(name, ''))}:00", zone)


def draw_entries(
    found: Sequence[Listed], people: Sequence[names.Person], today: str, zone: str,
    language: Language, *, may_change: bool,
) -> Markup | None:  # fmt: skip
    """Return the form, for who may enter, and what was entered; None when there is nothing."""
    words = Words(TEXTS, language)
    if not found and not may_change:
        return None
    head = el("div", el("h2", words("title")), class_="card-head")
    lines = [_line(one, zone, words, may_change=may_change) for one in found]
    body = el("div", el("ul", lines, class_="plain stack tight"), class_="card-body")
    return el("section", head, _form(people, today, words) if may_change else None,
              body if lines else None, class_="card", data_key="entries")  # fmt: skip


def _form(people: Sequence[names.Person], today: str, words: Words) -> Markup:
    def box(label: str, kind: str, of: str, value: str = "", **more: str) -> Markup:
        shown = el("input", type=kind, name=label, value=value, **more)
        return el("label", words(label), shown, class_=f"field of-{of}")

    def choose(label: str, options: Sequence[tuple[str, str]], of: str) -> Markup:
        listed_ = [el("option", text, value=value) for value, text in options]
        return el("label", words(label), el("select", listed_, name=label), class_=f"field of-{of}")

    others = [(one.employee_id, f"{one.name} · {one.employee_id}") for one in people]
    return el(
        "form",
        choose("kind", [(kind, words(f"kind_{kind}")) for kind in KINDS], "all"),
        choose("purpose", [(one.value, words(f"purpose_{one}")) for one in Purpose], "leave"),
        choose("part", [(one.value, words(f"part_{one}")) for one in Part], "leave"),
        choose("style", [(one.value, words(f"style_{one}")) for one in CorrectionStyle], "correction"),
        choose("check_type", [(CheckType.ON_DUTY, words("on")), (CheckType.OFF_DUTY, words("off"))],
               "correction"),
        box("date", "date", "all", today),
        box("last_date", "date", "leave"),
        box("from_time", "time", "hours"), box("to_time", "time", "hours"),
        box("time", "time", "correction"),
        box("shift_no", "number", "correction", "1", min="1", max="9"),
        choose("other", others, "swap"),
        box("other_date", "date", "swap"),
        box("reason", "text", "all", maxlength="200"),
        el("button", icon("edit_note"), words("enter"), class_="button main", type="submit"),
        class_="filters entry-form", data_submit="enter",
    )  # fmt: skip


def _line(one: Listed, zone: str, words: Words, *, may_change: bool) -> Markup:
    entry = one.said.entry
    at = local_minute(one.said.entered_utc_ms, zone)
    by = el("span", words("by", author=one.said.author, at=at), class_="muted small")
    back = el("button", icon("undo"), words("take_back"), class_="button slim", type="button",
              data_act="take_back", data_value=one.record_id, data_confirm=words("question"),
              data_yes=words("yes"), data_no=words("no"))  # fmt: skip
    is_open = may_change and not one.is_withdrawn and not isinstance(entry, Swap)
    gone = el("span", words("withdrawn"), class_="small warn") if one.is_withdrawn else None
    told = el("span", el("b", words(f"kind_{one.kind}")), " ", _told(entry, zone, words))
    return el("li", told, " ", by, " ", gone, back if is_open else None, class_="row",
              data_key=one.record_id)  # fmt: skip


def _told(entry: Entry, zone: str, words: Words) -> str:
    if isinstance(entry, Leave):
        dates = " – ".join(dict.fromkeys((entry.first_date, entry.last_date)))
        hours = (
            "–".join(local_time(at, zone) for at in (entry.from_utc_ms, entry.to_utc_ms))
            if entry.part is Part.HOURS
            else words(f"part_{entry.part}")
        )
        return _joined(words(f"purpose_{entry.purpose}"), dates, hours, entry.reason)
    if isinstance(entry, Correction):
        end = words("on" if entry.check_type is CheckType.ON_DUTY else "off")
        at = local_time(entry.at_utc_ms, zone) if entry.at_utc_ms is not None else "—"
        return _joined(entry.work_date, end, at, words(f"style_{entry.style}"), entry.reason)
    if isinstance(entry, Swap):
        other = f"{entry.other_employee_id} {entry.other_work_date}"
        return _joined(entry.work_date, "⇄", other, entry.reason)
    return str(getattr(entry, "reason", ""))


def _joined(*texts: str) -> str:
    return " · ".join(filter(None, texts))
