"""The identity of a record: a hash of its natural key, so that re-reading changes nothing.

Law 4. A terminal punch read over the network, pushed, or rescued by USB stick has one
identity; a till line exported twice has one identity. Workcode and everything the box
adds (times, offsets, file names) stay outside.

The identity of a punch begins with its minute, ``202611230859`` and 20 digits of hash:
neighbours in time are neighbours in the index, so a database touches a few pages a batch
where purely random keys touch one page a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from sync.records import Punch, Record, Sale, Trouble

ID_DIGITS: Final = 32  # of hash: 80 bits within one minute, 128 bits where no time leads
_SEPARATOR: Final = "\x1f"  # cannot occur in a field (sync.fields forbids control characters)
NATURAL_KEYS: Final[dict[str, tuple[str, ...]]] = {
    Punch.KIND: (
        "device_serial",
        "user_id",
        "device_time",
        "state_code",
        "verify_code",
        "occurrence",
    ),
    Sale.KIND: ("store_id", "register_id", "receipt_id", "line_no", "line_kind"),
    Trouble.KIND: ("store_id", "source", "position", "code", "raw_sha256"),
}
"""The fields that make a record the one it is, by kind."""
_TIME_IN_KEY: Final = NATURAL_KEYS[Punch.KIND].index("device_time")


def identity_of(kind: str, key: Sequence[str]) -> str:
    """Return the identity for the texts of a natural key: 32 lower-case hex digits."""
    digest = sha256(_SEPARATOR.join((kind, *key)).encode()).hexdigest()
    if kind != Punch.KIND:
        return digest[:ID_DIGITS]
    at = key[_TIME_IN_KEY]
    return f"{at[:4]}{at[5:7]}{at[8:10]}{at[11:13]}{at[14:16]}{digest[: ID_DIGITS - 12]}"


def record_id(record: Record) -> str:
    """Return the identity of a record: 32 lower-case hex digits."""
    key = [str(getattr(record, name)) for name in NATURAL_KEYS[record.KIND]]
    return identity_of(record.KIND, key)
