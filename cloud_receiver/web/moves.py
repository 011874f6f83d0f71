"""A person's team and home store from a date on, name and leaving: who said so when; and moves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from sqlalchemy import Connection

from cloud_receiver.domain.workday import FIRST_DATE, utc_ms
from cloud_receiver.exchange import fields
from cloud_receiver.store import assignments, enrolment, organisation, profile, teams
from cloud_receiver.store.assignments import Assignment, Kind
from cloud_receiver.store.engine import write
from cloud_receiver.store.names import Store
from cloud_receiver.store.profile import Entered
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import author_text, icon, local_time
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from sync.errors import DakaError

TEXTS: Final[Texts] = {
    "title": ("考勤组与所属门店", "Team and home store"),
    "lead": (
        "从生效日起算,以前的日子不变。离职的,从那天起的排班一并撤回。",
        "Holds from its date; days before stay as they are. Of who leaves, rosters from then on are taken back.",
    ),
    "move": ("调动", "Move"),
    "kind": ("调什么", "What"),
    "kind_team": ("考勤组", "Team"),
    "kind_home": ("所属门店", "Home store"),
    "kind_left": ("离职", "Leaves"),
    "kind_back": ("复职", "Works here again"),
    "team": ("考勤组(留空:不在任何组)", "Team (empty: none)"),
    "store": ("所属门店", "Home store"),
    "since": ("生效日期", "From"),
    "moved": ("已登记,生效日起的考勤随之重算", "Entered; the days from that date are judged anew"),
    "same": ("那天本来就是这样,没有变化", "It was so then already; nothing changed"),
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
_WORKS: Final = ("left", "back")


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
    teams: Sequence[str]


def said_of(connection: Connection, employee_id: str) -> Said:
    """Read what was said of a person, and which teams there are."""
    return Said(
        assignments.history(connection, employee_id),
        profile.entered(connection, employee_id),
        teams.names(connection),
    )


def move(desk: Desk, employee_id: str, text: str, author: str, words: Words) -> str:
    """Let a person move as a form says; return what to tell."""
    form = {key: str(value).strip() for key, value in json.loads(text).items()}
    now_utc_ms = utc_ms(desk.now())
    try:
        since = fields.day("since", form.get("since") or desk.today()).isoformat()
        with write(desk.engine) as connection:
            if form.get("kind") == Kind.TEAM:
                team = fields.name("team", form["team"]) if form.get("team") else ""
                said, dates = {employee_id: team}, {employee_id: since}
                changed = teams.put(connection, said, now_utc_ms, author=author, since=dates)
            else:
                content = _content(connection, form)
                changed = enrolment.change(
                    connection, employee_id, content, since, author, now_utc_ms
                )
    except DakaError as error:
        return reason_of(error, words.language)
    return words("moved" if changed else "same")


def _content(connection: Connection, form: Mapping[str, str]) -> dict[str, str | bool]:
    """Return what a form says of a person but the team."""
    if form.get("kind") in _WORKS:
        return {"active": form["kind"] == "back"}
    shops = organisation.sites(connection)
    return {"store_id": fields.one_of("store_id", form.get("store", ""), shops, "门店", "store")}


def draw_moves(
    said: Said,
    stores: Mapping[str, Store],
    today: str,
    zone: str,
    language: Language,
    *,
    is_active: bool,
    may_change: bool,
) -> Markup | None:
    """Return the form, for who may change, and what was said, the newest first."""
    words = Words(TEXTS, language)
    rows = sorted(_rows(said, stores, words), key=_by_time, reverse=True)
    if not rows and not may_change:
        return None
    columns = [el("th", words(key), scope="col") for key in ("what", "dates", "author", "when")]
    lines = [_line(row, zone, words) for row in rows]
    table = el("table", el("thead", el("tr", columns)), el("tbody", lines), class_="cards")
    title = el("div", el("h2", words("title")), el("p", words("lead"), class_="muted small"),
               class_="card-head")  # fmt: skip
    kinds = [*Kind, "left" if is_active else "back"]
    form = _form(kinds, said.teams, stores, today, words) if may_change else None
    return el("section", title, form, el("div", table, class_="scroll") if rows else None,
              class_="card", data_key="moves")  # fmt: skip


def _by_time(row: _Row) -> int:
    return row.created_utc_ms


def _rows(said: Said, stores: Mapping[str, Store], words: Words) -> list[_Row]:
    rows = []
    for one in said.moves:
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
        if before.active != after.active:
            rows.append(_Row(*stamp, words("back" if after.active else "left")))
    return rows


def _line(row: _Row, zone: str, words: Words) -> Markup:
    known = row.created_utc_ms
    at = local_time(known, zone, "%Y-%m-%d %H:%M") if known else "—"
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


def _form(
    kinds: Sequence[str],
    teams: Sequence[str],
    stores: Mapping[str, Store],
    today: str,
    words: Words,
) -> Markup:
    choices = [el("option", words(f"kind_{kind}"), value=str(kind)) for kind in kinds]
    shops = [el("option", shop.name, value=shop.store_id) for shop in stores.values()]
    known = el("datalist", [el("option", value=team) for team in teams], id="known-teams")
    team = el("input", type="text", name="team", maxlength="200", list="known-teams",
              autocomplete="off")  # fmt: skip
    date = el("input", type="date", name="since", value=today)
    return el(
        "form",
        el("label", words("kind"), el("select", choices, name="kind"), class_="field of-all"),
        el("label", words("team"), team, known, class_="field of-team"),
        el("label", words("store"), el("select", shops, name="store"), class_="field of-home"),
        el("label", words("since"), date, class_="field of-all"),
        el("button", icon("move_down"), words("move"), class_="button main", type="submit"),
        class_="filters move-form", data_submit="move",
    )  # fmt: skip
