"""The supervisor's page: who is here now, arrivals recorded by hand, corrections to confirm.

Only the account's own stores, whatever the form says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from fastapi.responses import Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud_receiver.domain.entries import Arrival
from cloud_receiver.domain.workday import CheckType, local_to_utc_ms, utc_ms
from cloud_receiver.store import entries, names, wishes
from cloud_receiver.store.board import PersonDay, Presence, people_of_day
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.wishes import Wish
from cloud_receiver.web import phone
from cloud_receiver.web.bodies import read_form
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import date_text, local_time
from cloud_receiver.web.texts import Texts, Words
from cloud_receiver.web.visit import Visit, visit_of
from sync.errors import DakaError, ToldError

MAX_AT_ONCE: Final = 200
TEXTS: Final[Texts] = {
    "title": ("门店到岗", "Who is here"),
    "none": ("今天没有人排班。", "Nobody is rostered today."),
    "no_store": ("没有可看的门店。", "There is no store to show."),
    "is_in_time": ("已到", "here"),
    "is_late": ("迟到 {n} 分", "{n} min late"),
    "is_no_punch": ("未到", "not come"),
    "is_later": ("未到点", "not due"),
    "is_missing": ("缺卡", "missing"),
    "is_awaiting": ("等数据", "no data yet"),
    "is_off": ("休息", "off"),
    "count": ("应到 {due},已到 {here},迟到 {late}", "{due} due, {here} here, {late} late"),
    "wishes": ("待确认的补卡", "Corrections to confirm"),
    "confirm": ("确认", "Confirm"),
    "refuse": ("不同意", "Refuse"),
    "end_OnDuty": ("上班", "coming"),
    "end_OffDuty": ("下班", "going"),
    "record": ("登记到岗", "Record arrivals"),
    "record_lead": (
        "打卡机停用或有人忘记打卡时用。勾选人员、核对时间、写明原因;可一次登记多人,都会标明由您登记。",
        "When the terminal failed or somebody forgot: tick people, check the times, say why. Each is marked as yours.",
    ),
    "which": ("上班还是下班", "Coming or going"),
    "at": ("{name} 的时间", "Time of {name}"),
    "reason": ("原因", "Reason"),
    "reason_hint": ("如:打卡机断电,本人在岗", "e.g. the terminal had no power; seen in the shop"),
    "save": ("登记", "Record"),
    "nobody_ticked": ("请先勾选至少一人", "tick somebody first"),
    "not_yours": ("{name} 不在您的门店", "{name} is not in your stores"),
    "bad_time": ("{name} 的时间不对", "the time of {name} is not one"),
    "future": ("{name} 的时间在将来", "the time of {name} lies in the future"),
    "done": ("已登记 {n} 人。", "{n} recorded."),
}  # fmt: skip
Work = Callable[[Desk, Visit, dict[str, list[str]]], int]
_TONES: Final = {
    Presence.IN_TIME: "good",
    Presence.LATE: "warn",
    Presence.MISSING: "bad",
    Presence.NO_PUNCH: "bad",
}


def register(app: FastAPI, desk: Desk) -> None:
    """Add the page and its forms."""

    @app.get("/store")
    def show(request: Request, done: int = 0) -> Response:
        visit = visit_of(request)
        with read(desk.engine) as connection:
            shops = shops_of(connection, visit)
            asked = wishes.waiting(connection, phone.stores_of(visit))
            people = names.employee_names(connection)
            days = {
                one.store_id: people_of_day(connection, _today(desk, one), store_ids=[one.store_id])
                for one in shops
            }
            staff = {one.store_id: _staff(connection, one, days[one.store_id]) for one in shops}
        words = visit.words(TEXTS)
        parts = [_shop(desk, one, days[one.store_id], staff[one.store_id], words) for one in shops]
        told = el("p", words("done", n=done), class_="note good", role="status") if done else None
        empty = None if shops else el("p", words("no_store"), class_="note")
        date = el("p", date_text(desk.today(), visit.language), class_="muted")
        zones = {one.store_id: one.zone for one in shops}
        return phone.page(visit, "store", words("title"), date, told, empty,
                          _wishes(asked, people, zones, words), parts)  # fmt: skip

    @app.post("/store/arrivals")
    async def record(request: Request) -> Response:
        return await _act(request, desk, _record)

    @app.post("/store/wish")
    async def decide(request: Request) -> Response:
        return await _act(request, desk, _decide)


async def _act(request: Request, desk: Desk, work: Work) -> Response:
    visit, form = visit_of(request), await read_form(request, 65_536)
    if form is None:
        return phone.too_large(request)
    try:
        count = await run_in_threadpool(work, desk, visit, form)
    except DakaError as error:
        return phone.refusal(visit, "store", error, "/store")
    return phone.done(f"/store?done={count}" if count else "/store")


def author_of(visit: Visit) -> str:
    """Return who is answerable: the person where there is one, so that self-entry shows."""
    return visit.session.reader.employee_id or visit.session.login


def shops_of(connection: Connection, visit: Visit) -> list[names.Store]:
    """Return the stores a reader answers for."""
    mine = phone.stores_of(visit)
    return [one for one in names.stores(connection) if mine is None or one.store_id in mine]


def _today(desk: Desk, shop: names.Store) -> str:
    return desk.now().astimezone(ZoneInfo(shop.zone)).date().isoformat()


def _staff(connection: Connection, shop: names.Store, days: Sequence[PersonDay]) -> dict[str, str]:
    """Return who may be recorded in a store: who is at home there, and who is rostered there."""
    home = {
        one.employee_id: one.name
        for one in names.people(connection)
        if one.active and one.store_id == shop.store_id
    }
    return home | {day.employee_id: day.name for day in days}


def _record(desk: Desk, visit: Visit, form: dict[str, list[str]]) -> int:
    now_utc_ms = utc_ms(desk.now())
    ticked = form.get("who", [])[:MAX_AT_ONCE]
    if not ticked:
        raise ToldError(*TEXTS["nobody_ticked"])
    act = form.get("id", [""])[0][:64] or uuid4().hex
    store_id, reason = form.get("store", [""])[0], form.get("reason", [""])[0].strip()
    chosen = form.get("check_type", [""])[0]
    with write(desk.engine) as connection:
        shop = next((one for one in shops_of(connection, visit) if one.store_id == store_id), None)
        if shop is None:
            raise ToldError(*_filled("not_yours", store_id))
        date = _today(desk, shop)
        staff = _staff(connection, shop, people_of_day(connection, date, store_ids=[store_id]))
        for employee_id in ticked:
            name = staff.get(employee_id)
            if name is None:
                raise ToldError(*_filled("not_yours", employee_id))
            try:
                at = form.get(f"at-{employee_id}", [""])[0]
                at_utc_ms = local_to_utc_ms(at, shop.zone)
            except ValueError as error:
                raise ToldError(*_filled("bad_time", name)) from error
            if at_utc_ms > now_utc_ms:
                raise ToldError(*_filled("future", name))
            entries.enter(connection, Arrival(
                client_id=f"{act}/{employee_id}", employee_id=employee_id, store_id=store_id,
                at_utc_ms=at_utc_ms, reason=reason,
                check_type=CheckType(chosen) if chosen in set(CheckType) else None,
            ), author_of(visit), now_utc_ms)  # fmt: skip
    return len(ticked)


def _filled(key: str, name: str) -> tuple[str, str]:
    zh, en = TEXTS[key]
    return zh.format(name=name), en.format(name=name)


def _decide(desk: Desk, visit: Visit, form: dict[str, list[str]]) -> int:
    wish_id = form.get("wish", [""])[0]
    confirmed = form.get("act", [""])[0] == "confirm"
    with write(desk.engine) as connection:
        mine = {one.wish_id for one in wishes.waiting(connection, phone.stores_of(visit))}
        if wish_id not in mine:
            raise ToldError(*_filled("not_yours", wish_id))
        wishes.decide(
            connection, wish_id, author_of(visit), utc_ms(desk.now()), confirmed=confirmed
        )
    return 0


def _shop(
    desk: Desk, shop: names.Store, days: Sequence[PersonDay], staff: dict[str, str], words: Words
) -> Markup:
    now_utc_ms = utc_ms(desk.now())
    found = [(day, day.presence(now_utc_ms)) for day in days]
    due = [one for one, _ in found if one.shifts]
    counted = words("count", due=len(due), here=sum(day.has_come for day in days),
                    late=sum(presence is Presence.LATE for _, presence in found))  # fmt: skip
    rows = [_person(day, presence, shop.zone, words) for day, presence in found]
    return phone.section(
        shop.name, el("p", counted, class_="muted"),
        el("ul", rows, class_="lines") if rows else el("p", words("none"), class_="muted"),
        el("details", el("summary", words("record")), _form(desk, shop, found, staff, words)),
        data_store=shop.store_id,
    )  # fmt: skip


def _person(day: PersonDay, presence: Presence, zone: str, words: Words) -> Markup:
    spans = ", ".join(f"{one.shift.start}–{one.shift.end}" for one in day.shifts)
    came = local_time(day.came_utc_ms, zone) if day.came_utc_ms is not None else ""
    left = local_time(day.left_utc_ms, zone) if day.left_utc_ms is not None else ""
    chip = el("span", words(f"is_{presence}", n=day.late_min),
              class_=f"chip {_TONES.get(presence, 'wait')}")  # fmt: skip
    touched = " → ".join(filter(None, (came, left)))
    return el("li", el("b", day.name), chip,
              el("p", " · ".join(filter(None, (spans, touched))), class_="why"))  # fmt: skip


def _form(
    desk: Desk,
    shop: names.Store,
    found: Sequence[tuple[PersonDay, Presence]],
    staff: dict[str, str],
    words: Words,
) -> Markup:
    now = phone.wall(desk.now(), shop.zone)
    begins = {
        day.employee_id: f"{day.shifts[0].work_date}T{day.shifts[0].shift.start}"
        for day, _ in found
        if day.shifts
    }
    rows = [
        el("li", el("label", el("input", type="checkbox", name="who", value=who), name, class_="choose"),
           el("input", type="datetime-local", name=f"at-{who}", max=now,
              value=min(begins.get(who, now), now), aria_label=words("at", name=name)))
        for who, name in sorted(staff.items(), key=lambda one: one[1])
    ]  # fmt: skip
    kinds = [el("option", words(f"end_{one}"), value=one.value) for one in CheckType]
    reason = el("input", name="reason", required=True, maxlength=200,
                placeholder=words("reason_hint"))  # fmt: skip
    return el(
        "form", el("p", words("record_lead"), class_="muted small"),
        el("input", type="hidden", name="id", value=uuid4().hex),
        el("input", type="hidden", name="store", value=shop.store_id),
        phone.field(words("which"), el("select", kinds, name="check_type")),
        el("ul", rows, class_="lines"), phone.field(words("reason"), reason),
        el("button", words("save"), type="submit", class_="button main"),
        method="post", action="/store/arrivals", class_="stack",
    )  # fmt: skip


def _wishes(
    asked: Sequence[Wish], people: dict[str, str], zones: dict[str, str], words: Words
) -> Markup | None:
    if not asked:
        return None
    rows = []
    for one in asked:
        at = local_time(one.at_utc_ms, zones.get(one.store_id, "UTC"))
        buttons = [
            el("button", words(act), type="submit", name="act", value=act, class_="button slim")
            for act in ("confirm", "refuse")
        ]
        form = el("form", el("input", type="hidden", name="wish", value=one.wish_id), buttons,
                  method="post", action="/store/wish", class_="row")  # fmt: skip
        title = f"{people.get(one.employee_id, one.employee_id)} {one.work_date}"
        rows.append(el("li", el("b", title), words(f"end_{one.check_type}") + f" {at}",
                       el("p", one.reason, class_="why"), form))  # fmt: skip
    return phone.section(words("wishes"), el("ul", rows, class_="lines"))
