"""S11: what a sender costs while nothing happens, measured over a while and told for 24 hours."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Final

from bench.chaos_table.scenarios import Play
from bench.chaos_table.score import Score

SETTLE_S: Final = 20.0
DAY_S: Final = 86_400


def s11(play: Play, span_s: float) -> Score:
    """Connect, let one record through, and do nothing for `span_s`; CPU and bytes are scaled to a day."""
    play.begin()
    sleep(SETTLE_S)
    witness, line = play.witness, play.system.line
    witness.look()
    began_s, rss_bytes = monotonic(), witness.newest_rss_bytes
    before = (witness.cpu_s, witness.written_bytes, line.up_bytes + line.down_bytes)
    sleep(span_s)
    witness.look()
    a_day = DAY_S / (monotonic() - began_s)
    after = (witness.cpu_s, witness.written_bytes, line.up_bytes + line.down_bytes)
    cpu_s, written, wire = (a_day * (then - now) for then, now in zip(after, before, strict=True))
    drift_kb = (witness.newest_rss_bytes - rss_bytes) / 1024
    return Score(
        records=1, lost=1 - play.system.arrived(), doubled=0, disordered=0, recovery_s=0.0,
        cpu_s=cpu_s, rss_mb=witness.rss_bytes / 1024 / 1024, wire_bytes=int(wire),
        written_bytes=int(written), said="",
        note=f"measured {span_s:.0f} s, CPU and bytes scaled to 24 h; memory {drift_kb:+.0f} KB in it",
    )  # fmt: skip
