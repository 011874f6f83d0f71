"""What terminals' memories and clocks do to a log (docs/hostile-inputs.md, 10-14, 20)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from drivers.errors import MalformedError
from drivers.simulators.zk import standard_log
from drivers.simulators.zk_terminal import encode_record
from drivers.zkteco.layouts import time_word
from drivers.zkteco.session import Command

MANY = 3000


def _rows(readings):
    return [row for reading in readings for row in reading.punches]


def _rejected(readings):
    return [rejected for reading in readings for rejected in reading.rejected]


def _collect(shop, readings) -> None:
    """Read and keep what came before an error."""
    for reading in shop.driver().read(None):
        readings.append(reading)


def test_item_10_a_cleared_log_is_read_anew_from_its_start(open_shop) -> None:
    shop = open_shop(MANY)
    cursor = shop.read()[-1].cursor
    shop.terminal.clear()
    shop.terminal.punch("1001")
    readings = shop.read(cursor)
    assert len(_rows(readings)) == 1
    assert readings[-1].complete


def test_item_10_a_log_cleared_and_refilled_beyond_its_old_length_is_read_whole(open_shop) -> None:
    shop = open_shop(100)
    cursor = shop.read()[-1].cursor
    shop.fill(150)  # other times than before: nothing of the old log is left
    shop.terminal.log[:] = standard_log(
        shop.terminal, 150, shop.terminal.now_local() + timedelta(seconds=5)
    )
    readings = shop.read(cursor)
    assert len(_rows(readings)) == 150
    assert readings[-1].complete


@pytest.mark.parametrize("dropped", [1, 7, 500])
def test_item_10_a_full_log_that_drops_its_oldest_gives_only_the_new(
    open_shop, dropped: int
) -> None:
    shop = open_shop(MANY, capacity=MANY)
    cursor = shop.read()[-1].cursor
    new = [shop.terminal.punch("1002") for _ in range(dropped)]
    readings = shop.read(cursor)
    assert len(_rows(readings)) == len(new)
    assert readings[-1].complete


def test_item_10_a_log_that_dropped_more_than_it_gained_gives_only_the_new(open_shop) -> None:
    shop = open_shop(MANY)
    cursor = shop.read()[-1].cursor
    del shop.terminal.log[: 1000 * 40]
    shop.terminal.punch("1002")
    assert len(_rows(shop.read(cursor))) == 1


def test_item_10_another_terminal_at_the_address_is_read_from_its_start(open_shop) -> None:
    shop = open_shop(50)
    cursor = shop.read()[-1].cursor
    shop.terminal.serial = "OTHER00002"
    readings = shop.read(cursor)
    assert len(_rows(readings)) == 50
    assert {reading.source_id for reading in readings} == {"OTHER00002"}


@pytest.mark.parametrize("layout", [8, 16, 40, 49])
@pytest.mark.parametrize("count", [1, 2, 5, 10, 49, MANY])
def test_item_11_each_record_size_is_recognised_at_every_length(
    open_shop, layout: int, count: int
) -> None:
    shop = open_shop(count, layout=layout)
    readings = shop.read()
    assert len(set(_rows(readings))) == count
    assert readings[-1].facts["layout"] == f"{layout} bytes"
    assert {row.user_id for row in _rows(readings)} <= {str(1001 + n) for n in range(20)}
    shop.terminal.punch("1003")
    (new,) = _rows(shop.read(readings[-1].cursor))
    assert new.user_id == "1003"


@pytest.mark.parametrize("stride", [41, 44, 48, 52, 56, 64])
def test_item_11_an_unknown_record_size_is_named_and_its_bytes_are_kept(
    open_shop, stride: int
) -> None:
    shop = open_shop(200)
    log = bytes(shop.terminal.log)
    shop.terminal.fill(
        b"".join(log[at : at + 40] + bytes(stride - 40) for at in range(0, len(log), 40))
    )
    readings = []
    with pytest.raises(MalformedError, match="no known record layout"):
        _collect(shop, readings)
    assert _rows(readings) == []
    (kept,) = _rejected(readings)
    assert kept.code == "unknown_layout"
    assert kept.raw == bytes(shop.terminal.log[: len(kept.raw)])


def test_item_11_a_log_shifted_in_its_middle_keeps_what_it_cannot_read(open_shop) -> None:
    shop = open_shop(6000)
    cut = 3000 * 40
    shop.terminal.fill(
        bytes(shop.terminal.log[:cut]) + b"\x05" * 8 + bytes(shop.terminal.log[cut:])
    )
    readings = shop.read()
    good = set(_rows(readings))
    assert {row.device_time[:4] for row in good} <= {"2026", "2027", "2028"}, "nothing is invented"
    assert len(good) >= 1636
    assert "implausible" in {rejected.code for rejected in _rejected(readings)}
    assert not readings[-1].complete


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        (0, "2000-01-01T00:00:00"),
        (((26 * 12 + 1) * 31 + 29) * 86400, None),  # 30 February
        (((26 * 12 + 1) * 31 + 30) * 86400, None),  # 31 February
        (((26 * 12 + 3) * 31 + 30) * 86400, None),  # 31 April
        (((24 * 12 + 1) * 31 + 28) * 86400 + 59, "2024-02-29T00:00:59"),
        (0xC6872491, None),  # the sign bit set
        (0xFFFFFFFF, None),
        (((87 * 12) * 31) * 86400, "2087-01-01T00:00:00"),
    ],
)
def test_item_12_a_time_that_cannot_be_is_kept_raw_and_stops_nothing(
    open_shop, word: int, shown: str | None
) -> None:
    shop = open_shop(30)
    odd = encode_record(40, 0, "1005", word, 0, 1)
    shop.add_raw(odd)
    shop.add("1006", "2026-11-20T09:00:00")
    readings = shop.read()
    assert len(_rows(readings)) == (31 if shown is None else 32)
    assert readings[-1].complete
    if shown is None:
        (rejected,) = _rejected(readings)
        assert (rejected.code, rejected.raw) == ("impossible_time", odd)
        assert "Record 31" in rejected.detail
    else:
        assert shown in {row.device_time for row in _rows(readings) if row.user_id == "1005"}


def test_item_12_a_clock_that_jumps_back_and_forth_is_told_as_it_was(open_shop) -> None:
    shop = open_shop(20)
    times = ["2026-11-20T09:00:00", "2000-01-01T00:00:05", "2026-11-20T09:00:01"]
    for when in times:
        shop.add("1001", when)
    rows = [row for row in _rows(shop.read()) if row.device_time in times]
    assert [row.device_time for row in rows] == times


@pytest.mark.parametrize(
    ("raw", "user_id"),
    [
        (b"ABCDEFGHIJKLMNOPQRSTUVWX", "ABCDEFGHIJKLMNOPQRSTUVWX"),
        (b"NB2401004", "NB2401004"),
        (b"000123", "000123"),
        (b"0", "0"),
        (b" 7 ", "7"),
        (b"12\x00garbage", "12"),
        ("张三".encode("gbk"), "张三"),
        ("张三".encode(), "张三"),
        (b"", None),
        (b"   ", None),
        (b"1\x07", None),
        (b"\xff\xfe\x80", None),
    ],
)
def test_item_13_ids_stay_text_and_what_nobody_can_type_is_kept_raw(
    open_shop, raw: bytes, user_id: str | None
) -> None:
    shop = open_shop(30)
    record = encode_record(40, 0, "x", time_word(shop.terminal.now_local()), 0, 1)
    odd = record[:2] + raw.ljust(24, b"\0") + record[26:]
    shop.add_raw(odd)
    readings = shop.read()
    if user_id is None:
        (rejected,) = _rejected(readings)
        assert (rejected.code, rejected.raw) == ("user_id", odd)
    else:
        assert _rows(readings)[-1].user_id == user_id
        assert not _rejected(readings)
    assert readings[-1].complete


def test_item_14_a_double_touch_stays_two_in_whole_and_tail_reads_alike(open_shop) -> None:
    shop = open_shop(30)
    when = "2026-11-20T09:00:00"
    shop.add("1001", when)
    shop.add("1002", when)
    cursor = shop.read()[-1].cursor
    for user_id in ("1001", "1002", "1001"):
        shop.add(user_id, when)
    tail = _rows(shop.read(cursor))
    whole = _rows(shop.read())
    at_once = [row for row in whole if row.device_time == when]
    assert [(row.user_id, row.occurrence) for row in tail] == [
        ("1001", 1),
        ("1002", 1),
        ("1001", 2),
    ]
    assert at_once[-3:] == tail
    assert len(set(whole)) == len(whole)


def test_item_14_a_hundred_thousand_touches_in_one_second_stay_apart(open_shop) -> None:
    shop = open_shop()
    record = encode_record(40, 0, "1001", time_word(shop.terminal.now_local()), 0, 1)
    shop.terminal.fill(record * 100_000)
    rows = _rows(shop.read(answer_timeout_s=10))
    assert [row.occurrence for row in rows] == list(range(100_000))


def test_item_20_a_clock_set_back_during_the_read_loses_nothing(open_shop) -> None:
    shop = open_shop(MANY)
    cursor = shop.read()[-1].cursor
    shop.terminal.punch("1001")
    shop.terminal.clock_error = timedelta(hours=-1)
    touch = shop.terminal.punch("1001")
    readings = shop.read(cursor)
    assert [row.device_time for row in _rows(readings)][-1] == touch.when.isoformat()
    assert len(_rows(readings)) == 2
    assert abs(readings[-1].clock_offset_ms + 3_600_000) < 1500


def test_item_20_a_terminal_in_another_zone_shows_as_a_clock_offset(open_shop) -> None:
    shop = open_shop(
        10, local_of=lambda utc: utc.astimezone(ZoneInfo("Asia/Urumqi")).replace(tzinfo=None)
    )
    readings = shop.read()
    assert abs(readings[-1].clock_offset_ms + 2 * 3_600_000) < 1500


def test_item_20_the_repeated_hour_of_summer_time_is_told_verbatim(open_shop) -> None:
    shop = open_shop(10)
    times = ["2026-10-25T02:30:00", "2026-10-25T02:10:00", "2026-03-29T02:30:00"]
    for when in times:
        shop.add("1001", when)
    rows = _rows(shop.read(zone="Europe/Berlin"))
    assert [row.device_time for row in rows if row.device_time in times] == times


def test_item_20_a_terminal_without_a_time_has_no_offset(open_shop) -> None:
    shop = open_shop(10)
    shop.simulator.faults.arm("no_time")
    readings = shop.read()
    assert readings[-1].clock_offset_ms is None
    assert readings[-1].complete


def test_rows_older_than_two_days_are_history_and_todays_are_not(open_shop) -> None:
    shop = open_shop(6000)  # one every 37 seconds: two and a half days
    border = (shop.terminal.now_local() - timedelta(days=2)).isoformat()
    readings = shop.read()
    old = [row for reading in readings if reading.history for row in reading.punches]
    new = [row for reading in readings if not reading.history for row in reading.punches]
    assert len(old) + len(new) == 6000
    assert max(row.device_time for row in old) < border
    assert min(row.device_time for row in new) >= border[:19]
    assert all(len(reading.punches) <= 2000 for reading in readings)


def test_the_terminal_is_never_cleared_never_disabled_and_always_told_goodbye(open_shop) -> None:
    shop = open_shop(MANY)
    driver = shop.driver()
    list(driver.read(None))
    driver.wait(0.05)
    driver.close()
    commands = shop.terminal.commands
    assert commands[-1] == Command.EXIT
    allowed = {
        Command.CONNECT,
        Command.OPTION,
        Command.GET_VERSION,
        Command.GET_TIME,
        Command.ENABLE,
        Command.REGISTER_EVENTS,
        Command.FREE_SIZES,
        Command.PREPARE_BUFFER,
        Command.READ_BUFFER,
        Command.FREE_DATA,
        Command.EXIT,
    }
    assert set(commands) <= allowed


def test_item_20_a_clock_is_set_only_when_asked_and_its_old_error_goes_with_what_it_told(
    open_shop,
) -> None:
    shop = open_shop(10, clock_error=timedelta(minutes=-20))
    assert shop.read()[-1].facts.get("clock") is None
    assert shop.terminal.clock_error == timedelta(minutes=-20)
    driver = shop.driver(set_clock=True)
    first = list(driver.read(None))[-1]
    assert first.clock_offset_ms == pytest.approx(-1_200_000, abs=1500)
    assert first.facts["clock"] == "was off by -1200 s and was set"
    assert abs(shop.terminal.clock_error) < timedelta(seconds=2)
    shop.terminal.punch("1001")
    (later,) = driver.read(first.cursor)
    assert abs(later.clock_offset_ms) < 2000


def test_item_20_a_terminal_that_refuses_to_be_set_is_read_all_the_same(open_shop) -> None:
    shop = open_shop(10, clock_error=timedelta(minutes=-20))
    shop.simulator.faults.arm("refuse_set_time")
    readings = shop.read(set_clock=True)
    assert readings[-1].complete
    assert readings[-1].facts["clock"].endswith("refuses to be set")
