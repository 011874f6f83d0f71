"""What a date is in a store's calendar, as headquarters says it: the editor on the schedule page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from cloud_receiver.domain.calendar import DOUBTS, EVERY_STORE, LABELS, CalendarDay, DayKind
from cloud_receiver.exchange import fields
from cloud_receiver.store import calendar, names
from cloud_receiver.store.calendar import Said, SaidVersion
from cloud_receiver.web.form_sheet import save_or_close
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import author_text, date_text, local_minute
from cloud_receiver.web.texts import Texts, Words
from sync.errors import DakaError

TEXTS: Final[Texts] = {
    "title": ("日历:{day}", "Calendar: {day}"),
    "kind": ("这一天是", "This day is"),
    "nation": ("按国家日历", "as in the national calendar"),
    "name": ("叫什么(可不填)", "Called (may be empty)"),
    "where": ("用于", "Holds in"),
    "every": ("所有门店", "all stores"),
    "hint": (
        "用到日历的规则随之重算;已排的班不变,需要时重新排。",
        "Rules that ask the calendar are run again; rosters that stand do not change.",
    ),
    "said": ("{day} 在{store}:{kind}", "{day} in {store}: {kind}"),
    "same": ("没有变化", "Nothing changed"),
    "version": ("第 {n} 版 · {store} · {kind} · {author} · {at}", "version {n} · {store} · {kind} · {author} · {at}"),
}  # fmt: skip
_SHOWN: Final = 3
_NATION: Final = "nation"


@dataclass(frozen=True, slots=True)
class Date:
    """A date whose calendar is being edited, and what was said of it before."""

    day: CalendarDay
    store: names.Store
    versions: tuple[SaidVersion, ...]


def date_of(
    connection: Connection, date: str, store_id: str, shops: Sequence[names.Store]
) -> Date | None:
    """Return a date as it stands in a store, None when there is no such."""
    store = next((shop for shop in shops if shop.store_id == store_id), None)
    try:
        fields.day("work_date", date)
    except DakaError:
        return None
    if store is None:
        return None
    versions = [
        one for one in calendar.history(connection, date, date)
        if one.said.store_id in (EVERY_STORE, store_id)
    ]  # fmt: skip
    versions.sort(key=lambda one: one.created_utc_ms)
    day = calendar.calendar(connection, date, date).day(store_id, date)
    return Date(day, store, tuple(versions[-_SHOWN:]))


def say(
    connection: Connection, about: Date, form: Mapping[str, str], author: str, now_utc_ms: int
) -> Said | None:
    """Say what a date is as a form has it; return what was said, None when it was so already.

    Raises:
        DakaError: there is no such kind of day.
    """
    kinds = {kind.value: kind for kind in DayKind} | {_NATION: None}
    kind = kinds[fields.one_of("kind", form.get("kind", ""), kinds, "类型", "kind")]
    said = Said(
        store_id=EVERY_STORE if form.get("where") == EVERY_STORE else about.store.store_id,
        work_date=about.day.date, kind=kind,
        name=form.get("name", "").strip()[:80] if kind else "",
    )  # fmt: skip
    return said if calendar.say(connection, [said], author, now_utc_ms) else None


def told(said: Said | None, about: Date, words: Words) -> str:
    """Return what to tell after `say`."""
    if said is None:
        return words("same")
    day = date_text(about.day.date, words.language)
    return words("said", day=day, store=_where(said, about, words), kind=_kind(said, words))


def draw_date(about: Date, words: Words) -> Markup:
    """Return the editor of a date, and who said what of it last."""
    day, language = about.day, words.language
    newest = about.versions[-1].said if about.versions and day.is_own else None
    kinds = [el("option", words("nation"), value=_NATION, selected=not day.is_own)]
    kinds += [
        el("option", language.pick(*LABELS[kind]), value=kind.value,
           selected=day.is_own and kind is day.kind)
        for kind in DayKind
    ]  # fmt: skip
    places = [
        el("option", about.store.name, value=about.store.store_id),
        el("option", words("every"), value=EVERY_STORE,
           selected=newest is not None and newest.store_id == EVERY_STORE),
    ]  # fmt: skip
    name = el("input", name="name", value=day.name_zh if day.is_own else "", maxlength="80",
              autocomplete="off")  # fmt: skip
    form = el(
        "form",
        el("label", words("kind"), el("select", kinds, name="kind", data_focus=True), class_="field"),
        el("label", words("name"), name, class_="field"),
        el("label", words("where"), el("select", places, name="where"), class_="field"),
        el("p", words("hint"), class_="small muted"),
        save_or_close(words.language),
        class_="stack tight", data_submit="say",
    )  # fmt: skip
    doubt = el("p", language.pick(*DOUBTS[day.doubt]), class_="small warn") if day.doubt else None
    title = words("title", day=date_text(day.date, language))
    made = [el("li", _stamp(one, about, words)) for one in reversed(about.versions)]
    return el("section", el("h2", title), doubt, form, el("ul", made, class_="small muted plain"),
              class_="sheet", role="dialog", aria_label=title,
              data_key=f"date/{about.store.store_id}/{day.date}")  # fmt: skip


def _stamp(one: SaidVersion, about: Date, words: Words) -> str:
    at = local_minute(one.created_utc_ms, about.store.zone)
    return words("version", n=one.version, store=_where(one.said, about, words),
                 kind=_kind(one.said, words), at=at,
                 author=author_text(one.author, words.language))  # fmt: skip


def _where(said: Said, about: Date, words: Words) -> str:
    return words("every") if said.store_id == EVERY_STORE else about.store.name


def _kind(said: Said, words: Words) -> str:
    if said.kind is None:
        return words("nation")
    label = words.language.pick(*LABELS[said.kind])
    return f"{label} {said.name}" if said.name else label
