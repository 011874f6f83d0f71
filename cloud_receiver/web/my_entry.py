"""One of my entries: why it is as it is, down to the touch, and an appeal against it."""

from __future__ import annotations

from base64 import b64decode
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from cloud_receiver.domain.appeals import STATE_NAMES, State
from cloud_receiver.domain.because import because
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.domain.photographs import Moment, prepared
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import appeals, photos
from cloud_receiver.store.appeals import AppealView
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.my_day import own_appeals, own_entry
from cloud_receiver.store.statement import Entry
from cloud_receiver.web import phone
from cloud_receiver.web.bodies import read_form
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.my_checkin import font_file
from cloud_receiver.web.phrases import (
    STATUSES,
    date_text,
    fact_label,
    fact_text,
    local_time,
    money,
)
from cloud_receiver.web.texts import Texts, Words
from cloud_receiver.web.visit import Visit, visit_of
from sync.errors import DakaError, ToldError

TEXTS: Final[Texts] = {
    "none": ("没有这条记录", "There is no such entry"),
    "why": ("为什么", "Why"),
    "facts": ("当天的事实", "The facts of the day"),
    "appeal": ("申诉", "Appeal"),
    "lead": (
        "申诉由人决定,不由系统自动决定;处理期间金额冻结(已结算的除外)。",
        "A person decides, not the system; meanwhile the amount is held back, unless it is settled already.",
    ),
    "text": ("请说明情况", "What happened"),
    "photo": ("证据照片(可不附)", "Photo as evidence (optional)"),
    "send": ("提交申诉", "Appeal"),
    "add": ("补充说明", "Add to it"),
    "withdraw": ("撤回申诉", "Take it back"),
    "taken_back": ("本人撤回", "Taken back by myself"),
    "due": ("最迟 {at} 前答复", "an answer is due by {at}"),
    "step_opened": ("您提出申诉", "You appealed"),
    "step_evidence": ("补充", "Added"),
    "step_withdrawn": ("您撤回了申诉", "You took it back"),
    "step_decided": ("处理结果", "Decision"),
    "picture": ("证据照片", "Evidence"),
    "bad_photo": ("照片没有传完整,请重试", "the photo did not arrive whole; try again"),
}


def register(app: FastAPI, desk: Desk) -> None:
    """Add the page, its form, and one's own photos."""

    @app.get("/me/entry/{entry_id:path}")
    def show(request: Request, entry_id: str) -> Response:
        visit = visit_of(request)
        who = phone.employee_of(visit)
        if who is None:
            return phone.nobody(visit)
        with read(desk.engine) as connection:
            entry = own_entry(connection, who, entry_id)
            mine = own_appeals(connection, entry.outcome_key, who) if entry else []
        return _page(visit, entry, mine) if entry else _none(visit)

    @app.post("/me/entry/{entry_id:path}")
    async def say(request: Request, entry_id: str) -> Response:
        visit, form = visit_of(request), await read_form(request, phone.MAX_PHOTO_FORM_BYTES)
        who = phone.employee_of(visit)
        if form is None or who is None:
            return phone.too_large(request) if form is None else phone.nobody(visit)
        fields = {key: one[0] for key, one in form.items()}
        address = f"/me/entry/{entry_id.replace('#', '%23')}"
        try:
            is_mine = await desk.photographing.run(_say, desk, who, entry_id, fields)
        except DakaError as error:
            return phone.refusal(visit, "statement", error, address)
        return phone.done(address) if is_mine else _none(visit)

    @app.get("/me/photo/{sha256}")
    def photo(request: Request, sha256: str) -> Response:
        who = phone.employee_of(visit_of(request))
        with read(desk.engine) as connection:
            content = photos.content(connection, sha256, who) if who else None
        if content is None:
            return Response(status_code=404)
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _none(visit: Visit) -> HTMLResponse:
    return phone.page(visit, "statement", visit.words(TEXTS)("none"), status=404)


def _say(desk: Desk, who: str, entry_id: str, form: dict[str, str]) -> bool:
    """Open an appeal, add to it or take it back; tell whether the entry is the person's."""
    now_utc_ms, outside = utc_ms(desk.now()), desk.outside
    raw = _photo(form.get("photo", ""))
    with read(desk.engine) as connection:
        entry = own_entry(connection, who, entry_id)
    if entry is None:
        return False
    taken = None
    if raw:  # before the database is held: a picture takes its time
        at = local_time(now_utc_ms, entry.zone, "%Y-%m-%d %H:%M:%S")
        taken = prepared(raw, Moment(local=desk.now()), f"{who}  {at}", font_file())
    with write(desk.engine) as connection:
        text = form.get("text", "").strip()
        mine = own_appeals(connection, entry.outcome_key, who)
        stands = next((one for one in mine if one.state is State.OPEN), None)
        if form.get("act") == "withdraw":
            if stands is not None:
                appeals.withdraw(
                    connection, stands.appeal_id, who, text, now_utc_ms, channels=outside.channels
                )
            return True
        attachments = []
        if taken is not None:
            attachments = [photos.keep(connection, taken, who, entry.store_id, photos.EVIDENCE,
                                       now_utc_ms)]  # fmt: skip
        if stands is None:
            stands = appeals.open_for_entry(
                connection, entry_id, who, text, now_utc_ms,
                terms=outside.appeals, channels=outside.channels,
            )  # fmt: skip
            if not attachments:
                return True
        appeals.add_evidence(connection, stands.appeal_id, who, text, attachments, now_utc_ms)
    return True


def _photo(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise ToldError(*TEXTS["bad_photo"]) from error


def _page(visit: Visit, entry: Entry, mine: list[AppealView]) -> Response:
    words, language = visit.words(TEXTS), visit.language
    told = because(entry.kind, entry.rule_version, entry.explanation)
    rule = entry.explanation.rule
    facts = [
        el("li", fact_label(name, language),
           el("b", fact_text(name, value, language, STATUSES[language])))
        for name, value in entry.explanation.facts.items()
        if name not in {"employee_id", "work_date"} and value not in (None, "", 0, False)
    ]  # fmt: skip
    return phone.page(
        visit, "statement", language.pick(rule.zh, rule.en),
        phone.section(
            date_text(entry.work_date, language), el("p", money(entry.amount_fen)),
            el("p", language.pick(told.zh, told.en)), id="why",
        ),
        phone.section(words("facts"), el("ul", facts, class_="lines")) if facts else None,
        [_appeal(one, visit, entry.zone) for one in mine],
        _form(words, entry, is_open=any(one.state is State.OPEN for one in mine)),
        script="evidence.js",
    )  # fmt: skip


def _appeal(one: AppealView, visit: Visit, zone: str) -> Markup:
    words, language = visit.words(TEXTS), visit.language
    state: Text = STATE_NAMES[one.state]
    steps = [
        el("li", el("b", words(f"step_{event.step}")),
           el("span", local_time(event.at_utc_ms, zone, "%m-%d %H:%M"), class_="muted"),
           el("p", event.text, class_="why"),
           [el("img", src=f"/me/photo/{name}", alt=words("picture"), class_="wide", loading="lazy")
            for name in event.attachments])
        for event in one.events
    ]  # fmt: skip
    due = None
    if one.state is State.OPEN:
        at = local_time(one.due_utc_ms, zone, "%Y-%m-%d")
        due = el("p", words("due", at=at), class_="muted small")
    chip = el("span", language.pick(state.zh, state.en), class_="chip wait")
    return phone.section(words("appeal"), chip, due, el("ul", steps, class_="lines"))


def _form(words: Words, entry: Entry, *, is_open: bool) -> Markup:
    action = f"/me/entry/{entry.entry_id.replace('#', '%23')}"
    text = el("textarea", name="text", required=True, maxlength=1000)
    file = el("input", type="file", accept="image/*", data_photo=True)
    form = el(
        "form", el("p", words("lead"), class_="muted small"),
        phone.field(words("text"), text), phone.field(words("photo"), file),
        el("input", type="hidden", name="photo"),
        el("button", words("add" if is_open else "send"), type="submit", class_="button main"),
        method="post", action=action, class_="stack",
    )  # fmt: skip
    back = el(
        "form", el("input", type="hidden", name="act", value="withdraw"),
        el("input", type="hidden", name="text", value=words("taken_back")),
        el("button", words("withdraw"), type="submit", class_="button slim"),
        method="post", action=action,
    )  # fmt: skip
    title = words("add") if is_open else words("appeal")
    return phone.section(title, form, back if is_open else None)
