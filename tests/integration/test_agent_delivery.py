"""The agent, a real Mosquitto and a small headquarters: everything arrives, whatever dies."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import psutil

from agent.lanes import Counts
from agent.outbox_view import OutboxView
from agent.storage import StorageError
from sync.heartbeat import DeviceStatus
from sync.records import Punch, Trouble
from sync.topics import Lane

Wait = Callable[..., None]
BAD_EVERY = 1000
EMPTY = Counts("", {}, 0, 0)


def counts_of(agent: Any) -> Counts | None:
    try:
        view = OutboxView(agent.data_dir / "outbox.db")
    except StorageError:
        return None
    try:
        return view.counts()
    finally:
        view.close()


def is_settled(agent: Any, punches: int) -> bool:
    """Every punch became one record, a good one or a trouble, and headquarters has it."""
    counts = counts_of(agent)
    return counts is not None and counts.settled == punches and counts.waiting == 0


def arrived(hq: Any, punches: int) -> bool:
    return len(hq.journal) == punches


def test_what_the_terminal_holds_arrives_once(
    agent_process: Any, small_hq: Any, wait_until: Wait
) -> None:
    small_hq.start()
    agent_process.hold(2500)
    agent_process.start()
    wait_until(lambda: arrived(small_hq, 2500), "2500 records at headquarters")
    wait_until(lambda: is_settled(agent_process, 2500), "all settled")
    troubles = [record for record in small_hq.journal.values() if isinstance(record, Trouble)]
    assert [trouble.position for trouble in troubles] == ["record 999", "record 1999"]
    assert agent_process.stop() == 0
    counts = counts_of(agent_process)
    assert counts is not None
    assert (counts.captured, counts.quarantined) == (2502, 2)
    assert small_hq.states[-1].online is False


def test_the_heartbeat_says_what_is_complete(
    agent_process: Any, small_hq: Any, wait_until: Wait
) -> None:
    small_hq.start()
    agent_process.hold(10)
    agent_process.start()
    wait_until(
        lambda: any(beat.settled == 10 and beat.devices for beat in small_hq.heartbeats),
        "a heartbeat with 10 settled",
    )
    beat = small_hq.heartbeats[-1]
    (door,) = beat.devices
    assert (door.name, door.status, door.source_id) == ("front door", DeviceStatus.OK, "SCRIPT-1")
    assert door.complete_utc is not None
    assert door.complete_lane_heads[Lane.PUNCH] == 10 == beat.lanes[Lane.PUNCH].through
    assert (door.clock_offset_ms, door.device_records) == (252_000, 10)
    agent_process.log.unlink()
    wait_until(
        lambda: small_hq.heartbeats[-1].devices[0].status is DeviceStatus.DOWN, "the device is down"
    )
    assert "Switch it on" in small_hq.heartbeats[-1].devices[0].detail


def test_nothing_is_lost_when_everything_dies(
    agent_process: Any, small_hq: Any, mosquitto_broker: Any, wait_until: Wait
) -> None:
    total = 20_000
    agent_process.configure(mosquitto_broker.url, history=True)
    small_hq.start()
    agent_process.hold(total)
    agent_process.start()
    chance = random.Random(20261123)
    for round_no in range(4):
        goal = min(len(small_hq.journal) + total // 6, total - 1)
        wait_until(lambda goal=goal: len(small_hq.journal) >= goal, f"progress {round_no}")
        time.sleep(chance.random() / 20)
        if round_no % 2:
            mosquitto_broker.kill()
            mosquitto_broker.wipe()
            mosquitto_broker.start()
        else:
            agent_process.kill()
            agent_process.start()
    wait_until(lambda: arrived(small_hq, total), "everything at headquarters", 60)
    wait_until(lambda: is_settled(agent_process, total), "everything settled")


def test_a_live_punch_overtakes_the_history(
    agent_process: Any, small_hq: Any, mosquitto_broker: Any, wait_until: Wait
) -> None:
    side_log = agent_process.folder / "side"
    side_log.write_text("0")
    agent_process.configure(
        mosquitto_broker.url,
        history=True,
        more='[[device]]\nname = "side door"\ndriver = "scripted"\npoll_s = 0.1\n'
        f'source = "SIDE"\nlog = "{side_log}"\n',
    )
    agent_process.hold(15_000)
    small_hq.answers = False
    small_hq.start()
    agent_process.start()
    wait_until(lambda: (counts_of(agent_process) or EMPTY).captured > 10_000, "much to send")
    side_log.write_text("1")
    small_hq.answers = True
    wait_until(lambda: arrived(small_hq, 15_001), "everything at headquarters")
    serials = [getattr(record, "device_serial", "") for record in small_hq.journal.values()]
    assert serials.index("SIDE") < 14_000, "the punch came before the history was through"


def test_a_restored_headquarters_is_refilled(
    agent_process: Any, small_hq: Any, wait_until: Wait
) -> None:
    small_hq.start()
    agent_process.hold(300)
    agent_process.start()
    wait_until(lambda: is_settled(agent_process, 300), "300 settled")
    backup_marks, backup_journal = dict(small_hq.marks), dict(small_hq.journal)
    agent_process.hold(900)
    wait_until(lambda: is_settled(agent_process, 900), "900 settled")
    small_hq.restore(backup_marks, backup_journal)
    assert len(small_hq.journal) < 900
    wait_until(lambda: arrived(small_hq, 900), "headquarters is whole again")
    assert "headquarters_restored" in agent_process.output()


def test_an_outbox_from_a_backup_starts_a_new_epoch_and_loses_nothing(
    agent_process: Any, small_hq: Any, wait_until: Wait
) -> None:
    outbox = agent_process.data_dir / "outbox.db"
    small_hq.start()
    agent_process.hold(100)
    agent_process.start()
    wait_until(lambda: is_settled(agent_process, 100), "100 settled")
    assert agent_process.stop() == 0
    old = outbox.read_bytes()
    agent_process.start()
    agent_process.hold(200)
    wait_until(lambda: is_settled(agent_process, 200), "200 settled")
    assert agent_process.stop() == 0
    outbox.write_bytes(old)
    small_hq.journal.clear()
    agent_process.hold(205)
    agent_process.start()
    wait_until(lambda: arrived(small_hq, 205), "205 records at headquarters")
    assert "outbox_restored" in agent_process.output()


def test_a_damaged_outbox_is_set_aside_and_the_devices_are_read_again(
    agent_process: Any, small_hq: Any, wait_until: Wait
) -> None:
    outbox = agent_process.data_dir / "outbox.db"
    small_hq.start()
    agent_process.hold(5000)
    agent_process.start()
    wait_until(lambda: is_settled(agent_process, 5000), "5000 settled")
    epoch = counts_of(agent_process).epoch  # type: ignore[union-attr]
    agent_process.kill()
    content = bytearray(outbox.read_bytes())
    content[4096 : len(content)] = b"\xa5" * (len(content) - 4096)
    outbox.write_bytes(content)
    small_hq.journal.clear()
    agent_process.hold(5001)
    agent_process.start()
    wait_until(lambda: arrived(small_hq, 5002), "all read and sent again, and the damage told")
    told = [record for record in small_hq.journal.values() if isinstance(record, Trouble)]
    assert [one.source for one in told if one.code == "outbox_damaged"] == ["box-1"]
    assert list(agent_process.data_dir.glob("outbox.db.corrupt.*"))
    assert counts_of(agent_process).epoch != epoch  # type: ignore[union-attr]


def test_poison_does_not_block_what_follows(
    agent_process: Any, small_hq: Any, wait_until: Wait
) -> None:
    small_hq.poison = {"0007"}
    small_hq.start()
    agent_process.hold(50)
    agent_process.start()
    wait_until(lambda: is_settled(agent_process, 50), "all settled, the poison too")
    assert len(small_hq.journal) == 49


def test_a_puback_settles_nothing(agent_process: Any, small_hq: Any, wait_until: Wait) -> None:
    small_hq.answers = False
    small_hq.start()
    agent_process.hold(5)
    agent_process.start()
    wait_until(lambda: small_hq.heartbeats, "the agent is connected")
    wait_until(lambda: small_hq.heartbeats[-1].waiting == 5, "5")
    small_hq.answers = True
    wait_until(lambda: is_settled(agent_process, 5), "sent again and settled")


def test_a_frozen_broker_is_left_and_found_again(
    agent_process: Any, small_hq: Any, mosquitto_broker: Any, wait_until: Wait
) -> None:
    small_hq.start()
    agent_process.hold(5)
    agent_process.start()
    wait_until(lambda: is_settled(agent_process, 5), "5 settled")
    mosquitto_broker.pause()
    agent_process.hold(6)
    wait_until(lambda: "no PUBACK" in agent_process.output(), "the agent notices")
    mosquitto_broker.go_on()
    wait_until(lambda: is_settled(agent_process, 6), "6 settled")


def test_a_long_backlog_drains_in_little_memory(
    agent_process: Any, small_hq: Any, mosquitto_broker: Any, wait_until: Wait
) -> None:
    total = 30_000
    agent_process.configure(mosquitto_broker.url, history=True)
    agent_process.hold(total)
    mosquitto_broker.stop()
    agent_process.start()
    wait_until(lambda: (counts_of(agent_process) or EMPTY).waiting == total, "all captured offline")
    mosquitto_broker.start()
    small_hq.start()
    wait_until(lambda: arrived(small_hq, total), "drained", 60)
    assert agent_process.process is not None
    rss_mb = psutil.Process(agent_process.process.pid).memory_info().rss / 2**20
    assert rss_mb <= 45
    good = sum(isinstance(record, Punch) for record in small_hq.journal.values())
    assert good == total - total // BAD_EVERY
