"""Shift templates: what a shift looks like before it stands in a store and on a date. Pure.

A template holds one shift, or several for a split day. Rosters keep the shifts as they were
when they were laid, so a new version of a template changes no day that stands already.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.workday import Shift, decode_shifts, encode_shifts
from sync.errors import ToldError

NOWHERE: Final = ""
BETWEEN_PARTS: Final = "|"
"""What stands between the settings of a split day's parts, where people write them."""
_ZONE: Final = "UTC"
_ANY_DATE: Final = "2026-01-05"
_SHOWN: Final = frozenset({"shift_id", "start", "end", "end_day", "store_id"})


class TemplateError(ToldError):
    """A shift cannot be used so; `field` is ``shift_id`` or ``hours``."""


@dataclass(frozen=True, slots=True)
class ShiftTemplate:
    """A named shift, or the shifts of a split day, in no store yet.

    Raises:
        TemplateError: there is no shift, two of them overlap, or the name cannot stand in a pattern.
    """

    shift_id: str
    name: str
    shifts: tuple[Shift, ...]

    def __post_init__(self) -> None:
        """Refuse what cannot be worked."""
        if (
            not self.shift_id
            or not self.shift_id.isprintable()
            or set(" ,\uff0c;\uff1b:\uff1a*×/") & set(self.shift_id)
        ):
            raise TemplateError(
                f"“{self.shift_id}”不能作班次的简称:不能为空,不能有空格和 , ; : * /",
                f"{self.shift_id!r} is no name for a shift: no spaces or , ; : * /",
                "shift_id",
            )
        if not self.shifts:
            raise TemplateError(
                f"班次“{self.shift_id}”没有时间",
                f"the shift {self.shift_id!r} has no hours",
                "hours",
            )
        day = RosterDay(work_date=_ANY_DATE, store_id=NOWHERE, zone=_ZONE, shifts=self.shifts)
        if day.has_overlap():
            raise TemplateError(
                f"班次“{self.shift_id}”的几段时间重叠",
                f"the parts of the shift {self.shift_id!r} overlap",
                "hours",
            )

    def at(self, store_id: str, zone: str) -> tuple[Shift, ...]:
        """Return the shifts as they stand in a store."""
        return tuple(replace(shift, store_id=store_id, zone=zone) for shift in self.shifts)


def part(shift_id: str, start: str, end: str, **more: object) -> Shift:
    """Return a shift in no store; an end before the start is on the next day.

    Args:
        more: other fields of `Shift`.

    Raises:
        ValueError: it cannot be a shift.
    """
    return Shift(
        shift_id=shift_id, store_id=NOWHERE, zone=_ZONE, start=start, end=end,
        end_day=int(end <= start), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def encode_parts(template: ShiftTemplate) -> str:
    """Return the shifts of a template as a document; the inverse of `decode_parts`."""
    return encode_shifts(tuple(replace(shift, store_id=NOWHERE) for shift in template.shifts))


def decode_parts(document: str) -> tuple[Shift, ...]:
    """Read the shifts of a template."""
    return decode_shifts(document, {NOWHERE: _ZONE})


def hours_text(shifts: tuple[Shift, ...]) -> str:
    """Return the hours of shifts for people: ``08:00-12:00 + 13:00-17:00``, next day marked."""
    texts = (f"{one.start}-{one.end}{'+1' if one.end_day else ''}" for one in shifts)
    return " + ".join(texts)


def settings_text(shift: Shift) -> str:
    """Return all that is special about a shift but its hours and store: ``grace_min=5 ...``."""
    (document,) = json.loads(encode_shifts((shift,)))
    return " ".join(f"{name}={value}" for name, value in document.items() if name not in _SHOWN)
