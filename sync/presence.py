"""Who is online: the retained birth and death of a box, and the same of a receiver.

The broker publishes a box's death for it, perhaps after the box is back on another
connection; the `nonce` tells a late death from a true one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sync.envelope import MAX_SEQ, decode_json, encode_body, text_field, whole
from sync.errors import WireError
from sync.topics import Lane

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxState:
    """The message on `topics.state`, retained.

    A death counts only if its `nonce` is that of the last birth.

    Attributes:
        nonce: random text made for each connection.
        version: the agent's version.
        heads: the highest number given in each lane when the connection was made.
        config_hash: tells whether the box runs with the settings one believes it has.
        at_utc: when the connection was made, in a birth and in its death alike.
        forsaken: the epoch this outbox gave up, because headquarters holds numbers of it
            that this file never gave; others may go by it still. Empty: none.
    """

    box_id: str
    online: bool
    nonce: str
    version: str
    epoch: str
    heads: Mapping[Lane, int]
    config_hash: str
    at_utc: str
    forsaken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverState:
    """The message on `topics.hq_state`, retained; boxes hold bulk while no receiver is online.

    Attributes:
        hq_epoch: identity of headquarters' database, as in receipts.
        at_utc: when the receiver said so.
        reads_sheaves: boxes may send it sheaves; one that does not say so knows only JSON.
    """

    online: bool
    hq_epoch: str
    at_utc: str
    reads_sheaves: bool = False


def encode_box_state(state: BoxState) -> bytes:
    """Return the JSON bytes of a birth or death."""
    return encode_body(
        {
            "v": VERSION,
            "box": state.box_id,
            "online": state.online,
            "nonce": state.nonce,
            "version": state.version,
            "epoch": state.epoch,
            "heads": dict(state.heads),
            "config_hash": state.config_hash,
            "at_utc": state.at_utc,
            **({"forsaken": state.forsaken} if state.forsaken else {}),
        }
    ).encode()


def decode_box_state(payload: bytes) -> BoxState:
    """Decode a birth or death.

    Raises:
        WireError: it does not hold.
    """
    message = _decode(payload, "box state")
    heads = message.get("heads")
    if not isinstance(heads, dict):
        raise WireError("field", "heads: an object is expected")
    return BoxState(
        box_id=text_field(message, "box"),
        online=_flag(message, "online"),
        nonce=text_field(message, "nonce"),
        version=text_field(message, "version"),
        epoch=text_field(message, "epoch"),
        heads={lane: whole(heads, lane, 0, MAX_SEQ) for lane in Lane if lane in heads},
        config_hash=text_field(message, "config_hash"),
        at_utc=text_field(message, "at_utc"),
        forsaken=text_field(message, "forsaken") if "forsaken" in message else "",
    )


def encode_receiver_state(state: ReceiverState) -> bytes:
    """Return the JSON bytes of a receiver's state."""
    return encode_body(
        {
            "v": VERSION,
            "online": state.online,
            "hq_epoch": state.hq_epoch,
            "at_utc": state.at_utc,
            **({"sheaves": True} if state.reads_sheaves else {}),
        }
    ).encode()


def decode_receiver_state(payload: bytes) -> ReceiverState:
    """Decode a receiver's state.

    Raises:
        WireError: it does not hold.
    """
    message = _decode(payload, "receiver state")
    return ReceiverState(
        online=_flag(message, "online"),
        hq_epoch=text_field(message, "hq_epoch"),
        at_utc=text_field(message, "at_utc"),
        reads_sheaves=message.get("sheaves") is True,
    )


def _decode(payload: bytes, what: str) -> dict[str, Any]:
    message = decode_json(payload)
    if message.get("v") != VERSION:
        raise WireError("version", f"{what} version {message.get('v')!r}")
    return message


def _flag(message: dict[str, Any], name: str) -> bool:
    value = message.get(name)
    if type(value) is not bool:
        raise WireError("field", f"{name}: true or false is expected")
    return value
