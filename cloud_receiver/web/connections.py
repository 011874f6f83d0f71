"""对外连接: whether messages get out, machines are told of changes, and boxes get in."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from fastapi import Request
from nicegui import ui

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import channel_book, notices, webhooks
from cloud_receiver.store.channel_book import ChannelView
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.fleet import boxes
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import ago, chip, icon
from cloud_receiver.web.subscription_cards import draw_subscriptions
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of

SHOWN: Final = 5
TEXTS: Final[Texts] = {
    "title": ("对外连接", "Connections"),
    "lead": (
        "消息有没有发出去,其他系统有没有收到变化,门店盒子有没有连上来。渠道在 hq.toml 里设置。",
        "Whether messages get out, other systems hear of changes, and boxes get in. Channels are set in hq.toml.",
    ),
    "channels": ("消息渠道", "Message channels"),
    "waiting": ("等待发送", "Waiting"),
    "sent": ("已发出", "Sent"),
    "failed": ("失败", "Failed"),
    "last": ("最近发出", "Last sent"),
    "fine": ("正常", "fine"),
    "down": ("不通", "down"),
    "unused": ("尚未使用", "not used yet"),
    "trouble": ("有失败", "failures"),
    "quota": ("本月额度剩余", "Calls left this month"),
    "quota_left": ("剩 {left},共 {quota}", "{left} of {quota}"),
    "retry": ("失败的重新发送", "Send the failed again"),
    "retried": ("{n} 条将重新发送", "{n} will be sent again"),
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
    "names_dingtalk": ("钉钉(个人)", "DingTalk, persons"),
    "names_dingtalk-group": ("钉钉群", "DingTalk, groups"),
    "names_wecom": ("企业微信群", "WeCom, groups"),
    "names_feishu": ("飞书群", "Feishu, groups"),
    "names_mail": ("邮件", "E-mail"),
}


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/connections")
    async def connections(request: Request) -> None:
        visit = visit_of(request)
        with await page_frame(desk, visit, "connections", visit.words(TEXTS)("title")):

            async def act(name: str, value: str) -> None:
                if not visit.may_change:
                    return
                told = await asyncio.to_thread(_do, desk, name, value)
                ui.notify(visit.words(TEXTS)("retried", n=told), type="positive")
                desk.hub.changed()

            key = ("connections", visit.language, visit.may_change)
            look = partial(draw, desk, visit.language, may_change=visit.may_change)
            await desk.hub.follow(key, look, act)


def _do(desk: Desk, name: str, value: str) -> int:
    """Send again what failed; return how much that is."""
    now_utc_ms = utc_ms(desk.now())
    with write(desk.engine) as connection:
        if name == "retry_channel":
            return notices.requeue_failed(connection, value, now_utc_ms)
        assert name == "retry_webhook", "the page has no other button"
        return webhooks.retry_failed(connection, value)


def draw(desk: Desk, language: Language, *, may_change: bool) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words = Words(TEXTS, language)
    outside, now_utc_ms = desk.outside, utc_ms(desk.now())
    with read(desk.engine) as connection:
        channels = channel_book.with_former(connection, outside.channels)
        found = channel_book.views(connection, channels, outside.quotas, now_utc_ms)
        fleet = boxes(connection)
        subscribed = [
            (one, webhooks.deliveries(connection, one.webhook_id, SHOWN))
            for one in webhooks.listed(connection)
        ]
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), class_="head")
    online = sum(box.online for box in fleet)
    tone = "good" if online == len(fleet) else "warn"
    link = el("a", words("to_fleet"), href="/fleet", class_="button slim")
    share = el("p", chip(f"{online} / {len(fleet)} {words('online')}", tone, "router"),
               class_="card-body")  # fmt: skip
    below = el("section", el("div", el("h2", words("boxes")), link, class_="card-head"), share,
               class_="card")  # fmt: skip
    cards = [_channel(one, desk, words, may_change=may_change) for one in found]
    above = el("div", cards, class_="tiles") if cards else _empty(words)
    told = draw_subscriptions(subscribed, desk.now(), language, may_change=may_change)
    return join([head, el("h2", words("channels")), above, told, below])


def _state(one: ChannelView, words: Words) -> Markup:
    if one.is_up is False:
        return chip(words("down"), "bad", "error")
    if one.failed:
        return chip(words("trouble"), "bad", "error")
    if one.waiting:
        return chip(words("queued"), "wait", "hourglass_empty")
    if one.is_up is None and not one.sent:
        return chip(words("unused"), "idle", "pause_circle")
    return chip(words("fine"), "good", "check_circle")


def _channel(one: ChannelView, desk: Desk, words: Words, *, may_change: bool) -> Markup:
    name = words(f"names_{one.channel}") if f"names_{one.channel}" in TEXTS else one.channel
    pairs = [
        (words("sent"), f"{one.sent:,}"), (words("waiting"), f"{one.waiting:,}"),
        (words("failed"), f"{one.failed:,}"),
        (words("last"), ago(one.last_sent_utc_ms, desk.now(), words.language)),
    ]  # fmt: skip
    if one.quota_left is not None:
        left = words("quota_left", left=f"{one.quota_left:,}", quota=f"{one.quota:,}")
        pairs.append((words("quota"), left))
    listed = [el("div", el("dt", label), el("dd", value)) for label, value in pairs]
    is_in_trouble = one.is_up is False or one.failed or one.waiting
    error = (
        el("p", words("error"), ": ", one.last_error, class_="small warn")
        if one.last_error and is_in_trouble
        else None
    )
    retry = (
        el("button", icon("replay"), words("retry"), type="button", class_="button slim",
           data_act="retry_channel", data_value=one.channel)
        if one.failed and may_change
        else None
    )  # fmt: skip
    row = el("div", retry, class_="row") if retry else None
    body = el("div", el("dl", listed, class_="pairs"), error, row, class_="card-body stack tight")
    return el("article", el("div", el("h3", name), _state(one, words), class_="card-head"), body,
              class_="card tile", data_key=one.channel)  # fmt: skip


def _empty(words: Words) -> Markup:
    texts = [el("h3", words("empty_title")), el("p", words("empty"))]
    return el("div", el("div", icon("outgoing_mail"), texts, class_="empty"), class_="card")
