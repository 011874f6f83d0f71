"""What a terminal is told when it introduces itself, and about the time; pure.

The terminal sets its clock by our ``Date`` header and ``TimeZone``, so both are told only
from a clock that was set.

Source: ZKTeco PUSH SDK HTTP protocol 3.2.0 and 2.4.x, and published captures.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

EARLIEST_TRUE_UTC: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that says less was never set since the box got power."""
_LONGEST_HOURS: Final = 12
_STAMP: Final = 9999  # terminals echo it; the resume marks of the protocol are not reliable
_PUSH_VERSION: Final = "2.2.14"
_DOOR_VERSION: Final = "3.1.2"
_ERROR_DELAY_S: Final = 30


def is_true(now_utc: datetime) -> bool:
    """Tell whether the box's clock can have been set."""
    return now_utc >= EARLIEST_TRUE_UTC


def date_header(now_utc: datetime) -> str | None:
    """Return the value of ``Date``; None from a clock that was not set."""
    return format_datetime(now_utc, usegmt=True) if is_true(now_utc) else None


def zone_text(now_utc: datetime, zone: ZoneInfo) -> str:
    """Return ``TimeZone``: whole hours up to 12, else minutes.

    >>> zone_text(datetime(2026, 11, 23, tzinfo=UTC), ZoneInfo("Asia/Kolkata"))
    '330'
    """
    offset = now_utc.astimezone(zone).utcoffset()
    assert offset is not None
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    if rest == 0 and hours <= _LONGEST_HOURS:
        return str(hours if minutes >= 0 else -hours)
    return str(minutes)


def option_block(serial: str, delay_s: int, now_utc: datetime, zone: ZoneInfo) -> str:
    """Return the options of the attendance protocol: push each touch at once, keep faces."""
    lines = [
        f"GET OPTION FROM: {serial}",
        f"Stamp={_STAMP}",
        f"OpStamp={_STAMP}",
        f"PhotoStamp={_STAMP}",
        f"ATTLOGStamp={_STAMP}",
        f"OPERLOGStamp={_STAMP}",
        f"ATTPHOTOStamp={_STAMP}",
        f"ErrorDelay={_ERROR_DELAY_S}",
        f"Delay={delay_s}",
        "TransTimes=00:00;14:05",
        "TransInterval=1",
        "TransFlag=TransData AttLog\tOpLog",
        f"TimeZone={zone_text(now_utc, zone)}",
        "Realtime=1",
        "Encrypt=None",
        f"ServerVer={_PUSH_VERSION}",
        f"PushProtVer={_PUSH_VERSION}",
        "SupportPing=1",
    ]
    return "\n".join(lines) + "\n"


def door_block(serial: str, delay_s: int) -> str:
    """Return the options of the access-control dialect for a terminal that is registered."""
    lines = [
        "registry=ok",
        f"RegistryCode={registry_code(serial)}",
        f"ServerVersion={_DOOR_VERSION}",
        "ServerName=Daka",
        f"PushProtVer={_DOOR_VERSION}",
        f"PushVersion={_DOOR_VERSION}",
        f"ErrorDelay={_ERROR_DELAY_S}",
        f"RequestDelay={delay_s}",
        "TransTimes=00:00;14:05",
        "TransInterval=1",
        "TransTables=Transaction",
        "Realtime=1",
        f"SessionID={registry_code(serial + '/session').upper()}",
        "TimeoutSec=30",
    ]
    return "\n".join(lines) + "\n"


def registry_code(serial: str) -> str:
    """Return the code a door terminal is registered under, the same after every restart."""
    return sha256(f"daka {serial}".encode()).hexdigest()[:16]


def time_answer(now_utc: datetime, zone: ZoneInfo) -> str:
    """Return the answer to ``type=time``; without a true clock, nothing to set one by."""
    if not is_true(now_utc):
        return "OK"
    return f"Time={now_utc.astimezone(zone).isoformat(timespec='seconds')}"
