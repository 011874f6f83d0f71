"""A receipt is given for what is stored: nothing is lost, nothing counts twice."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import BusyError, RefusedError
from drivers.registry import open_driver
from drivers.simulators.zkpush import PushSimulator
from drivers.zkpush.driver import ZkPushDriver
from drivers.zkpush.settings import ZkPushSettings
from sync.clock import SystemClock

CLOCK = SystemClock.of_this_boot()
DEADLINE_S = 20.0
ROOT = Path(__file__).parents[3]
LINE = b"1001\t2026-11-23 08:00:00\t0\t1\t0\n"


def test_item_26_a_batch_posted_again_and_again_counts_once(open_box: Any, touched: Any) -> None:
    box = open_box()
    terminal = touched(box.terminal(), 5)
    body = "".join(f"{line}\n" for line in terminal.log).encode()
    for _ in range(100):
        assert terminal.post("ATTLOG", body).text == "OK: 5"
    assert terminal.post("ATTLOG", body + LINE.replace(b"1001", b"1002")).text == "OK: 6"
    assert box.punches == 6


def test_item_26_two_connections_with_the_same_batch_at_once_count_once(
    open_box: Any, touched: Any
) -> None:
    box = open_box()
    terminal = touched(box.terminal(), 40)
    terminal.misbehave("twice_at_once")
    assert [reply.text for reply in terminal.push()] == ["OK: 40"]
    assert box.punches == 40


def test_item_26_a_lost_receipt_only_means_telling_it_again(open_box: Any, touched: Any) -> None:
    box = open_box()
    terminal = touched(box.terminal(), 30)
    terminal.misbehave("lost_reply")
    terminal.push()
    assert (terminal.unsent, box.punches) == (0, 30)


def test_killed_between_commit_and_receipt_the_terminal_tells_again_and_nothing_is_added(
    open_box: Any, touched: Any
) -> None:
    box = open_box()
    terminal = touched(box.terminal(), 20)
    box.dies_before_the_receipt = True
    (reply,) = terminal.push()
    assert reply.status != 200
    assert terminal.unsent == 20
    assert box.punches == 20
    box.close()
    again = open_box(listen=f"127.0.0.1:{box.port}")
    assert [reply.text for reply in terminal.push()] == ["OK: 20"]
    assert (terminal.unsent, again.punches) == (0, 20)


def test_item_27_a_full_disk_is_never_receipted_and_the_rest_comes_later(
    open_box: Any, touched: Any
) -> None:
    box = open_box(commit_s=0.3)
    terminal = touched(box.terminal(), 10)
    box.is_full = True
    assert [reply.status for reply in terminal.push()] == [503]
    assert (terminal.unsent, box.punches) == (10, 0)
    box.is_full = False
    assert [reply.status for reply in terminal.push()] == [200]
    assert (terminal.unsent, box.punches) == (0, 10)


def test_item_27_without_an_agent_that_stores_posts_are_bounded(tmp_path: Path) -> None:
    settings = {"listen": "127.0.0.1:0", "serials": ["A1"], "commit_s": 0.1}
    driver = ZkPushDriver(ZkPushSettings.from_table(settings, "test"), CLOCK, "UTC")
    driver.listen()
    try:
        terminal = PushSimulator("A1", driver.port)
        body = LINE * (4 * 1024 * 1024 // len(LINE))
        assert {terminal.post("ATTLOG", body).status for _ in range(10)} == {503}
    finally:
        driver.close()


def test_fifty_terminals_at_once_lose_nothing(open_box: Any, touched: Any) -> None:
    serials = [f"T{number:03}" for number in range(50)]
    box = open_box(*serials)
    terminals = [touched(box.terminal(serial), 60) for serial in serials]

    def work(terminal: PushSimulator) -> None:
        terminal.greet()
        while terminal.unsent:
            terminal.poll()
            terminal.push()

    workers = [threading.Thread(target=work, args=(terminal,)) for terminal in terminals]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [terminal.unsent for terminal in terminals] == [0] * 50
    assert box.punches == 50 * 60
    assert box.facts["terminals"] == "50 of 50 heard"


def test_a_backlog_of_4000_comes_in_batches(open_box: Any) -> None:
    box = open_box()
    terminal = box.terminal()
    terminal.misbehave("backlog")
    assert {reply.status for reply in terminal.push()} == {200}
    assert (terminal.unsent, box.punches) == (0, 4000)


def test_a_terminal_tells_again_what_it_is_asked_for_and_nothing_is_added(
    open_box: Any,
) -> None:
    box = open_box()
    terminal = box.terminal()
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    for index in range(50):
        terminal.punch("1001", now - timedelta(minutes=index))
    terminal.push()
    terminal.unsent = 0
    terminal.poll()
    assert [command.split()[0] for command in terminal.commands] == ["DATA", "VERIFY", "INFO"]
    assert box.punches == 50
    box.driver.reboot("A1")
    terminal.poll()
    assert terminal.commands[3:] == ["REBOOT"]


def test_a_taken_port_and_a_strange_address_are_named(open_box: Any) -> None:
    box = open_box()
    for listen, trouble in ((f"127.0.0.1:{box.port}", BusyError), ("192.0.2.1:0", RefusedError)):
        table = {"listen": listen, "serials": ["A1"]}
        other = open_driver("zkpush", table, "test", CLOCK, "UTC")
        with pytest.raises(trouble):
            list(other.read(None))
        other.close()


def test_a_reading_that_was_not_stored_is_read_again(tmp_path: Path, touched: Any) -> None:
    settings = {"listen": "127.0.0.1:0", "serials": ["A1"]}
    driver = ZkPushDriver(ZkPushSettings.from_table(settings, "test"), CLOCK, "UTC")
    cursor = list(driver.read(None))[-1].cursor
    terminal = touched(PushSimulator("A1", driver.port), 10)
    pushing = threading.Thread(target=terminal.push)
    pushing.start()
    assert driver.wait(DEADLINE_S)
    first = [row for reading in driver.read(cursor) for row in reading.punches]
    pushing.join(DEADLINE_S)
    again = list(driver.read(json.loads(json.dumps(cursor))))
    assert [row for reading in again for row in reading.punches] == first
    assert len(first) == 10
    assert [row for reading in driver.read(again[-1].cursor) for row in reading.punches] == []
    driver.close()


@contextmanager
def agent_running(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real agent in a process of its own; killed at the end as by a power cut."""
    command = [sys.executable, "-m", "agent.daemon", str(config), "0.1.0-test"]
    with (config.parent / "push.log").open("ab") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait(DEADLINE_S)


def test_a_killed_agent_process_and_its_successor_store_everything_once(
    agent_process: Any, small_hq: Any, wait_until: Callable[..., None], touched: Any
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    text = agent_process.config.read_text().partition("[[device]]")[0]
    device = f'[[device]]\nname = "push"\ndriver = "zkpush"\nlisten = "127.0.0.1:{port}"\n'
    agent_process.config.write_text(f'{text}{device}serials = ["A1"]\n')
    small_hq.start()
    terminal = touched(PushSimulator("A1", port), 3000)
    pushing = threading.Thread(target=_push_until_done, args=(terminal,))
    with agent_running(agent_process.config):
        pushing.start()
        wait_until(lambda: terminal.unsent < 2500, "some receipts")
    with agent_running(agent_process.config):
        pushing.join(60)
        assert terminal.unsent == 0
        wait_until(lambda: len(small_hq.journal) == 3000, "3000 punches at headquarters")
    assert {record.device_serial for record in small_hq.journal.values()} == {"A1"}


def _push_until_done(terminal: PushSimulator) -> None:
    while terminal.unsent:
        try:
            terminal.push()
        except OSError:
            time.sleep(0.05)  # the box is away


def test_the_simulator_runs_as_a_program(open_box: Any, wait_until: Any) -> None:
    box = open_box()
    done = subprocess.run(
        [sys.executable, "-m", "drivers.simulators.zkpush", "--server", f"127.0.0.1:{box.port}",
         "--serial", "A1", "--touches", "3", "--every-s", "0.01", "--fault", "malformed"],
        capture_output=True, text=True, timeout=60, check=True, cwd=ROOT,
    )  # fmt: skip
    assert "zkpush A1 pushes" in done.stdout
    assert box.punches >= 1
