"""A table with a row a person and a column a day: which date each column is.

Other systems write the day above a column in many ways: a whole date, 11-01, 11月1日, 1, 1日
周日, or only 六 and 日 at weekends; year and month then stand in a title above. All are read;
a column that only says a weekday is the day after the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cloud_receiver.exchange.headed import HeadedLine, no_heading
from cloud_receiver.exchange.sheets import Line, Sheet, unusable

_ROWS_SEARCHED: Final = 10
_PERSON: Final = frozenset({"姓名", "工号", "UserId"})
_WHOLE: Final = re.compile(r"(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})")
_MONTH: Final = re.compile(r"(20\d\d)[-/.年](\d{1,2})")
_SHORT: Final = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
_WEEKDAY: Final = re.compile(r"[((]?(?:星期|周)?[一二三四五六日天][))]?")
_DAY: Final = re.compile(r"(\d{1,2})[日号]?")
_ONE_DAY: Final = timedelta(days=1)
_MAX_GAP: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class DayCell:
    """What a table says of a person on a date; `line` has the person's other cells."""

    line: HeadedLine
    work_date: str
    text: str


def is_wide(sheet: Sheet) -> bool:
    """Tell whether a sheet has a row of headings with people and days."""
    rows = _rows(sheet)
    at = _head(rows)
    return at is not None and len(_day_columns(*_labels(rows, at))) > 1


def day_cells(sheet: Sheet, source: str) -> Iterator[DayCell]:
    """Yield every cell under a day.

    Raises:
        DakaError: there are no such headings, or no year and month.
    """
    rows = _rows(sheet)
    at = _head(rows)
    if at is None:
        raise no_heading(source, sorted(_PERSON))
    head, lower = _labels(rows, at)
    title = " ".join(cell for row in rows[:at] for cell in row.cells if cell)
    columns = _day_columns(head, lower)
    dates = _dates([_label(head, lower, place) for place in columns], title, source)
    for row in rows[at + (2 if any(lower) else 1) :]:
        line = HeadedLine(row.number, dict(zip(head, row.cells, strict=False)))
        for place, on in zip(columns, dates, strict=True):
            if place < len(row.cells):
                yield DayCell(line, on.isoformat(), row.cells[place])


def _rows(sheet: Sheet) -> list[Line]:
    return [Line(0, sheet.headings), *sheet.lines]


def _head(rows: Sequence[Line]) -> int | None:
    found = (at for at, row in enumerate(rows[:_ROWS_SEARCHED]) if _PERSON & set(row.cells))
    return next(found, None)


def _labels(rows: Sequence[Line], at: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the headings and, where they have two storeys, the lower ones."""
    head = rows[at].cells
    below = rows[at + 1].cells if at + 1 < len(rows) else ()
    return head, below if below and not below[0] else ()


def _label(head: Sequence[str], lower: Sequence[str], place: int) -> str:
    texts = [row[place] for row in (head, lower) if place < len(row)]
    return " ".join(text for text in texts if text)


def _day_columns(head: Sequence[str], lower: Sequence[str]) -> list[int]:
    width = max(len(head), len(lower))
    return [place for place in range(width) if _is_day(_label(head, lower, place))]


def _is_day(label: str) -> bool:
    words = label.replace("考勤结果", "").split()
    rest = [
        word
        for word in words
        if not (_WHOLE.match(word) or _SHORT.fullmatch(word) or _WEEKDAY.fullmatch(word))
    ]
    return bool(words) and all(_DAY.fullmatch(_WEEKDAY.sub("", word)) for word in rest)


def _dates(labels: Sequence[str], title: str, source: str) -> list[date]:
    begin = _begin(title)
    dates: list[date] = []
    for label in labels:
        try:
            found = _date(label, dates[-1] if dates else None, begin)
        except ValueError as error:
            raise unusable(source, f"“{label}”不是日期", f"{label!r} is no day: {error}") from error
        if found is None:
            raise unusable(
                source,
                f"看不出“{label}”是哪年哪月,请在表头上方写明,例如 2026-11",
                f"nothing says which year and month {label!r} is; "
                "write them above the headings, like 2026-11",
            )
        dates.append(found)
    return dates


def _begin(title: str) -> date | None:
    whole, month = _WHOLE.search(title), _MONTH.search(title)
    if whole:
        return date(int(whole[1]), int(whole[2]), int(whole[3]))
    return date(int(month[1]), int(month[2]), 1) if month else None


def _date(label: str, before: date | None, begin: date | None) -> date | None:
    whole = _WHOLE.search(label)
    if whole:
        return date(int(whole[1]), int(whole[2]), int(whole[3]))
    known = before + _ONE_DAY if before else begin
    if known is None:
        return None
    short = next(filter(None, map(_SHORT.fullmatch, label.split())), None)
    if short:
        return date(known.year, int(short[1]), int(short[2]))
    day = _DAY.search(_WEEKDAY.sub("", label.replace("考勤结果", "")))
    if not day:
        return known
    found = known.replace(day=int(day[1]))
    if found < known:
        found = (found.replace(day=1) + 31 * _ONE_DAY).replace(day=int(day[1]))
    if before and found - before > _MAX_GAP:
        raise ValueError(f"it does not follow {before.isoformat()}")
    return found
