"""What is about to be laid, and the form a pattern is written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from cloud_receiver.domain.labour import LabourNote
from cloud_receiver.domain.workday import shift_date
from cloud_receiver.store import scheduling
from cloud_receiver.store.enrolment import RosterEntry
from cloud_receiver.web.labour_notes import notes
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import date_text, icon
from cloud_receiver.web.schedule_grid import hours
from cloud_receiver.web.schedule_texts import SCHEDULE
from cloud_receiver.web.texts import Words
from sync.errors import ToldError


def plan_of(connection: Connection, entries: Sequence[RosterEntry]) -> tuple[RosterEntry, ...]:
    """Return those of some entries that would change a day, to be looked at and then laid.

    Raises:
        ToldError: shifts of a day would run at the same time.
    """
    changes = scheduling.preview(connection, entries)
    for who, day in scheduling.overlapping(connection, changes):
        zh, en = (text.format(who=who, day=day) for text in SCHEDULE["overlap"])
        raise ToldError(zh, en)
    return tuple(change.entry for change in changes)


def plan_card(
    changes: Sequence[scheduling.Change],
    known: Mapping[str, str],
    found: Sequence[LabourNote],
    words: Words,
) -> Markup:
    """Return the days that would change, and what the law says to them."""
    lines = [
        el("li", el("b", known.get(change.entry.employee_id, change.entry.employee_id)), " ",
           date_text(change.entry.work_date, words.language), ": ", words("before"), " ",
           hours(change.before, words), " → ", words("after"), " ", hours(change.entry, words),
           _of_settings(change, words))
        for change in changes[:12]
    ]  # fmt: skip
    hidden = len(changes) - len(lines)
    more = el("li", words("more", n=hidden), class_="muted") if hidden > 0 else None
    yes = el("button", icon("check"), words("lay"), class_="button main", type="button",
             data_act="lay")  # fmt: skip
    no = el("button", words("drop"), class_="button", type="button", data_act="drop")
    head = el("div", el("h2", words("would", n=len(changes))), el("div", yes, no, class_="row"),
              class_="card-head")  # fmt: skip
    return el("section", head, el("ul", lines, more, class_="card-body small"),
              notes(found, known, words.language), class_="card", data_key="plan")  # fmt: skip


def _of_settings(change: scheduling.Change, words: Words) -> str | None:
    """Return a word for a change that hours do not show."""
    if change.before is None or change.before.shifts == change.entry.shifts:
        return None
    same_hours = hours(change.before, words) == hours(change.entry, words)
    return f" {words('settings')}" if same_hours else None


def pattern_form(monday: str, templates: Sequence[str], words: Words) -> Markup:
    """Return the form a pattern is written in."""
    known = "、".join(templates) or words("no_shifts")
    link = el("a", known, href="/schedule/shifts")

    def field(label: str, name: str, value: str, kind: str = "text") -> Markup:
        box = el("input", name=name, type=kind, value=value, required=True)
        return el("label", words(label), box, class_="field")

    form = el(
        "form",
        field("cycle", "cycle", ""), field("from", "from", monday, "date"),
        field("to", "to", shift_date(monday, 27), "date"),
        field("stagger", "stagger", "0", "number"),
        el("button", icon("visibility"), words("look"), class_="button", type="submit"),
        class_="filters", data_submit="pattern",
    )  # fmt: skip
    hint = el("p", words("pattern_hint"), link, class_="small muted card-body")
    head = el("div", el("h2", words("pattern")), class_="card-head")
    return el("section", head, form, hint, class_="card")
