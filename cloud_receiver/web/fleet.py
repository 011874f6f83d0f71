"""门店与设备: every box and its devices, how they do, and what to do about those that do not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from fastapi import Request

from cloud_receiver.store import certificates, control, feed_gaps, names
from cloud_receiver.store.engine import read
from cloud_receiver.store.fleet import BoxView, SourceView, boxes
from cloud_receiver.web.device_troubles import device_text, driver_text
from cloud_receiver.web.evidence import offset_text
from cloud_receiver.web.fleet_board import (
    SILENT_WARN_S,
    BoxDesk,
    Health,
    draw_board,
    draw_claims,
    draw_desk,
    draw_gaps,
    health,
)
from cloud_receiver.web.fleet_desk import Told, act, machine_utc_ms
from cloud_receiver.web.frame import Desk, page_at, page_frame
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import ago, at_utc, chip, icon, local_time, span
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import visit_of
from sync.heartbeat import Heartbeat

CLOCK_WARN_MS: Final = 60_000
"""From here a device's clock is worth a look; the judge corrects it all the same."""
SHOWN: Final = 20
COMMANDS: Final = 12
ORDER: Final = tuple(Health)
TEXTS: Final[Texts] = {
    "title": ("门店与设备", "Stores and devices"),
    "lead": (
        "每家门店一个盒子,读打卡机和收银文件,断网时先存后传。记录在总部回执之前不会离开盒子。",
        ("One box a store reads terminals and till files, and keeps everything while the line is down. "
        "No record leaves a box before headquarters has receipted it."),
    ),
    "boxes": ("盒子在线", "Boxes online"),
    "devices": ("设备正常", "Devices fine"),
    "waiting": ("等待上传", "Waiting"),
    "quarantined": ("隔离", "Quarantined"),
    "online": ("在线", "online"),
    "offline": ("离线", "offline"),
    "silent": ("许久没有消息", "silent for long"),
    "version": ("版本 {version}", "version {version}"),
    "last_seen": ("最近消息", "Last heard"),
    "oldest": ("最早一条等了", "The oldest waits"),
    "none_waits": ("没有等待", "none waits"),
    "capacity": ("磁盘还可存", "Disk lasts for"),
    "days": ("约 {n} 天", "about {n} days"),
    "not_known": ("未知", "not known yet"),
    "law1": ("已采集 = 已回执 + 等待 + 隔离", "Captured = settled + waiting + quarantined"),
    "law1_sum": ("{captured} = {settled} + {waiting} + {quarantined}", "{captured} = {settled} + {waiting} + {quarantined}"),
    "law1_holds": ("一条不少", "none is missing"),
    "law1_broken": ("对不上,请联系管理员", "does not add up: call an administrator"),
    "no_beat": ("盒子还没有报告过状态。", "The box has not reported yet."),
    "beat_problem": ("最近一次状态报告读不懂:{problem}", "Its last report could not be read: {problem}"),
    "no_devices": ("这个盒子还没有接设备。运行 daka-agent discover 可以在店内网络里找打卡机。",
                   "No device yet. Run daka-agent discover to find terminals on the store's network."),
    "device": ("设备", "Device"),
    "status": ("状态", "Status"),
    "last_read": ("最近读取", "Last read"),
    "complete": ("数据完整到", "Complete until"),
    "clock": ("时钟偏差", "Clock"),
    "records": ("设备内记录", "Records on it"),
    "never": ("从未", "never"),
    "st_ok": ("正常", "fine"),
    "st_down": ("连不上", "no answer"),
    "st_busy": ("忙", "busy"),
    "st_malformed": ("应答异常", "answers make no sense"),
    "st_refused": ("拒绝访问", "refuses access"),
    "st_new": ("尚未读过", "not read yet"),
    "alarm_outbox_damaged": ("本地数据库曾损坏", "Its outbox was damaged"),
    "alarm_clock_not_set": ("时钟未设置", "Its clock is not set"),
    "alarm_storage_full": ("磁盘已满", "Its disk is full"),
    "alarm_name_taken": ("另一个盒子与它同名", "Another box has its name"),
    "remedy_name_taken": (
        "两个盒子轮流断线,不会混淆也不会丢失,但都变慢。请给其中一个改名:daka-agent init --box。",
        ("They push each other off the line; nothing is mixed or lost, but both are slow. Rename one: "
        "daka-agent init --box."),
    ),
    "remedy_outbox_damaged": (
        "已另存为 .corrupt 文件并重新读取所有设备。请检查盒子的磁盘或存储卡;数据确认齐全前请保留该文件。",
        ("It was set aside as a .corrupt file and all devices are read again. Look at the box's disk or card; "
        "keep the file until nothing is missing."),
    ),
    "remedy_clock_not_set": (
        "照常采集,校时后按开机时长补正时间。请检查盒子的自动校时和网络。",
        ("It goes on collecting and is dated right afterwards, by how long it has been awake. See to its time "
        "service and line."),
    ),
    "remedy_storage_full": (
        "已停止读取,记录留在设备里,不会丢失。请清理盒子的磁盘。",
        "Reading has stopped; the devices keep their records. Free space on the box's disk.",
    ),
    "st_retired": ("已停用", "out of service"),
    "st_clock": ("正常,但时钟不准", "fine, but its clock is off"),
    "hidden": ("其余 {n} 台在上方一览中点开查看。", "Open the other {n} from the board above."),
    "no_store": ("未登记的门店", "store not known"),
    "empty_title": ("还没有门店盒子", "No box yet"),
    "empty": (
        "在门店的电脑上运行 daka-agent init,填上总部地址后启动,它就会出现在这里。",
        ("Run daka-agent init on the store's computer, enter this headquarters' address and start it: "
        "it will appear here."),
    ),
}  # fmt: skip
_TONES: Final = {
    "ok": ("good", "check_circle"),
    "new": ("wait", "hourglass_empty"),
    "busy": ("warn", "pending"),
    "down": ("bad", "link_off"),
    "malformed": ("bad", "error"),
    "refused": ("bad", "lock"),
}


@dataclass(frozen=True, slots=True)
class _Look:
    """One moment's reading."""

    names: dict[str, str]
    zones: dict[str, str]
    now: datetime
    words: Words


@dataclass(frozen=True, slots=True)
class View:
    """Which box is looked at; ``""``: those that do worst. `told`: what was done last."""

    language: Language
    box_id: str
    may_change: bool
    told: Told = Told()  # noqa: RUF009 - frozen


def register(desk: Desk) -> None:
    """Add the page."""

    @page_at("/fleet")
    async def fleet(request: Request, box: str = "") -> None:
        visit = visit_of(request)
        view = View(visit.language, box, visit.may_change)
        with await page_frame(desk, visit, "fleet", visit.words(TEXTS)("title")):

            async def do(name: str, value: str) -> None:
                nonlocal view
                if not visit.may_change:
                    return
                author = visit.session.login
                told = await asyncio.to_thread(act, desk, name, value, author, view.language)
                view = replace(view, told=told)
                desk.hub.changed()
                await follower.turn(("fleet", view), partial(draw, desk, view))

            follower = await desk.hub.follow(("fleet", view), partial(draw, desk, view), do)


def draw(desk: Desk, view: View) -> Markup:
    """Read and draw the page; runs in a worker thread."""
    language, may_change = view.language, view.may_change
    with read(desk.engine) as connection:
        shops = names.stores(connection)
        fleet = boxes(connection)
        gaps = feed_gaps.listed(connection, closed=False)
        claims = certificates.claims(connection) if may_change else []
        commands = control.commands(connection, view.box_id, COMMANDS) if view.box_id else []
        setting = control.setting_of(connection, view.box_id) if view.box_id else None
    words = Words(TEXTS, language)
    look = _Look(
        {shop.store_id: shop.name for shop in shops},
        {shop.store_id: shop.zone for shop in shops},
        desk.now(),
        words,
    )
    head = el("header", el("div", el("h1", words("title")), el("p", words("lead"))), class_="head")
    new = draw_claims(claims, shops, view.told, machine_utc_ms(), language) if may_change else None
    said = (
        el("div", el("span", view.told.text, role="status"), class_="done")
        if view.told.text
        else None
    )
    if not fleet:
        empty = [el("h2", words("empty_title")), el("p", words("empty"))]
        card = el("section", el("div", icon("router"), empty, class_="empty"), class_="card")
        return join([head, card, new, said])
    worst_first = sorted(fleet, key=lambda box: (ORDER.index(health(box, look.now)), box.box_id))
    chosen = [box for box in fleet if box.box_id == view.box_id]
    shown = chosen or worst_first[:SHOWN]
    hidden = len(fleet) - len(shown)
    more = (
        el("p", words("hidden", n=f"{hidden:,}"), class_="muted") if hidden and not chosen else None
    )
    desks = [
        draw_desk(BoxDesk(box=box, commands=commands, setting=setting,
                          zone=look.zones.get(box.store_id or "", "UTC")), language,
                  may_change=may_change)
        for box in chosen
    ]  # fmt: skip
    return join([
        head, _figures(fleet, words), draw_board(worst_first, look.names, look.now, view.box_id, language),
        draw_gaps(gaps, shops, language, may_change=may_change), [_box(box, look) for box in shown],
        desks, more, new, said,
    ])  # fmt: skip


def _figures(fleet: Sequence[BoxView], words: Words) -> Markup:
    devices = [device for box in fleet for device in box.devices]
    online = sum(box.online for box in fleet)
    fine = sum(device.status == "ok" for device in devices)
    waiting = sum(box.beat.waiting for box in fleet if box.beat)
    quarantined = sum(box.beat.quarantined for box in fleet if box.beat)
    return el(
        "dl",
        _figure(words("boxes"), f"{online} / {len(fleet)}", online == len(fleet)),
        _figure(words("devices"), f"{fine} / {len(devices)}", fine == len(devices)),
        _figure(words("waiting"), f"{waiting:,}", None),
        _figure(words("quarantined"), f"{quarantined:,}", True if not quarantined else None),
        class_="figures",
    )


def _figure(label: str, value: str, is_well: bool | None) -> Markup:
    picture = {
        True: icon("check_circle", "good"),
        False: icon("error", "bad"),
        None: icon("info", "wait"),
    }[is_well]
    return el("div", el("dt", picture, label), el("dd", value), class_="figure")


def _is_silent(box: BoxView, now: datetime) -> bool:
    return (now - at_utc(box.last_seen_utc_ms)).total_seconds() > SILENT_WARN_S


def _box(box: BoxView, look: _Look) -> Markup:
    words = look.words
    store = look.names.get(box.store_id or "", words("no_store"))
    version = (
        el("span", words("version", version=box.version), class_="muted small")
        if box.version
        else None
    )
    head = el(
        "div",
        el(
            "div",
            el("h2", store),
            el("span", box.box_id, class_="muted mono"),
            version,
            class_="row",
        ),
        _box_chip(box, look),
        class_="card-head",
    )
    body = (
        _beat(box, box.beat, look)
        if box.beat
        else el("p", _why_no_beat(box, words), class_="muted")
    )
    return el(
        "section", head, el("div", body, class_="card-body"), _devices(box, look),
        class_="card", data_key=box.box_id,
    )  # fmt: skip


def _box_chip(box: BoxView, look: _Look) -> Markup:
    words = look.words
    if not box.online:
        return chip(words("offline"), "bad", "cloud_off")
    if _is_silent(box, look.now):
        return chip(words("silent"), "warn", "hourglass_empty")
    return chip(words("online"), "good", "cloud_done")


def _why_no_beat(box: BoxView, words: Words) -> str:
    return words("beat_problem", problem=box.problem) if box.problem else words("no_beat")


def _beat(box: BoxView, beat: Heartbeat, look: _Look) -> Markup:
    words, language = look.words, look.words.language
    if box.oldest_waiting_utc_ms is None:
        oldest = words("none_waits")
    else:
        oldest = span((look.now - at_utc(box.oldest_waiting_utc_ms)).total_seconds(), language)
    days = beat.capacity_days
    pairs = [
        (words("last_seen"), ago(box.last_seen_utc_ms, look.now, language)),
        (words("waiting"), f"{beat.waiting:,}"),
        (words("oldest"), oldest),
        (words("capacity"), words("not_known") if days is None else words("days", n=f"{days:,}")),
    ]
    listed = [el("div", el("dt", name), el("dd", value)) for name, value in pairs]
    listed += [_alarm(code, told, words) for code, told in beat.alarms.items()]
    return el("dl", listed, _law1(beat, words), class_="pairs")


def _alarm(code: str, told: str, words: Words) -> Markup:
    """Show what is the matter with the box itself; a code of a newer agent speaks for itself."""
    is_known = f"alarm_{code}" in TEXTS
    label = words(f"alarm_{code}") if is_known else code
    remedy = words(f"remedy_{code}") if is_known else told
    explained = el("dd", remedy, class_="small remedy", title=told)
    return el("div", el("dt", chip(label, "bad", "error")), explained, class_="wide")


def _law1(beat: Heartbeat, words: Words) -> Markup:
    holds = beat.captured == beat.settled + beat.waiting + beat.quarantined
    counters = {
        name: f"{getattr(beat, name):,}"
        for name in ("captured", "settled", "waiting", "quarantined")
    }
    mark = (
        chip(words("law1_holds"), "good", "check")
        if holds
        else chip(words("law1_broken"), "bad", "error")
    )
    told = el("dd", words("law1_sum", **counters), " ", mark)
    return el("div", el("dt", words("law1")), told, class_="wide")


def _devices(box: BoxView, look: _Look) -> Markup:
    words = look.words
    if not box.devices:
        return el("p", words("no_devices"), class_="card-body muted")
    columns = ("device", "status", "last_read", "complete", "clock", "records")
    numeric = {"last_read", "complete", "clock", "records"}
    head = [
        el("th", words(key), scope="col", class_="num" if key in numeric else None)
        for key in columns
    ]
    rows = [_device(device, look) for device in box.devices]
    return el(
        "div",
        el("table", el("thead", el("tr", head)), el("tbody", rows), class_="cards dense"),
        class_="scroll topped",
    )


def _device(device: SourceView, look: _Look) -> Markup:
    words, language = look.words, look.words.language
    zone = look.zones.get(device.store_id, "UTC")
    off = abs(device.clock_offset_ms or 0) >= CLOCK_WARN_MS
    tone, picture = _TONES.get(device.status, ("warn", "help"))
    if device.retired_utc_ms:
        status = chip(words("st_retired"), "wait", "power_off")
    elif device.status == "ok" and off:
        status = chip(words("st_clock"), "warn", "schedule")
    else:
        known = device.status in _TONES
        status = chip(words(f"st_{device.status}") if known else device.status, tone, picture)
    why = device_text(device.detail, language)
    detail = el("p", why, class_="small muted remedy", title=device.detail) if why else None
    driver = driver_text(device.driver, language)
    what = el("div", driver, " · " if device.source_id else None,
              el("span", device.source_id, class_="mono") if device.source_id else None,
              class_="small muted")  # fmt: skip
    complete = (
        local_time(device.complete_utc_ms, zone, "%m-%d %H:%M")
        if device.complete_utc_ms
        else words("never")
    )
    records = "" if device.device_records is None else f"{device.device_records:,}"
    clock = offset_text(device.clock_offset_ms, language) if device.driver != "posfile" else ""
    return el(
        "tr",
        el("td", el("b", device.name), what, class_="lead"),
        el("td", el("div", status, detail), class_="line", data_label=words("status")),
        el(
            "td",
            ago(device.last_read_utc_ms, look.now, language),
            class_="num",
            data_label=words("last_read"),
        ),
        el("td", complete, class_="num", data_label=words("complete")),
        el("td", clock, class_="num warn" if off else "num", data_label=words("clock")),
        el("td", records, class_="num", data_label=words("records")),
        data_key=f"{device.name}-{device.source_id}",
    )
