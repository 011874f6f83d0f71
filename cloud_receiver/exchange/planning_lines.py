"""Lines about shifts, days of the calendar and approved absences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

import msgspec
from sqlalchemy import Connection

from cloud_receiver.domain.calendar import LABELS, DayKind
from cloud_receiver.domain.entries import EntryError, Leave, Purpose, identity
from cloud_receiver.domain.entries import Part as LeavePart
from cloud_receiver.domain.templates import BETWEEN_PARTS, ShiftTemplate, TemplateError, part
from cloud_receiver.domain.workday import DAY_MIN, Shift, local_to_utc_ms
from cloud_receiver.exchange import fields
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.lines import (
    Cells,
    Errand,
    ImportFile,
    Known,
    known,
    person_of,
    store_of,
)
from cloud_receiver.store import calendar, entries, journal, shifts
from cloud_receiver.store.calendar import Said

_TYPED: Final = str.maketrans("+–—~~至", "+-----")
_NEXT_DAY: Final = re.compile(r"\+1(?![\d::])")
_FIXED: Final = frozenset({"shift_id", "store_id", "zone", "start", "end", "end_day"})
_KINDS: Final = {label: kind for kind, labels in LABELS.items() for label in (kind.value, *labels)} | {
    "节假日": DayKind.HOLIDAY, "休": DayKind.HOLIDAY, "班": DayKind.MAKEUP_WORKDAY,
}  # fmt: skip
_PURPOSES: Final = {purpose.value: purpose for purpose in Purpose} | {
    "年假": Purpose.ANNUAL, "病假": Purpose.SICK, "事假": Purpose.PERSONAL, "调休": Purpose.COMPENSATORY,
    "婚假": Purpose.FAMILY, "产假": Purpose.FAMILY, "陪产假": Purpose.FAMILY, "丧假": Purpose.FAMILY,
    "外出": Purpose.OUTING, "出差": Purpose.TRIP, "其他": Purpose.OTHER,
}  # fmt: skip
_HALVES: Final = {
    ("", ""): LeavePart.DAY,
    ("上午", "下午"): LeavePart.DAY,
    ("上午", "上午"): LeavePart.FIRST_HALF,
    ("下午", "下午"): LeavePart.SECOND_HALF,
}


def settings_of(texts: Sequence[str]) -> dict[str, Any]:
    """Read ``name=value`` settings of a shift.

    Raises:
        TemplateError: there is no such setting, or the value is of another kind.
    """
    kinds = {name: kind for name, kind in get_type_hints(Shift).items() if name not in _FIXED}
    found: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in kinds:
            names = ", ".join(kinds)
            zh = f"{text}:没有设置“{name}”,可用:{names}"
            raise _unusable(zh, f"{text}: there is no setting {name!r}; there are: {names}")
        try:
            found[name] = msgspec.convert(value or None, kinds[name], strict=False)
        except msgspec.ValidationError as error:
            raise _unusable(f"{text}:值不能使用({error})", f"{text}: {error}") from error
    return found


def _unusable(zh: str, en: str) -> TemplateError:
    return TemplateError(zh, en, "settings")


def template_of(shift_id: str, name: str, hours: str, settings: str) -> ShiftTemplate:
    """Return a shift of its texts.

    Args:
        hours: ``09:00-18:00``, several joined by ``+``; an end that is not after its start is on
            the next day, which ``+1`` may say too.
        settings: ``grace_min=5 on_before_min=60``; of each part by itself, ``|`` between them.

    Raises:
        ToldError: it cannot be worked, and why; `field` is ``shift_id``, ``hours`` or ``settings``.
    """
    plain = _NEXT_DAY.sub("", hours.translate(_TYPED))
    spans = [[clock.strip() for clock in one.partition("-")[::2]] for one in plain.split("+")]
    told = [one.split() for one in settings.split(BETWEEN_PARTS)]
    if len(told) not in (1, len(spans)):
        zh = f"{settings}:{len(spans)} 段时间,却写了 {len(told)} 段的设置"
        en = f"{settings}: settings of {len(told)} parts for {len(spans)} stretches"
        raise _unusable(zh, en)
    more = [settings_of(one) for one in told] * (len(spans) if len(told) == 1 else 1)
    clocks = [[fields.clock("hours", text) for text in span] for span in spans]
    try:
        parts = tuple(part(shift_id, *span, **own) for span, own in zip(clocks, more, strict=True))
    except ValueError as error:
        raise _unusable(f"窗口与允许分钟应为 0 到 {DAY_MIN}", str(error)) from error
    return ShiftTemplate(shift_id, name or shift_id, parts)


def import_shifts(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Add shifts, or new versions of them; rosters that stand do not change."""

    def read(_number: int, cells: Cells) -> ShiftTemplate:
        try:
            return template_of(cells["shift_id"], cells["name"], cells["hours"], cells["settings"])
        except TemplateError as error:
            raise CellError(error.field, error.zh, error.en) from error

    return sum(
        shifts.put(connection, one, errand.author, errand.now_utc_ms) for one in file.read(read)
    )


def import_holidays(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Say what dates are, in a store or in all; days that were judged are judged anew."""
    named = known(connection)

    def read(_number: int, cells: Cells) -> Said:
        kind = _KINDS.get(cells["kind"])
        if kind is None:
            allowed = "、".join(dict.fromkeys(labels[0] for labels in LABELS.values()))
            zh = f"不认识的类型“{cells['kind']}”,可用:{allowed}"
            raise CellError("kind", zh, f"{cells['kind']!r} is none of {', '.join(DayKind)}")
        return Said(
            store_id=store_of(cells, named) if cells["store_id"] else "",
            work_date=fields.day("work_date", cells["work_date"]).isoformat(),
            kind=kind,
            name=cells["name"],
        )

    return calendar.say(connection, file.read(read), errand.author, errand.now_utc_ms)


@dataclass(frozen=True, slots=True)
class _Moment:
    """One end of an absence: a date, and an instant or a half of it where one is given."""

    date: str
    utc_ms: int
    half: str


def import_leaves(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Enter approved absences; the same approval again changes nothing."""
    named = known(connection)

    def read(number: int, cells: Cells) -> tuple[int, Leave]:
        return number, _leave(cells, named)

    changed = 0
    for number, leave in file.read(read):
        is_known = bool(journal.known(connection, [identity(leave, errand.author)]))
        try:
            entries.enter(connection, leave, errand.author, errand.now_utc_ms)
        except EntryError as error:
            file.refuse(number, CellError(error.field, error.zh, error.en))
            continue
        changed += not is_known
    return changed


def _leave(cells: Cells, named: Known) -> Leave:
    employee_id = person_of(cells, named)
    purpose = _PURPOSES.get(cells["purpose"])
    if purpose is None:
        zh = f"不认识的类型“{cells['purpose']}”,可用:{'、'.join(dict.fromkeys(_PURPOSES))}"
        raise CellError("purpose", zh, f"{cells['purpose']!r} is none of {', '.join(Purpose)}")
    zone = named.zones[named.homes[employee_id]]
    begins, ends = (_moment(name, cells[name], zone) for name in ("from_time", "to_time"))
    is_by_hours = bool(begins.utc_ms and ends.utc_ms)
    leave_part = LeavePart.HOURS if is_by_hours else _HALVES.get((begins.half, ends.half))
    if leave_part is None or (
        leave_part is not LeavePart.DAY and begins.half and begins.date != ends.date
    ):
        zh, en = "半天与整天请分成几行填写", "write half days and whole days as several lines"
        raise CellError("to_time", zh, en)
    try:
        return Leave(
            client_id=cells["foreign_id"][:100], employee_id=employee_id, purpose=purpose,
            first_date=begins.date, last_date=ends.date, part=leave_part,
            from_utc_ms=begins.utc_ms if is_by_hours else 0,
            to_utc_ms=ends.utc_ms if is_by_hours else 0, reason=cells["reason"][:200],
        )  # fmt: skip
    except ValueError as error:
        raise CellError("to_time", f"结束应不早于开始:{error}", str(error)) from error


def _moment(field: str, text: str, zone: str) -> _Moment:
    """Read ``2026-12-01``, ``2026-12-01 上午`` or ``2026-12-01 13:30``."""
    date_text, _, rest = text.strip().partition(" ")
    date = fields.day(field, date_text).isoformat()
    half = {"am": "上午", "pm": "下午"}.get(rest.strip().lower(), rest.strip())
    if half in ("", "上午", "下午"):
        return _Moment(date, 0, half)
    return _Moment(date, local_to_utc_ms(fields.moment(field, text), zone), "")
