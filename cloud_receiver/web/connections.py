"""对外连接: whether messages get out, and whether boxes get in."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import Request
from nicegui import ui

from cloud_receiver.store import reach
from cloud_receiver.store.engine import read
from cloud_receiver.store.fleet import boxes
from cloud_receiver.store.reach import Channel
from cloud_receiver.web.frame import Desk, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import ago, chip, icon
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of

TEXTS: Final[Texts] = {
    "title": ("对外连接", "Connections"),
    "lead": (
        "消息有没有发出去,门店盒子有没有连上来。渠道在 hq.toml 里设置。",
        "Whether messages get out and boxes get in. Channels are set in hq.toml.",
    ),
    "channels": ("消息渠道", "Message channels"),
    "waiting": ("等待发送", "Waiting"),
    "sent": ("已发出", "Sent"),
    "failed": ("失败", "Failed"),
    "last": ("最近发出", "Last sent"),
    "fine": ("正常", "fine"),
    "trouble": ("有失败", "failures"),
    "queued": ("排队中", "queued"),
    "error": ("最近的问题", "Last trouble"),
    "boxes": ("门店盒子", "Store boxes"),
    "online": ("在线", "online"),
    "to_fleet": ("看门店设备", "See the stores"),
    "empty_title": ("还没有发过消息", "No message yet"),
    "empty": (
        "有奖惩入账后,消息会按 hq.toml 的渠道发出;每个渠道的情况显示在这里。",
        "When something is booked, messages go out by the channels of hq.toml and show here.",
    ),
    "names_console": ("屏幕输出", "Console"),
    "names_webhook": ("通用回调", "Webhook"),
    "names_dingtalk": ("钉钉", "DingTalk"),
    "names_wecom": ("企业微信", "WeCom"),
    "names_feishu": ("飞书", "Feishu"),
    "names_mail": ("邮件", "E-mail"),
}


def register(desk: Desk) -> None:
    """Add the page."""

    @ui.page("/connections")
    async def connections(request: Request) -> None:
        visit = visit_of(request)
        with await page_frame(desk, visit, "connections", visit.words(TEXTS)("title")):
            key = ("connections", visit.language)
            await desk.hub.follow(key, partial(draw, desk, visit.language))


def draw(desk: Desk, language: Language) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words = Words(TEXTS, language)
    with read(desk.engine) as connection:
        found = reach.channels(connection)
        fleet = boxes(connection)
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), class_="head")
    online = sum(box.online for box in fleet)
    tone = "good" if online == len(fleet) else "warn"
    link = el("a", words("to_fleet"), href="/fleet", class_="button slim")
    share = el("p", chip(f"{online} / {len(fleet)} {words('online')}", tone, "router"),
               class_="card-body")  # fmt: skip
    below = el("section", el("div", el("h2", words("boxes")), link, class_="card-head"), share,
               class_="card")  # fmt: skip
    cards = [_channel(one, desk, words) for one in found]
    above = el("div", cards, class_="tiles") if cards else _empty(words)
    return join([head, el("h2", words("channels")), above, below])


def _channel(one: Channel, desk: Desk, words: Words) -> Markup:
    name = words(f"names_{one.name}") if f"names_{one.name}" in TEXTS else one.name
    if one.failed:
        state = chip(words("trouble"), "bad", "error")
    elif one.waiting:
        state = chip(words("queued"), "wait", "hourglass_empty")
    else:
        state = chip(words("fine"), "good", "check_circle")
    pairs = [
        (words("sent"), f"{one.sent:,}"), (words("waiting"), f"{one.waiting:,}"),
        (words("failed"), f"{one.failed:,}"),
        (words("last"), ago(one.last_sent_utc_ms, desk.now(), words.language)),
    ]  # fmt: skip
    listed = [el("div", el("dt", label), el("dd", value)) for label, value in pairs]
    error = (
        el("p", words("error"), ": ", one.last_error, class_="small warn")
        if one.last_error
        else None
    )
    return el("article", el("div", el("h3", name), state, class_="card-head"),
              el("div", el("dl", listed, class_="pairs"), error, class_="card-body stack tight"),
              class_="card tile", data_key=one.name)  # fmt: skip


def _empty(words: Words) -> Markup:
    texts = [el("h3", words("empty_title")), el("p", words("empty"))]
    return el("div", el("div", icon("outgoing_mail"), texts, class_="empty"), class_="card")
