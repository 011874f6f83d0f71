"""What a reader says tells its profile."""

from datetime import datetime

import pytest

from agent.tools.serial_ports import Port, list_found, profile_of
from drivers.simulators.serialline import FORMS, AsciiTerminal

URL = "serial:///dev/ttyUSB0?baud=9600"
DATED = {"acrocomm"}
"""It tells the date apart, so one touch alone is recognised all the same."""


@pytest.mark.parametrize("profile", sorted(FORMS))
def test_one_touch_of_each_shipped_reader_names_its_profile(profile: str) -> None:
    terminal = AsciiTerminal(profile)
    terminal.touch("0001234567", datetime(2026, 11, 23, 9, 30))
    assert profile_of(terminal.speak(), URL) == profile


@pytest.mark.parametrize("heard", [b"", b"$GPGGA,123519,4807.038,N*47\r\n", b"\xff\x00\x81\r\n"])
def test_strangers_have_no_profile(heard: bytes) -> None:
    assert profile_of(heard, URL) is None


def test_ports_are_listed_without_being_opened() -> None:
    (found,) = list_found([Port("/dev/ttyDOESNOTEXIST", "USB adapter")])
    assert (found.what, found.values) == ("serial_port", {"adapter": "USB adapter"})
