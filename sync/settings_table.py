"""A TOML file of settings, read key by key: every error names the place, the key and what is allowed."""

from __future__ import annotations

import errno
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sync.allowed import in_chinese
from sync.broker import BROKER_FORMS, parse_broker
from sync.clock import Clock, ScaledClock, SystemClock
from sync.errors import ToldError, WireError
from sync.fields import Text
from sync.records import MAX_TEXT
from sync.topics import check_name

Choice = TypeVar("Choice", bound=StrEnum)

MAX_ADDRESS: Final = 4096
"""Characters of a path or an address."""

_NAME: Final = "1-64 letters, digits, '.', '_' or '-', beginning with a letter or digit"
_WEB: Final = "an address that begins with https:// or http://"
_FILE: Final = "the path of a file this program may read"
_LINE: Final = re.compile(r"\(at line (\d+), column (\d+)\)")
_TROUBLES: Final = {
    errno.ENOENT: "没有这个文件", errno.EACCES: "没有权限", errno.EISDIR: "它是文件夹", errno.ENOTDIR: "上级不是文件夹",
    errno.EIO: "磁盘读取出错",
}  # fmt: skip


def parse_toml(content: bytes, where: object) -> dict[str, Any]:
    """Return the document that a file holds.

    Raises:
        ToldError: it is no TOML; names the line.
    """
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ToldError(
            f"{where} 第 {line} 行不是 UTF-8 文字;请用编辑器另存为 UTF-8",
            f"{where} is no TOML file: line {line} is not in UTF-8; save it as UTF-8",
        ) from error
    except tomllib.TOMLDecodeError as error:
        zh = _LINE.sub(r"第 \1 行第 \2 列", str(error)).replace(
            "(at end of document)", "(文件末尾)"
        )
        raise ToldError(
            f"{where} 不是正确的 TOML 文件:{zh};请检查那里的引号、等号和方括号",
            f"{where} is no TOML file: {error}; look at the quotes, '=' and brackets there",
        ) from error


def read_toml(path: Path, if_missing: tuple[str, str] | None = None) -> dict[str, Any]:
    """Return the document of a file.

    Args:
        if_missing: what to do when it is not there, in Chinese and English.

    Raises:
        ToldError: it cannot be read, or is no TOML.
    """
    return parse_toml(read_content(path, if_missing), path)


def read_content(path: Path, if_missing: tuple[str, str] | None = None) -> bytes:
    """Return what a file of settings holds.

    Args:
        if_missing: what to do when it is not there, in Chinese and English.

    Raises:
        ToldError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        zh, en = if_missing or ("请检查路径", "see whether the path is right")
        raise ToldError(
            f"读不到 {path}:没有这个文件;{zh}", f"{path} cannot be read: it is not there; {en}"
        ) from error
    except OSError as error:
        why = _TROUBLES.get(error.errno or 0, error.strerror or "")
        raise ToldError(
            f"读不到 {path}:{why}", f"{path} cannot be read: {error.strerror}"
        ) from error


class SettingError(ToldError):
    """A key of a table is wrong, missing, or unknown.

    Attributes:
        where: the table's place.
        content: the table as it is being read.
    """

    def __init__(self, where: str, content: dict[str, Any], key: str, zh: str, en: str) -> None:
        super().__init__(f"{where}:{zh}", f"{where}: {en}")
        self.where = where
        self.content = content
        self.key = key


class Table:
    """A table being read key by key; `finish` refuses what nobody read.

    Args:
        content: as TOML gave it; None: the table is not there.
        where: how errors name the place, e.g. ``hq.toml, [web]``.
        known: keys that somebody else reads.
    """

    def __init__(self, content: object, where: str, known: Iterable[str] = ()) -> None:
        if content is not None and not isinstance(content, dict):
            raise ToldError(f"{where}:应是一张表", f"{where} must be a table")
        self.is_given = content is not None
        self._content: dict[str, Any] = content if isinstance(content, dict) else {}
        self.where = where
        self._known: set[str] = set(known)

    def wrong(self, key: str, allowed: str) -> SettingError:
        """Return the error for a key; `allowed` completes "must be ..." and is in `PHRASES`."""
        zh = en = f"{key} = {self._content[key]!r}" if key in self._content else ""
        return self.refused(
            key,
            f"{zh or f'缺少 {key}'};应是{in_chinese(allowed)}",
            f"{en or f'{key} is missing'}; it must be {allowed}",
        )

    def refused(self, key: str, zh: str, en: str) -> SettingError:
        """Return the error for a key, in words of one's own."""
        return SettingError(self.where, self._content, key, zh, en)

    def has(self, key: str) -> bool:
        """Tell whether a key is given."""
        self._known.add(key)
        return key in self._content

    def value(self, key: str, kinds: tuple[type, ...], allowed: str, default: Any = None) -> Any:
        """Return a value of one of some types; None as default: required."""
        if not self.has(key) and default is not None:
            return default
        value = self._content.get(key)
        if type(value) not in kinds:
            raise self.wrong(key, allowed)
        return value

    def text(
        self, key: str, allowed: str, default: str | None = None, longest: int = MAX_TEXT
    ) -> str:
        """Return a text of printable characters; None as default: required."""
        value = str(self.value(key, (str,), allowed, default))
        if value != default and not Text(longest, empty=False).holds(value):
            raise self.wrong(key, allowed)
        return value

    def address(self, key: str, allowed: str, default: str | None = None) -> str:
        """Return a path or an address as it is written; None as default: required."""
        return self.text(key, allowed, default, MAX_ADDRESS)

    def name(self, key: str, default: str | None = None) -> str:
        """Return what may stand in a topic."""
        value = self.text(key, _NAME, default)
        if value == default:
            return value
        try:
            return check_name(value, key)
        except WireError as error:
            raise self.wrong(key, _NAME) from error

    def choice(self, key: str, among: Iterable[str], default: str) -> str:
        """Return one of the allowed texts."""
        values = tuple(among)
        allowed = f"one of {', '.join(values)}"
        value = str(self.value(key, (str, type(default)), allowed, default))
        if value not in values:
            raise self.wrong(key, allowed)
        return value

    def choices(
        self, key: str, among: type[Choice], default: frozenset[Choice]
    ) -> frozenset[Choice]:
        """Return a set of names; an empty list is an empty set."""
        allowed = f"a list of {', '.join(among)}"
        given = self.value(key, (list,), allowed, sorted(default))
        if not all(type(one) in (str, among) and one in set(among) for one in given):
            raise self.wrong(key, allowed)
        return frozenset(map(among, given))

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        return bool(self.value(key, (bool,), "true or false", default))

    def whole(self, key: str, low: int, high: int, default: int) -> int:
        """Return a whole number between two bounds, both included."""
        allowed = f"a whole number, {low} to {high}"
        value = int(self.value(key, (int,), allowed, default))
        if not low <= value <= high:
            raise self.wrong(key, allowed)
        return value

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """Return a number between two bounds, both included; None as default: required."""
        return self._measure(key, "a number", low, high, default)

    def seconds(self, key: str, low: float, high: float, default: float) -> float:
        """Return a number of seconds between two bounds, both included."""
        return self._measure(key, "a number of seconds", low, high, default)

    def _measure(
        self, key: str, what: str, low: float, high: float, default: float | None
    ) -> float:
        allowed = f"{what}, {low:g} to {high:g}"
        value = float(self.value(key, (int, float), allowed, default))
        if not low <= value <= high:
            raise self.wrong(key, allowed)
        return value

    def numbers(self, key: str, low: int, high: int, default: Sequence[int]) -> tuple[int, ...]:
        """Return a list of whole numbers between two bounds, both included."""
        allowed = f"a list of whole numbers, {low} to {high}"
        value = self.value(key, (list,), allowed, list(default))
        if not all(type(one) is int and low <= one <= high for one in value):
            raise self.wrong(key, allowed)
        return tuple(value)

    def texts(self, key: str, allowed: str) -> tuple[str, ...]:
        """Return a list of texts, empty when it is not given."""
        value = self.value(key, (list,), allowed, [])
        if not all(type(one) is str for one in value):
            raise self.wrong(key, allowed)
        return tuple(value)

    def table(self, key: str) -> Self:
        """Return a table inside this one, empty when it is not given."""
        value = self.value(key, (dict,), "a table", {})
        return type(self)(value, f"{self.where}, {key}")

    def tables(self, key: str) -> list[Self]:
        """Return an array of tables, empty when there is none."""
        content = self.value(key, (list,), f"tables headed [[{key}]]", [])
        where = self.where.replace("]", f".{key}]")
        return [type(self)(one, f"{where} no. {number}") for number, one in enumerate(content, 1)]

    def mapping(self, key: str, allowed: str) -> Mapping[str, Any]:
        """Return a table whose keys are data."""
        value: Mapping[str, Any] = self.value(key, (dict,), allowed, {})
        return value

    def broker(self, key: str, default: str | None = None) -> str:
        """Return the address of an MQTT broker; None as default: required."""
        url = self.address(key, BROKER_FORMS, default)
        try:
            if url != default:
                parse_broker(url)
        except ValueError as error:
            raise self.wrong(key, BROKER_FORMS) from error
        return url

    def web(self, key: str) -> str:
        """Return the address of web pages without a slash at its end, empty when not given."""
        address = self.address(key, _WEB, "")
        if address and not address.startswith(("https://", "http://")):
            raise self.wrong(key, _WEB)
        return address.rstrip("/")

    def folder(self, key: str, default: Path | None = None) -> Path:
        """Return an absolute path; None as default: required."""
        given = self.address(key, "an absolute path", None if default is None else str(default))
        path = Path(given)
        if not path.is_absolute():
            raise self.wrong(key, "an absolute path")
        return path

    def file(self, key: str) -> Path | None:
        """Return the path of a readable file, None when it is not given."""
        path = self.address(key, _FILE, "")
        if not path:
            return None
        try:
            with Path(path).open("rb"):
                return Path(path)
        except OSError as error:
            why = _TROUBLES.get(error.errno or 0, error.strerror or "")
            zh = f"{key} = {path!r};应是{in_chinese(_FILE)}({why})"
            en = f"{key} = {path!r}; it must be {_FILE} ({error.strerror})"
            raise self.refused(key, zh, en) from error

    def content(self, key: str) -> bytes | None:
        """Return what a file holds, None when none is given."""
        path = self.file(key)
        return None if path is None else path.read_bytes()

    def secret(self, key: str) -> str:
        """Return what a file holds, without the line's end; empty when none is given."""
        try:
            return (self.content(key) or b"").decode().strip()
        except UnicodeDecodeError as error:
            raise self.wrong(key, "the path of a text file") from error

    def finish(self) -> None:
        """Refuse keys that nobody read: a misspelt key must not be ignored."""
        for key in self._content:
            if key not in self._known:
                known = ", ".join(sorted(self._known))
                zh, en = (
                    f"不认识 {key};可用的有:{known}",
                    f"unknown key {key!r}; known: {known}",
                )
                raise self.refused(key, zh, en)


def read_clock(table: Table) -> Clock:
    """Return the machine's clock, or a demonstration's if its table is there."""
    if not table.is_given:
        return SystemClock.of_this_boot()
    allowed = "an instant in UTC, such as 2026-11-23T00:00:00Z"
    try:
        wall = datetime.fromisoformat(table.text("wall_start_utc", allowed)).astimezone(UTC)
    except ValueError as error:
        raise table.wrong("wall_start_utc", allowed) from error
    return ScaledClock(
        wall, table.seconds("real_start_s", 0, 2.0**40, 0), table.number("speed", 0.001, 100_000, 1)
    )


def secret_files(document: Mapping[str, Any]) -> tuple[Path, ...]:
    """Return the files that settings name for what nobody else may know, in any table.

    >>> secret_files({"mqtt": {"ca_file": "/ca", "key_file": "/k"}, "robot": [{"token_file": "/t"}]})
    (PosixPath('/k'), PosixPath('/t'))
    """
    found: list[Path] = []
    for key, value in document.items():
        if isinstance(value, str) and key.endswith("_file") and key != "ca_file":
            found.append(Path(value))
        for one in value if isinstance(value, list) else [value]:
            found += secret_files(one) if isinstance(one, Mapping) else ()
    return tuple(found)
