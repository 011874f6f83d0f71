"""The machines that are told of changes, on page 对外连接: how far each was told, its last attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cloud_receiver.store.webhooks import Delivery, Fate, Subscription
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import ago, at_utc, chip, icon
from cloud_receiver.web.texts import Language, Texts, Words

TEXTS: Final[Texts] = {
    "title": ("变化订阅", "Subscriptions to changes"),
    "lead": (
        "ERP、OA 等系统通过签名回调得知变化;用 daka-hq webhook add 添加。",
        "ERP and other systems hear of changes by signed calls; add one with daka-hq webhook add.",
    ),
    "through": ("已送达到第 {n} 号", "told through no. {n}"),
    "failing": ("连续失败 {n} 次", "{n} failures in a row"),
    "fine": ("正常", "fine"),
    "refused": ("有未接收的", "some not taken"),
    "when": ("时间", "When"),
    "change": ("变化序号", "Change"),
    "outcome": ("结果", "Outcome"),
    "detail": ("说明", "Detail"),
    "sent": ("已接收", "taken"),
    "later": ("稍后再试", "tried again later"),
    "was_refused": ("对方拒绝", "refused"),
    "given_up": ("三天未成,已放弃", "given up after three days"),
    "retry": ("马上重试,未接收的重新发送", "Retry now, and send again what was not taken"),
    "untried": ("还没有发送过", "Nothing was sent yet"),
}
_NAMES: Final = {
    Fate.SENT: "sent",
    Fate.LATER: "later",
    Fate.REFUSED: "was_refused",
    Fate.GIVEN_UP: "given_up",
}


def draw_subscriptions(
    listed: Sequence[tuple[Subscription, Sequence[Delivery]]],
    now: datetime,
    language: Language,
    *,
    may_change: bool,
) -> Markup | None:
    """Return the section; None when nobody subscribed."""
    if not listed:
        return None
    words = Words(TEXTS, language)
    cards = [_card(one, tried, now, words, may_change=may_change) for one, tried in listed]
    lead = el("p", words("lead"), class_="muted small")
    return el("section", el("h2", words("title")), lead, cards, class_="stack")


def _card(
    one: Subscription, tried: Sequence[Delivery], now: datetime, words: Words, *, may_change: bool
) -> Markup:
    missed = any(each.outcome in (Fate.REFUSED, Fate.GIVEN_UP) for each in tried)
    if one.attempts:
        state = chip(words("failing", n=one.attempts), "bad", "error")
    elif missed:
        state = chip(words("refused"), "warn", "report")
    else:
        state = chip(words("fine"), "good", "check_circle")
    retry = (
        el("button", icon("replay"), words("retry"), type="button", class_="button slim",
           data_act="retry_webhook", data_value=one.webhook_id)
        if may_change and (one.attempts or missed)
        else None
    )  # fmt: skip
    about = " · ".join([*sorted(one.kinds), words("through", n=one.told_through)])
    return el(
        "article", el("div", el("h3", one.shown_url, class_="mono"), state, class_="card-head"),
        el("div", el("p", about, class_="muted small"), _attempts(tried, now, words),
           el("div", retry, class_="row") if retry else None,
           class_="card-body stack tight"),
        class_="card", data_key=f"webhook-{one.webhook_id}",
    )  # fmt: skip


def _attempts(tried: Sequence[Delivery], now: datetime, words: Words) -> Markup:
    if not tried:
        return el("p", words("untried"), class_="muted")
    heads = [
        el("th", words(name), scope="col", class_="num" if name == "change" else None)
        for name in ("when", "change", "outcome", "detail")
    ]
    rows = [
        el("tr", el("td", ago(each.tried_utc_ms, now, words.language), class_="nowrap",
                    title=at_utc(each.tried_utc_ms).isoformat()),
           el("td", each.change_no, class_="num"),
           el("td", words(_NAMES[each.outcome]), class_="nowrap"), el("td", each.detail))
        for each in tried
    ]  # fmt: skip
    table = el("table", el("thead", el("tr", heads)), el("tbody", rows), class_="table")
    return el("div", table, class_="scroll")
