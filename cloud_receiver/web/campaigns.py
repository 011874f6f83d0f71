"""活动竞赛: campaigns listed and entered, members, standings, weeks, and what came of them."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import msgspec
from fastapi import Request
from nicegui import ui
from sqlalchemy import Connection

from cloud_receiver.domain.budgets import Budget, Share
from cloud_receiver.domain.campaigns import Campaign, Targets
from cloud_receiver.domain.scores import PARTS, SHIPPED_SCORING
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import campaigns, membership, names
from cloud_receiver.store.campaign_review import listed, review
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.statement import person_meant
from cloud_receiver.web import campaign_sheet
from cloud_receiver.web.campaign_sheet import draw_campaign, draw_list
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from cloud_receiver.web.visit import visit_of
from sync.errors import DakaError
from sync.money import parse_fen

TEXTS: Final[Texts] = {
    "title": campaign_sheet.TEXTS["title"],
    "did_enter": ("活动已保存", "The campaign is saved"),
    "did_join": ("新增 {n} 人", "{n} people joined"),
    "did_leave": (
        "{who} 已退出,名次按已有的天数保留",
        "{who} left; the place earned so far is kept",
    ),
    "incomplete": ("请填写名称和日期", "Give it a name and dates"),
    "no_amount": ("“{text}”不是金额", "“{text}” is no amount"),
    "no_weight": ("权重“{text}”应为整数", "The weight “{text}” is no whole number"),
    "strangers": ("找不到(或不止一位):{who}", "Nobody, or more than one, goes by: {who}"),
}


class EntryError(DakaError):
    """What was entered cannot be meant; the text is for the reader."""


@dataclass(frozen=True, slots=True)
class View:
    """Which campaign is looked at; ``""``: all of them. `said`: what was done last."""

    language: Language
    campaign_id: str
    may_change: bool
    said: str = ""

    @property
    def address(self) -> str:
        """Return the page's address with this view."""
        return f"/campaigns?id={quote(self.campaign_id)}" if self.campaign_id else "/campaigns"


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/campaigns")
    async def page(request: Request, id: str = "") -> None:  # noqa: A002 - of the address
        visit = visit_of(request)
        view = View(visit.language, id, visit.may_change)
        with await page_frame(desk, visit, "campaigns", visit.words(TEXTS)("title")):

            async def act(name: str, value: str) -> None:
                nonlocal view
                if not visit.may_change:
                    return
                do = partial(_do, desk, view, name, value, visit.session.login)
                view = await asyncio.to_thread(do)
                desk.hub.changed()
                await follower.turn(("campaigns", view), partial(draw, desk, view))
                ui.navigate.history.replace(view.address)

            follower = await desk.hub.follow(("campaigns", view), partial(draw, desk, view), act)


def _do(desk: Desk, view: View, name: str, value: str, author: str) -> View:
    words, now = Words(TEXTS, view.language), utc_ms(desk.now())
    try:
        with write(desk.engine) as connection:
            if name == "enter":
                found = {one.campaign_id: one for one in campaigns.every(connection)}
                one = _entered(found.get(view.campaign_id), json.loads(value), words)
                campaigns.enter(connection, one, author, now)
                return replace(view, campaign_id=one.campaign_id, said=words("did_enter"))
            one = campaigns.of_id(connection, view.campaign_id)
            joined = max(desk.today(), one.first_date)
            if name == "join_all":
                n = membership.join(
                    connection, one.campaign_id, _of_stores(connection, one), joined, now,
                    author=author,
                )  # fmt: skip
                return replace(view, said=words("did_join", n=n))
            if name == "join":
                people = _named(connection, json.loads(value), words)
                n = membership.join(connection, one.campaign_id, people, joined, now, author=author)
                return replace(view, said=words("did_join", n=n))
            if name == "leave":
                membership.leave(
                    connection, one.campaign_id, value, desk.today(), now, author=author
                )
                return replace(view, said=words("did_leave", who=value))
    except DakaError as error:
        return replace(view, said=reason_of(error, view.language))
    return view


def _entered(before: Campaign | None, form: Mapping[str, Any], words: Words) -> Campaign:
    """Return the campaign a form describes; what it does not ask for stays as before."""
    first, last = str(form.get("first", "")), str(form.get("last", ""))
    name = str(form.get("name", "")).strip()[:80]
    if not (name and first and last):
        raise EntryError(words("incomplete"))
    budget = str(form.get("budget", "")).strip()
    weights = {part: _whole(form.get(part), words) for part in PARTS}
    amount_fen = _fen(budget, words) if budget else None
    share = str(form.get("share", ""))
    shared = Share(share) if share in set(Share) else Share.PRO_RATA
    limit = None if amount_fen is None else Budget(amount_fen=amount_fen, share=shared)
    new_id = f"c{first.replace('-', '')}-{secrets.token_hex(2)}"
    return replace(
        before or Campaign(campaign_id=new_id, name=name, first_date=first, last_date=last),
        name=name,
        first_date=first,
        last_date=last,
        scene=str(form.get("scene", "")).strip()[:40],
        stores=tuple(form.get("stores[]", ())),
        scoring=msgspec.structs.replace(before.scoring if before else SHIPPED_SCORING, **weights),
        budget=limit,
        targets=_targets(form, words),
    )


def _targets(form: Mapping[str, Any], words: Words) -> Targets | None:
    """Return the campaign's own targets; None where no amount is given."""
    asked = {name: str(text).strip() for name, text in form.items()}
    member = asked.get("member_target", "")
    stores = {
        name.partition("/")[2]: _fen(text, words)
        for name, text in asked.items() if name.startswith("target/") and text
    }  # fmt: skip
    if not member and not stores:
        return None
    found = Targets(member_fen=_fen(member, words) if member else 0, stores=stores)
    if not found.are_sound:
        raise EntryError(words("no_amount", text=member))
    return found


def _fen(text: str, words: Words) -> int:
    try:
        return parse_fen(text)
    except ValueError as error:
        raise EntryError(words("no_amount", text=text)) from error


def _whole(text: object, words: Words) -> int:
    if not str(text).isdecimal():
        raise EntryError(words("no_weight", text=text))
    return int(str(text))


def _of_stores(connection: Connection, one: Campaign) -> list[str]:
    return [
        person.employee_id for person in names.people(connection)
        if person.active and (not one.stores or person.store_id in one.stores)
    ]  # fmt: skip


def _named(connection: Connection, form: Mapping[str, Any], words: Words) -> list[str]:
    asked = [
        one.strip() for one in re.split(r"[\n,,;;、]+", str(form.get("people", ""))) if one.strip()
    ]
    meant = {one: person_meant(connection, one) for one in asked}
    if strangers := sorted(one for one, who in meant.items() if who is None):
        raise EntryError(words("strangers", who=", ".join(strangers)))
    return [who for who in meant.values() if who is not None]


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    words = Words(campaign_sheet.TEXTS, view.language)
    with read(desk.engine) as connection:
        shops = names.stores(connection)
        found = {one.campaign_id for one in campaigns.every(connection)}
        if view.campaign_id not in found:
            return draw_list(listed(connection), shops, view.said, desk.today(), words,
                             may_change=view.may_change)  # fmt: skip
        seen = review(connection, view.campaign_id)
        known = names.names_of(connection, seen.people)
    return draw_campaign(seen, known, shops, view.said, words, may_change=view.may_change)
