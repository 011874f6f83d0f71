"""Stores by health at a glance, one box's desk, gaps to close, and codes for new boxes; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import RowMapping

from cloud_receiver.store.certificates import Claim
from cloud_receiver.store.fleet import BoxView
from cloud_receiver.store.names import Store
from cloud_receiver.web.box_answers import answer_text
from cloud_receiver.web.fleet_desk import Told, qr
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import at_utc, chip, icon, local_time
from cloud_receiver.web.texts import Language, Texts, Words
from sync.control import REMOTE_SETTINGS

SILENT_WARN_S: Final = 300
CLAIMS_SHOWN: Final = 20
TEXTS: Final[Texts] = {
    "board": ("门店一览", "All stores"),
    "health_bad": ("离线或有故障", "Down or broken"),
    "health_warn": ("需要看一看", "Worth a look"),
    "health_good": ("正常", "Fine"),
    "waits": ("待传 {n}", "{n} waiting"),
    "all_boxes": ("全部门店", "All stores"),
    "desk": ("远程操作", "From afar"),
    "diagnose": ("诊断", "Diagnose"),
    "diagnose_hint": ("请盒子把自己、设备、网络检查一遍,结果列在下面。", "Has the box examine itself, its devices and its line; what it finds is listed below."),
    "reread_hint": ("请盒子从设备里再读一遍,例如怀疑漏了记录时。重复的自动认出,不会算两次。", "Has the box read a device once more, say when records seem to be missing. What came before is known and counts once."),
    "retire_hint": ("不再使用的设备请停用:门店不再等它的数据,随时可以恢复。", "Retire a device that is no longer used: its store stops waiting for it. It can be put back at any time."),
    "retire_title": ("设备停用", "Devices out of service"),
    "reread": ("重读设备", "Read again"),
    "replay": ("重传记录", "Send again"),
    "device": ("设备", "Device"),
    "since": ("从(空为全部)", "Since (empty: all)"),
    "lane": ("哪一类", "Which kind"),
    "lane_punch": ("打卡", "punches"),
    "lane_sale": ("销售", "sales"),
    "lane_bulk": ("其他(读不懂的数据等)", "others (unreadable data)"),
    "lane_head": ("{lane},共 {n} 条", "{lane}, {n} in all"),
    "replay_hint": (
        "把盒子里已采集的记录按编号再传一次,例如总部恢复备份之后。重复的自动认出,不会算两次。",
        "Has the box send numbered records again, say after headquarters was restored. What came before is known and counts once.",
    ),
    "first": ("从编号", "From number"),
    "last": ("到编号", "To number"),
    "settings": ("远程设置(空为盒子自己的)", "Settings (empty: the box's own)"),
    "save": ("下发", "Send"),
    "setting_heartbeat_s": ("心跳间隔(秒)", "Heartbeat (s)"),
    "setting_poll_s": ("读取间隔(秒)", "Reading (s)"),
    "setting_full_read_hour": ("每日全读(时)", "Full read (hour)"),
    "setting_retention_days": ("保留(天)", "Kept (days)"),
    "in_force": ("盒子已采用第 {n} 版", "the box took version {n}"),
    "refused": ("盒子拒绝:{why}", "the box refused: {why}"),
    "not_told": ("第 {n} 版等待盒子回应", "version {n} waits for the box"),
    "commands": ("最近的操作", "Recent commands"),
    "action": ("操作", "Command"),
    "outcome": ("结果", "Outcome"),
    "who": ("谁", "Who"),
    "when": ("何时", "When"),
    "outcome_open": ("等待回应", "waiting"),
    "outcome_done": ("完成", "done"),
    "outcome_refused": ("被拒绝", "refused"),
    "outcome_failed": ("失败", "failed"),
    "outcome_expired": ("过期未做", "expired"),
    "retire": ("停用", "Retire"),
    "restore": ("恢复使用", "Put back"),
    "retire_question": ("停用 {source}?门店将不再等它的数据。", "Retire {source}? Its store no longer waits for it."),
    "gaps": ("待核实的断收", "Gaps to close"),
    "gap": ("设备 {source} · {first} – {last}", "device {source} · {first} – {last}"),
    "close_gap": ("核实无遗漏", "Nothing is missing"),
    "close_gap_question": (
        "确认这段时间没有遗漏的打卡?之后缺卡就是定论,不能撤销。",
        "Sure that no touch is missing in it? What seems missing becomes final; this cannot be undone.",
    ),
    "yes": ("确定", "Yes"),
    "no": ("取消", "Cancel"),
    "claims": ("新盒子的接入码", "Codes for new boxes"),
    "claims_lead": ("一次性接入码:在门店电脑上扫码或输入,盒子就会领到证书并连上。", "A one-time code: scanned or typed on the store's computer, it fetches the box's certificate."),
    "box": ("盒子名称", "Name of the box"),
    "store": ("门店", "Store"),
    "hours": ("有效(小时)", "Good for (hours)"),
    "new_claim": ("生成接入码", "Make a code"),
    "once": ("请现在扫码或抄下,离开本页后不再显示。", "Scan or copy it now: it is not shown again."),
    "qr": ("接入码的二维码", "The code as QR"),
    "claim_open": ("可用", "open"),
    "claim_redeemed": ("已使用", "used"),
    "claim_withdrawn": ("已作废", "withdrawn"),
    "claim_expired": ("已过期", "expired"),
    "withdraw": ("作废", "Withdraw"),
    "withdraw_question": ("作废 {box} 的接入码?", "Withdraw the code of {box}?"),
}  # fmt: skip
_LANES: Final = ("punch", "sale", "bulk")


class Health(StrEnum):
    """How a box does, the worst first."""

    BAD = "bad"
    WARN = "warn"
    GOOD = "good"


_PICTURES: Final = {Health.BAD: "error", Health.WARN: "warning", Health.GOOD: "check_circle"}
_OUTCOMES: Final = {
    "open": ("wait", "hourglass_empty"),
    "done": ("good", "check_circle"),
    "refused": ("warn", "block"),
    "failed": ("bad", "error"),
    "expired": ("warn", "timer_off"),
}


def health(box: BoxView, now: datetime) -> Health:
    """Judge a box by what it last said and when."""
    if not box.online or (box.beat and box.beat.alarms):
        return Health.BAD
    if (now - at_utc(box.last_seen_utc_ms)).total_seconds() > SILENT_WARN_S or box.problem:
        return Health.WARN
    used = [device.status for device in box.devices if not device.retired_utc_ms]
    return Health.GOOD if all(status == "ok" for status in used) else Health.WARN


def draw_board(
    fleet: Sequence[BoxView],
    names: Mapping[str, str],
    now: datetime,
    chosen: str,
    language: Language,
) -> Markup:
    """Return one tile a box, grouped by health."""
    words = Words(TEXTS, language)
    groups: dict[Health, list[BoxView]] = {one: [] for one in Health}
    for box in fleet:
        groups[health(box, now)].append(box)
    parts = [
        el("div", el("h3", icon(_PICTURES[kind], kind.value), words(f"health_{kind}"), " ",
                     el("span", f"{len(boxes):,}", class_="count")),
           el("div", [_tile(box, names, kind, chosen, words) for box in boxes], class_="board"),
           class_="stack tight")
        for kind, boxes in groups.items() if boxes
    ]  # fmt: skip
    back = el("a", words("all_boxes"), href="/fleet", class_="button slim") if chosen else None
    return el("section", el("div", el("h2", words("board")), back, class_="card-head"),
              el("div", parts, class_="card-body stack"), class_="card")  # fmt: skip


def _tile(
    box: BoxView, names: Mapping[str, str], kind: Health, chosen: str, words: Words
) -> Markup:
    waiting = box.beat.waiting if box.beat else 0
    return el(
        "a", el("b", names.get(box.store_id or "", box.box_id)),
        el("small", words("waits", n=f"{waiting:,}") if waiting else box.box_id),
        href=f"/fleet?box={quote(box.box_id)}", class_=f"tile-box {kind}",
        aria_current="true" if box.box_id == chosen else None, data_key=f"tile-{box.box_id}",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxDesk:
    """What is known of a box's commands and settings."""

    box: BoxView
    commands: Sequence[RowMapping]
    setting: RowMapping | None
    zone: str


def draw_desk(desk: BoxDesk, language: Language, *, may_change: bool) -> Markup:
    """Return what can be asked of a box, and what it answered."""
    words, box = Words(TEXTS, language), desk.box
    hidden = el("input", type="hidden", name="box", value=box.box_id)
    forms = [_settings(desk, hidden, words), _asks(box, hidden, words),
             _retirements(box, words)] if may_change else []  # fmt: skip
    head = el("div", el("h2", words("desk")), el("span", box.box_id, class_="muted mono"),
              class_="card-head")  # fmt: skip
    rows = [_command(row, desk.zone, words) for row in desk.commands]
    columns = [el("th", words(key), scope="col") for key in ("action", "outcome", "who", "when")]
    table = el("div", el("table", el("thead", el("tr", columns)), el("tbody", rows), class_="cards"),
               class_="scroll topped") if rows else None  # fmt: skip
    answers = [el("h3", words("commands"), class_="card-body"), table] if table else None
    return el("section", head, el("div", forms, class_="card-body stack"), answers, class_="card")


def _settings(desk: BoxDesk, hidden: Markup, words: Words) -> Markup:
    row = desk.setting
    wished: Mapping[str, int] = json.loads(row["settings"]) if row else {}
    fields = [
        el("label", words(f"setting_{name}"), el("input", type="number", name=name, min=limits.low,
           max=limits.high, value=wished.get(name)), class_="field")
        for name, limits in REMOTE_SETTINGS.items()
    ]  # fmt: skip
    save = el("button", words("save"), type="submit", class_="button")
    return el("form", el("h3", words("settings"), " ", _answer(row, words)),
              el("div", hidden, fields, save, class_="inline-form"), data_submit="settings",
              class_="stack tight")  # fmt: skip


def _answer(row: RowMapping | None, words: Words) -> Markup | None:
    if row is None or not row["version"]:
        return None
    if row["reported_version"] != row["version"]:
        return chip(words("not_told", n=row["version"]), "wait", "hourglass_empty")
    if row["reported_reason"]:
        why = answer_text(row["reported_reason"], words.language)
        return chip(words("refused", why=why), "bad", "block")
    return chip(words("in_force", n=row["version"]), "good", "check_circle")


def _asks(box: BoxView, hidden: Markup, words: Words) -> Markup:
    devices = [el("option", device.name, value=device.name) for device in box.devices]
    heads = {lane.value: state.head for lane, state in box.beat.lanes.items()} if box.beat else {}
    lanes = [el("option", _lane(lane, heads, words), value=lane) for lane in _LANES]

    def form(name: str, *fields: Markup) -> Markup:
        button = el("button", words(name), type="submit", class_="button")
        return el("form", hidden, fields, button, data_submit=name, class_="inline-form")

    def number(name: str, value: int) -> Markup:
        return el("label", words(name), el("input", type="number", name=name, min="1", value=value),
                  class_="field")  # fmt: skip

    reread = form(
        "reread",
        el("label", words("device"), el("select", devices, name="device"), class_="field"),
        el("label", words("since"), el("input", type="date", name="since"), class_="field"),
    ) if devices else None  # fmt: skip
    replay = form("replay", el("label", words("lane"), el("select", lanes, name="lane"),
                               class_="field"), number("first", 1), number("last", max([1, *heads.values()])))  # fmt: skip

    def hint(name: str) -> Markup:
        return el("p", words(f"{name}_hint"), class_="small muted")

    return join([
        [el("div", reread, hint("reread"), class_="stack tight")] if reread else None,
        el("div", replay, hint("replay"), class_="stack tight"),
        el("div", form("diagnose"), hint("diagnose"), class_="row"),
    ])  # fmt: skip


def _lane(lane: str, heads: Mapping[str, int], words: Words) -> str:
    """Return a kind of records by its name, with how many the box has."""
    name = words(f"lane_{lane}")
    return words("lane_head", lane=name, n=f"{heads[lane]:,}") if lane in heads else name


def _retirements(box: BoxView, words: Words) -> Markup:
    buttons = []
    for device in box.devices:
        if device.source_id is None:
            continue
        back = "1" if device.retired_utc_ms else ""
        name = words("restore" if back else "retire")
        asks = {} if back else {
            "data_confirm": words("retire_question", source=device.name),
            "data_yes": words("yes"), "data_no": words("no"),
        }  # fmt: skip
        buttons.append(el("button", f"{name} {device.name}", type="button", class_="button slim",
                          data_act="retire", data_value=f"{box.box_id}\n{device.source_id}\n{back}",
                          **asks))  # fmt: skip
    hint = el("p", words("retire_hint"), class_="small muted")
    return el("div", el("h3", words("retire_title")), hint, el("div", buttons, class_="row"),
              class_="stack tight") if buttons else el("span")  # fmt: skip


def _command(row: RowMapping, zone: str, words: Words) -> Markup:
    outcome = row["outcome"] or "open"
    arguments = json.loads(row["arguments"])
    about = " · ".join(str(value) for value in arguments.values() if value)
    action = words(row["action"]) if row["action"] in TEXTS else row["action"]
    result: dict[str, Any] = json.loads(row["result"] or "{}")
    shown = el("details", el("summary", words("outcome")),
               el("pre", json.dumps(result, ensure_ascii=False, indent=2), tabindex="0")) if result else None  # fmt: skip
    return el(
        "tr", el("td", action, " ", el("span", about, class_="muted small"), class_="lead"),
        el("td", el("div", chip(words(f"outcome_{outcome}"), *_OUTCOMES[outcome]),
                    el("p", answer_text(row["detail"] or "", words.language), class_="small muted"), shown),
           data_label=words("outcome")),
        el("td", row["author"], data_label=words("who")),
        el("td", local_time(row["asked_utc_ms"], zone, "%m-%d %H:%M"), data_label=words("when")),
        data_key=row["command_id"],
    )  # fmt: skip


def draw_gaps(
    gaps: Sequence[RowMapping], shops: Sequence[Store], language: Language, *, may_change: bool
) -> Markup | None:
    """Return the stretches in which touches may be lost; None when there are none."""
    words, known = Words(TEXTS, language), {shop.store_id: shop for shop in shops}
    items = []
    for row in gaps:
        shop = known.get(row["store_id"])
        zone = shop.zone if shop else "UTC"
        first, last = (
            local_time(row[f"{end}_utc_ms"], zone, "%m-%d %H:%M") for end in ("from", "to")
        )
        close = el("button", words("close_gap"), type="button", class_="button slim",
                   data_act="close_gap", data_value=row["record_id"],
                   data_confirm=words("close_gap_question"), data_yes=words("yes"),
                   data_no=words("no")) if may_change else el("span")  # fmt: skip
        items.append(el("li", icon("sensors_off", "warn"),
                        el("span", el("b", shop.name if shop else row["store_id"]), " ",
                           words("gap", source=row["source_id"], first=first, last=last)), close,
                        data_key=row["record_id"]))  # fmt: skip
    if not items:
        return None
    return el("section", el("div", el("h2", words("gaps")), class_="card-head"),
              el("ul", items, class_="feed"), class_="card")  # fmt: skip


def draw_claims(
    claims: Sequence[Claim], shops: Sequence[Store], told: Told, now_utc_ms: int, language: Language
) -> Markup:
    """Return the form for a new box's code, the code just made, and those made before."""
    words = Words(TEXTS, language)
    stores = [el("option", shop.name, value=shop.store_id) for shop in shops]
    form = el(
        "form",
        el("label", words("box"), el("input", name="box", required=True, maxlength="32",
                                     placeholder="box-001"), class_="field"),
        el("label", words("store"), el("select", stores, name="store"), class_="field"),
        el("label", words("hours"), el("input", type="number", name="hours", min="1", max="2160",
                                       value="72"), class_="field"),
        el("button", words("new_claim"), type="submit", class_="button main"),
        data_submit="claim", class_="inline-form",
    )  # fmt: skip
    fresh = el("div", el("div", qr(told.address), class_="qr", role="img", aria_label=words("qr")),
               el("div", el("p", words("once")), el("p", told.address, class_="mono"),
                  class_="stack tight"), class_="row") if told.address else None  # fmt: skip
    items = [_claim(one, shops, now_utc_ms, words) for one in claims[:CLAIMS_SHOWN]]
    return el("section", el("div", el("h2", words("claims")), class_="card-head"),
              el("div", el("p", words("claims_lead"), class_="muted"), form, fresh,
                 class_="card-body stack"), el("ul", items, class_="feed"), class_="card")  # fmt: skip


def _claim(one: Claim, shops: Sequence[Store], now_utc_ms: int, words: Words) -> Markup:
    names = {shop.store_id: shop.name for shop in shops}
    state, tone = (
        ("redeemed", "good") if one.redeemed_utc_ms is not None
        else ("withdrawn", "wait") if one.withdrawn_utc_ms is not None
        else ("expired", "wait") if one.expires_utc_ms <= now_utc_ms
        else ("open", "warn")
    )  # fmt: skip
    about = f"{one.claim_id}… · {names.get(one.store_id, one.store_id)} · {one.author}"
    withdraw = el("button", words("withdraw"), type="button", class_="button slim",
                  data_act="withdraw_claim", data_value=one.claim_id,
                  data_confirm=words("withdraw_question", box=one.box_id), data_yes=words("yes"),
                  data_no=words("no"), aria_label=f"{words('withdraw')} {one.box_id}") if state == "open" else el("span")  # fmt: skip
    return el("li", icon("key"),
              el("span", el("b", one.box_id), " ", el("span", about, class_="muted small"), " ",
                 chip(words(f"claim_{state}"), tone, "vpn_key")), withdraw, data_key=one.claim_id)  # fmt: skip
