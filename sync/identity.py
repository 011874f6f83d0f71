"""The identity of a record: a hash of its natural key, so that re-reading changes nothing.

Law 4. A terminal punch read over the network, pushed, or rescued by USB stick has one
identity; a till line exported twice has one identity. Workcode and everything the box
adds (times, offsets, file names) stay outside.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from sync.records import Punch, Record, Sale

ID_HEX_DIGITS: Final = 32  # 128 bits: a collision among 10^12 records has odds of 10^-15
_SEPARATOR: Final = "\x1f"  # cannot occur in a field (sync.records forbids control characters)


def natural_key(record: Record) -> str:
    """Return the text that makes a record the one it is."""
    if isinstance(record, Punch):
        return _SEPARATOR.join(
            (
                "punch",
                record.device_serial,
                record.user_id,
                record.device_time,
                str(record.state_code),
                str(record.verify_code),
                str(record.occurrence),
            )
        )
    if isinstance(record, Sale):
        return _SEPARATOR.join(
            (
                "sale",
                record.store_id,
                record.register_id,
                record.receipt_id,
                str(record.line_no),
                record.line_kind,
            )
        )
    return _SEPARATOR.join(
        (
            "trouble",
            record.store_id,
            record.source,
            record.position,
            record.code,
            record.raw_sha256,
        )
    )


def record_id(record: Record) -> str:
    """Return the identity of a record: 32 lower-case hex digits."""
    return sha256(natural_key(record).encode()).hexdigest()[:ID_HEX_DIGITS]
