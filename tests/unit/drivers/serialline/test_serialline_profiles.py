"""Shipped profiles read what their devices write, and refuse the rest with its reason."""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import PunchRow
from drivers.serialline.frames import LineDecoder
from drivers.serialline.layouts import DateLine, PunchLine, Story, Strange, recognise
from drivers.serialline.settings import SerialLineSettings, profile_names
from drivers.simulators.serialline import FORMS, AsciiTerminal
from sync.errors import DakaError
from sync.records import STATE_UNKNOWN

SHARED = Path(__file__).parents[5] / "shared/vectors"
ASCII: dict[str, dict[str, Any]] = {
    vector["name"]: vector for vector in json.loads((SHARED / "serial_ascii.json").read_text())
}
ARRIVED = datetime(2026, 11, 23, 8, 1, 30)
TOUCHED = datetime(2026, 11, 13, 8, 1, 22)


def settings(profile: object, **more: object) -> SerialLineSettings:
    table = {"url": "serial:///dev/ttyUSB0", "serial": "T-1", "profile": profile, **more}
    return SerialLineSettings.from_table(table, "test")


def read(profile: str, data: bytes, **more: object) -> list[PunchRow | Strange]:
    made = settings(profile, **more)
    story = Story(made.fields)
    decoder = LineDecoder(made.framing)
    rows: list[PunchRow | Strange] = []
    for piece in decoder.feed(data) + decoder.gap():
        line = recognise(piece, made.framing, made.check, made.fields)
        if isinstance(line, PunchLine | DateLine):
            row = story.tell(line, ARRIVED)
            rows += [row] if row is not None else []
        elif line is not None:
            rows.append(line)
    return rows


def punch(rows: list[PunchRow | Strange]) -> PunchRow:
    (row,) = rows
    assert isinstance(row, PunchRow)
    return row


def reason(rows: list[PunchRow | Strange]) -> str:
    (row,) = rows
    assert isinstance(row, Strange)
    assert row.detail
    return row.code


def test_every_shipped_profile_has_a_device_that_writes_it() -> None:
    assert set(profile_names()) == set(FORMS)


def test_vector_wiegand_ethernet_is_the_ten_digits() -> None:
    vector = ASCII["wiegand_ethernet_ascii"]
    row = punch(read("s4a", bytes.fromhex(vector["bytes_hex"])))
    assert row.user_id == vector["meaning"]["value"]
    assert row.device_time == "2026-11-23T08:01:30"  # it knows no time: ours at arrival


def test_vector_wie232_is_the_number_the_hexadecimal_digits_spell() -> None:
    row = punch(read("wie232", bytes.fromhex(ASCII["wie232_a"]["bytes_hex"])))
    assert row.user_id == "01976927"
    assert int(row.user_id) == 0x1E2A5F


def test_vector_acrocomm_needs_its_date_first_and_never_guesses_it() -> None:
    line = ASCII["acrocomm_transaction"]["text"].encode() + b"\r\n"
    assert reason(read("acrocomm", line)) == "no_date"
    for dated in (b"T#,20261113\r\n", b"T01,20261113\r\n", b"000000,4,20261113,&-Date\r\n"):
        row = punch(read("acrocomm", dated + line))
        assert (row.user_id, row.workcode) == ("1234", "01")
        assert row.device_time == "2026-11-13T08:01:22"
        assert row.state_code == STATE_UNKNOWN


def test_a_damaged_date_record_leaves_no_date_rather_than_yesterdays() -> None:
    data = b"T#,20261113\r\nT#,20261399\r\n080122,1,1234,01,40\r\n"
    date_trouble, punch_trouble = read("acrocomm", data)
    assert isinstance(date_trouble, Strange)
    assert isinstance(punch_trouble, Strange)
    assert (date_trouble.code, punch_trouble.code) == ("date", "no_date")


def test_vector_tr320_loses_its_apostrophe_and_keeps_its_zeros() -> None:
    row = punch(read("tr320", ASCII["giga_tr320"]["text"].encode()))
    assert (row.user_id, row.device_time) == ("0001234567", "2019-05-13T08:01:22")
    assert (row.state_code, row.workcode) == (STATE_UNKNOWN, "1")


@pytest.mark.parametrize("profile", profile_names())
def test_vector_nmea_is_a_stranger_to_every_profile(profile: str) -> None:
    rows = read(profile, ASCII["nmea_like_noise"]["text"].encode())
    assert rows
    assert all(isinstance(row, Strange) for row in rows)


@pytest.mark.parametrize("profile", sorted(FORMS))
def test_every_profile_reads_its_device_and_numbers_double_touches(profile: str) -> None:
    device = AsciiTerminal(profile)
    if profile == "acrocomm":
        device.change_date(TOUCHED)
    device.touch("12345", TOUCHED)
    device.touch("12345", TOUCHED)
    said = b"".join(iter(device.speak, b""))
    rows = read(profile, said)
    assert [row.occurrence for row in rows if isinstance(row, PunchRow)] == [0, 1]
    row = rows[0]
    assert isinstance(row, PunchRow)
    assert int(row.user_id) == 12345
    tells_time = profile in ("line", "line_dmy", "tr320", "acrocomm")
    assert row.device_time == (TOUCHED if tells_time else ARRIVED).isoformat()


def test_item_34_a_wrong_xor_is_refused_and_lower_case_is_not() -> None:
    for fault, expected in (("wrong_check", "check"), ("lower_case", "")):
        device = AsciiTerminal("rdm6300", faults=frozenset((fault,)))
        device.touch("12345", TOUCHED)
        (row,) = read("rdm6300", device.speak())
        assert (row.code if isinstance(row, Strange) else "") == expected


def test_item_34_keypad_digits_say_nothing_and_spoil_no_card() -> None:
    made = settings("s4a")
    decoder = LineDecoder(made.framing)
    (digit,) = decoder.feed(b"5") + decoder.gap()
    assert recognise(digit, made.framing, made.check, made.fields) is None
    assert punch(read("s4a", b"0000123478\r\n")).user_id == "0000123478"


def test_item_34_day_and_month_swapped_are_refused_where_it_shows() -> None:
    assert reason(read("line_dmy", b"7;11-13-2026 08:01:22\r")) == "time"
    assert punch(read("line_dmy", b"7;13-11-2026 08:01:22\r")).device_time[:10] == "2026-11-13"


@pytest.mark.parametrize(
    ("line", "user_id"),
    [
        (b"0042,2026-11-13 08:01:22\r", "0042"),
        (b"A7\t2026-11-13 08:01:22\n", "A7"),
        (b"3;0042;2026-11-13 08:01:22;1;x\r\n", "0042"),
    ],
)
def test_plain_lines_of_every_kind_are_read(line: bytes, user_id: str) -> None:
    assert punch(read("line", line)).user_id == user_id


def test_bytes_that_are_no_text_are_refused_as_such() -> None:
    assert reason(read("line", b"\xff\xfe7,2026\r")) == "encoding"


def test_states_are_mapped_as_configured_and_others_are_unknown() -> None:
    fields = {
        "punch": "(?P<user>[0-9]+) (?P<state>[A-Z]+) (?P<time>.{19})",
        "states": {"IN": 0, "OUT": 1},
    }
    said = b"7 IN 2026-11-13 08:00:00\r7 OUT 2026-11-13 17:00:00\r7 X 2026-11-13 18:00:00\r"
    rows = read("line", said, fields=fields)
    states = [row.state_code for row in rows if isinstance(row, PunchRow)]
    assert states == [0, 1, STATE_UNKNOWN]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"profile": "rdm63000"}, "profile"),
        ({"serial": ""}, "serial"),
        ({"url": "com3"}, "url"),
        ({"baud": 9600}, "baud"),
        ({"framing": {"kind": "lines"}}, "kind"),
        ({"framing": {"kind": "stx_etx"}}, "start_byte"),
        ({"framing": {"kind": "fixed"}}, "length"),
        ({"framing": {"tail_bytes": 1}}, "tail_bytes"),
        ({"framing": {"end_bytes": [300]}}, "end_bytes"),
        ({"check": {"kind": "crc"}}, "kind"),
        ({"check": {"kind": "xor", "cover": "all"}}, "cover"),
        ({"fields": {"punch": "(?P<user>(a+)+)"}}, "punch"),
        ({"fields": {"punch": "[0-9]+"}}, "punch"),
        ({"fields": {"time_format": "%H:%M:%S"}}, "time_format"),
        ({"fields": {"time_format": ""}}, "time_format"),
        ({"fields": {"states": {"IN": 999}}}, "states"),
        ({"fields": {"date_change": ["x"]}}, "date_change"),
    ],
)
def test_a_wrong_setting_is_named(more: dict[str, object], named: str) -> None:
    with pytest.raises(DakaError, match=named):
        settings(**{"profile": "line", **more})


def test_profiles_say_what_they_are_for() -> None:
    folder = Path(__file__).parents[4] / "config/serial"
    for name in profile_names():
        assert tomllib.loads((folder / f"{name}.toml").read_text())["about"]
