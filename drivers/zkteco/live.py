"""Live events: what a terminal says the moment somebody touches it; pure.

Only ever a hint to read the log: events stop without notice, and their codes differ from
the log's on some models. They are decoded for the diary and for the installer's eyes.

Source: ZKSoftware, Communication protocol manual (2006), and published captures.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from drivers.zkteco.layouts import decode_text
from sync.records import is_clean_text

_TIME_BYTES: Final = 6
_NUMBER_BYTES: Final = {10: 2, 12: 4, 14: 2}
_TEXT_BYTES: Final = 24
_SHORTEST_WITH_TEXT: Final = _TEXT_BYTES + 2 + _TIME_BYTES


class LiveTouch(NamedTuple):
    """A touch as announced; fields as in `drivers.contract.PunchRow`."""

    user_id: str
    device_time: str
    state_code: int
    verify_code: int


def decode_event(data: bytes) -> LiveTouch | None:
    """Return the touch a live event announces; None for a form or a time nobody knows.

    The id comes first, a number or 24 bytes of text by the length of the event; then
    verify, state and six bytes of time; what follows differs and is not needed.
    """
    if len(data) in _NUMBER_BYTES:
        width = _NUMBER_BYTES[len(data)]
        user_id = str(int.from_bytes(data[:width], "little"))
    elif len(data) >= _SHORTEST_WITH_TEXT:
        width = _TEXT_BYTES
        user_id = decode_text(data[:width])
    else:
        return None
    verify, state, year, month, day, *clock = data[width : width + 2 + _TIME_BYTES]
    hour, minute, second = clock
    try:
        when = datetime(2000 + year, month, day, hour, minute, second)  # noqa: DTZ001 - wall time
    except ValueError:
        return None
    if not is_clean_text(user_id):
        return None
    return LiveTouch(user_id, when.isoformat(), state, verify)
