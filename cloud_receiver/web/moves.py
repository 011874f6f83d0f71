"""A person's team and home store from a date on, name and leaving: who said so when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from sqlalchemy import Connection

from cloud_receiver.domain.workday import FIRST_DATE
from cloud_receiver.store import assignments, profile
from cloud_receiver.store.assignments import Assignment, Kind
from cloud_receiver.store.names import Store
from cloud_receiver.store.profile import Entered
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import author_text, local_minute
from cloud_receiver.web.texts import Language, Texts, Words

TEXTS: Final[Texts] = {
    "title": ("考勤组与所属门店", "Team and home store"),
    "lead": (
        "从生效日起算,以前的日子不变。离职的,从那天起的排班一并撤回。",
        "Holds from its date; days before stay as they are. Of who leaves, rosters from then on are taken back.",
    ),
    "kind_team": ("考勤组", "Team"),
    "kind_home": ("所属门店", "Home store"),
    "what": ("内容", "What"),
    "dates": ("从哪天起", "Holds from"),
    "author": ("谁登记的", "Said by"),
    "when": ("何时登记", "When"),
    "always": ("一直", "always"),
    "none": ("不在任何组", "none"),
    "before": ("以前导入,未记录", "before this was kept"),
    "replaced": ("已被更正", "corrected since"),
    "name": ("姓名", "Name"),
    "left": ("离职", "Left"),
    "back": ("在职", "Works here"),
}


class _Row(NamedTuple):
    """A line of the list, in words; `stands`: nothing else was said in its place."""

    created_utc_ms: int
    author: str
    what: str
    value: str = ""
    since: str = ""
    stands: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """All that was ever said of a person."""

    moves: Sequence[Assignment]
    entered: Sequence[Entered]


def said_of(connection: Connection, employee_id: str) -> Said:
    """Read what was said of a person."""
    return Said(
        assignments.history(connection, employee_id),
        profile.entered(connection, employee_id),
    )


def draw_moves(
    said: Said, stores: Mapping[str, Store], zone: str, language: Language
) -> Markup | None:
    """Return what was said, the newest first; None when nothing was."""
    words = Words(TEXTS, language)
    rows = sorted(_rows(said, stores, words), key=_by_time, reverse=True)
    if not rows:
        return None
    columns = [el("th", words(key), scope="col") for key in ("what", "dates", "author", "when")]
    lines = [_line(row, zone, words) for row in rows]
    table = el("table", el("thead", el("tr", columns)), el("tbody", lines), class_="cards")
    title = el("div", el("h2", words("title")), el("p", words("lead"), class_="muted small"),
               class_="card-head")  # fmt: skip
    return el("section", title, el("div", table, class_="scroll"), class_="card",
              data_key="moves")  # fmt: skip


def _by_time(row: _Row) -> int:
    return row.created_utc_ms


def _rows(said: Said, stores: Mapping[str, Store], words: Words) -> list[_Row]:
    rows = []
    for one in said.moves:
        if one.kind is Kind.EMPLOYED:
            if one.first_date == FIRST_DATE and one.value:
                continue  # nothing else is said of who works here
            told = (words("back" if one.value else "left"), "", one.first_date, one.is_newest)
            rows.append(_Row(one.created_utc_ms, one.author, *told))
            continue
        value = one.value or words("none")
        if one.kind is Kind.HOME and one.value in stores:
            value = stores[one.value].name
        since = words("always") if one.first_date == FIRST_DATE else one.first_date
        told = (words(f"kind_{one.kind}"), value, since, one.is_newest)
        rows.append(_Row(one.created_utc_ms, one.author, *told))
    for before, after in pairwise(said.entered):
        stamp = (after.created_utc_ms, after.author)
        if before.name != after.name:
            rows.append(_Row(*stamp, words("name"), after.name))
    return rows


def _line(row: _Row, zone: str, words: Words) -> Markup:
    known = row.created_utc_ms
    at = local_minute(known, zone) if known else "—"
    old = None if row.stands else el("span", " ", words("replaced"), class_="small warn")
    who = author_text(row.author, words.language) if row.author else words("before")
    return el(
        "tr",
        el("td", row.what, " ", el("b", row.value), old, class_="lead"),
        el("td", row.since or "—", data_label=words("dates")),
        el("td", who, class_=None if row.author else "muted", data_label=words("author")),
        el("td", at, class_="nowrap", data_label=words("when")),
        class_=None if row.stands else "muted",
    )
