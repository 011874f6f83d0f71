"""Fingerprint modules over real pseudo-terminals: each touch once, trouble named in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drivers.contract import Cursor, PunchRow, Rejected
from drivers.errors import DriverError, LinkDownError, RefusedError
from drivers.fingermodule.driver import FingerModuleDriver
from drivers.fingermodule.settings import FingerModuleSettings
from drivers.simulators.fingermodule import NOBODY, Ef01Simulator, Gt511Simulator
from drivers.simulators.line import Machine, PtyLine
from sync.clock import Clock, SystemClock
from sync.records import STATE_UNKNOWN

ZONE_NAME = "Asia/Shanghai"
CLOCK = SystemClock.of_this_boot()
PATIENCE_S = 5.0
PAGES = frozenset((5, 17))
Simulator = Ef01Simulator | Gt511Simulator


@dataclass
class Store:
    """The agent's half of the bargain: rows and cursor together."""

    cursor: Cursor | None = None
    rows: list[PunchRow] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    is_complete: bool = False

    def take(self, driver: FingerModuleDriver) -> int:
        before = len(self.rows)
        for reading in driver.read(self.cursor):
            self.rows += reading.punches
            self.rejected += reading.rejected
            self.cursor = reading.cursor
            self.facts, self.is_complete = dict(reading.facts), reading.complete
        return len(self.rows) - before


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def on_pty(cleanup: ExitStack, machine: Machine, *line_faults: str, baud: int = 0) -> PtyLine:
    line = PtyLine(machine, frozenset(line_faults), baud)
    line.start()
    cleanup.callback(line.stop)
    return line


class LeapingClock:
    """The machine's clock, which a test may let leap ahead."""

    boot_id = CLOCK.boot_id

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now_utc(self) -> datetime:
        return CLOCK.now_utc() + timedelta(seconds=self.ahead_s)

    def boottime_ms(self) -> int:
        return CLOCK.boottime_ms()

    def monotonic_s(self) -> float:
        return CLOCK.monotonic_s() + self.ahead_s


def driver_at(
    cleanup: ExitStack, url: str, clock: Clock = CLOCK, **more: object
) -> FingerModuleDriver:
    table = {"url": url, "serial": "M-1", "answer_timeout_s": 0.2, "debounce_s": 0, **more}
    settings = FingerModuleSettings.from_table(table, "test")
    driver = FingerModuleDriver(settings, clock, ZONE_NAME)
    cleanup.callback(driver.close)
    return driver


def families() -> list[tuple[str, type[Simulator]]]:
    return [("ef01", Ef01Simulator), ("gt511", Gt511Simulator)]


@pytest.mark.parametrize(("family", "simulator"), families())
@pytest.mark.parametrize("fault", ["", "bytewise", "noise"])
def test_a_touch_becomes_one_punch_at_the_time_of_the_box(
    cleanup: ExitStack, family: str, simulator: type[Simulator], fault: str
) -> None:
    module = simulator(PAGES)
    line = on_pty(cleanup, module, *([fault] if fault else []))
    driver = driver_at(cleanup, line.url, family=family, employees={"17": "1042"})
    store = Store()
    assert store.take(driver) == 0
    assert store.facts["enrolled"] == "2"
    module.place(17)
    assert driver.wait(PATIENCE_S) is True
    assert store.take(driver) == 1
    assert driver.wait(0.6) is False  # the finger rests
    module.place(None)
    assert driver.wait(0.3) is False
    module.place(5)
    assert driver.wait(PATIENCE_S) is True
    store.take(driver)
    assert [row.user_id for row in store.rows] == ["1042", "page-5"]
    now = datetime.now(UTC).astimezone(ZoneInfo(ZONE_NAME)).replace(tzinfo=None)
    for row in store.rows:
        assert row.state_code == STATE_UNKNOWN
        assert abs(datetime.fromisoformat(row.device_time) - now) < timedelta(seconds=10)


def test_a_touch_is_held_until_it_is_stored(cleanup: ExitStack) -> None:
    module = Ef01Simulator(PAGES)
    driver = driver_at(cleanup, on_pty(cleanup, module).url)
    store = Store()
    store.take(driver)
    module.place(17)
    assert driver.wait(PATIENCE_S)
    lost = [row for reading in driver.read(store.cursor) for row in reading.punches]
    again = [row for reading in driver.read(store.cursor) for row in reading.punches]
    assert len(lost) == 1
    assert again == lost
    assert store.take(driver) == 1
    assert store.take(driver) == 0


def test_the_sensor_is_looked_at_three_to_five_times_a_second(cleanup: ExitStack) -> None:
    module = Ef01Simulator(PAGES)
    driver = driver_at(cleanup, on_pty(cleanup, module).url)
    Store().take(driver)
    before = module.looks
    driver.wait(2.0)
    assert 5 <= module.looks - before <= 11


def test_a_finger_nobody_knows_is_counted_once_and_is_no_punch(cleanup: ExitStack) -> None:
    module = Ef01Simulator(PAGES)
    driver = driver_at(cleanup, on_pty(cleanup, module).url)
    store = Store()
    module.place(NOBODY)
    assert driver.wait(0.6) is False
    store.take(driver)
    assert store.rows == []
    assert store.facts["unknown_touches"] == "1"


@pytest.mark.parametrize(
    "fault", ["junk_prefix", "wrong_kind", "length_lies", "bad_sum_once", "lost_answer_once"]
)
def test_item_30_junk_lies_and_damage_change_nothing(cleanup: ExitStack, fault: str) -> None:
    module = Ef01Simulator(PAGES, faults=frozenset((fault,)))
    driver = driver_at(cleanup, on_pty(cleanup, module).url)
    store = Store()
    store.take(driver)
    module.place(17)
    assert driver.wait(PATIENCE_S)
    assert store.take(driver) == 1


def test_item_30_an_answer_from_another_address_is_told(cleanup: ExitStack) -> None:
    module = Ef01Simulator(PAGES, faults=frozenset(("other_address",)))
    driver = driver_at(cleanup, on_pty(cleanup, module).url)
    with pytest.raises(RefusedError, match="0x00000042") as caught:
        Store().take(driver)
    assert caught.value.code == "address"


def test_a_wrong_password_is_told_and_the_right_one_opens(cleanup: ExitStack) -> None:
    line = on_pty(cleanup, Ef01Simulator(PAGES, password=77))
    wrong = driver_at(cleanup, line.url)
    for _ in range(2):  # and the port is free again in between
        with pytest.raises(RefusedError) as caught:
            Store().take(wrong)
        assert caught.value.code == "password"
    assert Store().take(driver_at(cleanup, line.url, password=77)) == 0


def test_a_module_that_restarted_is_greeted_again(cleanup: ExitStack) -> None:
    module = Ef01Simulator(PAGES)
    driver = driver_at(cleanup, on_pty(cleanup, module).url)
    store = Store()
    store.take(driver)
    module.faults.add("restarts")
    with pytest.raises(DriverError) as caught:
        driver.wait(PATIENCE_S)
    assert caught.value.code == "module_restarted"
    module.place(17)
    store.take(driver)
    assert [row.user_id for row in store.rows] == ["17"]


@pytest.mark.parametrize(
    ("fault", "code", "named"),
    [
        ("silent", "silent", "usual speed"),
        ("nmea", "foreign_protocol", "GPS"),
        ("garbage", "foreign_protocol", "baud rate"),
    ],
)
def test_item_31_silence_strangers_and_garbage_are_named_in_bounded_time(
    cleanup: ExitStack, fault: str, code: str, named: str
) -> None:
    driver = driver_at(cleanup, on_pty(cleanup, Ef01Simulator(PAGES), fault).url)
    began_s = time.monotonic()
    with pytest.raises(DriverError, match=named) as caught:
        Store().take(driver)
    assert caught.value.code == code
    assert time.monotonic() - began_s < 4


@pytest.mark.parametrize(("family", "simulator"), families())
def test_item_31_a_changed_speed_is_found_and_told(
    cleanup: ExitStack, family: str, simulator: type[Simulator]
) -> None:
    line = on_pty(cleanup, simulator(PAGES), baud=115200)
    with pytest.raises(RefusedError, match=r"\?baud=115200") as caught:
        Store().take(driver_at(cleanup, line.url, family=family))
    assert caught.value.code == "baud"
    told = driver_at(cleanup, f"{line.url}?baud=115200", family=family)
    assert Store().take(told) == 0


def test_item_32_unplugged_and_plugged_in_under_another_name_loses_no_touch(
    cleanup: ExitStack, tmp_path: Path
) -> None:
    module = Ef01Simulator(PAGES)
    line = on_pty(cleanup, module)
    by_id = tmp_path / "by-id"  # the name that stays, as udev gives it
    by_id.symlink_to(line.path)
    driver = driver_at(cleanup, f"serial://{by_id}")
    store = Store()
    store.take(driver)
    module.place(17)
    assert driver.wait(PATIENCE_S)
    line.unplug()
    with pytest.raises(LinkDownError):
        driver.wait(PATIENCE_S)
    with pytest.raises(DriverError) as gone:
        store.take(driver)
    assert gone.value.code == "no_port"
    module.place(None)
    by_id.unlink()
    by_id.symlink_to(on_pty(cleanup, module).path)
    assert store.take(driver) == 1


def test_item_31_a_stuck_finger_is_one_punch_is_told_once_and_claims_no_completeness(
    cleanup: ExitStack,
) -> None:
    module, clock = Ef01Simulator(PAGES), LeapingClock()
    driver = driver_at(cleanup, on_pty(cleanup, module).url, clock)
    store = Store()
    module.place(17)
    for _ in range(5):
        store.take(driver)
        clock.ahead_s += 40
    assert len(store.rows) == 1
    assert [row.code for row in store.rejected] == ["sensor_covered"]
    assert not store.is_complete
    module.place(None)
    store.take(driver)
    module.place(5)
    store.take(driver)
    assert store.is_complete
    assert [row.user_id for row in store.rows] == ["17", "5"]


def test_a_quiet_module_leaves_the_cursor_as_it_is(cleanup: ExitStack) -> None:
    driver = driver_at(cleanup, on_pty(cleanup, Ef01Simulator(PAGES)).url)
    store = Store()
    store.take(driver)
    before = store.cursor
    store.take(driver)
    assert store.cursor == before


def test_a_gap_in_watching_is_told(cleanup: ExitStack) -> None:
    driver = driver_at(cleanup, on_pty(cleanup, Ef01Simulator(PAGES)).url)
    store = Store(cursor={"run": "earlier", "arrival": 9, "heard_to": "2026-01-01T00:00:00.000Z"})
    store.take(driver)
    store.take(driver)
    assert [row.code for row in store.rejected] == ["not_listening"]


def test_close_from_another_thread_ends_a_wait_at_once(cleanup: ExitStack) -> None:
    module = Ef01Simulator(PAGES)
    driver = driver_at(cleanup, on_pty(cleanup, module).url)
    Store().take(driver)
    answers: list[bool] = []
    waiter = threading.Thread(target=lambda: answers.append(driver.wait(30)))
    waiter.start()
    looks = module.looks
    wait_until(lambda: module.looks > looks)
    driver.close()
    waiter.join(timeout=PATIENCE_S)
    assert answers == [False]
