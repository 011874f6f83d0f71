"""Ids nobody is bound to: the lists of unknown users and seller codes, with their forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cloud_receiver.store.names import Person, Store
from cloud_receiver.store.organisation import ANY_DEVICE
from cloud_receiver.store.unmatched import UnmatchedSeller, UnmatchedUser
from cloud_receiver.web.markup import Child, Markup, el
from cloud_receiver.web.phrases import icon, local_time
from cloud_receiver.web.texts import Language, Texts, Words
from sync.money import yuan_text

TEXTS: Final[Texts] = {
    "users_lead": (
        "打卡机上有这些用户号在打卡,但还没有登记是谁。登记后,以前的打卡会自动归到本人,考勤和奖惩随之重算。号换了人时,填新人的第一天。",
        ("These user ids punch on a terminal, but nobody has said who they are. Once bound, their earlier "
        "punches count for that person, and attendance and rewards are worked out again. When an id went to somebody else, write their first day."),
    ),
    "sellers_lead": (
        "收银数据里有这些销售员代码,但还没有登记是谁。登记后,以前的销售会自动归到本人。",
        ("These seller codes appear in till data, but nobody has said who they are. Once bound, earlier "
        "sales count for that person."),
    ),
    "user": ("用户号 {user}", "User id {user}"),
    "seller": ("销售员代码 {code}", "Seller code {code}"),
    "terminal": ("打卡机", "Terminal"),
    "store": ("门店", "Store"),
    "punches_wait": ("{n} 次打卡还没有算给任何人", "{n} punches count for nobody yet"),
    "lines_wait": ("{n} 行销售,合计 {sum} 元,还没有算给任何人", "{n} sale lines, {sum} yuan, count for nobody yet"),
    "first": ("最早", "First"),
    "last": ("最近", "Last"),
    "who": ("这是谁", "Who is it"),
    "choose": ("选择员工…", "Choose a person…"),
    "other": ("或别店员工的工号", "or the id of somebody elsewhere"),
    "where": ("适用于", "Holds for"),
    "this_terminal": ("只这台打卡机", "this terminal only"),
    "all_terminals": ("本店所有打卡机", "every terminal of the store"),
    "since": ("从哪天起(可不填)", "From (optional)"),
    "bind": ("登记", "Bind"),
    "empty_users_title": ("每个打卡的人都认得", "Everybody who punches is known"),
    "empty_users": (
        "打卡机上出现没登记的用户号时,会在这里列出它拖住了多少打卡,并可当场登记。",
        "When an unknown user id punches, it is listed here with what it holds up, and can be bound on the spot.",
    ),
    "empty_sellers_title": ("每笔销售都有主人", "Every sale has its seller"),
    "empty_sellers": (
        "收银数据里出现没登记的销售员代码时,会在这里列出。",
        "Seller codes nobody is bound to will be listed here.",
    ),
}  # fmt: skip


MAX_CHOICES: Final = 300
"""Of a larger company only the people of the store are listed; others are named by id."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the problems stand among: names of stores, devices, active people by home."""

    language: Language
    stores: Mapping[str, Store]
    devices: Mapping[str, str]
    people: Mapping[str, Sequence[Person]]

    def store_name(self, store_id: str) -> str:
        """Return a store's name, its id when nobody has entered it."""
        return self.stores[store_id].name if store_id in self.stores else store_id

    def moment(self, utc_ms: int, store_id: str | None) -> str:
        """Return an instant in a store's zone, of the first store when none is named."""
        store = self.stores.get(store_id or "") or next(iter(self.stores.values()), None)
        return local_time(utc_ms, store.zone if store else "UTC", "%Y-%m-%d %H:%M:%S")


def draw_users(look: Look, listed: Sequence[UnmatchedUser]) -> Child:
    """Return the list of unknown users."""
    words = Words(TEXTS, look.language)
    if not listed:
        return _empty("how_to_reg", words("empty_users_title"), words("empty_users"))
    cards = [_user(item, look, words) for item in listed]
    return [el("p", words("users_lead"), class_="muted"), cards]


def draw_sellers(look: Look, listed: Sequence[UnmatchedSeller]) -> Child:
    """Return the list of unknown seller codes."""
    words = Words(TEXTS, look.language)
    if not listed:
        return _empty("point_of_sale", words("empty_sellers_title"), words("empty_sellers"))
    cards = [_seller(item, look, words) for item in listed]
    return [el("p", words("sellers_lead"), class_="muted"), cards]


def _user(item: UnmatchedUser, look: Look, words: Words) -> Markup:
    device_name = look.devices.get(item.device_serial, "")
    device = " · ".join(filter(None, (device_name, item.device_serial)))
    pairs = [
        (words("store"), look.store_name(item.store_id)),
        (words("terminal"), device),
        (words("first"), item.first_device_time.replace("T", " ")),
        (words("last"), item.last_device_time.replace("T", " ")),
    ]
    scope = el(
        "label", words("where"),
        el("select", el("option", words("this_terminal"), value=item.device_serial),
           el("option", words("all_terminals"), value=ANY_DEVICE), name="where"),
        class_="field",
    )  # fmt: skip
    hidden = {
        "store_id": item.store_id,
        "device_serial": item.device_serial,
        "user_id": item.user_id,
    }
    form = _form("bind_user", hidden, item.store_id, look, scope, words)
    waits = words("punches_wait", n=item.punches)
    key = f"user-{item.store_id}-{item.device_serial}-{item.user_id}"
    return _card(key, words("user", user=item.user_id), waits, pairs, form)


def _seller(item: UnmatchedSeller, look: Look, words: Words) -> Markup:
    pairs: list[tuple[str, str]] = [
        (words("store"), look.store_name(item.store_id)),
        (words("first"), look.moment(item.first_utc_ms, item.store_id)),
        (words("last"), look.moment(item.last_utc_ms, item.store_id)),
    ]
    hidden = {"store_id": item.store_id, "seller_code": item.seller_code}
    form = _form("bind_seller", hidden, item.store_id, look, None, words)
    waits = words("lines_wait", n=item.sales, sum=yuan_text(item.amount_fen))
    title = words("seller", code=item.seller_code)
    return _card(f"seller-{item.store_id}-{item.seller_code}", title, waits, pairs, form)


def _card(
    key: str, title: str, waits: str, pairs: Sequence[tuple[str, str]], form: Markup
) -> Markup:
    listed = [el("div", el("dt", name), el("dd", value)) for name, value in pairs]
    head = el(
        "div",
        el("h2", icon("help", "warn"), " ", title),
        el("span", waits, class_="warn"),
        class_="card-head",
    )
    return el(
        "article", head,
        el("div", el("dl", listed, class_="pairs small"), form, class_="card-body stack tight"),
        class_="card", data_key=key,
    )  # fmt: skip


def _form(
    act: str,
    hidden: Mapping[str, str],
    store_id: str,
    look: Look,
    scope: Markup | None,
    words: Words,
) -> Markup:
    """Return the form; people of the store come first."""
    near = [*look.people.get(store_id, ())]
    far = [one for home, them in look.people.items() if home != store_id for one in them]
    is_all = len(near) + len(far) <= MAX_CHOICES
    near += far if is_all else ()
    other = None if is_all else el(
        "label", words("other"), el("input", name="other_id", maxlength="40", autocomplete="off"),
        class_="field",
    )  # fmt: skip
    options = [el("option", f"{p.name} · {p.employee_id}", value=p.employee_id) for p in near]
    choice = el(
        "select",
        el("option", words("choose"), value=""),
        options,
        name="employee_id",
        required=is_all,
    )
    return el(
        "form",
        [el("input", type="hidden", name=name, value=value) for name, value in hidden.items()],
        el("label", words("who"), choice, class_="field"),
        other,
        scope,
        el("label", words("since"), el("input", type="date", name="since"), class_="field"),
        el("button", icon("link"), words("bind"), class_="button main", type="submit"),
        data_submit=act,
        class_="inline-form",
    )


def _empty(picture: str, title: str, text: str) -> Markup:
    return el(
        "div",
        el("div", icon(picture), el("h2", title), el("p", text), class_="empty"),
        class_="card",
    )
