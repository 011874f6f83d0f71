"""数据问题: what could not be read, what was refused, and ids nobody is bound to.

Nothing here is ever deleted, and nothing here holds up the records behind it.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui
from sqlalchemy import Connection

from cloud_receiver.domain.workday import shift_date, utc_ms
from cloud_receiver.store import bindings, completeness, names, problems
from cloud_receiver.store.engine import read
from cloud_receiver.store.names import Person
from cloud_receiver.store.problems import BuriedLetter, ReportedTrouble
from cloud_receiver.store.unmatched import unmatched_sellers, unmatched_users
from cloud_receiver.web import binding
from cloud_receiver.web.device_troubles import driver_text, position_text
from cloud_receiver.web.feeds import draw_feeds
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.holders import draw_holders
from cloud_receiver.web.markup import Child, Markup, el, join
from cloud_receiver.web.phrases import icon
from cloud_receiver.web.rawbytes import draw_bytes
from cloud_receiver.web.reasons import reason_text, trouble_text
from cloud_receiver.web.strangers import Look, draw_sellers, draw_users
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of

PAGE_LENGTH: Final = 50
MAX_LENGTH: Final = 1000
HELD: Final = 10
TABS: Final = ("people", "sellers", "feeds", "unreadable", "refused")
FEED_DAYS: Final = 7
TEXTS: Final[Texts] = {
    "title": ("数据问题", "Problems"),
    "lead": (
        "读不懂的数据原样保留在这里,从不删除,也不影响后面的记录。",
        ("Data that could not be used is kept here as it came. "
        "It is never deleted and holds up nothing behind it."),
    ),
    "tabs": ("问题类别", "Kinds of problems"),
    "people": ("未登记的人", "Unknown people"),
    "sellers": ("未登记的销售员代码", "Unknown seller codes"),
    "feeds": ("数据齐不齐", "Completeness"),
    "unreadable": ("读不懂的数据", "Unreadable data"),
    "refused": ("拒收的数据", "Refused data"),
    "unreadable_lead": (
        "打卡机或收银文件里读不懂的一帧或一行。门店盒子保留全文,这里显示开头。",
        ("Frames of a terminal or lines of a till file that could not be read. "
        "The store box keeps the whole; the beginning is shown here."),
    ),
    "refused_lead": (
        "总部收到但无法解开的批次,或内容不合规的记录。",
        "Batches headquarters could not decode, and records whose content does not hold.",
    ),
    "unreadable_empty_title": ("全部读懂了", "Everything could be read"),
    "unreadable_empty": (
        "一旦有读不懂的一行或一帧,会带着原因和处理办法出现在这里。",
        "A line or frame that cannot be read will appear here with its reason and what to do.",
    ),
    "refused_empty_title": ("没有拒收的数据", "Nothing was refused"),
    "refused_empty": (
        "无法解开的批次会原样保留在这里,不会阻塞其他数据。",
        "A batch that cannot be decoded is kept here as it came and blocks nothing.",
    ),
    "where": ("{source} · {position}", "{source} · {position}"),
    "received": ("总部收到", "Received"),
    "box": ("门店盒子", "Box"),
    "store": ("门店", "Store"),
    "driver": ("驱动", "Driver"),
    "topic": ("主题", "Topic"),
    "lane": ("通道 / 序号", "Lane / number"),
    "detail": ("原话:", "As told:"),
    "content_id": ("内容指纹", "Content hash"),
    "code": ("代码", "Code"),
    "letter": ("第 {n} 封 · {what}", "No. {n} · {what}"),
    "of_punch": ("打卡", "punches"), "of_sale": ("销售", "sales"), "of_bulk": ("其他记录", "other records"),
    "of_health": ("盒子状态", "state of the box"), "of_state": ("盒子上下线", "coming and going"),
    "show_raw": ("看原始数据", "Show the raw data"),
    "more": ("再显示一些", "Show more"),
    "bound": ("已登记:{user} 是 {name},{n} 条记录已重新归属", "Bound: {user} is {name}; {n} records have an owner now"),
    "not_bound": ("没有登记:请选择一位员工", "Not bound: choose a person"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """What a reader looks at: a tab and how much of it."""

    language: Language
    tab: str
    length: int = PAGE_LENGTH

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        return f"/problems?{urlencode({'tab': self.tab})}"


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/problems")
    async def problems_page(request: Request, tab: str = "") -> None:
        visit = visit_of(request)
        words = visit.words(TEXTS)
        view = View(visit.language, tab if tab in TABS else TABS[0])
        with await page_frame(desk, visit, "problems", words("title")):

            async def act(name: str, value: str) -> None:
                nonlocal view
                if name in {"bind_user", "bind_seller"}:
                    if not visit.may_change:
                        return
                    done = await binding.bind(desk, name, value, visit.session.login)
                    text = words("bound", **done) if done else words("not_bound")
                    ui.notify(text, type="positive" if done else "warning")
                    desk.hub.changed()
                elif name == "tab" and value in TABS:
                    view = View(view.language, value)
                elif name == "more":
                    view = replace(view, length=min(MAX_LENGTH, view.length + PAGE_LENGTH))
                await follower.turn(("problems", view), partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            first = ("problems", view)
            follower = await desk.hub.follow(first, partial(draw, desk, view), act)


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words = Words(TEXTS, view.language)
    with read(desk.engine) as connection:
        look = Look(
            view.language,
            {shop.store_id: shop for shop in names.stores(connection)},
            names.device_names(connection),
            _by_store(names.people(connection)),
        )
        users, sellers = unmatched_users(connection), unmatched_sellers(connection)
        today, now = desk.today(), desk.now()
        forgotten = completeness.forgotten(connection, today, utc_ms(now))
        counts = {
            "feeds": len(completeness.awaiting(connection)) + len(forgotten),
            "people": len(users),
            "sellers": len(sellers),
            "unreadable": problems.trouble_count(connection),
            "refused": problems.dead_letter_count(connection),
        }
        body: Child
        if view.tab == "people":
            body = [draw_users(look, users[: view.length]), _held(connection, look, "people")]
        elif view.tab == "sellers":
            body = [draw_sellers(look, sellers[: view.length]), _held(connection, look, "sellers")]
        elif view.tab == "feeds":
            first = shift_date(today, 1 - FEED_DAYS)
            heard = completeness.matrix(connection, first, today, utc_ms(now))
            body = draw_feeds(heard, forgotten, now, view.language)
        elif view.tab == "unreadable":
            body = _unreadable(connection, view.length, look, words)
        else:
            body = _refused(connection, view.length, look, words)
    tabs = [_tab(name, counts[name], view, words) for name in TABS]
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), class_="head")
    more = el("button", words("more"), class_="button", type="button", data_act="more")
    is_cut = view.length < min(counts[view.tab], MAX_LENGTH)
    return join([
        head,
        el("nav", tabs, class_="tabs", aria_label=words("tabs")),
        el("section", body, data_key=view.tab, class_="stack"),
        el("div", more, class_="row") if is_cut else None,
    ])  # fmt: skip


def _by_store(people: Sequence[Person]) -> dict[str, list[Person]]:
    found: dict[str, list[Person]] = {}
    for person in people:
        if person.active:
            found.setdefault(person.store_id, []).append(person)
    return found


def _held(connection: Connection, look: Look, tab: str) -> Markup | None:
    every = bindings.held(connection)
    chosen = [one for one in every if one.is_seller == (tab == "sellers")][:HELD]
    return draw_holders(chosen, look.stores, names.employee_names(connection), look.language)


def _tab(name: str, count: int, view: View, words: Words) -> Markup:
    here = name == view.tab
    number = el("span", count, class_="count warn" if count else "count")
    return el(
        "a", words(name), " ", number, href=replace(view, tab=name).address, class_="tab",
        data_act="tab", data_value=name, aria_current="page" if here else None,
    )  # fmt: skip


def _unreadable(connection: Connection, length: int, look: Look, words: Words) -> Child:
    listed = problems.troubles(connection, limit=length)
    if not listed:
        return _empty("done_all", words, "unreadable")
    cards = [_trouble(item, look, words) for item in listed]
    return [el("p", words("unreadable_lead"), class_="muted"), cards]


def _trouble(item: ReportedTrouble, look: Look, words: Words) -> Markup:
    trouble = item.trouble
    store_id = trouble.store_id
    pairs = [
        (words("store"), look.store_name(store_id)),
        (words("box"), item.box_id),
        (words("driver"), driver_text(trouble.driver, look.language)),
        (words("received"), look.moment(item.received_utc_ms, store_id)),
        (words("content_id"), el("span", trouble.raw_sha256[:16], class_="mono")),
    ]
    position = position_text(trouble.position, look.language)
    title = words("where", source=trouble.source, position=position)
    raw = draw_bytes(b64decode(trouble.raw_b64), trouble.raw_bytes, look.language)
    reason = trouble_text(trouble.code, look.language)
    about = (trouble.code, reason, trouble.detail)
    return _card(f"trouble-{item.entry_no}", title, about, pairs, raw, words)


def _refused(connection: Connection, length: int, look: Look, words: Words) -> Child:
    listed = problems.dead_letters(connection, limit=length)
    if not listed:
        return _empty("mark_email_read", words, "refused")
    cards = [_letter(connection, item, look, words) for item in listed]
    return [el("p", words("refused_lead"), class_="muted"), cards]


def _letter(connection: Connection, item: BuriedLetter, look: Look, words: Words) -> Markup:
    pairs = [
        (words("box"), item.box_id or "—"),
        (words("lane"), f"{item.lane or '—'} / {'—' if item.seq is None else item.seq}"),
        (words("received"), look.moment(item.received_utc_ms, None)),
        (words("topic"), el("span", item.topic, class_="mono")),
    ]
    found = problems.dead_letter_raw(connection, item.letter_no)
    raw = draw_bytes(found[1], item.raw_bytes, look.language) if found else None
    last = item.topic.rsplit("/", 1)[-1]
    what = words(f"of_{last}") if f"of_{last}" in TEXTS else last
    title = words("letter", n=item.letter_no, what=what)
    about = (item.code, reason_text(item.code, look.language), item.detail)
    return _card(f"letter-{item.letter_no}", title, about, pairs, raw, words)


def _card(
    key: str,
    title: str,
    about: tuple[str, str | None, str],
    pairs: Sequence[tuple[str, str]],
    raw: Markup | None,
    words: Words,
) -> Markup:
    code, reason, detail = about
    coded = (words("code"), el("span", code, class_="mono"))
    listed = [el("div", el("dt", name), el("dd", value)) for name, value in (*pairs, coded)]
    return el(
        "article",
        el("div", el("h2", title), class_="card-head"),
        el(
            "div",
            el("p", reason) if reason else None,
            el(
                "p",
                el("span", words("detail"), " "),
                el("span", detail, lang="en"),
                class_="muted small",
            )
            if reason
            else el("p", detail),
            el("dl", listed, class_="pairs small"),
            el("details", el("summary", words("show_raw")), raw) if raw else None,
            class_="card-body stack tight",
        ),
        class_="card",
        data_key=key,
    )


def _empty(picture: str, words: Words, tab: str) -> Markup:
    texts = [el("h2", words(f"{tab}_empty_title")), el("p", words(f"{tab}_empty"))]
    return el("div", el("div", icon(picture), texts, class_="empty"), class_="card")
