"""Read a device's table of the configuration; every error names the key and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from drivers.transports import LinkUrl, parse_url
from sync.errors import DakaError
from sync.records import is_clean_text

AGENT_KEYS: Final = frozenset(("name", "driver", "poll_s"))
"""Keys of a ``[[device]]`` table that belong to the agent, whatever the driver."""

_REQUIRED: Final = object()


class Keys:
    """A table being read key by key; `finish` refuses what nobody read.

    Args:
        table: as TOML gave it.
        where: how errors name the place, e.g. ``agent.toml, device 'front door'``.
    """

    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        self._table = table
        self._where = where
        self._known: set[str] = set(AGENT_KEYS)

    def wrong(self, name: str, allowed: str) -> DakaError:
        """Return the error for a key; `allowed` completes "must be ..."."""
        found = self._table.get(name)
        return DakaError(f"{self._where}: {name} = {found!r}; it must be {allowed}")

    def text(self, name: str, allowed: str, default: str | None = None) -> str:
        """Return a text of printable characters; None as default: required."""
        value = self._value(name, _REQUIRED if default is None else default, allowed)
        if type(value) is not str or (value != default and not is_clean_text(value)):
            raise self.wrong(name, allowed)
        return value

    def link(self, name: str, allowed: str, default_port: int = 0) -> LinkUrl:
        """Return a transport URL taken apart; required."""
        try:
            return parse_url(self.text(name, allowed), default_port)
        except DakaError as error:
            raise DakaError(f"{self._where}: {name}: {error}") from error

    def choice(self, name: str, allowed: Iterable[str], default: str) -> str:
        """Return one of the allowed texts."""
        values = tuple(allowed)
        value = self._value(name, default, "")
        if value not in values:
            raise self.wrong(name, f"one of {', '.join(values)}")
        return str(value)

    def whole(self, name: str, low: int, high: int, default: int) -> int:
        """Return a whole number between two bounds, both included."""
        value = self._value(name, default, "")
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(name, f"a whole number, {low} to {high}")
        return value

    def seconds(self, name: str, low: float, high: float, default: float) -> float:
        """Return a number of seconds between two bounds, both included."""
        value = self._value(name, default, "")
        if type(value) not in (int, float) or not low <= value <= high:
            raise self.wrong(name, f"a number of seconds, {low:g} to {high:g}")
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._value(name, default, "")
        if type(value) is not bool:
            raise self.wrong(name, "true or false")
        return value

    def texts(self, name: str, allowed: str) -> tuple[str, ...]:
        """Return a list of texts, empty when the key is missing."""
        value = self._value(name, [], allowed)
        if type(value) is not list or not all(type(item) is str for item in value):
            raise self.wrong(name, allowed)
        return tuple(value)

    def numbers(self, name: str, low: int, high: int, default: Sequence[int]) -> tuple[int, ...]:
        """Return a list of whole numbers between two bounds, both included."""
        value = self._value(name, list(default), "")
        if type(value) is not list or not all(
            type(item) is int and low <= item <= high for item in value
        ):
            raise self.wrong(name, f"a list of whole numbers, {low} to {high}")
        return tuple(value)

    def pattern(self, name: str, compiled: Callable[[str], re.Pattern[str]]) -> re.Pattern[str]:
        """Return a regular expression; required. `compiled` says with ValueError why not."""
        return self._compile(name, self._value(name, _REQUIRED, "a regular expression"), compiled)

    def patterns(
        self, name: str, compiled: Callable[[str], re.Pattern[str]]
    ) -> tuple[re.Pattern[str], ...]:
        """Return a list of regular expressions, empty when the key is missing."""
        texts = self.texts(name, "a list of regular expressions")
        return tuple(self._compile(name, text, compiled) for text in texts)

    def _compile(
        self, name: str, text: object, compiled: Callable[[str], re.Pattern[str]]
    ) -> re.Pattern[str]:
        if type(text) is not str:
            raise self.wrong(name, "a regular expression")
        try:
            return compiled(text)
        except ValueError as error:
            raise DakaError(f"{self._where}: {name} = {text!r} {error}") from error

    def table(self, name: str) -> Keys:
        """Return a table inside this one, empty when the key is missing."""
        value = self._value(name, {}, "")
        if not isinstance(value, Mapping):
            raise self.wrong(name, "a table")
        return Keys(value, f"{self._where}, {name}")

    def mapping(self, name: str, allowed: str) -> Mapping[str, Any]:
        """Return a table whose keys are data."""
        value = self._value(name, {}, allowed)
        if not isinstance(value, Mapping):
            raise self.wrong(name, allowed)
        return value

    def finish(self) -> None:
        """Refuse keys that nobody read: a misspelt key must not be ignored.

        Raises:
            DakaError: names the key and the known ones.
        """
        for name in self._table:
            if name not in self._known:
                known = ", ".join(sorted(self._known))
                raise DakaError(f"{self._where}: unknown key {name!r}; known keys: {known}")

    def _value(self, name: str, default: object, allowed: str) -> Any:
        self._known.add(name)
        if name in self._table:
            return self._table[name]
        if default is _REQUIRED:
            raise DakaError(f"{self._where}: {name} is missing; it must be {allowed}")
        return default
