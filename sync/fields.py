"""What a field of a record may hold, said once for two readers.

`holds` is the precise check of a decoded value. `pattern` is a regular expression of the
field's canonical JSON text that matches nothing `holds` would refuse: `sync.items` joins
them to check a whole record in one search, and leaves what does not match to `holds`.
`bare_pattern` is the same of a value that stands bare between separators, for `sync.sheaf`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Protocol

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_CHAR: Final = r"[^\x00-\x1f\x7f\ud800-\udfff]"
_PLAIN_CHAR: Final = r'[^"\\\x00-\x1f\x7f\ud800-\udfff]'  # stands for itself in JSON
_DAY_TIME: Final = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_EVERY_YEARS_DATE: Final = (  # all but 29 February
    r"[1-9]\d{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)


class Field(Protocol):
    """A kind of value on the wire.

    Attributes:
        pattern: of the canonical JSON text, quotes left out; it has no groups.
        bare_pattern: of the value as text, nothing escaped; it has no groups.
        quote: what stands around it: ``"`` or nothing.
    """

    @property
    def pattern(self) -> str: ...  # noqa: D102 - see Attributes

    @property
    def bare_pattern(self) -> str: ...  # noqa: D102

    @property
    def quote(self) -> str: ...  # noqa: D102

    def holds(self, value: Any) -> bool:
        """Tell whether a decoded value may stand in this field."""


class Text:
    """Text without control characters and lone surrogates, of bounded length."""

    quote = '"'

    def __init__(self, longest: int, *, empty: bool = True) -> None:
        self._shortest = 0 if empty else 1
        self._longest = longest
        self.pattern = f"{_PLAIN_CHAR}{{{self._shortest},{longest}}}+"  # +: never backtracks
        self.bare_pattern = f"{_CHAR}{{{self._shortest},{longest}}}+"

    def holds(self, value: Any) -> bool:
        """Tell whether `value` is such a text."""
        return (
            type(value) is str
            and self._shortest <= len(value) <= self._longest
            # printable text, the usual case, has neither control characters nor surrogates
            and (value.isprintable() or not _FORBIDDEN.search(value))
        )


class Whole:
    """An integer within low..high, or null where `nullable`."""

    quote = ""

    def __init__(self, low: int, high: int, *, nullable: bool = False) -> None:
        assert low in (0, -high), "the pattern knows ranges from zero and around zero"
        self._low, self._high, self._nullable = low, high, nullable
        safe_digits = len(str(high)) - 1  # whatever they are, the number is below high
        sign = "-?" if low < 0 else ""
        null = "|null" if nullable else ""
        self.pattern = rf"(?:0|{sign}[1-9]\d{{0,{safe_digits - 1}}}|{high}{null})"
        self.bare_pattern = self.pattern

    def holds(self, value: Any) -> bool:
        """Tell whether `value` is such a number; true and false are none."""
        return (type(value) is int and self._low <= value <= self._high) or (
            self._nullable and value is None
        )


class Choice:
    """One of a few words."""

    quote = '"'

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(map(str, words))
        self.pattern = f"(?:{'|'.join(map(re.escape, sorted(self._words)))})"
        self.bare_pattern = self.pattern

    def holds(self, value: Any) -> bool:
        """Tell whether `value` is one of them."""
        return type(value) is str and value in self._words


class Instant:
    """A date and time that the calendar has: ``2026-11-23T08:59:59`` and a fixed ending."""

    quote = '"'

    def __init__(self, ending: str) -> None:
        self._shape = re.compile(rf"\d{{4}}-\d\d-\d\dT{_DAY_TIME}{ending}", re.ASCII)
        self.pattern = f"{_EVERY_YEARS_DATE}T{_DAY_TIME}{ending}"
        self.bare_pattern = self.pattern

    def holds(self, value: Any) -> bool:
        """Tell whether `value` is such a text."""
        if type(value) is not str or not self._shape.fullmatch(value):
            return False
        try:
            datetime.fromisoformat(value[:19])
        except ValueError:
            return False
        return True
