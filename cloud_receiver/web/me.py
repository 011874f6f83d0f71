"""My day on my phone: shift, touches, sales, what was earned or deducted and why, balances."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from cloud_receiver.domain.because import because
from cloud_receiver.domain.findings import LABELS, FindingCode
from cloud_receiver.domain.touches import Place
from cloud_receiver.domain.workday import CheckType, local_date, local_to_utc_ms, utc_ms
from cloud_receiver.store import accounts, names, organisation, wishes
from cloud_receiver.store.board import PersonDay, Presence
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.my_day import MyDay, Touched, my_day
from cloud_receiver.store.statement import Entry
from cloud_receiver.store.wishes import Wish
from cloud_receiver.web import phone
from cloud_receiver.web.bodies import read_form
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import account_text, date_text, local_time, money
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import LANGUAGE_COOKIE, Visit, visit_of
from sync.errors import DakaError, ToldError
from sync.money import yuan_text

TEXTS: Final[Texts] = {
    "checkin": ("打卡", "Check in"),
    "shift": ("今天的班", "Today's shift"),
    "rest": ("今天没有排班。", "Nothing is rostered today."),
    "is_in_time": ("已到岗", "Arrived"),
    "is_late": ("迟到 {n} 分钟", "{n} min late"),
    "is_no_punch": ("还没有打卡", "No touch yet"),
    "is_later": ("还没到上班时间", "Not begun yet"),
    "is_missing": ("缺卡或旷工", "A card is missing, or absent"),
    "is_awaiting": (
        "等待门店数据,不会判旷工",
        "Waiting for the store's data; no absence is judged",
    ),
    "is_off": ("休息", "Off"),
    "touches": ("打卡记录", "Touches"),
    "no_touches": ("今天还没有打卡记录。", "No touches today."),
    "by_ATM": ("打卡机", "terminal"),
    "by_USER": ("手机", "phone"),
    "by_BOSS": ("主管登记", "supervisor"),
    "by_APPROVE": ("补卡", "correction"),
    "place_Normal": ("在门店范围内", "at the store"),
    "place_Outside": ("门店范围外", "outside the store"),
    "sales": ("销售", "Sales"),
    "sold": ("{sold} 元 / 目标 {target} 元", "{sold} of {target} yuan"),
    "no_target": ("{sold} 元,没有目标", "{sold} yuan, no target"),
    "money": ("今天的奖惩", "Today's rewards and deductions"),
    "no_money": ("今天还没有奖励或扣减。", "Nothing was booked today."),
    "why": ("为什么 / 申诉", "Why / appeal"),
    "balances": ("我的余额", "My balances"),
    "points": ("积分", "Points"),
    "tags": ("标签", "Tags"),
    "withdraw": ("提现、对账单", "Withdraw, statement"),
    "wish": ("申请补卡", "Ask for a correction"),
    "wish_lead": (
        "忘记打卡或断网补传时在这里申请,由主管确认后生效。",
        "When you forgot a touch or were offline, ask here; it counts once your supervisor confirms it.",
    ),
    "wish_type": ("补哪一次", "Which one"),
    "end_OnDuty": ("上班", "Coming"),
    "end_OffDuty": ("下班", "Going"),
    "wish_at": ("时间", "Time"),
    "wish_reason": ("原因", "Reason"),
    "send": ("提交", "Send"),
    "wish_is_waiting": ("等主管确认", "waiting for your supervisor"),
    "wish_is_confirmed": ("已确认", "confirmed"),
    "wish_is_refused": ("未同意", "refused"),
    "rights": ("我的数据与语言", "My data and language"),
    "consents": ("位置与照片的同意", "Consent to position and photos"),
    "language": ("消息语言", "Language of messages"),
    "keep": ("保存", "Save"),
    "future": ("补卡时间不能在将来", "a correction cannot lie in the future"),
    "bad_time": ("时间不对,请重新选择", "that is no time; choose it again"),
}


def register(app: FastAPI, desk: Desk) -> None:
    """Add the page and its two forms."""

    @app.get("/me")
    def show(request: Request) -> Response:
        visit = visit_of(request)
        who = phone.employee_of(visit)
        if who is None:
            return phone.nobody(visit)
        with read(desk.engine) as connection:
            found = my_day(connection, who, utc_ms(desk.now()))
            places = {one.store_id: one.name for one in names.stores(connection)}
        return _page(desk, visit, found, places)

    @app.post("/me/wish")
    async def wish(request: Request) -> Response:
        visit, form = visit_of(request), await read_form(request, phone.MAX_FORM_BYTES)
        who = phone.employee_of(visit)
        if form is None or who is None:
            return phone.too_large(request) if form is None else phone.nobody(visit)
        try:
            await run_in_threadpool(_ask, desk, who, form)
        except DakaError as error:
            return phone.refusal(visit, "day", error, "/me")
        return phone.done("/me#wishes")

    @app.post("/me/language")
    async def language(request: Request) -> Response:
        visit, form = visit_of(request), await read_form(request, phone.MAX_FORM_BYTES)
        chosen = (form or {}).get("language", [""])[0]
        if chosen not in set(Language):
            return phone.done("/me")
        await run_in_threadpool(accounts.choose_language, desk.engine, visit.session.login, chosen)
        answer = phone.done("/me")
        answer.set_cookie(LANGUAGE_COOKIE, chosen, httponly=True, samesite="lax")
        return answer


def _ask(desk: Desk, who: str, form: dict[str, list[str]]) -> None:
    now_utc_ms = utc_ms(desk.now())
    with write(desk.engine) as connection:
        home = organisation.home_stores(connection, [who]).get(who, "")
        zone = organisation.zone_of(organisation.sites(connection), home)
        try:
            at_utc_ms = local_to_utc_ms(form.get("at", [""])[0], zone)
            check_type = CheckType(form.get("check_type", [""])[0])
        except ValueError as error:
            raise ToldError(*TEXTS["bad_time"]) from error
        if at_utc_ms > now_utc_ms:
            raise ToldError(*TEXTS["future"])
        wishes.ask(connection, Wish(
            wish_id=form.get("id", [""])[0][:64] or uuid4().hex, employee_id=who, store_id=home,
            work_date=local_date(at_utc_ms, zone), check_type=check_type, at_utc_ms=at_utc_ms,
            reason=form.get("reason", [""])[0], asked_utc_ms=now_utc_ms,
        ))  # fmt: skip


def _page(desk: Desk, visit: Visit, found: MyDay, places: dict[str, str]) -> Response:
    words, language = visit.words(TEXTS), visit.language
    title = f"{found.file.name} · {date_text(found.work_date, language)}"
    checkin = el("a", words("checkin"), href="/me/checkin", class_="button main big")
    touches = [_touch(one, places, found.zone, words, language) for one in found.touches]
    entries = [entry_line(one, words, language) for one in found.entries]
    return phone.page(
        visit, "day", title, checkin,
        phone.section(words("shift"), _shift(desk, found, places, words)),
        phone.section(words("money"), el("ul", entries, class_="lines") if entries
                      else el("p", words("no_money"), class_="muted")),
        phone.section(words("touches"), el("ul", touches, class_="lines") if touches
                      else el("p", words("no_touches"), class_="muted")),
        phone.section(words("balances"), _balances(found, words, language)),
        phone.section(words("wish"), _wish(desk, found, words), id="wishes"),
        phone.section(words("rights"), _rights(words, language)),
    )  # fmt: skip


def _shift(desk: Desk, found: MyDay, places: dict[str, str], words: Words) -> list[Markup]:
    day = found.day
    if day is None:
        return [el("p", words("rest"), class_="muted")]
    shown = [
        el("p", el("b", f"{one.shift.start}–{one.shift.end}"), " ",
           places.get(one.shift.store_id, one.shift.store_id))
        for one in day.shifts
    ]  # fmt: skip
    presence = day.presence(utc_ms(desk.now()))
    tone = {Presence.IN_TIME: "good", Presence.LATE: "warn", Presence.MISSING: "bad"}
    state = words(f"is_{presence}", n=day.late_min)
    shown.append(el("p", el("span", state, class_=f"chip {tone.get(presence, 'wait')}")))
    return [*shown, _sold(day, words)]


def _sold(day: PersonDay, words: Words) -> Markup:
    sold, target = yuan_text(day.sales_fen), yuan_text(day.target_fen)
    text = words("sold" if day.target_fen else "no_target", sold=sold, target=target)
    part = min(100, 100 * max(0, day.sales_fen) // day.target_fen) if day.target_fen else 0
    tone = "good" if part == 100 else ""
    bar = el("span", el("i", style=f"width:{part}%", class_=tone or None), class_="bar")
    return el("div", el("p", words("sales"), " ", el("b", text)), bar if day.target_fen else None)


def entry_line(one: Entry, words: Words, language: Language) -> Markup:
    """Return an entry with its amount, its sentence and the way to an appeal."""
    told = because(one.kind, one.rule_version, one.explanation)
    rule = language.pick(one.explanation.rule.zh, one.explanation.rule.en)
    link = el("a", words("why"), href=f"/me/entry/{one.entry_id.replace('#', '%23')}")
    return el("li", el("b", rule), money(one.amount_fen),
              el("p", language.pick(told.zh, told.en), class_="why"), link)  # fmt: skip


def _touch(
    one: Touched, places: dict[str, str], zone: str, words: Words, language: Language
) -> Markup:
    parts = [places.get(one.store_id, one.store_id), words(f"by_{one.source}")]
    if one.place is not Place.UNKNOWN:
        parts.append(words(f"place_{one.place}"))
    odd = [
        language.pick(*LABELS[FindingCode(code)])
        for code in one.oddities
        if code in set(FindingCode)
    ]
    return el("li", el("b", local_time(one.at_utc_ms, zone)),
              el("span", " · ".join(part for part in parts if part)),
              el("p", ";".join(odd), class_="why warn") if odd else None)  # fmt: skip


def _balances(found: MyDay, words: Words, language: Language) -> list[Markup]:
    rows = [
        el("li", account_text(account, language), money(fen))
        for account, fen in sorted(found.balance_fen.items())
        if fen and account != "paid"
    ]
    points = f"{found.file.half_points / 2:g}"
    rows.append(el("li", words("points"), el("b", points, class_="num")))
    tags = [language.pick(mark.text.zh, mark.text.en) for mark in found.file.tags]
    if tags:
        rows.append(el("li", words("tags"), el("span", "、".join(dict.fromkeys(tags)))))
    return [el("ul", rows, class_="lines"), el("a", words("withdraw"), href="/me/statement")]


def _wish(desk: Desk, found: MyDay, words: Words) -> list[Markup | None]:
    stands = [
        el("li", f"{one.work_date} " + words(f"end_{one.check_type}") + " "
           f"{local_time(one.at_utc_ms, found.zone)}",
           el("span", words(f"wish_is_{one.state}"), class_="chip"),
           el("p", one.reason, class_="why"))
        for one in found.wishes
    ]  # fmt: skip
    kinds = [el("option", words(f"end_{one}"), value=one.value) for one in CheckType]
    at = el("input", type="datetime-local", name="at", required=True,
            value=phone.wall(desk.now(), found.zone))  # fmt: skip
    form = el(
        "form", el("p", words("wish_lead"), class_="muted small"),
        el("input", type="hidden", name="id", value=uuid4().hex),
        phone.field(words("wish_type"), el("select", kinds, name="check_type")),
        phone.field(words("wish_at"), at),
        phone.field(words("wish_reason"),
                    el("input", name="reason", required=True, maxlength=200)),
        el("button", words("send"), class_="button", type="submit"),
        method="post", action="/me/wish", class_="stack",
    )  # fmt: skip
    return [el("ul", stands, class_="lines") if stands else None, form]


def _rights(words: Words, language: Language) -> list[Markup]:
    chosen = [
        el(
            "option",
            "中文" if one is Language.ZH else "English",
            value=one,
            selected=one is language,
        )
        for one in Language
    ]
    form = el("form", phone.field(words("language"), el("select", chosen, name="language")),
              el("button", words("keep"), class_="button slim", type="submit"),
              method="post", action="/me/language", class_="row")  # fmt: skip
    return [el("a", words("consents"), href="/me/consent"), form]
