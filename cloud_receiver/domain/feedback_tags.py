"""What a customer's words are about, by declared keywords; each tag quotes what earned it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cloud_receiver.domain.outcomes import Text
from sync.errors import DakaError

_CONTEXT: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRule:
    """A tag and the words that earn it.

    Attributes:
        tag: its name, which is stored.
        offered: customers may pick it themselves.
        unless: words right before or after a keyword that take its meaning back (不, not).
    """

    tag: str
    label: Text
    is_good: bool
    words: tuple[str, ...]
    unless: tuple[str, ...] = ()
    offered: bool = False


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag and the stretch of text it was given for."""

    tag: str
    quote: str


def parse_tag_rules(document: str, name: str) -> list[TagRule]:
    """Read one file of ``config/feedback``.

    Raises:
        DakaError: it does not hold, and where.
    """
    try:
        tables: list[dict[str, Any]] = tomllib.loads(document).get("tag", [])
        return [
            TagRule(
                tag=one["id"],
                label=Text(one["zh"], one["en"]),
                is_good=one["good"],
                words=tuple(word.casefold() for word in one["words"]),
                unless=tuple(word.casefold() for word in one.get("unless", ())),
                offered=one.get("offered", False),
            )
            for one in tables
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise DakaError(f"{name} is no file of tags: {error!r}") from error


def classify(text: str, rules: Sequence[TagRule]) -> list[Tagged]:
    """Return the tags of a text with their quotes, in the order of the rules."""
    folded = text.casefold()
    if len(folded) != len(text):
        folded = text.lower() if len(text.lower()) == len(text) else text
    found = []
    for rule in rules:
        hits = (_hit(folded, word, rule.unless) for word in rule.words)
        place = next((hit for hit in hits if hit is not None), None)
        if place is not None:
            begin, end = max(0, place[0] - _CONTEXT), min(len(text), place[1] + _CONTEXT)
            quote = ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")
            found.append(Tagged(rule.tag, quote))
    return found


def _hit(text: str, word: str, unless: Sequence[str]) -> tuple[int, int] | None:
    """Return where a word stands, unless what is right around it denies it."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        before, after = text[max(0, start - 6) : start].rstrip(), text[end : end + 6].lstrip()
        if not any(before.endswith(no) or after.startswith(no) for no in unless):
            return start, end
        start = text.find(word, end)
    return None
