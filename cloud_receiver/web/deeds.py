"""What an act of the audit was about, in words: people, stores, days and choices by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from cloud_receiver.store.trail import Act, Deed
from cloud_receiver.web import decide, entry_fields, fleet_board
from cloud_receiver.web.phrases import date_text, month_text
from cloud_receiver.web.rule_texts import SCENES
from cloud_receiver.web.texts import Language, Texts, Words

TEXTS: Final[Texts] = {
    "days": ("{n} 天", "{n} days"),
    "others": ("等 {n} 个", "and others, {n} in all"),
    "none": ("不在任何组", "in no team"),
    "left": ("离职", "left"),
    "back": ("在职", "works here"),
    "from": ("自 {day} 起", "from {day}"),
    "day_workday": ("工作日", "workday"),
    "day_weekend": ("周末", "weekend"),
    "day_holiday": ("节假日", "holiday"),
    "day_makeup_workday": ("调休上班日", "make-up workday"),
}
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PARTS: Final = re.compile(r"[/ ]")


def ids_in(found: Iterable[Deed]) -> set[str]:
    """Return every part of deeds that may be somebody's id."""
    return {part for deed in found for part in (*_PARTS.split(deed.subject), deed.detail)}


def subject_of(deed: Deed, known: Mapping[str, str], language: Language) -> str:
    """Return what a deed was done to.

    Args:
        known: what stores, people and rules are called, by id.
    """
    if deed.act in {Act.DECISION, Act.UNDONE}:
        kind, *parts = deed.subject.split("/")
        what = _named(decide.TEXTS, f"kind_{kind}", kind, language)
        shown = parts[:2] if kind == "odd" else [] if kind == "gap" else parts
        return " · ".join([what, *_readable(shown, known, language)])
    if deed.act is Act.ENTRY:
        return " · ".join(_readable(deed.subject.split(" "), known, language))
    if deed.act is Act.CLOSE:
        return month_text(deed.subject, language)
    if deed.act in {Act.POLICY, Act.CALENDAR} and _DATE.fullmatch(deed.subject):
        return date_text(deed.subject, language)
    return known.get(deed.subject, deed.subject)


def about(deed: Deed, known: Mapping[str, str], language: Language) -> str:
    """Return what else is known of a deed: which choice, from when, how much."""
    words, detail = Words(TEXTS, language), deed.detail
    match deed.act:
        case Act.DECISION | Act.UNDONE:
            return _named(decide.TEXTS, f"choice_{detail}", detail, language)
        case Act.ENTRY:
            return _named(entry_fields.TEXTS, f"kind_{detail}", detail, language)
        case Act.ROSTER:
            return f"{date_text(detail, language)} · {words('days', n=f'{deed.number:,}')}"
        case Act.RULE:
            return words("from", day=detail)
        case Act.CALENDAR:
            return _named(TEXTS, f"day_{detail}", detail, language)
        case Act.COMMAND:
            return _named(fleet_board.TEXTS, detail, detail, language)
        case Act.BADGE | Act.SELLER:
            return known.get(detail, detail)
        case _:
            return _gathered(deed, known, words)


def _gathered(deed: Deed, known: Mapping[str, str], words: Words) -> str:
    """Return how many at once, what became of them, and from when on."""
    what, many = deed.detail, ""
    if deed.number > 1:
        many = words("others", n=f"{deed.number:,}")
    if deed.act is Act.HOME:
        what = known.get(what, what)
    elif deed.act is Act.TEAM:
        what = what or words("none")
    elif deed.act is Act.EMPLOYED:
        what = words("back" if what else "left")
    elif deed.act is Act.STORE:  # of several each has its own scene
        what = "" if many else _named(SCENES, what, what, words.language)
    since = words("from", day=deed.first_date) if deed.first_date else ""
    return " · ".join(filter(None, (many, what, since)))


def _named(texts: Texts, key: str, otherwise: str, language: Language) -> str:
    return Words(texts, language)(key) if key in texts else otherwise


def _readable(parts: Iterable[str], known: Mapping[str, str], language: Language) -> list[str]:
    """Return names and dates; numbers of records, which tell nobody anything, are left out."""
    told = []
    for part in parts:
        if _DATE.fullmatch(part):
            told.append(date_text(part, language))
        elif part in known:
            told.append(known[part])
        elif part and len(part) <= 20 and not re.fullmatch(r"[0-9a-f]{12}", part):
            told.append(part)
    return told
