"""TC_B answers to meaning: counters, clock, serial number, punches; pure.

The manual counts record seconds from 2000-01-01, real terminals from 2000-01-02: reading
one as the other moves every punch by a day. `RECORD_EPOCHS` names both; the driver uses
the second unless told otherwise and says when the result looks a day off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from drivers.contract import PunchRow
from drivers.occurrences import Occurrences

RECORD_BYTES: Final = 14
MAX_RECORDS_PER_PACKET: Final = 25
_COUNTER_BYTES: Final = 3
_COUNTERS: Final = 6

RECORD_EPOCHS: Final = {
    "2000-01-02": datetime(2000, 1, 2),  # noqa: DTZ001 the terminal's local wall time
    "2000-01-01": datetime(2000, 1, 1),  # noqa: DTZ001 as the manual says
}
DEFAULT_EPOCH: Final = "2000-01-02"
_STATE_BITS: Final = 0x0F  # bit 7 of the type byte says whether the door may open


@dataclass(frozen=True, slots=True)
class Counters:
    """What the terminal says it holds (3Ch); `new_records` were not yet cleared by 4Eh."""

    users: int
    all_records: int
    new_records: int


def parse_counters(data: bytes) -> Counters | None:
    """Read six 3-byte counters; None when they are not six.

    >>> parse_counters(bytes.fromhex("0000bd00013800000c00000700c350000033"))
    Counters(users=189, all_records=50000, new_records=51)
    """
    if len(data) != _COUNTERS * _COUNTER_BYTES:
        return None
    values = [
        int.from_bytes(data[at : at + _COUNTER_BYTES], "big")
        for at in range(0, len(data), _COUNTER_BYTES)
    ]
    return Counters(users=values[0], all_records=values[4], new_records=values[5])


def parse_device_time(data: bytes) -> datetime | None:
    """Read the terminal's clock (38h): six bytes, local wall time; None when impossible."""
    if len(data) != 6:
        return None
    try:
        return datetime(2000 + data[0], *data[1:])  # noqa: DTZ001 local by nature
    except ValueError:
        return None


def device_time_data(local: datetime) -> bytes:
    """Return the data of 39h for a local wall time in 2000..2255."""
    assert 2000 <= local.year <= 2255
    return bytes(
        (local.year - 2000, local.month, local.day, local.hour, local.minute, local.second)
    )


def parse_serial(data: bytes) -> str:
    """Read the serial number (24h), 16 bytes padded with NUL; empty when it has none."""
    text = data.split(b"\0", 1)[0].decode("ascii", "replace").strip()
    is_real = text.isprintable() and "\ufffd" not in text and bool(text.strip("0"))
    return text if is_real else ""


def split_packet(data: bytes) -> tuple[bytes, ...] | None:
    """Split a download packet (40h) into records; None when its count byte lies.

    Never believes the count against the bytes: a count above or below what is there means
    that the packet was cut or mixed with another terminal's.
    """
    if not data or len(data) != 1 + data[0] * RECORD_BYTES:
        return None
    return tuple(data[at : at + RECORD_BYTES] for at in range(1, len(data), RECORD_BYTES))


def record_time(record: bytes, epoch: datetime) -> datetime:
    """Return a record's local wall time; every u32 is a valid time until 2136."""
    return epoch + timedelta(seconds=int.from_bytes(record[5:9], "big"))


def parse_punch(record: bytes, epoch: datetime, occurrences: Occurrences) -> PunchRow:
    """Read one 14-byte record: user u40, seconds u32, backup code, type, work code u24."""
    assert len(record) == RECORD_BYTES
    user_id = str(int.from_bytes(record[0:5], "big"))
    device_time = record_time(record, epoch).isoformat()
    verify_code, state_code = record[9], record[10] & _STATE_BITS
    workcode = int.from_bytes(record[11:14], "big")
    return PunchRow(
        user_id=user_id,
        device_time=device_time,
        state_code=state_code,
        verify_code=verify_code,
        occurrence=occurrences.number(device_time, user_id, state_code, verify_code),
        workcode=str(workcode) if workcode else "",
    )


def epoch_doubt(newest: datetime, device_now: datetime) -> str:
    """Say so when the newest record is about a day ahead of the terminal's own clock."""
    ahead = newest - device_now
    if not timedelta(hours=12) < ahead <= timedelta(hours=24):
        return ""
    return (
        f"The newest record ({newest}) is a day ahead of the terminal's clock ({device_now}): "
        f"this firmware counts from another day. Set record_epoch to the other of "
        f"{', '.join(RECORD_EPOCHS)}."
    )
