"""The MQTT topics of Daka, built and parsed here and nowhere else (architecture, section 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zlib import crc32

from sync.errors import WireError

ROOT: Final = "daka/v1"
SHARDS: Final = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Lane(StrEnum):
    """Independent streams of one box, each with its own dense numbers; earlier ones go first."""

    PUNCH = "punch"
    SALE = "sale"
    BULK = "bulk"  # history, replays and troubles: never in the way of today


@dataclass(frozen=True, slots=True)
class UpTopic:
    """A parsed batch topic."""

    org: str
    box_id: str
    shard: int
    lane: Lane


def check_name(name: str, what: str) -> str:
    """Return `name` if it may stand in a topic.

    Raises:
        WireError: `name` when it holds anything but letters, digits, dot, dash, underscore.
    """
    if not _NAME.fullmatch(name):
        raise WireError(
            "name", f"{what} {name!r}: 1-64 letters, digits, '.', '_' or '-' are allowed"
        )
    return name


def shard_of(box_id: str) -> int:
    """Return the shard of a box, 0 .. SHARDS-1; stable across machines and versions."""
    return crc32(box_id.encode()) % SHARDS


def up(org: str, box_id: str, lane: Lane) -> str:
    """Return where a box publishes its batches."""
    return f"{ROOT}/{org}/{box_id}/up/{shard_of(box_id)}/{lane}"


def receipt(org: str, box_id: str) -> str:
    """Return where headquarters answers a box."""
    return f"{ROOT}/{org}/{box_id}/down/receipt"


def refusal(org: str, box_id: str) -> str:
    """Return where headquarters names a batch it cannot read."""
    return f"{ROOT}/{org}/{box_id}/down/refusal"


def state(org: str, box_id: str) -> str:
    """Return the retained birth and death topic of a box."""
    return f"{ROOT}/{org}/{box_id}/state"


def health(org: str, box_id: str) -> str:
    """Return the heartbeat topic of a box."""
    return f"{ROOT}/{org}/{box_id}/health"


def desired(org: str, box_id: str) -> str:
    """Return the retained topic of the settings headquarters wants a box to have."""
    return f"{ROOT}/{org}/{box_id}/down/desired"


def reported(org: str, box_id: str) -> str:
    """Return where a box says which settings are in force."""
    return f"{ROOT}/{org}/{box_id}/up/reported"


def command(org: str, box_id: str) -> str:
    """Return where headquarters asks a box for a live action."""
    return f"{ROOT}/{org}/{box_id}/down/command"


def reply(org: str, box_id: str) -> str:
    """Return where a box answers a command."""
    return f"{ROOT}/{org}/{box_id}/up/reply"


def echo(org: str, box_id: str, way: str) -> str:
    """Return where an echo is asked for (``up``) or answered (``down``)."""
    return f"{ROOT}/{org}/{box_id}/{way}/echo"


def hq_state(org: str, receiver_id: str) -> str:
    """Return the retained topic that says a receiver is online."""
    return f"{ROOT}/{org}/_hq/{receiver_id}/state"


def hq_state_filter(org: str) -> str:
    """Return the filter by which a box hears of every receiver."""
    return f"{ROOT}/{org}/_hq/+/state"


def hq_filters(org: str, shards: range | list[int] | None = None) -> list[str]:
    """Return what a receiver subscribes to: its shards (all when None) and all else boxes say."""
    ups = (
        [f"{ROOT}/{org}/+/up/+/+"]
        if shards is None
        else [f"{ROOT}/{org}/+/up/{shard}/+" for shard in shards]
    )
    words = ("state", "health", "up/reported", "up/reply", "up/echo")
    return [*ups, *(f"{ROOT}/{org}/+/{word}" for word in words)]


def parse_up(topic: str) -> UpTopic:
    """Take a batch topic apart.

    Raises:
        WireError: `topic` when it is not one.
    """
    parts = topic.split("/")
    if len(parts) != 7 or "/".join(parts[:2]) != ROOT or parts[4] != "up":
        raise WireError("topic", f"not a batch topic: {topic!r}")
    _, _, org, box_id, _, shard, lane = parts
    check_name(org, "org")
    check_name(box_id, "box")
    if not shard.isdecimal() or lane not in set(Lane):
        raise WireError("topic", f"unknown shard or lane in {topic!r}")
    return UpTopic(org, box_id, int(shard), Lane(lane))


def box_of(topic: str) -> str:
    """Return the box a `state` or `health` or `up` topic belongs to.

    Raises:
        WireError: `topic` when it names none.
    """
    parts = topic.split("/")
    if len(parts) < 5 or "/".join(parts[:2]) != ROOT or parts[3].startswith("_"):
        raise WireError("topic", f"no box in topic {topic!r}")
    return check_name(parts[3], "box")
