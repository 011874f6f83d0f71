"""Two rows of the chaos table with few records: the box alone, as the table plays it."""

from __future__ import annotations

from pathlib import Path

from bench.chaos_table import daka, scenarios
from bench.chaos_table.score import Score
from bench.chaos_table.witness import watching

RECORDS = 60


def play(folder: Path, row: str) -> Score:
    with daka.standing(folder / row) as box, watching(box.pid) as witness:
        scenario = {"S7": scenarios.s7, "S12": scenarios.s12}[row]
        return scenario(scenarios.Play(box, witness, RECORDS))


def test_poison_blocks_nothing_and_the_box_says_so(tmp_path: Path) -> None:
    score = play(tmp_path, "S7")
    assert (score.records, score.lost, score.doubled) == (RECORDS + 1, 0, 0)
    assert "1 in quarantine" in score.said


def test_a_torn_store_loses_nothing_that_the_terminal_holds(tmp_path: Path) -> None:
    score = play(tmp_path, "S12")
    assert (score.records, score.lost, score.doubled) == (RECORDS + 1, 0, 0)
    assert score.cpu_s > 0
    assert score.wire_bytes
