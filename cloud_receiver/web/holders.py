"""Whose ids and till codes are whose: since when, said by whom and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from cloud_receiver.domain.validity import LAST_DATE
from cloud_receiver.domain.workday import FIRST_DATE
from cloud_receiver.store.bindings import Held
from cloud_receiver.store.names import Store
from cloud_receiver.store.organisation import ANY_DEVICE
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import local_minute
from cloud_receiver.web.texts import Language, Texts, Words

TEXTS: Final[Texts] = {
    "title": ("登记记录:谁的号,谁登记的", "Whose ids: who said so"),
    "own_title": ("打卡号与收银号", "Ids on terminals and tills"),
    "code": ("号", "Id"),
    "where": ("在哪里", "Where"),
    "who": ("是谁", "Whose"),
    "dates": ("有效", "Holds"),
    "author": ("谁登记的", "Said by"),
    "when": ("何时登记", "When"),
    "till": ("收银", "tills"),
    "every": ("所有打卡机", "every terminal"),
    "always": ("一直", "always"),
    "since": ("{date} 起", "from {date}"),
    "until": ("到 {date}", "until {date}"),
    "before": ("以前导入,未记录", "before this was kept"),
    "replaced": ("已被更正", "corrected since"),
}


def draw_holders(
    held: Sequence[Held],
    stores: Mapping[str, Store],
    people: Mapping[str, str],
    language: Language,
    *,
    is_own: bool = False,
) -> Markup | None:
    """Return the list of bindings, the newest first; None when there is none.

    Args:
        people: names by employee.
        is_own: on the page of the person they belong to, who need not be named.
    """
    if not held:
        return None
    words = Words(TEXTS, language)
    columns = ["code", "where", *([] if is_own else ["who"]), "dates", "author", "when"]
    head = el("tr", [el("th", words(key), scope="col") for key in columns])
    rows = [_row(one, stores, people, words, is_own=is_own) for one in held]
    table = el("table", el("thead", head), el("tbody", rows), class_="cards brief")
    title = el("div", el("h2", words("own_title" if is_own else "title")), class_="card-head")
    return el("section", title, el("div", table, class_="scroll"), class_="card", data_key="held")


def _row(
    one: Held, stores: Mapping[str, Store], people: Mapping[str, str], words: Words, *, is_own: bool
) -> Markup:
    shop = stores.get(one.store_id)
    device = words("every") if one.device_serial == ANY_DEVICE else one.device_serial
    place = f"{shop.name if shop else one.store_id} · {words('till') if one.is_seller else device}"
    who = el("a", people.get(one.employee_id, one.employee_id),
             href=f"/people/{quote(one.employee_id)}")  # fmt: skip
    zone = shop.zone if shop else "UTC"
    at = local_minute(one.created_utc_ms, zone) if one.created_utc_ms else "—"
    old = None if one.is_newest else el("span", " ", words("replaced"), class_="small warn")
    return el(
        "tr",
        el("td", el("b", one.code, class_="mono"), old, class_="lead"),
        el("td", place, data_label=words("where")),
        None if is_own else el("td", who, data_label=words("who")),
        el("td", _dates(one, words), data_label=words("dates")),
        el("td", one.author or words("before"), class_=None if one.author else "muted",
           data_label=words("author")),
        el("td", at, class_="nowrap", data_label=words("when")),
        class_=None if one.is_newest else "muted",
        data_key=f"{one.is_seller}/{one.store_id}/{one.device_serial}/{one.code}/{one.first_date}"
        f"/{one.version}",
    )  # fmt: skip


def _dates(one: Held, words: Words) -> str:
    since = "" if one.first_date == FIRST_DATE else words("since", date=one.first_date)
    until = "" if one.last_date == LAST_DATE else words("until", date=one.last_date)
    return " ".join(filter(None, (since, until))) or words("always")
