"""A table of a settings file, read key by key; every error names its place and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from cloud_receiver.store.engine import DIALECTS
from sync.errors import DakaError, WireError
from sync.topics import SHARDS, check_name

Choice = TypeVar("Choice", bound=StrEnum)

_NAME: Final = "1-64 letters, digits, '.', '_' or '-', beginning with a letter or digit"


class Table:
    """A table being read key by key; `finish` refuses what nobody read."""

    def __init__(self, content: object, where: str) -> None:
        if content is not None and not isinstance(content, Mapping):
            raise DakaError(f"{where} must be a table")
        self.is_given = content is not None
        self._content: Mapping[str, Any] = content or {}
        self._where = where
        self._known: set[str] = set()

    def wrong(self, key: str, allowed: str) -> DakaError:
        """Return the error for a key; `allowed` completes "must be ..."."""
        found = f"{key} = {self._content[key]!r}" if key in self._content else f"{key} is missing"
        return DakaError(f"{self._where}: {found}; it must be {allowed}")

    def _value(self, key: str, kinds: tuple[type, ...], allowed: str, default: Any) -> Any:
        self._known.add(key)
        if key not in self._content and default is not None:
            return default
        value = self._content.get(key)
        if type(value) not in kinds:
            raise self.wrong(key, allowed)
        return value

    def text(self, key: str, allowed: str, default: str | None = None) -> str:
        """Return a text; None as default: required."""
        return str(self._value(key, (str,), allowed, default))

    def name(self, key: str, default: str | None = None) -> str:
        """Return what may stand in a topic."""
        value = self.text(key, _NAME, default)
        if value == default:
            return value
        try:
            return check_name(value, key)
        except WireError as error:
            raise self.wrong(key, _NAME) from error

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        return bool(self._value(key, (bool,), "true or false", default))

    def whole(self, key: str, low: int, high: int, default: int) -> int:
        """Return a whole number between two bounds, both included."""
        allowed = f"a whole number, {low} to {high}"
        value = int(self._value(key, (int,), allowed, default))
        if not low <= value <= high:
            raise self.wrong(key, allowed)
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """Return a number between two bounds, both included; required."""
        allowed = f"a number, {low:g} to {high:g}"
        value = float(self._value(key, (int, float), allowed, None))
        if not low <= value <= high:
            raise self.wrong(key, allowed)
        return value

    def shards(self, key: str) -> tuple[int, ...] | None:
        """Return a list of shards, None when it is not given."""
        allowed = f"a list of shards, each 0 to {SHARDS - 1}"
        if key not in self._content:
            self._known.add(key)
            return None
        value = self._value(key, (list,), allowed, None)
        if not value or not all(type(one) is int and 0 <= one < SHARDS for one in value):
            raise self.wrong(key, allowed)
        return tuple(sorted(set(value)))

    def tables(self, key: str) -> list[Table]:
        """Return an array of tables, empty when there is none."""
        allowed = f"tables headed [[{key}]]"
        content = self._value(key, (list,), allowed, [])
        where = self._where.replace("]", f".{key}]")
        return [Table(one, f"{where} no. {number}") for number, one in enumerate(content, 1)]

    def texts(self, key: str, allowed: str) -> tuple[str, ...]:
        """Return a list of texts, empty when it is not given."""
        content = self._value(key, (list,), allowed, [])
        if not all(type(one) is str and one for one in content):
            raise self.wrong(key, allowed)
        return tuple(content)

    def choices(
        self, key: str, among: type[Choice], default: frozenset[Choice]
    ) -> frozenset[Choice]:
        """Return a set of names; an empty list is an empty set."""
        allowed = f"a list of {', '.join(among)}"
        given = self._value(key, (list,), allowed, sorted(default))
        if not set(given) <= set(among):
            raise self.wrong(key, allowed)
        return frozenset(map(among, given))

    def secret(self, key: str) -> str:
        """Return what a file holds, without the line's end; empty when none is given."""
        try:
            return (self.content(key) or b"").decode().strip()
        except UnicodeDecodeError as error:
            raise self.wrong(key, "the path of a text file") from error

    def folder(self, key: str, default: Path | None = None) -> Path:
        """Return an absolute path; None as default: required."""
        path = Path(self.text(key, "an absolute path", None if default is None else str(default)))
        if not path.is_absolute():
            raise self.wrong(key, "an absolute path")
        return path

    def file(self, key: str) -> Path | None:
        """Return the path of a readable file, None when it is not given."""
        allowed = "the path of a file headquarters may read"
        path = self.text(key, allowed, "")
        if not path:
            return None
        try:
            with Path(path).open("rb"):
                return Path(path)
        except OSError as error:
            raise self.wrong(key, f"{allowed} ({error.strerror})") from error

    def content(self, key: str) -> bytes | None:
        """Return what a file holds, None when none is given."""
        path = self.file(key)
        return None if path is None else path.read_bytes()

    def database_url(self, key: str, default: str) -> str:
        """Return the URL of a database of a kind that can be used."""
        allowed = "a URL that begins with " + " or ".join(f"{name}:" for name in DIALECTS)
        url = self.text(key, allowed, default)
        if not url.startswith((*(f"{name}:" for name in DIALECTS), "postgresql+psycopg:")):
            raise self.wrong(key, allowed)
        return url

    def finish(self) -> None:
        """Refuse keys that nobody read: a misspelt key must not be ignored."""
        for key in self._content:
            if key not in self._known:
                known = ", ".join(sorted(self._known))
                raise DakaError(f"{self._where}: unknown key {key!r}; known: {known}")
