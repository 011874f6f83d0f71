"""Check-in on the phone: the page, its service worker, and where touches arrive.

Only this page may ask for the camera and the position. Without a line touches wait on the
phone and are sent later under the id they got there, so none counts twice; headquarters'
time decides, and a phone's that says something else is pointed out.
"""

from __future__ import annotations

import json
from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from cloud_receiver.domain.consents import Purpose
from cloud_receiver.domain.entries import CheckIn, EntryError, Id, Microdeg, UtcMs
from cloud_receiver.domain.photographs import Moment, PhotoError, Photograph, prepared
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import check_ins, consents, names, organisation
from cloud_receiver.store.check_ins import CheckedIn
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.my_day import places
from cloud_receiver.web import phone
from cloud_receiver.web.bodies import read_body
from cloud_receiver.web.frame import STATIC, Desk, static_address
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import at_utc, local_time
from cloud_receiver.web.texts import Language, Texts, Words
from cloud_receiver.web.visit import Visit, visit_of

MAX_BODY_BYTES: Final = 12_000_000
POWERS: Final = {"Permissions-Policy": "camera=(self), geolocation=(self), microphone=()"}
_FONTS: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
)
TEXTS: Final[Texts] = {
    "title": ("打卡", "Check in"),
    "store": ("门店", "Store"),
    "now": ("打卡", "Check in now"),
    "camera": ("打开相机", "Open the camera"),
    "take": ("拍照", "Take the photo"),
    "again": ("重拍", "Take another"),
    "file": ("或选择照片", "or choose a photo"),
    "photo": ("到岗照片", "Arrival photo"),
    "photo_lead": (
        "请拍门店环境,不必拍人脸。不拍照也可以打卡。",
        "Show the shop, no face is needed. You may also check in without a photo.",
    ),
    "no_photo": (
        "您没有同意保存照片,打卡不带照片。",
        "You did not agree to photos: the check-in has none.",
    ),
    "no_location": (
        "您没有同意使用位置,不能用手机打卡。请用门店打卡机,或请主管登记。",
        "You did not agree to positions, so the phone cannot check you in. Use the terminal, or ask your supervisor.",
    ),
    "consents": ("查看或更改同意", "See or change what you agreed to"),
    "locating": ("正在取得位置…", "Looking for the position…"),
    "sending": ("正在发送…", "Sending…"),
    "queued": (
        "没有网络:{n} 次打卡已存在手机里,联网后自动补传,不会重复。",
        "No line: {n} check-in(s) are kept on this phone and sent later, never twice.",
    ),
    "denied": (
        "没有取得位置:请允许浏览器使用位置。已按无位置打卡。",
        "No position: allow the browser to use it. Checked in without one.",
    ),
    "login": ("请重新登录后补传。", "Log in again, then it is sent."),
    "no_camera": ("相机打不开,请选择照片。", "The camera does not open: choose a photo."),
    "https": (
        "本页需要 HTTPS 才能使用相机和位置,请联系管理员。",
        "This page needs HTTPS for the camera and the position: tell your administrator.",
    ),
    "done_Normal": ("{time} 打卡成功:{store},在门店范围内。", "Checked in at {time}: {store}, at the store."),
    "done_Outside": (
        "{time} 已记录:{store},在门店范围外,已标记,由主管核实。",
        "Recorded at {time}: {store}, outside the store; it is marked for your supervisor.",
    ),
    "done_Unknown": (
        "{time} 已记录:{store},没有位置可核对。",
        "Recorded at {time}: {store}; there is no position to check.",
    ),
    "clock": (
        "手机时间是 {phone},与总部相差较大,以总部时间为准并已标记;需要更正请申请补卡。",
        "The phone's time is {phone}; headquarters' time counts and it is marked. Ask for a correction if needed.",
    ),
    "with_photo": ("照片已保存。", "The photo is kept."),
}  # fmt: skip
_PAGE_WORDS: Final = ("locating", "sending", "queued", "denied", "login", "no_camera", "https",
                      "again", "take")  # fmt: skip


class Sent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the page sends for one touch; the photo is base64."""

    client_id: Annotated[str, msgspec.Meta(min_length=8, max_length=100)]
    store_id: Id
    latitude_microdeg: Microdeg | None = None
    longitude_microdeg: Microdeg | None = None
    accuracy_m: int | None = None
    is_mock: bool = False
    taken_at_utc_ms: UtcMs | None = None
    photo: str = ""


def register(app: FastAPI, desk: Desk) -> None:
    """Add the page, its worker and where touches arrive."""

    @app.get("/me/checkin")
    def show(request: Request) -> Response:
        visit = visit_of(request)
        who = phone.employee_of(visit)
        if who is None:
            return phone.nobody(visit)
        with read(desk.engine) as connection:
            answers = consents.answers(connection, who)
            shops = places(connection, who, utc_ms(desk.now()))
        if len(answers) < len(Purpose):
            return phone.done("/me/consent?next=/me/checkin")
        return _page(visit, who, [(one.store_id, one.name) for one in shops], answers)

    @app.get("/me/worker.js")
    def worker() -> Response:
        files = ["/me/checkin", *map(static_address, ("checkin.js", "phone.css", "daka.css"))]
        text = (STATIC / "worker.js").read_text(encoding="utf-8")
        script = text.replace("__FILES__", json.dumps(files))
        return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-store"})

    @app.post("/me/checkin")
    async def arrive(request: Request) -> Response:
        visit, body = visit_of(request), await read_body(request, MAX_BODY_BYTES)
        who = phone.employee_of(visit)
        if body is None or who is None:
            return JSONResponse(
                {"text": "size" if body is None else "nobody"}, 413 if body is None else 403
            )
        try:
            sent = msgspec.json.decode(body, type=Sent)
            done = await desk.photographing.run(_take_in, desk, visit, who, sent)
        except (msgspec.DecodeError, ValueError) as error:
            return JSONResponse({"text": str(error), "tone": "bad"}, 400)
        except (EntryError, PhotoError) as error:
            said = visit.language.pick(error.zh, error.en)
            return JSONResponse({"text": said, "tone": "bad"}, 422)
        return JSONResponse(done)


def _take_in(desk: Desk, visit: Visit, who: str, sent: Sent) -> dict[str, object]:
    raw = b64decode(sent.photo, validate=True) if sent.photo else b""
    now = desk.now()
    with read(desk.engine) as connection:
        shops = {one.store_id: one for one in names.stores(connection)}
    shop = shops.get(sent.store_id)
    zone = shop.zone if shop else organisation.UNKNOWN_ZONE
    name = shop.name if shop else sent.store_id
    taken = photograph(raw, sent, f"{name} {sent.store_id}", zone, utc_ms(now)) if raw else None
    touch = CheckIn(
        client_id=sent.client_id,
        employee_id=who,
        store_id=sent.store_id,
        latitude_microdeg=sent.latitude_microdeg,
        longitude_microdeg=sent.longitude_microdeg,
        accuracy_m=sent.accuracy_m,
        is_mock=sent.is_mock,
        photo_sha256=taken.sha256 if taken else "",
        taken_at_utc_ms=sent.taken_at_utc_ms,
    )
    with write(desk.engine) as connection:
        done = check_ins.take_in(connection, touch, taken, who, utc_ms(now))
    return _told(done, sent, visit.words(TEXTS), name, zone)


def photograph(
    raw: bytes, sent: Sent, place: str, zone: str, now_utc_ms: int
) -> Photograph:  # fmt: skip
    """Return a phone's photo as it is kept, stamped with the store and headquarters' time.

    Raises:
        PhotoError: it is none.
    """
    position = None
    if sent.latitude_microdeg is not None and sent.longitude_microdeg is not None:
        position = (sent.latitude_microdeg, sent.longitude_microdeg)
    taken_utc_ms = sent.taken_at_utc_ms or now_utc_ms
    stamp = f"{place}  {local_time(now_utc_ms, zone, '%Y-%m-%d %H:%M:%S')}"
    # EXIF names wall time: it is held against when the phone says it took the photo
    local = at_utc(taken_utc_ms).astimezone(ZoneInfo(zone))
    return prepared(raw, Moment(local=local, position=position), stamp, font_file())


@cache
def font_file() -> str | None:
    """Return a font with Chinese characters, None when the machine has none."""
    return next((name for name in _FONTS if Path(name).exists()), None)


def _told(
    done: CheckedIn, sent: Sent, words: Words, store_name: str, zone: str
) -> dict[str, object]:
    time = local_time(done.at_utc_ms, zone)
    text = [words(f"done_{done.place}", time=time, store=store_name)]
    if done.has_photo:
        text.append(words("with_photo"))
    if done.is_clock_odd and sent.taken_at_utc_ms is not None:
        text.append(words("clock", phone=local_time(sent.taken_at_utc_ms, zone, "%m-%d %H:%M")))
    is_plain = done.place == "Normal" and not done.is_clock_odd
    tone = "good" if is_plain else "warn"
    return {"text": " ".join(text), "tone": tone, "record_id": done.record_id, "place": done.place}


def _page(
    visit: Visit, who: str, shops: list[tuple[str, str]], answers: dict[Purpose, bool]
) -> Response:
    words = visit.words(TEXTS)
    link = el("a", words("consents"), href="/me/consent")
    if not answers[Purpose.LOCATION]:
        note = el("p", words("no_location"), class_="note", role="status")
        return phone.page(visit, "checkin", words("title"), note, link)
    chosen = [
        el("option", name, value=store_id, selected=number == 0)
        for number, (store_id, name) in enumerate(shops)
    ]
    told = {key: TEXTS[key][visit.language is Language.EN] for key in _PAGE_WORDS}
    form = el(
        "form",
        phone.field(words("store"), el("select", chosen, id="store")),
        _camera(words) if answers[Purpose.PHOTO] else el("p", words("no_photo"), class_="muted"),
        el("p", id="waiting", class_="note", role="status", hidden=True),
        el("div", id="results", class_="stack tight", aria_live="polite"),
        el("button", words("now"), type="submit", class_="button main big", id="go"),
        id="checkin", class_="stack", data_who=who, data_words=json.dumps(told, ensure_ascii=False),
    )  # fmt: skip
    return phone.page(
        visit, "checkin", words("title"), form, link, script="checkin.js", headers=POWERS
    )


def _camera(words: Words) -> Markup:
    return phone.section(
        words("photo"),
        el("p", words("photo_lead"), class_="muted small"),
        el("video", id="view", class_="viewfinder", playsinline=True, muted=True, hidden=True),
        el("canvas", id="shot", class_="viewfinder", hidden=True),
        el("div", el("button", words("camera"), type="button", id="open", class_="button"),
           el("button", words("take"), type="button", id="take", class_="button", hidden=True),
           class_="row"),
        phone.field(words("file"), el("input", type="file", id="file", accept="image/*",
                                      capture="environment")),
    )  # fmt: skip
