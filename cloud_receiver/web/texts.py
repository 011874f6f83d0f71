"""The two languages of the web: every page keeps a table of (Chinese, English) texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sync.errors import told

Texts = Mapping[str, tuple[str, str]]


class Language(StrEnum):
    """What the pages speak; the values are those of `tables.account.language`."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """Return the tag of the ``lang`` attribute."""
        return "zh-CN" if self is Language.ZH else "en"

    @property
    def other(self) -> Language:
        """Return the language one may switch to."""
        return Language.EN if self is Language.ZH else Language.ZH

    def pick(self, zh: str, en: str) -> str:
        """Return the one of two texts that is in this language."""
        return zh if self is Language.ZH else en


def reason_of(error: Exception, language: Language) -> str:
    """Return what went wrong, in a language where it is told in two."""
    return told(error, language.value)


@dataclass(frozen=True, slots=True)
class Words:
    """A table of texts in one language.

    >>> Words({"late": ("迟到 {n} 分钟", "{n} min late")}, Language.EN)("late", n=20)
    '20 min late'
    >>> Words({"n": ("{n} 天", "{n} entries, {d} days")}, Language.EN)("n", n=1, d=21)
    '1 entry, 21 days'
    """

    texts: Texts
    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of `key` with its places filled."""
        said = self.language.pick(*self.texts[key]).format(**values)
        return said if self.language is Language.ZH else _ONE.sub(_singular, said)


_ONE: Final = re.compile(
    r"(?<![\d.,])1 (days|entries|people|lines|records|stores|shifts|rows|rules|members|hits|boxes"
    r"|devices|fields|minutes|hours|times|places|touches|punches|results|files|accounts|weeks|months|versions)\b"
)


def _singular(found: re.Match[str]) -> str:
    """Return "1 day" for "1 days": texts are written for many."""
    many = found[1]
    if many == "people":
        return "1 person"
    if many.endswith("ies"):
        return f"1 {many[:-3]}y"
    return f"1 {many[:-2] if many.endswith(('xes', 'ches')) else many[:-1]}"
