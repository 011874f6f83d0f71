"""The appeals about an entry as who decides sees them: what was said, shown and decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cloud_receiver.domain.appeals import STATE_NAMES, State
from cloud_receiver.store.appeals import AppealView
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import chip, local_minute, local_time, plain_date
from cloud_receiver.web.texts import Language, Texts, Words
from sync.money import yuan_text

TEXTS: Final[Texts] = {
    "title": ("申诉", "Appeal"),
    "due": ("应在 {day} 前裁定", "to be decided by {day}"),
    "decide": ("去裁定", "Decide it"),
    "picture": ("证据照片", "The photo shown as evidence"),
    "clear": (
        "照片已模糊;点开看清楚,会留下查看记录。",
        "The photo is blurred; opening it clearly leaves a record.",
    ),
    "amount": ("改为 {yuan} 元", "it shall be {yuan} yuan"),
    "step_opened": ("提出", "Opened"),
    "step_evidence": ("补充证据", "Evidence"),
    "step_withdrawn": ("撤回", "Withdrawn"),
    "step_decided": ("裁定", "Decision"),
}
_TONES: Final = {State.OPEN: ("warn", "gavel"), State.WITHDRAWN: ("", "undo")}


def draw_appeals(
    found: Sequence[AppealView], known: Mapping[str, str], zone: str, language: Language
) -> list[Markup]:
    """Return a card for each appeal, the newest last; `known`: what people are called."""
    words = Words(TEXTS, language)
    return [_card(one, known, zone, words) for one in found]


def _card(one: AppealView, known: Mapping[str, str], zone: str, words: Words) -> Markup:
    name = STATE_NAMES[one.state]
    state = chip(words.language.pick(name.zh, name.en), *_TONES.get(one.state, ("good", "gavel")))
    waits = None
    if one.state is State.OPEN:
        due = words(
            "due", day=plain_date(local_time(one.due_utc_ms, zone, "%Y-%m-%d"), words.language)
        )
        link = el("a", words("decide"), href="/decide?kind=appeal", class_="button slim")
        waits = el("div", el("span", due, class_="muted"), link, class_="row")
    events = []
    for event in one.events:
        at = local_minute(event.at_utc_ms, zone)
        folder = f"/store/photo/{one.employee_id}"
        shown = [
            el("a", el("img", src=f"{folder}/{name}", alt=words("picture"), loading="lazy",
                       class_="evidence"), href=f"{folder}/{name}?clear=1")
            for name in event.attachments
        ]  # fmt: skip
        hint = el("p", words("clear"), class_="small muted") if shown else None
        stands = el("b", words("amount", yuan=yuan_text(event.amount_fen)), " · ") if event.amount_fen is not None else None  # fmt: skip
        events.append(el(
            "li", el("b", words(f"step_{event.step}")), " ",
            el("span", f"{known.get(event.author, event.author)} · {at}", class_="muted small"),
            el("p", stands, event.text), shown, hint, class_="stack tight",
        ))  # fmt: skip
    return el(
        "section", el("div", el("h2", words("title")), state, class_="card-head"),
        el("div", waits, el("ol", events, class_="plain stack"), class_="card-body stack"),
        class_="card", data_key=f"appeal-{one.appeal_id}",
    )  # fmt: skip
