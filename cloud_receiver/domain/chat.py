"""What somebody writes to the robot: a question, an appeal or a customer's rating; pure.

``为什么扣了10元`` asks about today, ``昨天为什么`` about another day, ``申诉 11-23 当时停电`` appeals,
``评价 王芳 5星 很热情`` rates. Anything else is answered with how to ask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from cloud_receiver.domain.entries import BEST_RATING_MILLI
from cloud_receiver.domain.outcomes import Text

_MENTION = re.compile(r"@\S+\s*")
_AMOUNT = re.compile(r"(\d{1,7})(?:\.(\d{1,2}))?\s*(?:元|块|yuan)", re.IGNORECASE)
_DATE = re.compile(r"(?:(20\d\d)[-年/.])?(\d{1,2})[-月/.](\d{1,2})日?")
_RATING = re.compile(r"([1-5])\s*(?:星|分|stars?\b)", re.IGNORECASE)
_WHY = re.compile(r"为什么|为何|怎么|why", re.IGNORECASE)
_APPEAL = re.compile(r"(?:申诉|appeal)[\s::,,]*", re.IGNORECASE)
_RATE = re.compile(r"(?:评价|feedback|rate)[\s::,,]*", re.IGNORECASE)
_DAYS_AGO: Final = {"前天": 2, "昨天": 1, "昨日": 1, "yesterday": 1}
_STARS: Final = 5

USAGE: Final = Text(
    "可以这样说:\n· 我今天为什么扣了10元(也可说 昨天、11-23)\n· 申诉 昨天 当时停电\n· 评价 王芳 5星 很热情",
    "You can say:\n· why -10 yuan today (or yesterday, 11-23)\n· appeal yesterday there was no power\n"
    "· rate Wang Fang 5 stars very helpful",
)


class Intent(StrEnum):
    """What somebody wants."""

    WHY = "why"
    APPEAL = "appeal"
    RATE = "rate"
    HELP = "help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What was written, understood.

    Attributes:
        work_date: the day it is about.
        amount_fen: an amount that was named, without sign; None: none.
        rating_milli: thousandths of the best rating; None: none was given.
        text: the rest, in the writer's words.
    """

    intent: Intent
    work_date: str
    amount_fen: int | None = None
    rating_milli: int | None = None
    text: str = ""


def language_of(text: str) -> str:
    """Return zh for a text with a Chinese character, else en."""
    return "zh" if re.search(r"[\u4e00-\u9fff]", text) else "en"


def understand(written: str, today: str) -> Ask:
    """Return what is wanted.

    Args:
        today: the date at the writer's store.
    """
    text = _MENTION.sub("", written).strip()
    if found := _APPEAL.match(text):
        rest = text[found.end() :]
        return Ask(
            intent=Intent.APPEAL, work_date=_day(rest, today), amount_fen=_fen(rest), text=rest
        )
    if found := _RATE.match(text):
        rest = text[found.end() :]
        stars = _RATING.search(rest)
        rating_milli = int(stars[1]) * BEST_RATING_MILLI // _STARS if stars else None
        rest = _RATING.sub(" ", rest, count=1).strip()
        return Ask(intent=Intent.RATE, work_date=today, rating_milli=rating_milli, text=rest)
    intent = Intent.WHY if _WHY.search(text) else Intent.HELP
    return Ask(intent=intent, work_date=_day(text, today), amount_fen=_fen(text), text=text)


def _fen(text: str) -> int | None:
    found = _AMOUNT.search(text)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None


def _day(text: str, today: str) -> str:
    """Return the day a text is about; a date without a year is the last such date."""
    on = date.fromisoformat(today)
    for word, days in _DAYS_AGO.items():
        if word in text.lower():
            return (on - timedelta(days)).isoformat()
    found = _DATE.search(text)
    if not found:
        return today
    try:
        named = date(int(found[1] or on.year), int(found[2]), int(found[3]))
        if not found[1] and named > on:
            named = named.replace(year=on.year - 1)
    except ValueError:
        return today
    return named.isoformat()
