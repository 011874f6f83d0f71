"""S2, S3, S6, S17, S21: check-in by phone, by the supervisor, with a photo; what customers say."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from PIL import ExifTags, Image

from cloud_receiver.domain.consents import Purpose
from cloud_receiver.domain.entries import Arrival, CheckIn, EntryError, Feedback
from cloud_receiver.domain.photographs import Moment, Oddity, blurred, prepared
from cloud_receiver.domain.workday import CheckType, local_to_utc_ms
from cloud_receiver.store import (
    check_ins,
    consents,
    enrolment,
    entries,
    feedback,
    retention,
    tables,
    wishes,
)
from cloud_receiver.store.enrolment import Store
from cloud_receiver.store.my_day import my_day
from cloud_receiver.store.wishes import Wish
from tests.acceptance.conftest import MONDAY, Play
from tests.integration.evaluate.conftest import ZONE

HERE = (31_230_416, 121_473_701)
FAR = (31_300_000, 121_473_701)
DAY_MS = 24 * 3600 * 1000


def agree(hq: Play, who: str) -> None:
    for one in Purpose:
        hq.writing(lambda c, one=one: consents.say(
            c, who, one, is_given=True, language="zh", author=who, now_utc_ms=hq.now_utc_ms))  # fmt: skip


def fenced(hq: Play) -> str:
    """Give the first store a place, and return somebody of it who agreed and works on Monday."""
    lat, lon = HERE
    store = Store(store_id="S1", name="一店", zone=ZONE, scene="supermarket",
                  latitude_microdeg=lat, longitude_microdeg=lon, fence_m=200)  # fmt: skip
    hq.writing(lambda c: enrolment.put_stores(c, [store], hq.now_utc_ms))
    (who,) = hq.people(1)
    hq.roster(who, MONDAY)
    agree(hq, who)
    return who


def touch(who: str, at: tuple[int, int] = HERE, client_id: str = "phone-0001") -> CheckIn:
    return CheckIn(client_id=client_id, employee_id=who, store_id="S1",
                   latitude_microdeg=at[0], longitude_microdeg=at[1], accuracy_m=10)  # fmt: skip


def picture(taken: str = "", lat: float | None = None) -> bytes:
    notes = Image.Exif()
    if taken:
        notes.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if lat is not None:
        notes.get_ifd(ExifTags.IFD.GPSInfo).update({
            ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (lat, 0.0, 0.0),
            ExifTags.GPS.GPSLongitudeRef: "E", ExifTags.GPS.GPSLongitude: (121.473701, 0.0, 0.0),
        })  # fmt: skip
    kept = BytesIO()
    Image.new("RGB", (1600, 1200), (120, 90, 60)).save(kept, "JPEG", exif=notes)
    return kept.getvalue()


def test_s2_a_phone_at_the_store_is_a_touch_and_one_elsewhere_is_marked(hq: Play) -> None:
    who = fenced(hq)
    hq.at(f"{MONDAY}T08:55")
    sent = touch(who)
    first = hq.writing(lambda c: check_ins.take_in(c, sent, None, who, hq.now_utc_ms))
    again = hq.writing(lambda c: check_ins.take_in(c, sent, None, who, hq.now_utc_ms + 60_000))
    assert (first.place, again.is_known, again.at_utc_ms) == ("Normal", True, first.at_utc_ms)
    hq.at(f"{MONDAY}T18:01")
    away = hq.writing(
        lambda c: check_ins.take_in(c, touch(who, FAR, "phone-0002"), None, who, hq.now_utc_ms)
    )
    assert away.place == "Outside"
    hq.evaluate()
    shown = hq.reading(lambda c: my_day(c, who, hq.now_utc_ms))
    assert [one.place.value for one in shown.touches] == ["Normal", "Outside"]
    assert "outside_fence" in shown.touches[1].oddities
    assert shown.day is not None
    assert shown.day.late_min == 0


def test_s2_no_position_is_taken_from_who_did_not_agree_or_took_it_back(hq: Play) -> None:
    who = fenced(hq)
    hq.writing(lambda c: consents.say(c, who, Purpose.LOCATION, is_given=False, language="zh",
                                      author=who, now_utc_ms=hq.now_utc_ms))  # fmt: skip
    with pytest.raises(EntryError, match="did not agree"):
        hq.writing(lambda c: check_ins.take_in(c, touch(who), None, who, hq.now_utc_ms))


def test_s3_a_supervisors_record_and_a_confirmed_wish_count(hq: Play) -> None:
    one, other = hq.people(2)
    for who in (one, other):
        hq.roster(who, MONDAY)
    came = local_to_utc_ms(f"{MONDAY}T08:50", ZONE)
    hq.at(f"{MONDAY}T10:00")
    record = Arrival(employee_id=one, store_id="S1", at_utc_ms=came, reason="打卡机停电",
                     check_type=CheckType.ON_DUTY)  # fmt: skip
    hq.writing(lambda c: entries.enter(c, record, "boss", hq.now_utc_ms))
    wish = Wish(wish_id="w1", employee_id=other, store_id="S1", work_date=MONDAY, reason="忘记打卡",
                check_type=CheckType.ON_DUTY, at_utc_ms=came, asked_utc_ms=hq.now_utc_ms)  # fmt: skip
    hq.writing(lambda c: wishes.ask(c, wish))
    hq.evaluate()
    assert hq.reading(lambda c: my_day(c, other, hq.now_utc_ms)).day.came_utc_ms is None
    hq.writing(lambda c: wishes.decide(c, "w1", "boss", hq.now_utc_ms, confirmed=True))
    hq.evaluate()
    for who in (one, other):
        assert hq.reading(lambda c, who=who: my_day(c, who, hq.now_utc_ms)).day.came_utc_ms == came


def test_s6_a_photo_is_stamped_stripped_checked_and_counts_by_the_schedule(hq: Play) -> None:
    who = fenced(hq)
    hq.at(f"{MONDAY}T09:20")
    moment = Moment(local=datetime.fromisoformat(f"{MONDAY}T09:20:00"), position=HERE)
    honest = prepared(
        picture("2026:11:23 09:19:40", 31.230416), moment, "S1 2026-11-23 09:20:00", None
    )
    assert honest.oddities == ()
    false = prepared(picture("2026:11:20 08:55:00", 39.9), moment, "S1", None)
    assert false.oddities == (Oddity.TIME, Oddity.PLACE)
    kept = Image.open(BytesIO(honest.content))
    assert dict(kept.getexif()) == {}
    assert max(kept.size) == 1280
    assert kept.getpixel((640, 955)) != kept.getpixel((640, 100))  # the stamp is in the picture
    assert Image.open(BytesIO(blurred(honest.content))).width <= 480
    sent = CheckIn(client_id="phone-0009", employee_id=who, store_id="S1", photo_sha256=honest.sha256,
                   latitude_microdeg=HERE[0], longitude_microdeg=HERE[1])  # fmt: skip
    hq.writing(lambda c: check_ins.take_in(c, sent, honest, who, hq.now_utc_ms))
    hq.evaluate()
    facts = hq.facts(who, MONDAY)
    assert facts is not None
    assert facts["late_min"] == 20


def test_s17_customers_words_become_tags_with_what_they_quote(hq: Play) -> None:
    said = {
        one.tag: one.quote
        for one in feedback.classify("服务态度好,产品讲解详细!", feedback.tag_rules())
    }
    assert said.keys() >= {"attitude_good", "explains_well"}
    assert "服务态度好" in said["attitude_good"]
    assert "attitude_good" not in feedback.tags_of("店员态度不好,没耐心")
    (who,) = hq.people(1)
    hq.rated(who, 0, 1000)
    hq.evaluate()
    (heard,) = hq.reading(lambda c: feedback.heard(c, ["S1"]))
    assert (heard.employee_id, heard.rating_milli) == (who, 1000)
    assert hq.reading(lambda c: feedback.heard(c, ["S2"])) == []


def test_s21_one_page_joins_touches_sales_and_money(hq: Play) -> None:
    (who,) = hq.people(1)
    hq.day(who, 0, came="09:20", left="", sold_fen=12_000)
    hq.at(f"{MONDAY}T12:00")
    hq.evaluate()
    shown = hq.reading(lambda c: my_day(c, who, hq.now_utc_ms))
    assert [one.source.value for one in shown.touches] == ["ATM"]
    assert shown.day is not None
    assert (shown.day.sales_fen, shown.day.late_min) == (12_000, 20)
    assert {one.employee_id for one in shown.entries} == {who}
    assert sum(one.amount_fen for one in shown.entries) == shown.day.money_fen


def test_what_is_deleted_after_its_time_leaves_what_was_concluded(hq: Play) -> None:
    who = fenced(hq)
    hq.at(f"{MONDAY}T08:55")
    taken = prepared(picture(), Moment(local=datetime.fromisoformat(f"{MONDAY}T08:55")), "S1", None)
    sent = CheckIn(client_id="phone-0010", employee_id=who, store_id="S1", photo_sha256=taken.sha256,
                   latitude_microdeg=FAR[0], longitude_microdeg=FAR[1])  # fmt: skip
    done = hq.writing(lambda c: check_ins.take_in(c, sent, taken, who, hq.now_utc_ms))
    hq.evaluate()
    before = hq.facts(who, MONDAY)
    early = hq.writing(lambda c: retention.run(c, hq.now_utc_ms + 89 * DAY_MS))
    assert early.photos == 0
    late = hq.writing(lambda c: retention.run(c, hq.now_utc_ms + 181 * DAY_MS))
    assert late.photos == 1
    stands = hq.reading(lambda c: entries.entered(c, done.record_id))
    assert stands is not None
    assert isinstance(stands.entry, CheckIn)
    assert (stands.entry.latitude_microdeg, stands.entry.kept_place) == (None, "Outside")
    assert stands.entry.photo_sha256 == taken.sha256
    assert hq.reading(retention.report)[0] == late
    again = hq.writing(lambda c: retention.run(c, hq.now_utc_ms + 182 * DAY_MS))
    assert again.photos == 0
    assert hq.facts(who, MONDAY) == before


def test_customers_words_go_after_their_time_and_rating_and_tags_stay(hq: Play) -> None:
    (who,) = hq.people(1)
    said = Feedback(channel="qr", msg_id="m1", store_id="S1", employee_id=who, rating_milli=1000,
                    said_utc_ms=hq.now_utc_ms, text="服务态度好,我姓张,电话在前台")  # fmt: skip
    record_id = hq.writing(lambda c: entries.enter(c, said, "qr", hq.now_utc_ms))
    hq.evaluate()
    (before,) = hq.reading(lambda c: feedback.heard(c, ["S1"]))
    assert before.text == said.text
    assert "服务态度好" in before.tagged[0].quote
    rated = hq.reading(lambda c: feedback.of_days(c, [who], MONDAY, MONDAY))
    body = hq.reading(lambda c: entries.entered(c, record_id))
    assert body is not None
    assert body.entry.text == "", "the journal is for ever"
    early = hq.writing(lambda c: retention.run(c, hq.now_utc_ms + 179 * DAY_MS))
    late = hq.writing(lambda c: retention.run(c, hq.now_utc_ms + 181 * DAY_MS))
    assert (early.texts, late.texts) == (0, 1)
    assert hq.reading(retention.report)[0].texts == 1
    (after,) = hq.reading(lambda c: feedback.heard(c, ["S1"]))
    assert (after.text, after.rating_milli, after.is_unmatched) == ("", 1000, False)
    assert [one.tag for one in after.tagged] == [one.tag for one in before.tagged]
    assert "张" not in str(hq.table(tables.feedback_text)) + str(hq.table(tables.journal))
    hq.writing(lambda c: entries.enter(c, said, "qr", hq.now_utc_ms))  # the same message again
    assert hq.reading(lambda c: feedback.heard(c, ["S1"])) == [after]
    assert hq.reading(lambda c: feedback.of_days(c, [who], MONDAY, MONDAY)) == rated
