"""What has been heard of every store, source by source and day by day, and who forgot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cloud_receiver.store.completeness import FeedRow, Forgotten, Heard
from cloud_receiver.web.markup import Child, Markup, el
from cloud_receiver.web.phrases import ago, date_text, icon, local_time
from cloud_receiver.web.texts import Language, Texts, Words

TEXTS: Final[Texts] = {
    "lead": (
        "每台打卡机和每个收银来源最近几天的数据是否齐。没齐的那天,缺卡和旷工都不会定案。",
        "Whether the data of each terminal and till is complete, day by day. Until it is, nobody is absent.",
    ),
    "store": ("门店", "Store"),
    "source": ("来源", "Source"),
    "records": ("条数", "Records"),
    "since": ("完整到", "Complete until"),
    "none": ("没有打卡数据来源", "no source of attendance"),
    "never": ("从未", "never"),
    "heard_complete": ("完整", "complete"),
    "heard_partly": ("到一部分", "partly"),
    "heard_nothing": ("未到", "nothing"),
    "heard_gap": ("可能有缺", "may lack some"),
    "heard_to_come": ("未来", "to come"),
    "heard_no_source": ("没有来源", "no source"),
    "forgot": (
        "{store}:主管应在 {at} 前登记 {n} 人到岗,还没有登记",
        "{store}: the supervisor was to record {n} arrivals by {at} and has recorded none",
    ),
    "empty_title": ("还没有门店", "No stores yet"),
    "empty": ("导入门店、接上打卡机后会列在这里。", "Stores and their terminals will be listed here."),
}  # fmt: skip
_LOOK: Final = {
    Heard.COMPLETE: ("good", "check_circle"),
    Heard.PARTLY: ("wait", "hourglass_empty"),
    Heard.NOTHING: ("bad", "cloud_off"),
    Heard.GAP: ("warn", "report"),
    Heard.TO_COME: ("muted", "more_horiz"),
    Heard.NO_SOURCE: ("muted", "sensors_off"),
}


def draw_feeds(
    rows: Sequence[FeedRow], forgotten: Sequence[Forgotten], now: datetime, language: Language
) -> Child:
    """Return the matrix of sources and days, supervisors who forgot above it."""
    words = Words(TEXTS, language)
    if not rows:
        texts = [el("h2", words("empty_title")), el("p", words("empty"))]
        return el("div", el("div", icon("storefront"), texts, class_="empty"), class_="card")
    zones = {row.store_id: row.zone for row in rows}
    late = [
        el("div", icon("notification_important"),
           words("forgot", store=one.store_name, n=one.expected,
                 at=local_time(one.by_utc_ms, zones.get(one.store_id, "UTC"))),
           class_="note bad")
        for one in forgotten
    ]  # fmt: skip
    dates = [
        el("th", date_text(cell.date, language), scope="col", class_="wrap")
        for cell in rows[0].cells
    ]
    names = [el("th", words(key), scope="col") for key in ("store", "source")]
    tail = [el("th", words(key), scope="col") for key in ("records", "since")]
    table = el(
        "table",
        el("thead", el("tr", names, dates, tail)),
        el("tbody", [_row(row, now, words) for row in rows]),
        class_="cards dense",
    )
    card = el("section", el("div", table, class_="scroll"), class_="card")
    return [el("p", words("lead"), class_="muted"), late, card]


def _row(row: FeedRow, now: datetime, words: Words) -> Markup:
    until = words("never")
    if row.complete_utc_ms is not None:
        at = local_time(row.complete_utc_ms, row.zone, "%m-%d %H:%M")
        until = f"{at} · {ago(row.complete_utc_ms, now, words.language)}"
    cells = []
    for cell in row.cells:
        tone, picture = _LOOK[cell.heard]
        told = words(f"heard_{cell.heard}")
        shown = el(
            "span",
            icon(picture, tone),
            " ",
            el("span", told, class_="small"),
            class_=f"nowrap {tone}",
        )
        cells.append(el("td", shown, data_label=date_text(cell.date, words.language)))
    return el(
        "tr",
        el("td", row.store_name, class_="lead shop"),
        el("td", row.name or words("none"), class_="nowrap", data_label=words("source")),
        cells,
        el("td", f"{sum(cell.records for cell in row.cells):,}", data_label=words("records")),
        el("td", until if row.source_id else "—", class_="line", data_label=words("since")),
        data_key=f"{row.store_id}/{row.source_id}",
    )
