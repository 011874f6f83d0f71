"""The settings of a ZKTeco terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from drivers.keys import Keys
from drivers.transports import LinkUrl

DEFAULT_PORT: Final = 4370
_MAX_COMM_KEY: Final = 999_999  # what the terminal's menu lets people type
_URL_FORMS: Final = "tcp://host:4370 or udp://host:4370"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZktecoSettings:
    """One terminal.

    Attributes:
        link: ``tcp://host:4370``; ``udp://`` for old ones that answer nothing else.
        comm_key: the "Comm Key" of its menu; 0 is none.
        serial: the number on its label, for terminals that do not tell theirs.
        live: hold the connection and let touches be announced; False connects for each
            read, for terminals that other programs must reach too.
        set_clock: correct the terminal's clock when it is off; it is never touched otherwise.
        connect_timeout_s: how long opening the connection may take.
        answer_timeout_s: how long the terminal may be silent within an exchange.
        check_link_s: how often a held connection is checked and its clock measured.
    """

    link: LinkUrl
    comm_key: int = 0
    serial: str = ""
    live: bool = True
    set_clock: bool = False
    connect_timeout_s: float = 5.0
    answer_timeout_s: float = 10.0
    check_link_s: float = 45.0

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> ZktecoSettings:
        """Read the device's table.

        Raises:
            DakaError: names the key and what is allowed.
        """
        keys = Keys(table, where)
        link = keys.link("url", _URL_FORMS, DEFAULT_PORT)
        if not link.host:
            raise keys.wrong("url", _URL_FORMS)
        settings = cls(
            link=link,
            comm_key=keys.whole("comm_key", 0, _MAX_COMM_KEY, 0),
            serial=keys.text("serial", "the number on the terminal's label", ""),
            live=keys.flag("live", default=True),
            set_clock=keys.flag("set_clock", default=False),
            connect_timeout_s=keys.seconds("connect_timeout_s", 0.1, 60, 5.0),
            answer_timeout_s=keys.seconds("answer_timeout_s", 0.1, 120, 10.0),
            check_link_s=keys.seconds("check_link_s", 1, 600, 45.0),
        )
        keys.finish()
        return settings
