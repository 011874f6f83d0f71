"""The laws every driver keeps (drivers/contract.py); a driver joins with a line in SUBJECTS.

A subject is a context manager made from a temporary folder; see `subjects/subject.py`.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from drivers.contract import Cursor, Driver, Reading
from drivers.errors import DriverError
from sync.records import Punch, Sale, to_wire
from tests.contract.subjects import attlogfile, posfile, serial_devices, zkpush, zkteco
from tests.contract.subjects.subject import Subject

SUBJECTS: dict[str, Callable[[Path], AbstractContextManager[Subject]]] = {
    **zkteco.SUBJECTS,
    **serial_devices.SUBJECTS,
    **posfile.SUBJECTS,
    **attlogfile.SUBJECTS,
    **zkpush.SUBJECTS,
}
MANY = 2500
AT_ONCE_S = 2.0
SOON_S = 10.0
MAX_ROWS = 5000


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    with SUBJECTS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
def driver(subject: Subject) -> Iterator[Driver]:
    opened = subject.driver()
    yield opened
    opened.close()


def _rows(readings: Iterable[Reading]) -> list[object]:
    return [row for reading in readings for row in (*reading.punches, *reading.sales)]


def _stored(cursor: Cursor) -> Cursor:
    """Return a cursor as it comes back from the agent's database."""
    stored: Cursor = json.loads(json.dumps(cursor))
    return stored


def test_making_a_driver_does_no_io_and_closing_it_unused_is_fine(subject: Subject) -> None:
    subject.cut()
    unused = subject.driver()
    unused.close()
    unused.close()
    subject.mend()


def test_a_reread_gives_the_same_rows(subject: Subject, driver: Driver) -> None:
    many = min(MANY, subject.holds)
    subject.add(many)
    first = list(driver.read(None))
    assert len(set(_rows(first))) == many
    assert sorted(map(str, _rows(driver.read(None)))) == sorted(map(str, _rows(first)))
    driver.close()
    if not driver.capabilities.repair:  # what was not stored died with the driver
        return
    other = subject.driver()
    assert sorted(map(str, _rows(other.read(None)))) == sorted(map(str, _rows(first)))
    other.close()


def test_a_cursor_gives_what_came_since_and_the_same_each_time(
    subject: Subject, driver: Driver
) -> None:
    subject.add(30)
    before = list(driver.read(None))
    cursor = _stored(before[-1].cursor)
    assert _rows(driver.read(cursor)) == []
    subject.add(3)
    new = _rows(driver.read(cursor))
    assert len(new) == 3
    assert not set(new) & set(_rows(before))
    assert _rows(driver.read(cursor)) == new


def test_a_restart_after_any_reading_loses_nothing_and_invents_nothing(subject: Subject) -> None:
    subject.add(min(MANY, subject.holds))
    whole = subject.driver()
    if not whole.capabilities.repair:  # no memory: the gap in listening is reported instead
        return
    expected = set(_rows(whole.read(None)))
    whole.close()
    for stop_after in range(1, 4):
        first, second = subject.driver(), subject.driver()
        stored: list[Reading] = []
        reading = first.read(None)
        for part in reading:
            stored.append(part)
            if len(stored) == stop_after:
                break
        reading.close()  # type: ignore[attr-defined]
        first.close()
        again = list(second.read(_stored(stored[-1].cursor)))
        assert set(_rows([*stored, *again])) == expected
        second.close()


def test_only_the_last_reading_of_a_pass_says_it_is_complete(
    subject: Subject, driver: Driver
) -> None:
    cursor = None
    for _ in range(2):
        subject.add(min(MANY, subject.holds))
        readings = list(driver.read(cursor))
        cursor = _stored(readings[-1].cursor)
        assert [reading.complete for reading in readings] == [False] * (len(readings) - 1) + [True]


def test_readings_are_of_bearable_size_and_name_one_source(
    subject: Subject, driver: Driver
) -> None:
    subject.add(min(2 * MANY, subject.holds))
    readings = list(driver.read(None))
    assert max(len(_rows([reading])) for reading in readings) <= MAX_ROWS
    (source_id,) = {reading.source_id for reading in readings}
    assert source_id


def test_what_cannot_be_read_is_kept_and_blocks_nothing(subject: Subject, driver: Driver) -> None:
    subject.add(20)
    if not subject.spoil():
        return
    subject.add(20)
    readings = list(driver.read(None))
    assert len(_rows(readings)) == 40
    (rejected,) = [rejected for reading in readings for rejected in reading.rejected]
    assert rejected.raw
    assert rejected.code
    assert rejected.detail
    assert readings[-1].complete


def test_every_row_can_travel(subject: Subject, driver: Driver) -> None:
    subject.add(20)
    provenance = {
        "store_id": "s001",
        "driver": "test",
        "received_at_utc": "2026-11-23T01:00:00.000Z",
        "boot_id": "boot",
        "boottime_ms": 1,
    }
    for reading in driver.read(None):
        for punch in reading.punches:
            record = Punch(
                device_serial=reading.terminal,
                clock_offset_ms=reading.clock_offset_ms,
                **{name: getattr(punch, name) for name in punch._fields},
                **provenance,
            )
            assert to_wire(record)["kind"] == "punch"
        for sale in reading.sales:
            fields = {name: getattr(sale, name) for name in sale._fields}
            assert to_wire(Sale(**fields, **provenance))["kind"] == "sale"


def test_an_unreachable_device_is_a_classed_error_and_is_read_once_it_is_back(
    subject: Subject, driver: Driver
) -> None:
    subject.add(5)
    cursor = _stored(list(driver.read(None))[-1].cursor)
    subject.cut()
    for _ in range(2):
        with pytest.raises(DriverError) as caught:
            list(driver.read(cursor))
        assert caught.value.code
        assert caught.value.remedy
    subject.mend()
    subject.add(2)
    assert len(_rows(driver.read(cursor))) == 2


def test_waiting_ends_in_time_when_nothing_happens(subject: Subject, driver: Driver) -> None:
    subject.add(1)
    list(driver.read(None))
    started_s = time.monotonic()
    assert driver.wait(0.3) is False
    assert time.monotonic() - started_s < 0.3 + AT_ONCE_S


def test_a_hint_comes_before_the_time_is_up(subject: Subject, driver: Driver) -> None:
    if not driver.capabilities.live:
        return
    subject.add(1)
    cursor = list(driver.read(None))[-1].cursor
    happening = threading.Timer(0.2, subject.add, [1])
    happening.start()
    started_s = time.monotonic()
    while not driver.wait(SOON_S):
        assert time.monotonic() - started_s < SOON_S
    happening.join()
    assert len(_rows(driver.read(cursor))) == 1


def test_closing_from_another_thread_ends_a_wait_at_once(subject: Subject) -> None:
    subject.add(1)
    waiting_driver = subject.driver()
    list(waiting_driver.read(None))
    ended: list[object] = []
    waiter = threading.Thread(target=lambda: ended.append(waiting_driver.wait(60)))
    waiter.start()
    started_s = time.monotonic()
    waiting_driver.close()
    waiter.join(SOON_S)
    assert ended == [False]
    assert time.monotonic() - started_s < AT_ONCE_S
    waiting_driver.close()
