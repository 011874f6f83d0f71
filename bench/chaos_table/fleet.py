"""S10: many boxes come back in the same moment, each with a few records that wait."""

from __future__ import annotations

import resource
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from bench import reconnect
from bench.chaos_table import bridge, gateway
from bench.chaos_table.score import Score, judged
from bench.chaos_table.witness import Witness, watching
from bench.rig import Rig, wait_until

RECORDS_EACH: Final = 20
WITHIN_S: Final = 240.0
QUIET_S: Final = 140.0  # the gateway tries again after two minutes at the latest
FILES: Final = 16_384


def _allow_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most), most))


def daka(folder: Path, boxes: int) -> Score:
    """Let clients that speak as boxes do connect at once; each waits for its receipt."""
    _allow_files()
    rig = Rig(folder, "")
    try:
        waits_s, _ = reconnect.run(rig, boxes, RECORDS_EACH)
        came = rig.journaled() - RECORDS_EACH  # one box went ahead to see headquarters up
    finally:
        rig.close()
    records = boxes * RECORDS_EACH
    return Score(
        records=records, lost=records - came, doubled=max(0, came - records), disordered=0,
        recovery_s=waits_s[-1], cpu_s=0.0, rss_mb=0.0, wire_bytes=None, written_bytes=0, said="",
        note=f"{boxes} clients with their batches in one process, to the receipt of the last",
    )  # fmt: skip


def bridges(folder: Path, boxes: int) -> Score:
    """Let one broker with as many bridge connections, each with a queue of its own, come back."""
    _allow_files()
    records = boxes * RECORDS_EACH
    with bridge.standing(folder, boxes) as one, watching(one.pid) as witness:
        one.line.cut()
        one.start()
        one.feed(records)
        began_s = monotonic()
        one.line.mend()
        last_s = _last_arrival_s(one, records)
        note = f"{boxes} connections of one broker's process"
        return _score(records, one.arrivals(), last_s - began_s, witness, note)


def gateways(folder: Path, boxes: int) -> Score:
    """Let as many gateways, each a process, come back to one server."""
    records = boxes * RECORDS_EACH
    with ExitStack() as stack:
        lead = stack.enter_context(gateway.standing(folder))
        fleet = [lead]
        for number in range(1, boxes):
            place = folder / f"box-{number}"
            place.mkdir()
            fleet.append(gateway.Gateway(place, lead.port, lead.line, number * RECORDS_EACH))
            fleet[-1].oracle = lead.oracle
            stack.callback(fleet[-1].close)
        witness = stack.enter_context(watching(lead.pid))
        for one in fleet:
            one.start()
        for one in fleet:
            one.feed(1)
        wait_until("the first of each", lambda: lead.arrived() >= boxes, WITHIN_S)
        lead.line.cut()
        for one in fleet:
            one.feed(RECORDS_EACH - 1)
        began_s = monotonic()
        lead.line.mend()
        last_s = _last_arrival_s(lead, records)
        note = f"{boxes} processes, not 1 000: each takes the memory shown; CPU and memory of one"
        return _score(records, lead.arrivals(), last_s - began_s, witness, note)


def _score(records: int, came: list[int], recovery_s: float, witness: Witness, note: str) -> Score:
    found = judged(records, came)
    return Score(
        records=records, lost=found.lost, doubled=found.doubled, disordered=0,
        recovery_s=recovery_s, cpu_s=witness.cpu_s, rss_mb=witness.rss_bytes / 1024 / 1024,
        wire_bytes=None, written_bytes=witness.written_bytes, said="", note=note,
    )  # fmt: skip


def _last_arrival_s(one: bridge.Bridge | gateway.Gateway, records: int) -> float:
    came, last_s = -1, monotonic()
    while came < records and monotonic() < last_s + QUIET_S:
        now = one.arrived()
        if now != came:
            came, last_s = now, monotonic()
        sleep(0.05)
    return last_s
