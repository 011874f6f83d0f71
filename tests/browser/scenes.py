"""What is seldom there: photos taken in a shop, and a touch on the phone that came too late."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from random import Random
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw
from sqlalchemy import Connection, select

from cloud_receiver.domain.consents import Purpose
from cloud_receiver.domain.entries import CheckIn, Feedback, Leave
from cloud_receiver.domain.entries import Purpose as Leaving
from cloud_receiver.domain.photographs import Moment, Photograph, prepared
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import appeals, check_ins, consents, entries, photos, tables
from tests.browser.seeding import NOW, TODAY, ZONE

PHONE_PERSON = "E301"  # her store's line is down: she touches her phone, 25 minutes late
PHONE_LATE = timedelta(minutes=55)  # before NOW, which is 10:20; her shift begins at 9
_WALL, _FLOOR, _SHELF = (214, 206, 190), (150, 138, 120), (96, 72, 52)


def shop_photo(seed: int, notes_at: datetime | None = None) -> bytes:
    """Return a JPEG of shelves with goods; `notes_at`: when the camera says it was taken."""
    chance = Random(seed)
    picture = Image.new("RGB", (960, 720), _WALL)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 560, 960, 720), fill=_FLOOR)
    for shelf in range(3):
        top = 120 + 150 * shelf
        draw.rectangle((60, top + 100, 900, top + 116), fill=_SHELF)
        left = 70
        while left < 860:
            width, height = chance.randint(28, 60), chance.randint(50, 96)
            colour = tuple(chance.randint(40, 230) for _ in range(3))
            draw.rectangle((left, top + 100 - height, left + width, top + 99), fill=colour)
            left += width + chance.randint(4, 16)
    exif = Image.Exif()
    if notes_at is not None:
        exif[306] = f"{notes_at:%Y:%m:%d %H:%M:%S}"  # DateTime
    kept = BytesIO()
    picture.save(kept, "JPEG", quality=80, exif=exif)
    return kept.getvalue()


def _taken(seed: int, at: datetime, says: datetime | None = None) -> Photograph:
    local = at.astimezone(ZoneInfo(ZONE))
    raw = shop_photo(seed, says.astimezone(ZoneInfo(ZONE)) if says else None)
    return prepared(raw, Moment(local=local), f"{local:%Y-%m-%d %H:%M}", None)


def arrive_with_photos(connection: Connection, store_id: str, people: list[str]) -> None:
    """Keep an arrival photo of each person; the last one was taken hours before, it says."""
    for number, who in enumerate(people):
        at = NOW - timedelta(minutes=80 - 3 * number)
        is_odd = number == len(people) - 1
        taken = _taken(number, at, at - timedelta(hours=5) if is_odd else None)
        photos.keep(connection, taken, who, store_id, photos.ARRIVAL, utc_ms(at))


def check_in_late(connection: Connection) -> str:
    """Have somebody check in by phone with a photo; return the hash of the photo."""
    at = NOW - PHONE_LATE
    taken = _taken(11, at)
    touch = CheckIn(
        client_id="phone-of-e301", employee_id=PHONE_PERSON, store_id="S003",
        latitude_microdeg=39_990_000, longitude_microdeg=116_480_000, accuracy_m=18,
        photo_sha256=taken.sha256, taken_at_utc_ms=utc_ms(at),
    )  # fmt: skip
    for purpose in Purpose:
        consents.say(connection, PHONE_PERSON, purpose, is_given=True, language="zh",
                     author=PHONE_PERSON, now_utc_ms=1)  # fmt: skip
    check_ins.take_in(connection, touch, taken, PHONE_PERSON, utc_ms(at))
    return taken.sha256


def entry_of_check_in(connection: Connection) -> str | None:
    """Return what her late touch cost, as soon as it is booked."""
    own = tables.ledger.c
    query = select(own.entry_id).where(
        own.employee_id == PHONE_PERSON, own.work_date == f"{TODAY}", own.amount_fen < 0
    )
    return connection.scalar(query)


def go_on_leave(connection: Connection, who: str) -> None:
    """Have HR enter a day's leave."""
    day = f"{TODAY + timedelta(days=3)}"
    leave = Leave(employee_id=who, purpose=Leaving.ANNUAL, first_date=day, last_date=day)
    entries.enter(connection, leave, "hr", utc_ms(NOW))


def show_evidence(connection: Connection, appeal_id: str, who: str, store_id: str) -> None:
    """Add a picture of the bus stop to an appeal."""
    taken = _taken(23, NOW)
    photos.keep(connection, taken, who, store_id, photos.EVIDENCE, utc_ms(NOW))
    appeals.add_evidence(connection, appeal_id, who, "站牌和时间", [taken.sha256], utc_ms(NOW))


def hear_customers(connection: Connection, store_id: str, people: list[str]) -> None:
    """Have customers rate: one in words a rule knows, one in words none does, one without."""
    said = ("店员服务态度好,讲解详细", "等了有点久,不过后来都解决了", "")
    for number, (who, text) in enumerate(zip(people, said, strict=True)):
        one = Feedback(
            channel="qr", msg_id=sha256(who.encode()).hexdigest()[:12], store_id=store_id,
            said_utc_ms=utc_ms(NOW) - 600_000 * number, employee_id=who,
            rating_milli=(1000, 600, 800)[number], text=text,
        )  # fmt: skip
        entries.enter(connection, one, "customer", utc_ms(NOW))
