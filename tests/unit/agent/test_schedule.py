"""When devices are read: the timetable's rules."""

from __future__ import annotations

from datetime import datetime

import pytest

from agent.schedule import HINT_GAP_S, Timetable, reconnect_delay_s
from sync.heartbeat import DeviceStatus

MIDDLE = 0.5


def test_a_new_device_is_due_at_once() -> None:
    assert Timetable(poll_s=60).wait_s(1000.0) == 0


def test_polls_keep_their_pace_from_when_the_read_began() -> None:
    table = Timetable(poll_s=60).succeeded(began_s=100.0, now_s=130.0)
    assert table.wait_s(130.0) == 30.0
    assert table.succeeded(began_s=160.0, now_s=300.0).wait_s(300.0) == 0


def test_a_hint_brings_the_read_forward_but_not_on_top_of_the_last() -> None:
    table = Timetable(poll_s=60).succeeded(began_s=100.0, now_s=100.0)
    assert table.hinted(130.0).wait_s(130.0) == 0
    assert table.hinted(100.1).wait_s(100.1) == pytest.approx(HINT_GAP_S - 0.1)


@pytest.mark.parametrize(
    ("status", "first_s", "longest_s"),
    [
        (DeviceStatus.DOWN, 1, 60),
        (DeviceStatus.BUSY, 5, 120),
        (DeviceStatus.MALFORMED, 5, 300),
        (DeviceStatus.REFUSED, 60, 600),
    ],
)
def test_failures_are_retried_later_and_later(
    status: DeviceStatus, first_s: float, longest_s: float
) -> None:
    table, delays_s = Timetable(poll_s=60), []
    for _ in range(40):
        table = table.failed(status, 0.0, MIDDLE)
        delays_s.append(table.wait_s(0.0))
    assert delays_s[0] == first_s
    assert delays_s == sorted(delays_s)
    assert delays_s[-1] == longest_s
    assert table.succeeded(0.0, 0.0).failures == 0


def test_chance_spreads_the_retries() -> None:
    delays_s = {
        Timetable(poll_s=60).failed(DeviceStatus.BUSY, 0.0, chance).due_s
        for chance in (0.0, 0.5, 0.99)
    }
    assert len(delays_s) == 3
    assert all(4 <= delay_s <= 6 for delay_s in delays_s)


def test_the_nightly_read_is_due_once_a_night() -> None:
    fresh = Timetable(poll_s=60)
    morning = datetime(2026, 11, 23, 9, 0)
    assert not fresh.is_full_due(morning, 3), "the first read reads everything anyway"
    table = fresh.full_done(morning, 3)
    assert not table.is_full_due(datetime(2026, 11, 24, 2, 59), 3)
    assert table.is_full_due(datetime(2026, 11, 24, 3, 0), 3)
    assert not table.full_done(datetime(2026, 11, 24, 3, 0), 3).is_full_due(
        datetime(2026, 11, 24, 23, 0), 3
    )


def test_a_fleet_does_not_come_back_in_step() -> None:
    assert reconnect_delay_s(0, 0.0) == 0.5
    assert reconnect_delay_s(0, 1.0) == 1.0
    assert reconnect_delay_s(50, 1.0) == 60.0
    assert reconnect_delay_s(50, 0.0) == 30.0
