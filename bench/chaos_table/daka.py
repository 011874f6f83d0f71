"""The box and headquarters in the scenarios of the table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

from bench.chaos_table.score import Score
from bench.drain import waiting
from bench.rig import Rig, rig, terminal, wait_until

NAME = "Daka"
WITHIN_S = 180.0


@contextmanager
def _loaded(records: int) -> Iterator[Rig]:
    """A box that read its terminal while there was no broker; the terminal is gone since."""
    with rig(lambda _: "") as built:
        with terminal("--serial", "T1", "--users", "500", "--records", str(records)) as door:
            settings = built.agent_settings.read_text()
            built.agent_settings.write_text(settings + door.device)
            built.start("agent")
            wait_until("the box to have read", lambda: waiting(built) >= records, WITHIN_S)
        yield built


def _score(built: Rig, records: int) -> Score:
    wait_until("every record", lambda: built.journaled() >= records, WITHIN_S)
    sleep(2)
    rows = built.journaled()
    unique = int(str(built.query("SELECT count(DISTINCT record_id) FROM journal")[0][0]))
    return Score(records, unique, rows)


def s1(records: int) -> Score:
    with _loaded(records) as built:
        built.start("hq")
        built.start("broker")
        return _score(built, records)


def s2(records: int) -> Score:
    with _loaded(records) as built:
        built.kill("agent")
        for part in ("broker", "hq", "agent"):
            built.start(part)
        return _score(built, records)


def _kill_while_draining(records: int, victim: str) -> Score:
    with _loaded(records) as built:
        built.start("hq")
        built.start("broker")
        for share in (0.1, 0.4, 0.7):
            wait_until(
                "progress", lambda share=share: built.journaled() >= share * records, WITHIN_S
            )
            built.kill(victim)
            built.start(victim)
        return _score(built, records)


def s3(records: int) -> Score:
    return _kill_while_draining(records, "agent")


def s4(records: int) -> Score:
    return _kill_while_draining(records, "broker")


def s5(records: int) -> Score:
    return _kill_while_draining(records, "hq")
