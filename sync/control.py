"""What headquarters may ask of a box and what the box says to it.

Settings: headquarters keeps a versioned wish on `topics.desired` (retained) and the box
says on `topics.reported` what is in force and why a wish was refused. Commands: live
actions on `topics.command` with an id and an expiry, answered once or more often on
`topics.reply`; the same id is the same command. `Echo` goes to the database and back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sync.envelope import MAX_SEQ, decode_json, encode_body, instant_field, text_field, whole
from sync.errors import ToldError, WireError

VERSION: Final = 1
MAX_REASON: Final = 1000
MAX_RESULT_CHARS: Final = 48 * 1024


class Range(NamedTuple):
    """The whole numbers a remote setting may take, both ends included."""

    low: int
    high: int


REMOTE_SETTINGS: Final[dict[str, Range]] = {
    "heartbeat_s": Range(5, 3600),
    "poll_s": Range(1, 86_400),
    "full_read_hour": Range(0, 23),
    "retention_days": Range(1, 3650),
}
"""All that may be set from afar: how often, when and how long. Never whom to talk to, what
to read or where to keep it: a mistake there would cut off the box that has to be mended."""


class Action(StrEnum):
    """What a command may ask for."""

    REREAD = "reread"  # {"device": name, "since": "2026-11-01" or ""}
    REPLAY = "replay"  # {"lane": lane, "first": seq, "last": seq}
    DIAGNOSE = "diagnose"  # {}


class Outcome(StrEnum):
    """How a command ended."""

    DONE = "done"
    REFUSED = "refused"  # it does not hold, or the box cannot do it
    FAILED = "failed"  # it was tried
    EXPIRED = "expired"  # it came too late and was not tried


@dataclass(frozen=True, slots=True)
class Desired:
    """Settings as headquarters wants them; what is not named is as the box's file says.

    Attributes:
        version: grows with each change at headquarters.
    """

    version: int
    settings: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a box made of the wish of that version.

    Attributes:
        version: of the wish, 0 when there never was one.
        reason: why it was refused; empty: it is in force.
        settings: the remote settings in force, whoever set them.
    """

    version: int
    reason: str
    settings: Mapping[str, int]
    at_utc: str


@dataclass(frozen=True, slots=True)
class Command:
    """A live action.

    Attributes:
        command_id: names it; a box does the same one once.
        action: an `Action`, or a word only a newer agent knows.
        expires_utc: not begun after this.
    """

    command_id: str
    action: str
    arguments: Mapping[str, Any]
    expires_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a command ended; `detail` is a sentence, `result` what it brought."""

    command_id: str
    outcome: Outcome
    detail: str
    result: Mapping[str, Any]
    at_utc: str


@dataclass(frozen=True, slots=True)
class Echo:
    """A word that goes through the receiver's database and comes back."""

    nonce: str


def refusal_of(settings: Mapping[str, Any]) -> ToldError | None:
    """Return why these settings may not be set from afar; None: they may."""
    for name, value in settings.items():
        allowed = REMOTE_SETTINGS.get(name)
        if allowed is None:
            known = ", ".join(REMOTE_SETTINGS)
            return ToldError(
                f"{name} 不能由总部设置;可以设置的有:{known}",
                f"{name!r} cannot be set from headquarters; what can: {known}",
            )
        if type(value) is not int or not allowed.low <= value <= allowed.high:
            low, high = allowed.low, allowed.high
            return ToldError(
                f"{name} = {value!r};应是 {low} 到 {high} 的整数",
                f"{name} = {value!r}; it must be a whole number, {low} to {high}",
            )
    return None


def encode(document: Desired | Reported | Command | Reply | Echo) -> bytes:
    """Return the JSON bytes of a document."""
    match document:
        case Desired():
            wire: dict[str, Any] = {"version": document.version, "settings": document.settings}
        case Reported():
            wire = {
                "version": document.version,
                "reason": document.reason[:MAX_REASON],
                "settings": document.settings,
                "at_utc": document.at_utc,
            }
        case Command():
            wire = {
                "id": document.command_id,
                "action": document.action,
                "arguments": document.arguments,
                "expires_utc": document.expires_utc,
            }
        case Reply():
            wire = {
                "id": document.command_id,
                "outcome": document.outcome,
                "detail": document.detail[:MAX_REASON],
                "result": document.result,
                "at_utc": document.at_utc,
            }
        case Echo():
            wire = {"nonce": document.nonce}
    return encode_body({"v": VERSION, **wire}).encode()


def decode_desired(payload: bytes) -> Desired:
    """Decode a wish; whether its settings may be set is `refusal_of`'s to say.

    Raises:
        WireError: it does not hold.
    """
    message = _decode(payload, "desired settings")
    return Desired(whole(message, "version", 1, MAX_SEQ), _object(message, "settings"))


def decode_reported(payload: bytes) -> Reported:
    """Decode a box's report of its settings.

    Raises:
        WireError: it does not hold.
    """
    message = _decode(payload, "reported settings")
    settings = _object(message, "settings")
    # what a box has from its own file may lie outside what may be set from afar
    return Reported(
        version=whole(message, "version", 0, MAX_SEQ),
        reason=_sentence(message, "reason"),
        settings={
            name: whole(settings, name, 0, MAX_SEQ) for name in REMOTE_SETTINGS if name in settings
        },
        at_utc=instant_field(message, "at_utc"),
    )


def decode_command(payload: bytes) -> Command:
    """Decode a command.

    Raises:
        WireError: it does not hold.
    """
    message = _decode(payload, "command")
    return Command(
        text_field(message, "id"),
        text_field(message, "action"),
        _object(message, "arguments"),
        instant_field(message, "expires_utc"),
    )


def decode_reply(payload: bytes) -> Reply:
    """Decode a reply.

    Raises:
        WireError: it does not hold.
    """
    message = _decode(payload, "reply")
    outcome = text_field(message, "outcome")
    if outcome not in set(Outcome):
        raise WireError("field", f"outcome: {outcome!r} is none of {', '.join(Outcome)}")
    result = _object(message, "result")
    if len(encode_body(result)) > MAX_RESULT_CHARS:
        raise WireError("field", f"result: at most {MAX_RESULT_CHARS} characters are expected")
    return Reply(
        command_id=text_field(message, "id"),
        outcome=Outcome(outcome),
        detail=_sentence(message, "detail"),
        result=result,
        at_utc=instant_field(message, "at_utc"),
    )


def decode_echo(payload: bytes) -> Echo:
    """Decode an echo, asked or answered.

    Raises:
        WireError: it does not hold.
    """
    return Echo(text_field(_decode(payload, "echo"), "nonce"))


def _decode(payload: bytes, what: str) -> dict[str, Any]:
    message = decode_json(payload)
    if message.get("v") != VERSION:
        raise WireError("version", f"{what} version {message.get('v')!r}")
    return message


def _object(message: dict[str, Any], name: str) -> dict[str, Any]:
    value = message.get(name)
    if not isinstance(value, dict):
        raise WireError("field", f"{name}: an object is expected")
    return value


def _sentence(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    if type(value) is not str or len(value) > MAX_REASON:
        raise WireError("field", f"{name}: a text of at most {MAX_REASON} is expected")
    return value
