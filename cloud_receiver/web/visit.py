"""One request of one person: who it is, and the language and theme of their choice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastapi import Request

from cloud_receiver.domain.roles import may_change
from cloud_receiver.web.gate import cookie_of
from cloud_receiver.web.sessions import Session
from cloud_receiver.web.texts import Language, Texts, Words

LANGUAGE_COOKIE: Final = "daka_language"
THEME_COOKIE: Final = "daka_theme"


class Theme(StrEnum):
    """How the pages are coloured."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"

    @property
    def next(self) -> Theme:
        """Return the one the switch goes to."""
        return {Theme.AUTO: Theme.DARK, Theme.DARK: Theme.LIGHT, Theme.LIGHT: Theme.AUTO}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a page needs to know of its reader.

    Attributes:
        address: path and query of the page, to come back to.
    """

    session: Session
    language: Language
    theme: Theme
    address: str

    @property
    def may_change(self) -> bool:
        """Tell whether the reader may change something on this page, not only look."""
        return may_change(self.session.reader.role, self.address.partition("?")[0])

    def words(self, texts: Texts) -> Words:
        """Return a page's texts in the reader's language."""
        return Words(texts, self.language)


def visit_of(request: Request) -> Visit:
    """Return the visit of a request that passed the gate."""
    session = request.state.session
    assert isinstance(session, Session), "the gate lets nobody in without a session"
    query = request.url.query
    raw_path: bytes = request.scope["raw_path"]
    return Visit(
        session=session,
        language=language_of(request),
        theme=theme_of(request),
        address=raw_path.decode("latin-1") + (f"?{query}" if query else ""),
    )


def language_of(request: Request) -> Language:
    """Return the language chosen; Chinese when none was."""
    chosen = cookie_of(request.headers, LANGUAGE_COOKIE)
    return Language(chosen) if chosen in set(Language) else Language.ZH


def theme_of(request: Request) -> Theme:
    """Return the theme chosen; the device's own when none was."""
    chosen = cookie_of(request.headers, THEME_COOKIE)
    return Theme(chosen) if chosen in set(Theme) else Theme.AUTO


def own_address(text: str) -> str:
    """Return `text` when it is an address of this site, else the first page.

    >>> own_address("/ledger?a=1"), own_address("//evil.example"), own_address("https://x")
    ('/ledger?a=1', '/', '/')
    """
    clean = text.startswith("/") and not text.startswith("//") and "\\" not in text
    return text if clean and text.isprintable() else "/"
