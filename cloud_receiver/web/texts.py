"""The two languages of the web: every page keeps a table of (Chinese, English) texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Words:
    """A table of texts in one language.

    >>> Words({"late": ("迟到 {n} 分钟", "{n} min late")}, Language.EN)("late", n=20)
    '20 min late'
    """

    texts: Texts
    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of `key` with its places filled."""
        return self.language.pick(*self.texts[key]).format(**values)
