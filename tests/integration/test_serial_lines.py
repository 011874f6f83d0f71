"""ASCII terminals over real pseudo-terminals and sockets: each touch once, gaps told."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drivers.contract import Cursor, PunchRow, Rejected
from drivers.errors import DriverError, LinkDownError, RefusedError
from drivers.serialline.driver import MAX_STRANGE_RUN, SerialLineDriver
from drivers.serialline.settings import SerialLineSettings
from drivers.simulators.line import PtyLine, TcpLine
from drivers.simulators.serialline import AsciiTerminal
from sync.clock import SystemClock

ZONE_NAME = "Asia/Shanghai"
ZONE = ZoneInfo(ZONE_NAME)
CLOCK = SystemClock.of_this_boot()
TOUCHED = datetime(2026, 11, 13, 8, 0, 7)
PATIENCE_S = 5.0
NOBODY = 65534


@dataclass
class Store:
    """The agent's half of the bargain: rows and cursor together."""

    cursor: Cursor | None = None
    rows: list[PunchRow] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    is_complete: bool = False

    def take(self, driver: SerialLineDriver) -> int:
        before = len(self.rows)
        for reading in driver.read(self.cursor):
            self.rows += reading.punches
            self.rejected += reading.rejected
            self.cursor, self.is_complete = reading.cursor, reading.complete
        return len(self.rows) - before

    def take_until(self, driver: SerialLineDriver, is_enough: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not is_enough():
            assert time.monotonic() < deadline_s, (self.rows, self.rejected)
            driver.wait(0.2)
            self.take(driver)


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def on_pty(cleanup: ExitStack, device: AsciiTerminal, *line_faults: str) -> PtyLine:
    line = PtyLine(device, frozenset(line_faults))
    line.start()
    cleanup.callback(line.stop)
    return line


def driver_at(cleanup: ExitStack, url: str, profile: str) -> SerialLineDriver:
    table = {"url": url, "serial": "T-1", "profile": profile}
    settings = SerialLineSettings.from_table(table, "test")
    driver = SerialLineDriver(settings, CLOCK, ZONE_NAME)
    cleanup.callback(driver.close)
    return driver


@pytest.mark.parametrize("faults", [(), ("bytewise",)])
def test_each_touch_comes_once_and_double_touches_stay_two(
    cleanup: ExitStack, faults: tuple[str, ...]
) -> None:
    device = AsciiTerminal("line")
    driver = driver_at(cleanup, on_pty(cleanup, device, *faults).url, "line")
    store = Store()
    store.take(driver)
    assert store.is_complete
    for _ in range(2):
        device.touch("0042", TOUCHED)
    store.take_until(driver, lambda: len(store.rows) >= 2)
    assert [(row.user_id, row.occurrence) for row in store.rows] == [("0042", 0), ("0042", 1)]
    assert store.take(driver) == 0


def test_what_wait_heard_is_held_until_it_is_stored(cleanup: ExitStack) -> None:
    device = AsciiTerminal("line")
    driver = driver_at(cleanup, on_pty(cleanup, device).url, "line")
    store = Store()
    store.take(driver)
    device.touch("7", TOUCHED)
    assert driver.wait(PATIENCE_S) is True
    lost = [row for reading in driver.read(store.cursor) for row in reading.punches]
    again = [row for reading in driver.read(store.cursor) for row in reading.punches]
    assert [row.user_id for row in lost] == ["7"]
    assert again == lost  # storing failed twice: the same rows again
    assert store.take(driver) == 1
    assert store.take(driver) == 0


def test_arrival_is_the_time_of_cards_without_clock_and_equal_ones_stay_apart(
    cleanup: ExitStack,
) -> None:
    device = AsciiTerminal("rdm6300")
    driver = driver_at(cleanup, on_pty(cleanup, device, "bytewise").url, "rdm6300")
    store = Store()
    began = datetime.now(UTC).astimezone(ZONE).replace(tzinfo=None, microsecond=0)
    store.take(driver)
    for _ in range(3):
        device.touch("3456789", TOUCHED)
    store.take_until(driver, lambda: len(store.rows) >= 3)
    identities = {(row.user_id, row.device_time, row.occurrence) for row in store.rows}
    assert len(identities) == 3
    for row in store.rows:
        assert row.user_id == "0003456789"
        lag = datetime.fromisoformat(row.device_time) - began
        assert timedelta(0) <= lag < timedelta(seconds=10)


def test_the_date_told_yesterday_survives_a_restart_of_the_agent(cleanup: ExitStack) -> None:
    device = AsciiTerminal("acrocomm")
    line = on_pty(cleanup, device)
    driver = driver_at(cleanup, line.url, "acrocomm")
    store = Store()
    store.take(driver)
    device.change_date(TOUCHED)
    device.touch("1", TOUCHED)
    store.take_until(driver, lambda: len(store.rows) == 1)
    driver.close()
    restarted = driver_at(cleanup, line.url, "acrocomm")
    store.take(restarted)
    device.touch("2", TOUCHED + timedelta(minutes=1))
    store.take_until(restarted, lambda: len(store.rows) == 2)
    assert [row.device_time for row in store.rows] == ["2026-11-13T08:00:07", "2026-11-13T08:01:07"]
    assert store.rejected == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [("unterminated", "unterminated"), ("megabyte", "overlong"), ("wrong_check", "check")],
)
def test_item_34_a_bad_frame_is_kept_raw_and_the_next_one_is_read(
    cleanup: ExitStack, fault: str, code: str
) -> None:
    profile = "rdm6300" if fault == "wrong_check" else "s4a"
    device = AsciiTerminal(profile, faults=frozenset((fault,)))
    driver = driver_at(cleanup, on_pty(cleanup, device).url, profile)
    store = Store()
    store.take(driver)
    device.touch("1", TOUCHED)
    store.take_until(driver, lambda: bool(store.rejected))
    device.faults.clear()
    if profile == "s4a":
        device.say(b"\r\n")
    device.touch("2", TOUCHED)
    store.take_until(driver, lambda: bool(store.rows))
    assert {row.code for row in store.rejected} == {code}
    assert all(row.raw and row.detail for row in store.rejected)
    assert int(store.rows[-1].user_id) == 2


def test_item_34_keypad_digits_are_no_trouble(cleanup: ExitStack) -> None:
    device = AsciiTerminal("s4a")
    driver = driver_at(cleanup, on_pty(cleanup, device).url, "s4a")
    store = Store()
    store.take(driver)
    device.say(b"5")
    assert driver.wait(0.6) is False
    device.touch("123478", TOUCHED)
    store.take_until(driver, lambda: bool(store.rows))
    assert store.rows[0].user_id == "0000123478"
    assert store.rejected == []


@pytest.mark.parametrize(("fault", "named"), [("nmea", "GPS"), ("garbage", "baud rate")])
def test_item_31_a_stranger_on_the_line_is_named_in_bounded_time_and_space(
    cleanup: ExitStack, fault: str, named: str
) -> None:
    driver = driver_at(cleanup, on_pty(cleanup, AsciiTerminal("line"), fault).url, "line")
    store = Store()
    began_s = time.monotonic()
    with pytest.raises(RefusedError, match=named) as caught:
        store.take_until(driver, lambda: False)
    assert caught.value.code == "foreign_protocol"
    assert time.monotonic() - began_s < PATIENCE_S
    assert store.rows == []
    assert not store.is_complete  # nobody is called absent on the strength of it
    for _ in range(2):
        with pytest.raises(RefusedError):
            store.take(driver)
    assert len(store.rejected) <= MAX_STRANGE_RUN


def test_item_31_the_wrong_parity_is_named_and_makes_up_nobody(cleanup: ExitStack) -> None:
    device = AsciiTerminal("line")
    driver = driver_at(cleanup, on_pty(cleanup, device).url, "line")
    store = Store()
    store.take(driver)
    for number in range(3 * MAX_STRANGE_RUN):
        touch = f"{1000 + number},{TOUCHED:%Y-%m-%d %H:%M:%S}\r\n".encode()
        # sent with seven bits and even parity, heard with eight bits and none
        device.say(bytes(byte | (byte.bit_count() & 1) << 7 for byte in touch))
    with pytest.raises(RefusedError, match="parity") as caught:
        store.take_until(driver, lambda: False)
    assert caught.value.code == "foreign_protocol"
    assert store.rows == []
    assert store.rejected, "nothing of it was kept"


def test_item_31_a_touch_among_strangers_is_read_and_what_was_not_kept_is_counted(
    cleanup: ExitStack,
) -> None:
    device = AsciiTerminal("line")
    driver = driver_at(cleanup, on_pty(cleanup, device).url, "line")
    store = Store()
    store.take(driver)
    for number in range(MAX_STRANGE_RUN + 7):
        device.say(b"$GPGGA,%d\r\n" % number)
    device.touch("9", TOUCHED)
    deadline_s = time.monotonic() + PATIENCE_S
    while not store.rows and time.monotonic() < deadline_s:
        with suppress(RefusedError):  # said as long as only the stranger talks
            store.take(driver)
    assert store.rows[0].user_id == "9"
    (counted,) = [row for row in store.rejected if row.code == "not_kept"]
    assert counted.detail.startswith("7 more")


def test_item_32_unplugged_and_plugged_in_under_another_name_loses_no_touch(
    cleanup: ExitStack, tmp_path: Path
) -> None:
    device = AsciiTerminal("line")
    line = on_pty(cleanup, device)
    by_id = tmp_path / "by-id"  # the name that stays, as udev gives it
    by_id.symlink_to(line.path)
    driver = driver_at(cleanup, f"serial://{by_id}", "line")
    store = Store()
    store.take(driver)
    device.touch("5", TOUCHED)
    assert driver.wait(PATIENCE_S) is True
    line.unplug()
    with pytest.raises(LinkDownError):
        driver.wait(PATIENCE_S)
    with pytest.raises(DriverError) as gone:
        store.take(driver)
    assert gone.value.code == "no_port"
    by_id.unlink()
    by_id.symlink_to(on_pty(cleanup, device).path)
    device.touch("6", TOUCHED)
    store.take_until(driver, lambda: len(store.rows) == 2)
    assert [row.user_id for row in store.rows] == ["5", "6"]


def test_item_32_a_port_that_is_forbidden_is_refused_and_read_once_it_is_allowed(
    cleanup: ExitStack,
) -> None:
    device = AsciiTerminal("line")
    line = on_pty(cleanup, device)
    driver = driver_at(cleanup, line.url, "line")
    store = Store()
    with as_a_stranger(Path(line.path)), pytest.raises(RefusedError, match="dialout") as caught:
        store.take(driver)
    assert caught.value.code == "permission"
    store.take(driver)
    device.touch("7", TOUCHED)
    store.take_until(driver, lambda: bool(store.rows))
    assert [row.user_id for row in store.rows] == ["7"]


@contextmanager
def as_a_stranger(port: Path) -> Iterator[None]:
    """Take the right to open a port from us, be we root or not."""
    mode, we = port.stat().st_mode, os.geteuid()
    port.chmod(0)
    if we == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if we == 0:
            os.seteuid(we)
        port.chmod(mode)


def test_a_quiet_line_leaves_the_cursor_as_it_is(cleanup: ExitStack) -> None:
    driver = driver_at(cleanup, on_pty(cleanup, AsciiTerminal("line")).url, "line")
    store = Store()
    store.take(driver)
    before = store.cursor
    store.take(driver)
    assert store.cursor == before


def test_a_gap_in_listening_is_told_once_because_the_line_has_no_memory(
    cleanup: ExitStack,
) -> None:
    device = AsciiTerminal("line")
    line = on_pty(cleanup, device)
    driver = driver_at(cleanup, line.url, "line")
    store = Store()
    store.take(driver)
    driver.close()
    assert store.cursor is not None
    store.cursor = {**store.cursor, "heard_to": "2026-01-01T00:00:00.000Z"}
    restarted = driver_at(cleanup, line.url, "line")
    store.take(restarted)
    store.take(restarted)
    assert [row.code for row in store.rejected] == ["not_listening"]


def test_over_a_serial_server_on_tcp_the_same_terminal_reads_alike(cleanup: ExitStack) -> None:
    device = AsciiTerminal("tr320")
    line = TcpLine(device)
    line.start()
    cleanup.callback(line.stop)
    driver = driver_at(cleanup, line.url.replace("tcp://", "socket://"), "tr320")
    store = Store()
    store.take(driver)
    deadline_s = time.monotonic() + PATIENCE_S
    while not line.clients:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    device.touch("0001234567", TOUCHED)
    store.take_until(driver, lambda: bool(store.rows))
    assert store.rows[0].user_id == "0001234567"


def test_a_dump_of_thousands_is_taken_whole_in_order(cleanup: ExitStack) -> None:
    device = AsciiTerminal("line")
    driver = driver_at(cleanup, on_pty(cleanup, device).url, "line")
    store = Store()
    store.take(driver)
    times = [TOUCHED + timedelta(seconds=number) for number in range(2500)]
    device.say(b"".join(b"%d,%s\r\n" % (7, str(at).encode()) for at in times))
    store.take_until(driver, lambda: len(store.rows) >= 2500)
    assert [row.device_time for row in store.rows] == [at.isoformat() for at in times]


def test_close_from_another_thread_ends_a_wait_at_once(cleanup: ExitStack) -> None:
    driver = driver_at(cleanup, on_pty(cleanup, AsciiTerminal("line")).url, "line")
    Store().take(driver)
    answers: list[bool] = []
    waiter = threading.Thread(target=lambda: answers.append(driver.wait(30)))
    waiter.start()
    driver.close()
    waiter.join(timeout=PATIENCE_S)
    assert answers == [False]
