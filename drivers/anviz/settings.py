"""The settings of an Anviz terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from drivers.anviz.layouts import DEFAULT_EPOCH, RECORD_EPOCHS
from drivers.keys import Keys
from drivers.transports import LinkUrl

DEFAULT_PORT: Final = 5010
_MAX_DEVICE_ID: Final = 0xFFFFFFFF
_URL_FORMS: Final = "tcp://host:5010 or serial:///dev/ttyUSB0?baud=9600"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnvizSettings:
    """One terminal.

    Attributes:
        link: ``tcp://host:5010``, ``serial:///dev/ttyUSB0?baud=9600`` or a serial server.
        device_id: the terminal's number; 0 asks whoever is on the line (never on RS-485).
        serial: the number on its label, for terminals that do not tell theirs.
        record_epoch: the day from which its records count seconds; see `layouts`.
        answer_timeout_s: how long an answer may take.
        set_clock: correct the terminal's clock when it is off; it is never touched otherwise.
    """

    link: LinkUrl
    device_id: int = 1
    serial: str = ""
    record_epoch: str = DEFAULT_EPOCH
    answer_timeout_s: float = 3.0
    set_clock: bool = False

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> AnvizSettings:
        """Read the device's table.

        Raises:
            DakaError: names the key and what is allowed.
        """
        keys = Keys(table, where)
        settings = cls(
            link=keys.link("url", _URL_FORMS, DEFAULT_PORT),
            device_id=keys.whole("device_id", 0, _MAX_DEVICE_ID, 1),
            serial=keys.text("serial", "the number on the terminal's label", ""),
            record_epoch=keys.choice("record_epoch", RECORD_EPOCHS, DEFAULT_EPOCH),
            answer_timeout_s=keys.seconds("answer_timeout_s", 0.1, 60, 3.0),
            set_clock=keys.flag("set_clock", default=False),
        )
        keys.finish()
        return settings
