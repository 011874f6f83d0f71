"""The identity of a record: a hash of its natural key, so that re-reading changes nothing.

Law 4. A terminal punch read over the network, pushed, or rescued by USB stick has one
identity; a till line exported twice has one identity. Workcode and everything the box
adds (times, offsets, file names) stay outside.

The identity of a punch begins with its minute, ``202611230859`` and 20 digits of hash:
neighbours in time are neighbours in the index, so a database touches a few pages a batch
where purely random keys touch one page a record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from typing import Final

from sync.records import Gap, Punch, Record, Sale, Trouble

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
    Gap.KIND: ("store_id", "source", "from_utc", "to_utc"),
}
"""The fields that make a record the one it is, by kind."""
_PUNCH_DIGITS: Final = ID_DIGITS - 12
_TIME_IN_KEY: Final = NATURAL_KEYS[Punch.KIND].index("device_time")


def identities_of(kind: str, keys: Iterable[Sequence[str]]) -> list[str]:
    """Return the identities for the texts of natural keys: 32 lower-case hex digits each."""
    lead = kind + _SEPARATOR
    join = _SEPARATOR.join
    if kind != Punch.KIND:
        return [sha256((lead + join(key)).encode()).hexdigest()[:ID_DIGITS] for key in keys]
    return [
        _minute(key[_TIME_IN_KEY][:16])
        + sha256((lead + join(key)).encode()).hexdigest()[:_PUNCH_DIGITS]
        for key in keys
    ]


def identities_of_lines(
    kind: str, shared_key: Sequence[str], text: str, fields: int, beside: int
) -> list[str]:
    """Return the identities of records whose natural keys begin their lines, see `sync.sheaf`.

    What can be done for all lines at once is: a drain spends most of its time here.

    Args:
        shared_key: the fields of the natural key that stand before every line.
        text: good lines, a line break between them.
        fields: how many fields a line has.
        beside: how many of them, the last ones, are not of the key.
    """
    lead = _SEPARATOR.join((kind, *shared_key, "")).encode()
    content = text.encode()
    keys = _keys(beside).findall(content)
    if kind != Punch.KIND:
        return [sha256(lead + key).hexdigest()[:ID_DIGITS] for key in keys]
    at = _TIME_IN_KEY - len(shared_key)
    times = content.replace(b"\n", b"\x1f").split(b"\x1f")[at::fields]
    minutes = b"\n".join(times).translate(None, b"-T:").decode().split("\n")
    return [
        minute[:12] + sha256(lead + key).hexdigest()[:_PUNCH_DIGITS]
        for minute, key in zip(minutes, keys, strict=True)
    ]


@cache
def _keys(beside: int) -> re.Pattern[bytes]:
    """Return what finds the key in each line, all but its last `beside` fields."""
    return re.compile(rb"(.*)" + rb"\x1f[^\x1f\n]*+" * beside)


def identity_of(kind: str, key: Sequence[str]) -> str:
    """Return the identity for the texts of one natural key."""
    return identities_of(kind, (key,))[0]


@lru_cache(maxsize=4096)  # the punches of a batch share few minutes
def _minute(at: str) -> str:
    """Return the digits of ``2026-11-23T08:59``."""
    return f"{at[:4]}{at[5:7]}{at[8:10]}{at[11:13]}{at[14:16]}"


def record_id(record: Record) -> str:
    """Return the identity of a record: 32 lower-case hex digits."""
    key = [str(getattr(record, name)) for name in NATURAL_KEYS[record.KIND]]
    return identity_of(record.KIND, key)
