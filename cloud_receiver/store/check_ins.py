"""A check-in from a phone, taken in once however often it is sent, and what came of it.

The coordinates say where the store's fence is and are not kept: the journal is for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace
from sqlalchemy import Connection

from cloud_receiver.domain.consents import Purpose
from cloud_receiver.domain.entries import CheckIn, EntryError, identity
from cloud_receiver.domain.photographs import Photograph
from cloud_receiver.store import consents, entries, organisation, photos
from cloud_receiver.store.entry_book import PHONE_CLOCK_MS, place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIn:
    """What a check-in became.

    Attributes:
        at_utc_ms: the instant that counts: when headquarters first heard of it.
        place: a `domain.touches.Place`.
        is_clock_odd: the phone's clock said something else, or it was sent later.
        is_known: it had been taken in before.
    """

    record_id: str
    at_utc_ms: int
    store_id: str
    place: str
    is_clock_odd: bool
    has_photo: bool
    is_known: bool


def take_in(
    connection: Connection, touch: CheckIn, taken: Photograph | None, author: str, now_utc_ms: int
) -> CheckedIn:
    """Enter a check-in; the same client id again answers as the first time.

    Raises:
        EntryError: it is malformed, or brings what the person did not agree to.
    """
    record_id = identity(touch, author)
    known = entries.entered(connection, record_id)
    if known is None:
        agreed = consents.given(connection, touch.employee_id)
        if touch.latitude_microdeg is not None and Purpose.LOCATION not in agreed:
            raise EntryError("position", "您没有同意使用位置", "you did not agree to positions")
        if taken is not None and Purpose.PHOTO not in agreed:
            raise EntryError("photo", "您没有同意保存照片", "you did not agree to photos")
        if taken is not None:
            who, where = touch.employee_id, touch.store_id
            photos.keep(connection, taken, who, where, photos.ARRIVAL, now_utc_ms)
        place = place_of(touch, organisation.sites(connection).get(touch.store_id))
        bare = replace(touch, latitude_microdeg=None, longitude_microdeg=None, kept_place=place)
        entries.enter(connection, bare, author, now_utc_ms)
    stands = entries.entered(connection, record_id)
    assert stands is not None, "it was entered a moment ago"
    kept = stands.entry
    assert isinstance(kept, CheckIn), "the id names a check-in"
    at_utc_ms = stands.entered_utc_ms
    return CheckedIn(
        record_id=record_id,
        at_utc_ms=at_utc_ms,
        store_id=kept.store_id,
        place=place_of(kept, organisation.sites(connection).get(kept.store_id)).value,
        is_clock_odd=abs((kept.taken_at_utc_ms or at_utc_ms) - at_utc_ms) > PHONE_CLOCK_MS,
        has_photo=bool(kept.photo_sha256),
        is_known=known is not None,
    )
