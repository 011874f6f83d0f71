"""An Anviz terminal over real pseudo-terminals and sockets: nothing lost, nothing invented."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from drivers.anviz.driver import AnvizDriver
from drivers.anviz.settings import AnvizSettings
from drivers.contract import Cursor, PunchRow, Reading
from drivers.errors import BusyError, DriverError, LinkDownError, MalformedError, RefusedError
from drivers.simulators.anviz import AnvizTerminal, record
from drivers.simulators.line import PtyLine, TcpLine
from sync.clock import SystemClock

ZONE_NAME = "Asia/Shanghai"
ZONE = ZoneInfo(ZONE_NAME)
CLOCK = SystemClock.of_this_boot()
TIMEOUT_S = 0.2


def now_local() -> datetime:
    return CLOCK.now_utc().astimezone(ZONE).replace(tzinfo=None, microsecond=0)


TODAY = now_local()


class Store:
    """The agent's half of the bargain: rows and cursor together."""

    def __init__(self) -> None:
        self.rows: list[PunchRow] = []
        self.cursor: Cursor | None = None
        self.last: Reading | None = None

    def take(self, driver: AnvizDriver, at_most: int | None = None) -> int:
        before = len(self.rows)
        for number, reading in enumerate(driver.read(self.cursor), start=1):
            self.rows += reading.punches
            self.cursor, self.last = reading.cursor, reading
            if number == at_most:
                break
        return len(self.rows) - before

    def keys(self) -> set[tuple[str, str, int]]:
        return {(row.user_id, row.device_time, row.occurrence) for row in self.rows}


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def terminal(count: int = 0, *, faults: frozenset[str] = frozenset()) -> AnvizTerminal:
    device = AnvizTerminal(now_local, faults=faults)
    device.records = [
        record(user, TODAY - timedelta(seconds=count - user)) for user in range(count)
    ]
    device.new = count
    return device


def on_pty(
    cleanup: ExitStack, device: AnvizTerminal, *line_faults: str, **table: object
) -> tuple[AnvizDriver, PtyLine]:
    line = PtyLine(device, frozenset(line_faults))
    line.start()
    cleanup.callback(line.stop)
    return driver_for(cleanup, line.url, **table), line


def driver_for(cleanup: ExitStack, url: str, **table: object) -> AnvizDriver:
    whole = {"name": "door", "driver": "anviz", "url": url, "answer_timeout_s": TIMEOUT_S, **table}
    driver = AnvizDriver(AnvizSettings.from_table(whole, "test"), CLOCK, ZONE_NAME)
    cleanup.callback(driver.close)
    return driver


def test_the_whole_log_is_read_and_marks_are_cleared_only_after_the_commit(
    cleanup: ExitStack,
) -> None:
    device = terminal(60)
    driver, _ = on_pty(cleanup, device)
    store = Store()
    assert store.take(driver) == 60
    assert store.last is not None
    assert store.last.complete
    assert store.last.device_records == 60
    assert store.last.source_id == "SIM0000000000001"
    assert store.last.clock_offset_ms is not None
    assert abs(store.last.clock_offset_ms) < 2500
    assert device.cleared == []  # yielded is not stored
    assert store.take(driver) == 0
    assert device.cleared == [60]  # the cursor came back
    assert store.take(driver) == 0
    assert device.cleared == [60]


def test_new_touches_come_once_each_and_double_touches_stay_two(cleanup: ExitStack) -> None:
    device = terminal(3)
    driver, _ = on_pty(cleanup, device)
    store = Store()
    store.take(driver)
    touch = record(9, TODAY)
    device.punch(touch)
    assert store.take(driver) == 1
    device.punch(touch)
    assert store.take(driver) == 1
    assert [row.occurrence for row in store.rows if row.user_id == "9"] == [0, 1]
    again = Store()
    again.take(driver)  # a full re-read gives the same identities
    assert again.keys() == store.keys()


def test_a_reading_not_stored_is_read_again_and_nothing_is_cleared(cleanup: ExitStack) -> None:
    device = terminal(0)
    driver, _ = on_pty(cleanup, device)
    store = Store()
    store.take(driver)
    device.punch(record(1, TODAY))
    lost = [row for reading in driver.read(store.cursor) for row in reading.punches]
    assert store.take(driver) == 1
    assert store.rows == lost
    assert device.cleared == []


def test_a_pass_broken_off_half_way_loses_nothing(cleanup: ExitStack) -> None:
    device = terminal(0)
    driver, _ = on_pty(cleanup, device)
    store = Store()
    store.take(driver)
    for user in range(1100):
        device.punch(record(user, TODAY + timedelta(seconds=user // 3)), live=False)
    assert store.take(driver, at_most=1) < 1100
    stored = len(store.rows)
    store.take(driver)
    assert device.cleared == [stored]
    assert len(store.rows) == len(store.keys()) == 1100


@pytest.mark.parametrize("packet", [0, 1, 3])
@pytest.mark.parametrize(
    "fault",
    [
        "bad_crc_once",
        "lost_answer_once",
        "lost_question_once",
        "late_answer_once",
        "count_lies_once",
    ],
)
def test_item_33_what_got_lost_late_or_damaged_once_is_asked_again(
    cleanup: ExitStack, fault: str, packet: int
) -> None:
    device = terminal(80, faults=frozenset((fault,)))
    device.spared_downloads = packet
    driver, _ = on_pty(cleanup, device)
    store = Store()
    store.take(driver)
    assert [row.user_id for row in store.rows] == [str(user) for user in range(80)]
    assert not device.faults


def test_item_33_a_count_byte_that_always_lies_is_an_error_not_a_short_log(
    cleanup: ExitStack,
) -> None:
    driver, _ = on_pty(cleanup, terminal(5, faults=frozenset(("count_lies",))))
    with pytest.raises(MalformedError):
        list(driver.read(None))


def test_item_33_return_code_01_is_told_and_tried_later(cleanup: ExitStack) -> None:
    driver, _ = on_pty(cleanup, terminal(5, faults=frozenset(("fails",))))
    with pytest.raises(BusyError) as caught:
        list(driver.read(None))
    assert caught.value.code == "device_failed"


def test_item_33_the_echo_of_rs485_and_single_bytes_and_noise_change_nothing(
    cleanup: ExitStack,
) -> None:
    driver, _ = on_pty(cleanup, terminal(40), "echo", "bytewise", "noise")
    store = Store()
    assert store.take(driver) == 40
    assert store.take(driver) == 0


def test_item_33_only_our_echo_says_that_the_terminal_is_silent(cleanup: ExitStack) -> None:
    device = AnvizTerminal(now_local, device_id=2)
    driver, _ = on_pty(cleanup, device, "echo")
    with pytest.raises(LinkDownError) as caught:
        list(driver.read(None))
    assert caught.value.code == "echo_only"


def test_item_33_two_terminals_with_one_number_are_refused(cleanup: ExitStack) -> None:
    driver, _ = on_pty(cleanup, terminal(5, faults=frozenset(("two_devices",))))
    with pytest.raises(RefusedError) as caught:
        list(driver.read(None))
    assert caught.value.code == "two_devices"


def test_item_33_a_question_to_all_is_answered_by_the_only_one(cleanup: ExitStack) -> None:
    device = AnvizTerminal(now_local, device_id=77)
    device.punch(record(1, TODAY), live=False)
    driver, _ = on_pty(cleanup, device, device_id=0)
    assert Store().take(driver) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [("silent", "timeout"), ("nmea", "garbled"), ("garbage", "garbled")],
)
def test_item_31_silence_and_strangers_end_in_bounded_time_with_their_name(
    cleanup: ExitStack, fault: str, code: str
) -> None:
    driver, _ = on_pty(cleanup, terminal(5), fault)
    began_s = CLOCK.monotonic_s()
    with pytest.raises(DriverError) as caught:
        list(driver.read(None))
    assert caught.value.code == code
    assert ("GPS" in str(caught.value)) == (fault == "nmea")
    assert CLOCK.monotonic_s() - began_s < 5


def test_item_32_unplugged_mid_read_is_link_down_and_replugged_goes_on(cleanup: ExitStack) -> None:
    device = terminal(30)
    driver, line = on_pty(cleanup, device, "unplug_mid_answer")
    with pytest.raises(LinkDownError):
        list(driver.read(None))
    line.stop()
    again, _ = on_pty(cleanup, device)
    assert Store().take(again) == 30


def test_item_32_a_port_held_by_another_program_is_busy_and_a_missing_one_is_told(
    cleanup: ExitStack,
) -> None:
    device = terminal(1)
    driver, line = on_pty(cleanup, device)
    Store().take(driver)
    with pytest.raises(DriverError) as held:
        list(driver_for(cleanup, line.url).read(None))
    assert held.value.code == "port_busy"
    with pytest.raises(LinkDownError) as missing:
        list(driver_for(cleanup, "serial:///dev/ttyNOTHERE").read(None))
    assert missing.value.code == "no_port"


def test_a_crash_after_clearing_loses_nothing_and_costs_no_whole_download(
    cleanup: ExitStack,
) -> None:
    device = terminal(4)
    driver, _ = on_pty(cleanup, device)
    store = Store()
    store.take(driver)
    device.punch(record(50, TODAY), live=False)
    device.faults.add("crash_after_clear")
    with pytest.raises(DriverError):
        store.take(driver)
    device.punch(record(51, TODAY), live=False)
    store.take(driver)
    assert [row.user_id for row in store.rows] == ["0", "1", "2", "3", "50", "51"]
    assert device.whole_downloads == 1


def test_storage_that_fails_after_the_clearing_costs_no_second_whole_download(
    cleanup: ExitStack,
) -> None:
    device = terminal(4)
    driver, _ = on_pty(cleanup, device)
    store = Store()
    store.take(driver)
    device.punch(record(50, TODAY), live=False)
    assert store.take(driver, at_most=1) == 0  # what was cleared is noted first
    assert store.take(driver) == 1
    assert (device.cleared, device.whole_downloads) == ([4], 1)


def test_another_program_that_takes_the_new_marks_cannot_hide_a_touch(cleanup: ExitStack) -> None:
    device = terminal(4)
    driver, _ = on_pty(cleanup, device)
    store = Store()
    store.take(driver)
    store.take(driver)
    device.punch(record(50, TODAY), live=False)
    device.new = 0
    store.take(driver)
    assert "50" in {row.user_id for row in store.rows}


def test_a_terminal_that_cannot_clear_marks_is_read_all_the_same(cleanup: ExitStack) -> None:
    device = terminal(4, faults=frozenset(("no_clear",)))
    driver, _ = on_pty(cleanup, device)
    store = Store()
    store.take(driver)
    for user in (60, 61):
        device.punch(record(user, TODAY), live=False)
        assert store.take(driver) == 1
    assert len(store.keys()) == len(store.rows) == 6


def test_a_log_that_ends_early_is_an_error(cleanup: ExitStack) -> None:
    driver, _ = on_pty(cleanup, terminal(40, faults=frozenset(("short_log",))))
    with pytest.raises(MalformedError) as caught:
        list(driver.read(None))
    assert caught.value.code == "log_changed"


def test_without_a_serial_number_the_label_is_needed(cleanup: ExitStack) -> None:
    device = terminal(1, faults=frozenset(("no_serial",)))
    driver, line = on_pty(cleanup, device)
    with pytest.raises(RefusedError) as caught:
        list(driver.read(None))
    assert caught.value.code == "no_serial"
    labelled = driver_for(cleanup, line.url, serial="A-17")
    store = Store()
    assert store.take(labelled) == 1
    assert store.last is not None
    assert store.last.source_id == "A-17"


def test_over_tcp_a_touch_ends_the_wait_and_pings_are_answered(cleanup: ExitStack) -> None:
    device = terminal(2)
    line = TcpLine(device)
    line.start()
    cleanup.callback(line.stop)
    driver = driver_for(cleanup, line.url)
    store = Store()
    store.take(driver)
    assert driver.wait(0.05) is False
    device.ping()
    device.punch(record(5, TODAY))
    assert driver.wait(5) is True
    assert store.take(driver) == 1


def test_close_from_another_thread_ends_a_wait_at_once(cleanup: ExitStack) -> None:
    driver, _ = on_pty(cleanup, terminal(1))
    Store().take(driver)
    answers: list[bool] = []
    waiter = threading.Thread(target=lambda: answers.append(driver.wait(30)))
    waiter.start()
    driver.close()
    waiter.join(timeout=5)
    assert answers == [False]
    assert Store().take(driver) == 1  # and it may be used again


def test_the_clock_is_set_only_when_asked_for(cleanup: ExitStack) -> None:
    device = AnvizTerminal(lambda: now_local() - timedelta(minutes=7))
    driver, _ = on_pty(cleanup, device)
    store = Store()
    store.take(driver)
    assert store.last is not None
    assert store.last.clock_offset_ms is not None
    assert -422_000 < store.last.clock_offset_ms < -418_000
    assert device.time_set == b""
    driver.close()
    setting, _ = on_pty(cleanup, device, set_clock=True)
    Store().take(setting)
    assert len(device.time_set) == 6
