"""Frames to punches: what a line says by itself, then what it means in its order; pure.

`recognise` looks at one frame alone. `Story` carries what spans lines: the date of
terminals that tell it only when it changes, and the count of equal touches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from drivers.contract import PunchRow
from drivers.occurrences import Occurrences
from drivers.serialline.checks import Check, checked_body
from drivers.serialline.frames import Framing, Piece
from sync.records import STATE_UNKNOWN, is_clean_text


class UserForm(StrEnum):
    """How the user id stands in the line."""

    TEXT = "text"  # verbatim, leading zeros kept
    HEX_DECIMAL = "hex_decimal"  # hexadecimal; people know the decimal number on the card


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields of a profile.

    Attributes:
        punch: pattern with the group ``user`` and optionally ``time``, ``date``, ``state``,
            ``workcode``; matched against the whole body.
        date_change: patterns of lines that only set the date, with the group ``date``.
        ignored: patterns of lines that are known and say nothing.
        time_format: strptime format of ``date time`` or ``time``; empty: time of arrival.
        date_format: strptime format of the date of `date_change` lines.
        user_digits: width to which a `HEX_DECIMAL` number is filled with zeros.
        states: text of the ``state`` group to in/out key; others become unknown.
    """

    punch: re.Pattern[str]
    date_change: tuple[re.Pattern[str], ...] = ()
    ignored: tuple[re.Pattern[str], ...] = ()
    time_format: str = ""
    date_format: str = ""
    encoding: str = "ascii"
    user_form: UserForm = UserForm.TEXT
    user_digits: int = 0
    states: Mapping[str, int] = field(default_factory=dict)
    verify_code: int = 0


@dataclass(frozen=True, slots=True)
class PunchLine:
    """A line that tells of a touch."""

    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DateLine:
    """A line that tells the date of the lines behind it."""

    date_text: str


@dataclass(frozen=True, slots=True)
class Strange:
    """A line that could not be read: why, for the machine and for a person."""

    code: str
    detail: str


Line = PunchLine | DateLine | Strange | None
"""None: a line that is known and says nothing."""

_TROUBLES: Final = {
    "unterminated": "The frame never ended. Check the framing of the profile and the cable.",
    "overlong": "The frame is longer than max_bytes. Check the framing and the baud rate.",
    "noise": "Bytes outside any frame. Check the framing and the baud rate.",
}


def recognise(piece: Piece, framing: Framing, check: Check, fields: Fields) -> Line:
    """Say what a frame is, looking at nothing but the frame."""
    if piece.trouble == "unterminated" and _is_ignored(piece.raw.decode("latin-1"), fields):
        return None  # a keypad digit that only silence ended
    if piece.trouble:
        return Strange(piece.trouble, _TROUBLES[piece.trouble])
    body = checked_body(piece, check, framing)
    if body is None:
        return Strange(
            "check", f"The {check.kind} check is wrong. Look for a bad cable or profile."
        )
    try:
        text = body.decode(fields.encoding)
    except UnicodeDecodeError:
        return Strange(
            "encoding", f"Not {fields.encoding}. Check the baud rate, parity and profile."
        )
    match = fields.punch.fullmatch(text)
    if match:
        return PunchLine({name: value or "" for name, value in match.groupdict().items()})
    for pattern in fields.date_change:
        match = pattern.fullmatch(text)
        if match:
            return DateLine(match["date"])
    if _is_ignored(text, fields):
        return None
    return Strange("pattern", "The line fits no pattern of the profile. Check the profile.")


def _is_ignored(text: str, fields: Fields) -> bool:
    return any(pattern.fullmatch(text) for pattern in fields.ignored)


class Story:
    """What spans lines; its state is JSON and lives in the cursor.

    Args:
        state: as `state` gave it; None at the very beginning.
    """

    def __init__(self, fields: Fields, state: Mapping[str, Any] | None = None) -> None:
        self._fields = fields
        self._date_text = str(state["date"]) if state else ""
        self._occurrences = Occurrences(state["touches"] if state else None)

    def state(self) -> dict[str, Any]:
        """Return the state for the cursor."""
        return {"date": self._date_text, "touches": self._occurrences.state()}

    def tell(
        self, line: PunchLine | DateLine, arrived_local: datetime
    ) -> PunchRow | Strange | None:
        """Return the punch a line means in its place; None for a line that sets the date.

        Args:
            arrived_local: wall time of the store at arrival, naive.
        """
        if isinstance(line, DateLine):
            return self._set_date(line.date_text)
        device_time = self._device_time(line.groups, arrived_local)
        if isinstance(device_time, Strange):
            return device_time
        user_id = self._user_id(line.groups["user"])
        if not is_clean_text(user_id):
            return Strange("user_id", f"{user_id[:40]!r} cannot be a user id. Check the profile.")
        workcode = line.groups.get("workcode", "")
        state_code = self._fields.states.get(line.groups.get("state", ""), STATE_UNKNOWN)
        verify_code = self._fields.verify_code
        return PunchRow(
            user_id=user_id,
            device_time=device_time,
            state_code=state_code,
            verify_code=verify_code,
            occurrence=self._occurrences.number(device_time, user_id, state_code, verify_code),
            workcode=workcode if is_clean_text(workcode) else "",
        )

    def _set_date(self, date_text: str) -> Strange | None:
        try:
            date = datetime.strptime(date_text, self._fields.date_format)  # noqa: DTZ007 local
        except ValueError:
            self._date_text = ""  # better no date than yesterday's
            return Strange(
                "date", f"{date_text!r} is no date of the form {self._fields.date_format}."
            )
        self._date_text = date.date().isoformat()
        return None

    def _device_time(self, groups: Mapping[str, str], arrived_local: datetime) -> str | Strange:
        time_format = self._fields.time_format
        if not time_format:
            return arrived_local.isoformat(timespec="seconds")
        text = " ".join(groups[name] for name in ("date", "time") if name in groups)
        if self._fields.date_change:
            if not self._date_text:
                return Strange(
                    "no_date",
                    "The terminal has not told the date yet, and a date is never guessed. "
                    "Have it send its date record (switch it off and on), then send again.",
                )
            text, time_format = f"{self._date_text} {text}", f"%Y-%m-%d {time_format}"
        try:
            moment = datetime.strptime(text, time_format)  # noqa: DTZ007 local by nature
        except ValueError:
            return Strange(
                "time",
                f"{text!r} is no time of the form {time_format}. If day and month changed "
                "places, correct time_format and send the raw line again.",
            )
        return moment.isoformat(timespec="seconds")

    def _user_id(self, text: str) -> str:
        if self._fields.user_form is UserForm.TEXT:
            return text
        try:
            return str(int(text, 16)).zfill(self._fields.user_digits)
        except ValueError:
            return ""  # refused as an empty user id, with the raw line
