"""Arrival photos as the office sees them: blurred until somebody asks, and asking is recorded."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from cloud_receiver.domain.photographs import blurred
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import names, photos
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.photos import Kept
from cloud_receiver.web import phone
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import local_time
from cloud_receiver.web.texts import Texts
from cloud_receiver.web.visit import Visit, visit_of

_WEEK_MS: Final = 7 * 24 * 3600 * 1000
_SHOWN: Final = 60
TEXTS: Final[Texts] = {
    "title": ("到岗照片", "Arrival photos"),
    "lead": (
        "默认模糊显示。点击查看清晰图会记录您的账号和时间。",
        "Shown blurred. Opening one clearly records your account and the time.",
    ),
    "none": ("最近 7 天没有照片。", "No photos in the last 7 days."),
    "photo": ("{name} 的到岗照片(模糊)", "Arrival photo of {name}, blurred"),
    "deleted": ("已按期限删除", "deleted after its time"),
    "odd_photo_time": ("拍摄时间与打卡不符", "taken at another time than the touch"),
    "odd_photo_place": ("拍摄地点与打卡不符", "taken at another place than the touch"),
}


def register(app: FastAPI, desk: Desk) -> None:
    """Add the album and the pictures."""

    @app.get("/store/photos")
    def show(request: Request) -> Response:
        visit = visit_of(request)
        since_utc_ms = utc_ms(desk.now()) - _WEEK_MS
        with read(desk.engine) as connection:
            found = photos.newest(connection, phone.stores_of(visit), since_utc_ms, _SHOWN)
            people = names.employee_names(connection)
            zones = {one.store_id: one.zone for one in names.stores(connection)}
        words = visit.words(TEXTS)
        album = [_one(one, people.get(one.employee_id, ""), zones, visit) for one in found]
        lead = el("p", words("lead"), class_="muted small")
        shown = el("div", album, class_="album") if album else el("p", words("none"), class_="note")
        return phone.page(visit, "photos", words("title"), lead, shown)

    @app.get("/store/photo/{employee_id}/{sha256}")
    def picture(request: Request, employee_id: str, sha256: str, clear: int = 0) -> Response:
        visit = visit_of(request)
        with read(desk.engine) as connection:
            kept = photos.about(connection, sha256, employee_id)
            content = photos.content(connection, sha256, employee_id)
        mine = phone.stores_of(visit)
        if kept is None or content is None or (mine is not None and kept.store_id not in mine):
            return Response(status_code=404)
        if clear:
            with write(desk.engine) as connection:
                login, now_utc_ms = visit.session.login, utc_ms(desk.now())
                photos.note_view(connection, sha256, employee_id, login, now_utc_ms)
        shown = content if clear else blurred(content)
        return Response(shown, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _one(one: Kept, name: str, zones: dict[str, str], visit: Visit) -> Markup:
    words = visit.words(TEXTS)
    address = f"/store/photo/{one.employee_id}/{one.sha256}"
    at = local_time(one.received_utc_ms, zones.get(one.store_id, "UTC"), "%m-%d %H:%M")
    odd = [el("p", words(f"odd_{code}"), class_="small warn") for code in one.oddities]
    image = el("a", el("img", src=address, alt=words("photo", name=name), loading="lazy"),
               href=f"{address}?clear=1")  # fmt: skip
    gone = el("p", words("deleted"), class_="muted small")
    return el("figure", gone if one.is_deleted else image,
              el("figcaption", f"{name} {at}", class_="small"), odd)  # fmt: skip
