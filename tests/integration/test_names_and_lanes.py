"""Two boxes given one name by mistake, and a punch behind a long history: real processes."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from agent.ingest import Arrival, Origin, capture_of
from agent.recovery import open_outbox
from agent.room import Limits
from bench.lanes import fill
from bench.rig import STORE, Rig, rig, terminal, wait_until
from drivers.contract import PunchRow, Reading
from sync.envelope import MAX_BATCH_RECORDS

WITHIN_S = 180.0
LINES = 12 * MAX_BATCH_RECORDS


def _often(settings: Path) -> None:
    """Let a box say often how it does."""
    settings.write_text(settings.read_text().replace("zone =", "heartbeat_s = 5\nzone =", 1))


def test_two_boxes_of_one_name_say_so_and_nothing_is_mixed(tmp_path: Path) -> None:
    """Not clones: each has an outbox of its own."""
    with ExitStack() as stack:
        doors = [
            stack.enter_context(terminal("--serial", serial, "--users", "50", "--records", "30"))
            for serial in ("FRONT", "BACK")
        ]
        here = stack.enter_context(rig(lambda _: doors[0].device))
        there = Rig(tmp_path / "there", doors[1].device, broker_port=here.broker_port)
        stack.callback(there.close)
        for box in (here, there):
            _often(box.agent_settings)
        for part in ("broker", "hq"):
            here.start(part)
        here.start("agent")
        wait_until("the first box", lambda: here.journaled() == 30, WITHIN_S)
        there.start("agent")
        wait_until("the second box", lambda: here.journaled() == 60, WITHIN_S)
        for box in (here, there):
            status = box.folder / "box" / "status.json"
            wait_until("it to say so", lambda s=status: "name_taken" in s.read_text(), WITHIN_S)  # type: ignore[misc]
        said = "SELECT count(*) FROM box WHERE health LIKE '%name_taken%'"
        wait_until("headquarters to hear", lambda: here.query(said) == [(1,)], WITHIN_S)
        letter = ("namesake",)
        wait_until(
            "the letter", lambda: letter in here.query("SELECT code FROM dead_letter"), WITHIN_S
        )
        assert here.query("SELECT count(DISTINCT epoch), count(*) FROM journal") == [(2, 60)]


def test_a_new_punch_overtakes_the_till_lines_that_wait() -> None:
    with rig(lambda _: "") as built:
        fill(built, LINES)
        now = datetime.now(UTC)
        outbox = open_outbox(built.folder / "box" / "outbox.db", Limits(), now).outbox
        punch = PunchRow("1001", "2026-11-23T09:00:00", 0, 1, 0)
        reading = Reading(source_id="door", cursor={"done": 1}, punches=(punch,))
        origin = Origin("door", "zkteco", STORE)
        outbox.put(capture_of(reading, origin, Arrival(now, "bench", 2), None))
        outbox.close()
        for part in ("broker", "hq", "agent"):
            built.start(part)
        wait_until("everything", lambda: built.journaled() == LINES + 1, WITHIN_S)
        ((before,),) = built.query(
            "SELECT count(*) FROM journal WHERE kind = 'sale'"
            " AND entry_no < (SELECT entry_no FROM journal WHERE kind = 'punch')"
        )
        assert int(str(before)) <= MAX_BATCH_RECORDS, "it stood behind the lines it came after"
