"""The settings of a serial line device: a shipped profile and what differs from it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from drivers.keys import Keys
from drivers.serialline.checks import Check, CheckForm, CheckKind, Cover, check_bytes
from drivers.serialline.frames import DEFAULT_FRAME_BYTES, MAX_FRAME_BYTES, Framing, FramingKind
from drivers.serialline.layouts import Fields, UserForm
from drivers.serialline.pattern import compile_pattern
from drivers.transports import LinkUrl
from sync.errors import ToldError
from sync.places import config_dir
from sync.records import STATE_UNKNOWN

PROFILE_FOLDER: Final = "serial"
_ENCODINGS: Final = ("ascii", "latin-1", "gb18030", "utf-8")
_DATE_DIRECTIVES: Final = (("%Y", "%y"), ("%m", "%b", "%j"), ("%d", "%j"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialLineSettings:
    """One device on a serial line or serial server.

    Attributes:
        serial: names the device in every record; it tells none, so use the one on its label.
        profile: the shipped profile it stands on, or empty.
    """

    link: LinkUrl
    serial: str
    profile: str
    framing: Framing
    check: Check
    fields: Fields

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> SerialLineSettings:
        """Read the device's table; its keys win over those of its profile.

        Raises:
            DakaError: names the key and what is allowed.
        """
        keys = Keys(_on_profile(table, where), where)
        framing = _framing(keys.table("framing"))
        check_keys = keys.table("check")
        settings = cls(
            link=keys.link("url", "serial:///dev/ttyUSB0?baud=9600 or socket://host:port"),
            serial=keys.text("serial", "the number on the device's label, unique in the company"),
            profile=keys.text("profile", "the name of a profile", ""),
            framing=framing,
            check=_check(check_keys, framing),
            fields=_fields(keys.table("fields")),
        )
        keys.text("about", "a sentence", "")  # a profile says what it is for
        keys.finish()
        return settings


def profile_names() -> tuple[str, ...]:
    """Return the names of the shipped profiles."""
    return tuple(sorted(path.stem for path in (config_dir() / PROFILE_FOLDER).glob("*.toml")))


def _on_profile(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the device's table laid over its profile, section by section."""
    name = table.get("profile", "")
    if not name:
        return dict(table)
    if name not in profile_names():
        known = ", ".join(profile_names())
        raise ToldError(
            f"{where}:profile = {name!r};应是其中之一:{known}",
            f"{where}: profile = {name!r}; it must be one of {known}",
        )
    text = (config_dir() / PROFILE_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    merged: dict[str, Any] = tomllib.loads(text)
    for key, value in table.items():
        section = merged.get(key)
        if isinstance(section, dict) and isinstance(value, Mapping):
            value = {**section, **value}
        merged[key] = value
    return merged


def _framing(keys: Keys) -> Framing:
    start = keys.whole("start_byte", -1, 255, -1)
    ends = keys.numbers("end_bytes", 0, 255, (0x0D, 0x0A))
    framing = Framing(
        kind=FramingKind(keys.choice("kind", FramingKind, FramingKind.DELIMITER)),
        start_byte=start if start >= 0 else None,
        end_bytes=bytes(ends),
        length=keys.whole("length", 0, MAX_FRAME_BYTES, 0),
        tail_bytes=keys.whole("tail_bytes", 0, 4, 0),
        max_bytes=keys.whole("max_bytes", 1, MAX_FRAME_BYTES, DEFAULT_FRAME_BYTES),
        gap_ms=keys.whole("gap_ms", 20, 5000, 200),
    )
    keys.finish()
    if framing.kind is FramingKind.STX_ETX and framing.start_byte is None:
        raise keys.wrong("start_byte", "the byte that opens a frame, e.g. 0x02")
    if framing.kind in (FramingKind.STX_ETX, FramingKind.DELIMITER) and not framing.end_bytes:
        raise keys.wrong("end_bytes", "the bytes that end a frame, e.g. [0x0D, 0x0A]")
    if framing.kind is FramingKind.FIXED and not 1 <= framing.length <= framing.max_bytes:
        raise keys.wrong("length", "the bytes of a frame, at most max_bytes")
    if framing.kind is not FramingKind.STX_ETX and framing.tail_bytes:
        raise keys.wrong("tail_bytes", "0 unless kind is stx_etx")
    if framing.kind in (FramingKind.DELIMITER, FramingKind.GAP) and start >= 0:
        raise keys.wrong("start_byte", "left out unless kind is stx_etx or fixed")
    return framing


def _check(keys: Keys, framing: Framing) -> Check:
    check = Check(
        kind=CheckKind(keys.choice("kind", CheckKind, CheckKind.NONE)),
        form=CheckForm(keys.choice("form", CheckForm, CheckForm.HEX)),
        cover=Cover(keys.choice("cover", Cover, Cover.BODY)),
    )
    keys.finish()
    if framing.tail_bytes and check_bytes(check) != framing.tail_bytes:
        raise keys.wrong("kind", f"one whose form takes {framing.tail_bytes} bytes, as tail_bytes")
    if check.cover in (Cover.BODY_END, Cover.ALL) and not framing.tail_bytes:
        raise keys.wrong("cover", "body or decoded, unless the check follows the end (tail_bytes)")
    return check


def _fields(keys: Keys) -> Fields:
    states = keys.mapping("states", "texts of the state group and their codes, 0 to 255")
    for code in states.values():
        if type(code) is not int or not 0 <= code <= STATE_UNKNOWN:
            raise keys.wrong("states", "texts of the state group and their codes, 0 to 255")
    fields = Fields(
        punch=keys.pattern("punch", compile_pattern),
        date_change=keys.patterns("date_change", compile_pattern),
        ignored=keys.patterns("ignored", compile_pattern),
        time_format=keys.text("time_format", "a strptime format", ""),
        date_format=keys.text("date_format", "a strptime format", ""),
        encoding=keys.choice("encoding", _ENCODINGS, "ascii"),
        user_form=UserForm(keys.choice("user_form", UserForm, UserForm.TEXT)),
        user_digits=keys.whole("user_digits", 0, 20, 0),
        states=dict(states),
        verify_code=keys.whole("verify_code", 0, 255, 0),
    )
    keys.finish()
    _refuse_contradictions(keys, fields)
    return fields


def _refuse_contradictions(keys: Keys, fields: Fields) -> None:
    groups = set(fields.punch.groupindex)
    known = {"user", "time", "date", "state", "workcode"}
    if "user" not in groups or groups - known:
        raise keys.wrong("punch", f"a pattern with the group user, and no other than {known}")
    if bool(fields.time_format) != ("time" in groups):
        raise keys.wrong("time_format", "given exactly when the pattern has the group time")
    if "state" in groups and not fields.states:
        raise keys.wrong("states", "given when the pattern has the group state")
    if any("date" not in pattern.groupindex for pattern in fields.date_change):
        raise keys.wrong("date_change", "patterns with the group date")
    full_format = fields.date_format if fields.date_change else fields.time_format
    is_dated = all(any(one in full_format for one in some) for some in _DATE_DIRECTIVES)
    if fields.time_format and not is_dated:
        name = "date_format" if fields.date_change else "time_format"
        raise keys.wrong(name, "a format with year, month and day")
    if "%z" in fields.time_format.lower():
        raise keys.wrong("time_format", "without time zone: terminals show the store's time")
