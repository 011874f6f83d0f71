"""The root of every error Daka raises about the world, and the wire's own."""

from __future__ import annotations


class DakaError(Exception):
    """Something outside the program went wrong; the message says what and what to do."""


class ToldError(DakaError):
    """What went wrong, told to people in their language.

    Attributes:
        zh, en: what happened and what to do.
        field: what was given wrong, or empty.
    """

    def __init__(self, zh: str, en: str, field: str = "") -> None:
        super().__init__(f"{field}: {en}" if field else en)
        self.zh = zh
        self.en = en
        self.field = field


def told(error: Exception, language: str) -> str:
    """Return what went wrong in a language, ``zh`` or ``en``, where it is told in two."""
    if not isinstance(error, ToldError):
        return str(error)
    return error.zh if language == "zh" else error.en


def within(where: str, error: DakaError) -> ToldError:
    """Return an error with the place it concerns in front, in both languages."""
    return ToldError(f"{where}: {told(error, 'zh')}", f"{where}: {told(error, 'en')}")


class WireError(DakaError):
    """Bytes from the other side broke the wire contract; keep them and go on.

    Attributes:
        code: stable machine key, e.g. ``oversize``, ``version``, ``field``.
        detail: what was found where, for a person.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
