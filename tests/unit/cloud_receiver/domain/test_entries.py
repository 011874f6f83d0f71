"""Entries at headquarters: what is taken in, what is refused, and which are the same."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.entries import (
    KINDS,
    Arrival,
    CheckIn,
    Correction,
    Entered,
    EntryError,
    Feedback,
    Leave,
    Purpose,
    checked,
    from_body,
    identity,
    kind_of,
    to_body,
)
from cloud_receiver.domain.workday import CheckType

AT_UTC_MS = 1_795_000_000_000
ARRIVAL = Arrival(employee_id="E1", store_id="S1", at_utc_ms=AT_UTC_MS, reason="指纹机断电")


def test_every_kind_reads_back_as_it_was_written() -> None:
    entries = [
        CheckIn(client_id="c", employee_id="E1", store_id="S1", latitude_microdeg=31_230_416,
                longitude_microdeg=121_473_701, accuracy_m=20, photo_sha256="ab" * 32),
        ARRIVAL,
        Correction(employee_id="E1", work_date="2026-11-23", check_type=CheckType.OFF_DUTY,
                   reason="忘记打卡", at_utc_ms=AT_UTC_MS),
        checked({"kind": "withdrawal", "record_id": "r", "reason": "填错"}),
        Leave(employee_id="E1", purpose=Purpose.SICK, first_date="2026-11-23",
              last_date="2026-11-24"),
        checked({"kind": "swap", "employee_id": "E1", "work_date": "2026-11-23",
                 "other_employee_id": "E2", "other_work_date": "2026-11-24"}),
        Feedback(channel="qr", msg_id="1", store_id="S1", said_utc_ms=AT_UTC_MS,
                 tags=("服务态度好",), rating_milli=900),
    ]  # fmt: skip
    assert [kind_of(entry) for entry in entries] == list(KINDS)
    for entry in entries:
        entered = Entered(author="boss", entered_utc_ms=AT_UTC_MS, entry=entry)
        assert from_body(to_body(entered)) == entered


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"kind": "wish"}, "kind"),
        ({"kind": "arrival", "employee_id": "E1", "store_id": "S1", "at_utc_ms": 1}, ""),
        ({"kind": "arrival", "employee_id": "", "store_id": "S1", "at_utc_ms": 1, "reason": "x"},
         "employee_id"),
        ({"kind": "check_in", "employee_id": "E1", "store_id": "S1"}, ""),
        ({"kind": "check_in", "client_id": "c", "employee_id": "E1", "store_id": "S1",
          "latitude_microdeg": 1}, ""),
        ({"kind": "check_in", "client_id": "c", "employee_id": "E1", "store_id": "S1",
          "photo_sha256": "../../etc"}, "photo_sha256"),
        ({"kind": "leave", "employee_id": "E1", "purpose": "sick", "first_date": "2026-02-30",
          "last_date": "2026-03-01"}, ""),
        ({"kind": "leave", "employee_id": "E1", "purpose": "sick", "first_date": "2026-11-24",
          "last_date": "2026-11-23"}, ""),
        ({"kind": "leave", "employee_id": "E1", "purpose": "sick", "first_date": "2026-11-24",
          "last_date": "2026-11-24", "part": "hours"}, ""),
        ({"kind": "correction", "employee_id": "E1", "work_date": "2026-11-24", "reason": "x",
          "check_type": "OnDuty"}, ""),
        ({"kind": "swap", "employee_id": "E1", "work_date": "2026-11-23",
          "other_employee_id": "E1", "other_work_date": "2026-11-23"}, ""),
        ({"kind": "feedback", "channel": "qr", "msg_id": "1", "store_id": "S1",
          "said_utc_ms": 1, "rating_milli": 1001}, "rating_milli"),
        ({"kind": "feedback", "channel": "a\nb", "msg_id": "1", "store_id": "S1",
          "said_utc_ms": 1}, "channel"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_entry_is_refused_with_its_field(document, field) -> None:
    with pytest.raises(EntryError) as refused:
        checked(document)
    assert refused.value.field == field
    assert refused.value.zh
    assert refused.value.en


def test_an_entry_built_in_the_program_is_checked_as_well() -> None:
    with pytest.raises(EntryError):
        checked(Arrival(employee_id="E1", store_id="S1", at_utc_ms=-1, reason="x"))


def test_equal_content_is_one_entry_a_client_id_goes_before_it() -> None:
    assert identity(ARRIVAL, "boss") == identity(ARRIVAL, "boss")
    assert identity(ARRIVAL, "boss") != identity(ARRIVAL, "other")
    touch = CheckIn(client_id="c1", employee_id="E1", store_id="S1")
    moved = CheckIn(client_id="c1", employee_id="E1", store_id="S2")
    assert identity(touch, "E1") == identity(moved, "E1")
    assert identity(touch, "E1") != identity(
        CheckIn(client_id="c2", employee_id="E1", store_id="S1"), "E1"
    )
