"""The settings of the box's push server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from drivers.keys import Keys

_LISTEN: Final = "the address terminals push to, such as 0.0.0.0:8081"
_SERIALS: Final = "a list of the serials on the terminals' labels, such as ['CKUH123456']"
_SERIAL: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_TERMINALS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ZkPushSettings:
    """One listener for many terminals.

    Attributes:
        host, port: where it listens; port 0 takes a free one.
        serials: the terminals of this store. Others are told to come back later and are
            shown, so that none loses a record to the wrong box.
        source: names the listener in every reading; the same after the box is replaced.
        delay_s: how often an idle terminal asks for commands; the sign that it is alive.
        commit_s: how long a terminal waits for its receipt before it is told to try again.
        reread_days: each night terminals push the last days once more; 0: never.
        max_connections: connections held at a time; the longest idle one gives way.
    """

    host: str
    port: int
    serials: tuple[str, ...]
    source: str
    delay_s: int = 10
    commit_s: float = 20.0
    reread_days: int = 40
    max_connections: int = 128

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> ZkPushSettings:
        """Read the device's table.

        Raises:
            DakaError: names the key and what is allowed.
        """
        keys = Keys(table, where)
        host, _, port = keys.text("listen", _LISTEN).rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise keys.wrong("listen", _LISTEN)
        serials = keys.texts("serials", _SERIALS)
        is_distinct = len({serial.upper() for serial in serials}) == len(serials)
        if not serials or not is_distinct or not all(map(_SERIAL.fullmatch, serials)):
            raise keys.wrong("serials", _SERIALS)
        if len(serials) > _MAX_TERMINALS:
            raise keys.wrong("serials", f"at most {_MAX_TERMINALS} serials")
        settings = cls(
            host=host.strip("[]"),
            port=int(port),
            serials=serials,
            source=keys.text("source", "a name for this listener", f"push-{port}"),
            delay_s=keys.whole("delay_s", 2, 60, 10),
            commit_s=keys.seconds("commit_s", 0.1, 30, 20),
            reread_days=keys.whole("reread_days", 0, 3650, 40),
            max_connections=keys.whole("max_connections", 4, 1000, 128),
        )
        keys.finish()
        return settings
