"""A person's day as headquarters knew it at an instant, beside how it stands now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from cloud_receiver.domain.attendance import DayStatus
from cloud_receiver.domain.employee_day import Assessment
from cloud_receiver.domain.findings import LABELS, FindingCode
from cloud_receiver.domain.workday import CheckType, local_text, local_to_utc_ms
from cloud_receiver.exchange import fields
from cloud_receiver.judgement import as_known, awaited_since
from cloud_receiver.store import feed_history, organisation, profile
from cloud_receiver.store.names import Person, Store
from cloud_receiver.store.profile import Day
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import STATUSES, chip, icon, local_time
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from sync.errors import DakaError

TEXTS: Final[Texts] = {
    "title": ("当时知道什么", "What was known then"),
    "lead": (
        "按那一刻已收到的打卡、已登记的排班与人事重新判定,不改变任何东西。",
        "Judged with the punches, rosters and people known at that instant; changes nothing.",
    ),
    "date": ("哪一天", "Day"),
    "at": ("截至何时(门店时间)", "As known at (the store's time)"),
    "show": ("查看", "Show"),
    "then": ("截至 {at}", "As known at {at}"),
    "now": ("现在", "Now"),
    "open": ("未定", "not final"),
    "nothing": ("没有排班,也没有打卡", "no roster and no punch"),
    "late": ("迟到 {n} 分钟", "{n} min late"),
    "early": ("早退 {n} 分钟", "{n} min early"),
    "on": ("上班", "In"),
    "off": ("下班", "Out"),
    "place": ("门店 {store} · 考勤组 {team} · 活动 {campaign}", "store {store} · team {team} · campaign {campaign}"),
    "kept": (
        "门店、所属门店、考勤组和活动的历史从 {since} 开始保存;更早的时候按那时的情况。",
        "The history of stores, home stores, teams and campaigns is kept since {since}; before, what stood at that time is taken.",
    ),
    "feeds": (
        "数据何时齐全从 {since} 开始记录;更早的时候,今天已齐全的当时也算齐全,除非有后来才到的打卡表明不是。",
        "Since when feeds are complete is kept since {since}; before, one counts as complete, unless a touch that came later shows it was not.",
    ),
    "awaited": (
        "当时在等 {store} 的数据;{since} 起齐全。",
        "Data of {store} was awaited then; it is complete since {since}.",
    ),
    "awaited_still": (
        "当时在等 {store} 的数据,至今还没有齐全。",
        "Data of {store} was awaited then, and still is.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """A day as it was known, and as it stands.

    Attributes:
        at: the instant asked for, local time of the home store.
        complete_utc_ms: when the data it waited for then was complete; None: it is not yet.
        kept_since: of which history it is told since when it is kept, that is, after the instant.
    """

    work_date: str
    at: str
    then: Assessment
    now: Day | None
    complete_utc_ms: int | None
    kept_since: Mapping[str, int]


def known(connection: Connection, employee_id: str, asked: str, zone: str) -> Known:
    """Judge the day a form asks for as it was known at the instant it names.

    Raises:
        DakaError: one of them is no date or time.
    """
    form = {key: str(value).strip() for key, value in json.loads(asked).items()}
    date = fields.day("work_date", form.get("date", "")).isoformat()
    at = fields.moment("at", form.get("at", ""))
    at_utc_ms = local_to_utc_ms(at, zone)
    began = {
        "kept": organisation.history_began_utc_ms(connection),
        "feeds": feed_history.began_utc_ms(connection),
    }
    then = as_known(connection, (employee_id, date), at_utc_ms)
    days = profile.days(connection, employee_id, date, date)
    return Known(
        work_date=date,
        at=at[:16].replace("T", " "),
        then=then,
        now=days[0] if days else None,
        complete_utc_ms=awaited_since(connection, then, at_utc_ms),
        kept_since={name: utc_ms for name, utc_ms in began.items() if at_utc_ms < utc_ms},
    )


def draw_then(
    connection: Connection,
    person: Person,
    asked: str,
    today: str,
    stores: Mapping[str, Store],
    language: Language,
) -> Markup:
    """Return the form, and what was known where it was asked for."""
    words = Words(TEXTS, language)
    body: Markup | None = None
    date, at = today, f"{today}T18:00"
    if asked:
        home = stores.get(person.store_id)
        zone = home.zone if home else "UTC"
        try:
            found = known(connection, person.employee_id, asked, zone)
            body = _shown(found, zone, stores, words)
            date, at = found.work_date, found.at.replace(" ", "T")
        except DakaError as error:
            body = el("p", reason_of(error, language), class_="warn", role="alert")
    form = el(
        "form",
        el("label", words("date"), el("input", type="date", name="date", value=date, required=True),
           class_="field"),
        el("label", words("at"),
           el("input", type="datetime-local", name="at", value=at, required=True),
           class_="field"),
        el("button", icon("history"), words("show"), class_="button main", type="submit"),
        class_="filters then-form", data_submit="then",
    )  # fmt: skip
    head = el("div", el("h2", words("title")), el("p", words("lead"), class_="muted small"),
              class_="card-head")  # fmt: skip
    return el("section", head, form, el("div", body, class_="card-body") if body else None,
              class_="card", data_key="then")  # fmt: skip


def _shown(known: Known, zone: str, stores: Mapping[str, Store], words: Words) -> Markup:
    facts = known.then.facts
    pairs = [
        (words("then", at=known.at), _then(known.then, zone, words)),
        (words("now"), _now(known.now, words)),
    ]
    names = ("store_id", "team", "campaign_id")
    store, team, campaign = (str(facts[name] or "–") for name in names)
    store = stores[store].name if store in stores else store
    notes = [words("place", store=store, team=team, campaign=campaign)]
    awaited = known.then.awaited
    if awaited is not None:
        name = stores[awaited.store_id].name if awaited.store_id in stores else awaited.store_id
        if known.complete_utc_ms is None:
            notes.append(words("awaited_still", store=name))
        else:
            since = _minute(known.complete_utc_ms, zone)
            notes.append(words("awaited", store=name, since=since))
    notes += [words(name, since=_minute(at, zone)) for name, at in known.kept_since.items()]
    return el(
        "div",
        el("h3", known.work_date),
        el("dl", [el("div", el("dt", name), el("dd", shown)) for name, shown in pairs],
           class_="pairs"),
        [el("p", note, class_="muted small") for note in notes],
        class_="stack tight",
    )  # fmt: skip


def _minute(at_utc_ms: int, zone: str) -> str:
    return local_text(at_utc_ms, zone)[:16].replace("T", " ")


def _then(day: Assessment, zone: str, words: Words) -> Markup:
    if day.is_empty:
        return el("span", words("nothing"))
    facts, language = day.facts, words.language
    lines = [
        words(name, n=facts[f"{name}_min"]) for name in ("late", "early") if facts[f"{name}_min"]
    ]
    for point in day.evidence["points"]:
        end = words("on" if point["check_type"] == CheckType.ON_DUTY else "off")
        at_utc_ms = point["at_utc_ms"]
        at = "—" if at_utc_ms is None else local_time(at_utc_ms, zone, "%H:%M:%S")
        lines.append(f"{end} {at}")
    lines += [language.pick(*LABELS[FindingCode(one["code"])]) for one in day.evidence["findings"]]
    status = DayStatus(str(facts["status"]))
    return _stands(status, words, is_final=bool(facts["final"]), lines=lines)


def _now(day: Day | None, words: Words) -> Markup:
    if day is None:
        return el("span", words("nothing"))
    minutes = [(name, int(day.facts.get(f"{name}_min", 0))) for name in ("late", "early")]
    lines = [words(name, n=number) for name, number in minutes if number]
    if not day.facts:
        lines.append(words.language.pick(*LABELS[FindingCode.UNREADABLE]))
    return _stands(day.status, words, is_final=day.final, lines=lines)


def _stands(status: DayStatus, words: Words, *, is_final: bool, lines: list[str]) -> Markup:
    open_ = None if is_final else el("span", " ", words("open"), class_="muted small")
    state = el("div", chip(STATUSES[words.language][status], "", "history"), open_)
    return el("div", state, [el("div", line, class_="small") for line in lines])
