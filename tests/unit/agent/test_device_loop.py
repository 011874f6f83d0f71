"""The loop around a driver: what it asks, when it asks, and what it tells about it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.device_loop import DeviceLoop
from agent.outbox import Outbox
from agent.outbox_view import OutboxView
from agent.room import Limits
from agent.settings import BoxSettings, DeviceSettings, Settings
from agent.tuning import Tuning
from agent.writer import Writer
from drivers.contract import Capabilities, Cursor, PunchRow, Reading
from drivers.errors import BusyError, DriverError, LinkDownError, MalformedError, RefusedError
from sync.clock import SystemClock
from sync.heartbeat import DeviceStatus
from sync.mqtt_settings import MqttSettings
from sync.topics import Lane

DEADLINE_S = 10.0


class ScriptedDriver:
    """Plays a list of steps, one a read: readings to yield or an error to raise."""

    def __init__(self, steps: list[list[Reading] | Exception], *, live: bool = False) -> None:
        self.capabilities = Capabilities(live=live, repair=True)
        self.steps = steps
        self.cursors: list[Cursor | None] = []
        self.out_of_steps = threading.Event()
        self.hint = threading.Event()
        self.heads_at_yield: list[int] = []
        self.outbox: Outbox | None = None

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        self.cursors.append(cursor)
        if not self.steps:
            self.out_of_steps.set()
            return
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        for reading in step:
            assert self.outbox is not None
            self.heads_at_yield.append(self.outbox.counts.heads[Lane.PUNCH])
            yield reading

    def wait(self, timeout_s: float) -> bool:
        return self.hint.wait(timeout_s)

    def close(self) -> None:
        self.hint.set()


def reading(first: int, last: int, **parts: object) -> Reading:
    rows = tuple(PunchRow(f"{i}", "2026-11-23T08:00:00", 0, 1, 0) for i in range(first, last + 1))
    return Reading(source_id="T1", cursor={"done": last}, punches=rows, **parts)  # type: ignore[arg-type]


def failing_with(error: DriverError) -> tuple[ScriptedDriver, threading.Event]:
    """Return a driver whose every read raises, and what tells that it did."""
    failed = threading.Event()

    class Failing(ScriptedDriver):
        def read(self, cursor: Cursor | None) -> Iterator[Reading]:
            failed.set()
            raise error
            yield  # a generator, as the contract says

    return Failing([]), failed


@pytest.fixture
def play(outbox: Outbox, tmp_path: Path) -> Iterator[Callable[..., DeviceLoop]]:
    """`play(driver)`: run a loop over the driver until it has no more steps."""
    clock = SystemClock.of_this_boot()
    writer = Writer(outbox, clock, lambda: None)
    thread = threading.Thread(target=writer.run)
    thread.start()
    box = BoxSettings(
        box_id="b",
        org="o",
        store_id="s",
        zone=ZoneInfo("UTC"),
        data_dir=tmp_path,
        run_dir=tmp_path,
        heartbeat_s=30,
        full_read_hour=3,
    )
    mqtt = MqttSettings(
        host="h",
        port=1,
        tls=False,
        username=None,
        password=None,
        ca_file=None,
        cert_file=None,
        key_file=None,
    )

    def run(driver: ScriptedDriver, until: threading.Event | None = None) -> DeviceLoop:
        driver.outbox = outbox
        device = DeviceSettings(
            name="door", driver="scripted", store_id="s", poll_s=0.01, make_driver=lambda: driver
        )
        settings = Settings(
            box=box,
            mqtt=mqtt,
            limits=Limits(),
            clock=clock,
            devices=(device,),
            config_hash="x",
            document={},
        )
        changed = threading.Event()
        loop = DeviceLoop(
            device, settings, Tuning(settings, None), writer, changed.set, lambda: None
        )
        stop = threading.Event()
        running = threading.Thread(target=loop.run, args=(stop,))
        running.start()
        assert (until or driver.out_of_steps).wait(DEADLINE_S)
        stop.set()
        loop.close()
        running.join(DEADLINE_S)
        assert not running.is_alive()
        return loop

    yield run
    writer.stop()
    thread.join(DEADLINE_S)


def test_the_next_reading_is_asked_for_only_after_the_commit(
    play: Callable[..., DeviceLoop],
) -> None:
    driver = ScriptedDriver([[reading(1, 5), reading(6, 9), reading(10, 10)]])
    play(driver)
    assert driver.heads_at_yield == [0, 5, 9]


def test_a_read_goes_on_where_the_last_one_was_stored(play: Callable[..., DeviceLoop]) -> None:
    driver = ScriptedDriver([[reading(1, 5)], [reading(6, 9)]])
    play(driver)
    assert driver.cursors[:3] == [None, {"done": 5}, {"done": 9}]
    again = ScriptedDriver([])
    play(again)
    assert again.cursors[0] == {"done": 9}, "also after a restart"


def test_completeness_is_dated_to_the_beginning_of_the_pass(
    play: Callable[..., DeviceLoop],
) -> None:
    before = datetime.now(UTC)
    driver = ScriptedDriver([[reading(1, 5), reading(6, 9, complete=True, device_records=9)]])
    loop = play(driver)
    assert loop.report.complete_utc is not None
    complete = datetime.fromisoformat(loop.report.complete_utc)
    assert abs((complete - before).total_seconds()) < DEADLINE_S
    assert loop.report.complete_lane_heads[Lane.PUNCH] == 9
    assert (loop.report.status, loop.report.device_records) == (DeviceStatus.OK, 9)


def test_an_interrupted_pass_completes_nothing(play: Callable[..., DeviceLoop]) -> None:
    loop = play(ScriptedDriver([[reading(1, 5)]]))
    assert loop.report.complete_utc is None


def test_a_pass_that_finds_nothing_moves_completeness_without_writing(
    play: Callable[..., DeviceLoop], outbox: Outbox
) -> None:
    nothing = Reading(source_id="T1", cursor={"done": 5}, complete=True)
    driver = ScriptedDriver([[reading(1, 5, complete=True)], [nothing], [nothing]])
    changes_before = outbox._db.total_changes
    loop = play(driver)
    stored = outbox.source("door", "scripted")
    assert stored is not None
    assert loop.report.complete_utc is not None
    assert stored.complete_utc is not None
    assert loop.report.complete_utc > stored.complete_utc
    assert outbox._db.total_changes - changes_before < 25


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (LinkDownError("timeout", "no answer", "Check the cable."), DeviceStatus.DOWN),
        (BusyError("busy", "somebody else", "Wait."), DeviceStatus.BUSY),
        (MalformedError("checksum", "bad frame", "Update it."), DeviceStatus.MALFORMED),
        (RefusedError("unauthorised", "wrong key", "Enter the Comm Key."), DeviceStatus.REFUSED),
        (DriverError("odd", "something else", "Look."), DeviceStatus.MALFORMED),
    ],
)
def test_what_went_wrong_is_told_in_words(
    play: Callable[..., DeviceLoop], error: DriverError, status: DeviceStatus
) -> None:
    loop = play(*failing_with(error))
    assert loop.report.status is status
    assert error.remedy in loop.report.detail


def test_a_hostile_frame_is_kept_whole_once_and_moves_no_cursor(
    play: Callable[..., DeviceLoop], outbox: Outbox, outbox_path: Path
) -> None:
    frame = b"PP\x82}\xff\xff\xff\xff"
    bad = MalformedError("length", "a frame that claims too much", "Look at the cable.", frame)
    play(ScriptedDriver([[reading(1, 2)]]))
    for _ in range(2):
        play(*failing_with(bad))
    view = OutboxView(outbox_path)
    pieces = list(view.quarantined())
    view.close()
    assert [(piece.code, piece.raw) for piece in pieces] == [("length", frame)]
    source = outbox.source("door", "scripted")
    assert source is not None
    assert source.cursor == {"done": 2}
    assert outbox.counts.heads[Lane.BULK] == 1  # the trouble that tells headquarters


def test_a_hint_leads_to_a_read_before_the_poll(play: Callable[..., DeviceLoop]) -> None:
    driver = ScriptedDriver([[reading(1, 1)], [reading(2, 2)]], live=True)
    driver.hint.set()
    play(driver)
    assert driver.cursors[:2] == [None, {"done": 1}]
