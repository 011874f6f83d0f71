"""What customers said, with the words that earned each tag; the sheets of codes to print."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import feedback, feedback_doors, names
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.feedback import Heard
from cloud_receiver.web import phone
from cloud_receiver.web.bodies import read_form
from cloud_receiver.web.code_sheet import codes
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import local_time
from cloud_receiver.web.store_phone import author_of, shops_of
from cloud_receiver.web.texts import Texts
from cloud_receiver.web.visit import Visit, visit_of

TEXTS: Final[Texts] = {
    "title": ("客户评价", "Customer feedback"),
    "none": ("还没有评价。", "No feedback yet."),
    "unmatched": ("待归类", "To be tagged"),
    "unmatched_lead": (
        "关键词规则没有认出这些话,请您选择标签。",
        "The keyword rules know none of these words: choose tags.",
    ),
    "all": ("最近的评价", "Latest feedback"),
    "stars": ("{n} 星", "{n} stars"),
    "no_rating": ("未评分", "no rating"),
    "quote": ("{tag},原话“{quote}”", "{tag}: “{quote}”"),
    "by_hand": ("人工:{tag}", "by hand: {tag}"),
    "no_tag": ("不属于任何标签", "none fits"),
    "save": ("保存", "Save"),
    "codes": ("评价二维码", "QR codes for feedback"),
    "codes_lead": (
        "打印后放在门店或销售工位。客户扫码即可评价,不需要登录。",
        "Print them for the shop or a person's counter. Customers scan and rate, no log-in.",
    ),
    "print": ("用浏览器的打印功能打印本页。", "Print this page with the browser."),
}


def register(app: FastAPI, desk: Desk) -> None:
    """Add both pages and the form."""

    @app.get("/store/feedback")
    def show(request: Request) -> Response:
        visit = visit_of(request)
        with read(desk.engine) as connection:
            found = feedback.heard(connection, phone.stores_of(visit))
            people = names.employee_names(connection)
            shops = {one.store_id: one for one in names.stores(connection)}
        return _page(visit, found, people, shops)

    @app.post("/store/feedback")
    async def tag(request: Request) -> Response:
        visit, form = visit_of(request), await read_form(request, phone.MAX_FORM_BYTES)
        if form is None:
            return phone.too_large(request)
        await run_in_threadpool(_tag, desk, visit, form)
        return phone.done("/store/feedback")

    @app.get("/store/codes")
    def print_codes(request: Request) -> Response:
        visit = visit_of(request)
        now_utc_ms = utc_ms(desk.now())
        with write(desk.engine) as connection:
            shops = shops_of(connection, visit)
            doors = [
                (shop.name, feedback_doors.doors_of_store(connection, shop.store_id, now_utc_ms))
                for shop in shops
            ]
        words = visit.words(TEXTS)
        base = str(request.base_url).rstrip("/")
        sheets = [phone.section(name, codes(base, some, visit.language)) for name, some in doors]
        lead = el("p", words("codes_lead"), " ", words("print"), class_="muted small no-print")
        return phone.page(visit, "codes", words("codes"), lead, sheets)


def _tag(desk: Desk, visit: Visit, form: dict[str, list[str]]) -> None:
    record_id = form.get("record", [""])[0]
    known = {rule.tag for rule in feedback.tag_rules()}
    with write(desk.engine) as connection:
        mine = {one.record_id for one in feedback.heard(connection, phone.stores_of(visit))}
        if record_id in mine:
            chosen = known.intersection(form.get("tag", []))
            feedback.tag(connection, record_id, chosen, author_of(visit), utc_ms(desk.now()))


def _page(
    visit: Visit, found: list[Heard], people: dict[str, str], shops: dict[str, names.Store]
) -> Response:
    words = visit.words(TEXTS)
    unmatched = [one for one in found if one.is_unmatched]
    rows = [_said(one, people, shops, visit) for one in found]
    ask = [el("li", el("p", one.text, class_="quote"), _tags_form(one, visit)) for one in unmatched]
    return phone.page(
        visit, "feedback", words("title"),
        phone.section(words("unmatched"), el("p", words("unmatched_lead"), class_="muted small"),
                      el("ul", ask, class_="lines")) if ask else None,
        phone.section(words("all"), el("ul", rows, class_="lines") if rows
                      else el("p", words("none"), class_="muted")),
    )  # fmt: skip


def _said(
    one: Heard, people: dict[str, str], shops: dict[str, names.Store], visit: Visit
) -> Markup:
    words, language = visit.words(TEXTS), visit.language
    labels = {
        rule.tag: language.pick(rule.label.zh, rule.label.en) for rule in feedback.tag_rules()
    }
    shop = shops.get(one.store_id)
    stars = words("no_rating")
    if one.rating_milli is not None:
        stars = words("stars", n=f"{one.rating_milli / 200:g}")
    who = people.get(one.employee_id, "") if one.employee_id else ""
    place = " · ".join(filter(None, (shop.name if shop else one.store_id, who)))
    at = local_time(one.said_utc_ms, shop.zone if shop else "UTC", "%m-%d %H:%M")
    told = [labels.get(name, name) for name in one.picked]
    told += [
        words("quote", quote=hit.quote, tag=labels.get(hit.tag, hit.tag))
        if hit.quote
        else labels.get(hit.tag, hit.tag)
        for hit in one.tagged
    ]
    told += [words("by_hand", tag=labels.get(name, name)) if name else words("no_tag")
             for name in one.human]  # fmt: skip
    return el(
        "li", el("b", place), el("span", stars, class_="nowrap"),
        el("p", one.text) if one.text else None,
        [el("p", text, class_="why") for text in told], el("p", at, class_="why"),
    )  # fmt: skip


def _tags_form(one: Heard, visit: Visit) -> Markup:
    words, language = visit.words(TEXTS), visit.language
    picks = [
        el("label", el("input", type="checkbox", name="tag", value=rule.tag),
           language.pick(rule.label.zh, rule.label.en))
        for rule in feedback.tag_rules()
    ]  # fmt: skip
    return el(
        "form", el("input", type="hidden", name="record", value=one.record_id),
        el("div", picks, class_="picks"),
        el("button", words("save"), type="submit", class_="button slim"),
        method="post", action="/store/feedback", class_="stack why",
    )  # fmt: skip
