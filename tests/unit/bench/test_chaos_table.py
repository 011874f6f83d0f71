"""The chaos table counts right and says only what was measured."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.chaos_table import page
from bench.chaos_table.logbook import trouble_in
from bench.chaos_table.score import Arrivals, Score, judged
from bench.chaos_table.tear import TORN_BYTES, tear

SCORE = Score(
    records=100, lost=3, doubled=2, disordered=1, recovery_s=4.25, cpu_s=0.5, rss_mb=42.4,
    wire_bytes=10_240, written_bytes=2048, said="no room | stopped", note="told to save",
)  # fmt: skip
AT = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)


def test_a_record_that_never_came_is_lost_and_one_that_came_twice_is_doubled() -> None:
    assert judged(5, [0, 1, 1, 3, 3, 3]) == Arrivals(lost=2, doubled=3, disordered=0)


def test_a_late_record_is_out_of_order_and_its_copies_are_not() -> None:
    assert judged(5, [0, 2, 1, 3, 4, 1]) == Arrivals(lost=0, doubled=1, disordered=1)


def test_what_nobody_handed_over_makes_up_for_nothing() -> None:
    assert judged(2, [0, 7]).lost == 1


def test_the_page_has_every_row_and_tells_what_was_not_run(tmp_path: Path) -> None:
    page.keep("S6", "gateway", SCORE, AT, 3.04, tmp_path)
    page.write(tmp_path)
    text = (tmp_path / page.PAGE).read_text(encoding="utf-8")
    assert "| S6 | full disk, then room again | not run | 3 of 100, 2 doubled | not run |" in text
    assert (
        "| ThingsBoard Gateway 3.8.5 | 100 | 3 | 2 | 1 | 4.2 | 0.5 | 42 | 10 | 2 |"
        " 2026-11-26 04:00, 3.0 |"
    ) in text
    assert "said: “no room / stopped” (told to save)" in text
    assert all(f"### {row}: " in text for row in page.MISFORTUNES)


def test_a_new_run_replaces_its_own_result_only(tmp_path: Path) -> None:
    page.keep("S6", "gateway", SCORE, AT, 3.0, tmp_path)
    page.keep("S6", "daka", SCORE, AT, 3.0, tmp_path)
    page.keep("S6", "gateway", replace(SCORE, lost=4), AT, 3.0, tmp_path)
    page.write(tmp_path)
    text = (tmp_path / page.PAGE).read_text(encoding="utf-8")
    assert "| 3 of 100, 2 doubled | 4 of 100, 2 doubled | not run |" in text


def test_the_page_in_the_tree_is_what_its_results_say(tmp_path: Path) -> None:
    (tmp_path / page.RESULTS).write_bytes((page.DOCS / page.RESULTS).read_bytes())
    page.write(tmp_path)
    written = (tmp_path / page.PAGE).read_text(encoding="utf-8")
    assert written == (page.DOCS / page.PAGE).read_text(encoding="utf-8")


def test_a_log_tells_of_trouble_or_of_nothing(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    assert not trouble_in(log)
    log.write_text("started\n2026-11-26 Database locked!\n12: Database locked!\nOut of space\n")
    assert trouble_in(log) == "3 lines in its log, such as: Database locked!"


def test_what_is_torn_is_what_the_store_wrote_last(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE record (no INTEGER PRIMARY KEY, text TEXT)")
    for number in range(200):
        writer.execute("INSERT INTO record VALUES (?, ?)", (number, "x" * 200))
    left = {name: (tmp_path / name).read_bytes() for name in ("store.db", "store.db-wal")}
    writer.close()
    for name, content in left.items():
        (tmp_path / name).write_bytes(content)
    assert f"{TORN_BYTES} of " in tear(tmp_path)
    survivors = sqlite3.connect(path).execute("SELECT count(*) FROM record").fetchone()[0]
    assert 0 < survivors < 200
