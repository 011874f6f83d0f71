"""Old months in Parquet: whatever is asked, the answer is the same with them and without."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete, func, select
from typer.testing import CliRunner

from cloud_receiver.cli import app
from cloud_receiver.ingest import take_in
from cloud_receiver.mail import Message
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import (
    archive_files,
    archive_run,
    dirty,
    drafts,
    journal_digests,
    rulebook,
    tables,
    why,
)
from cloud_receiver.store.archive_files import FACTS, JOURNAL, ArchiveError
from cloud_receiver.store.engine import write
from sync import topics
from sync.envelope import encode_batch, encode_body
from sync.records import to_wire
from sync.topics import Lane
from tests.integration.evaluate.old_months import FIRST, LAST, LATE_ON, fill

STAGES = ("drafted", "named", "taken out", "committed")
RULE = msgspec.structs.replace(
    next(one for one in rulebook.shipped_rules() if one.id == "late_standard"),
    id="tried", effective_from="2026-01-01",
)  # fmt: skip


@pytest.fixture
def old(hq):
    """A headquarters with three closed months behind its horizon."""
    fill(hq)
    return hq


def _archive(hq, folder: Path, **changes) -> list[archive_run.Done]:
    return list(archive_run.run(hq.engine, folder, hq.now_utc_ms, 2, **changes))


def _answers(hq) -> dict[str, object]:
    """Return what back-test, WHY of every entry, and the proof of the journal say."""

    def ask(connection) -> dict[str, object]:
        entries = connection.scalars(select(tables.ledger.c.entry_id).order_by("entry_no")).all()
        return {
            "back-test": drafts.back_test(connection, RULE, FIRST, LAST),
            "why": [why.why(connection, entry_id) for entry_id in entries],
            "journal": list(journal_digests.verify(connection)),
        }

    return hq.reading(ask)


def _seal(hq) -> None:
    hq.writing(lambda connection: journal_digests.seal(connection, hq.now_utc_ms, rest=True))


def _everything(hq) -> dict[str, list]:
    timeless = {
        "day_fact": ("revision", "computed_utc_ms"),
        "outcome": ("updated_utc_ms", "revision"),
    }
    names = (tables.day_fact, tables.punch, tables.sale, tables.ledger, tables.outcome)
    return {one.name: hq.table(one, *timeless.get(one.name, ())) for one in names}


def _count(hq, query) -> int:
    return hq.reading(lambda connection: connection.scalar(query))


def test_back_test_why_and_proof_are_the_same_from_the_archive(old, tmp_path: Path) -> None:
    _seal(old)
    before, ledger = _answers(old), old.table(tables.ledger)
    assert before["back-test"].days == 50
    assert before["back-test"].own.hits == 1
    done = _archive(old, tmp_path / "archive")
    assert [(one.kind, one.month, one.rows, one.is_removed) for one in done] == [
        (FACTS, "2026-11", 6, True), (FACTS, "2026-12", 23, True), (FACTS, "2027-01", 21, True),
        (JOURNAL, "2026-11", 18, True), (JOURNAL, "2026-12", 69, True), (JOURNAL, "2027-01", 63, True),
    ]  # fmt: skip
    fact, row = tables.day_fact.c, tables.journal.c
    assert _count(old, select(func.count()).where(fact.work_date <= LAST)) == 0
    assert _count(old, select(func.count()).where(row.body == "")) == 150
    assert _answers(old) == before
    assert old.table(tables.ledger) == ledger
    assert archive_run.verify(old.engine, tmp_path / "archive").troubles == ()
    assert len(archive_files.listed(tmp_path / "archive", FACTS)) == 3
    assert not _archive(old, tmp_path / "archive"), "there is nothing more to do"


def test_a_rebuild_finds_what_it_would_have_found_and_archives_again(old, tmp_path: Path) -> None:
    before = _everything(old)
    _archive(old, tmp_path)
    assert _everything(old) != before
    rebuild(old.engine, old.now_utc_ms)
    assert _everything(old) == before
    assert {one.kind for one in _archive(old, tmp_path)} == {FACTS}


def test_a_late_touch_brings_back_what_its_day_builds_on(old, tmp_path: Path) -> None:
    streak = old.facts("E1", "2027-01-29")["clean_streak_days"]
    _archive(old, tmp_path)
    again = old.journal(old.punch("1001", "2026-12-04T18:02:00"))
    old.evaluate()
    assert old.facts("E1", LAST) is None, "a record that is known brings nothing"
    old.roster("E1", "2026-12-07", "08:30-18:00")
    old.evaluate()
    assert old.facts("E1", "2026-12-07")["late_min"] == 25
    assert old.facts("E1", LAST)["clean_streak_days"] == streak - 2 == 39
    assert old.facts("E1", "2026-11-30") is not None, "the month before counts on into it"
    assert _count(old, select(func.count()).where(tables.journal.c.record_id.in_(again))) == 1
    told = [(one.month, one.rows) for one in _archive(old, tmp_path) if one.kind == FACTS]
    assert told == [("2026-11", 6), ("2026-12", 23), ("2027-01", 21)]
    assert archive_run.verify(old.engine, tmp_path).strangers == (), "what was replaced is gone"
    assert old.facts("E1", "2026-12-07") is None


def test_a_missing_file_is_said_and_holds_up_only_what_needs_it(old, tmp_path: Path) -> None:
    _archive(old, tmp_path / "archive")
    (tmp_path / "archive").rename(tmp_path / "elsewhere")
    with pytest.raises(ArchiveError, match="cannot be read"):
        old.reading(lambda connection: drafts.back_test(connection, RULE, FIRST, LAST))
    old.writing(lambda c: dirty.mark(c, [("E1", LATE_ON)], old.now_utc_ms))
    old.roster("E2", "2027-05-10")
    old.evaluate()
    assert old.facts("E2", "2027-05-10") is not None
    assert old.facts("E1", LATE_ON) is None
    assert archive_run.verify(old.engine, tmp_path / "elsewhere").troubles == ()
    old.at("2027-05-10T12:30")
    assert old.facts("E1", LATE_ON)["late_min"] == 20


def test_a_run_of_days_goes_on_from_what_was_removed(old, tmp_path: Path) -> None:
    streak = old.facts("E1", LAST)["clean_streak_days"]
    _archive(old, tmp_path / "archive")
    (tmp_path / "archive").rename(tmp_path / "elsewhere")
    old.roster("E1", "2027-05-10")
    old.journal(old.punch("1001", "2027-05-10T08:55:00"), old.punch("1001", "2027-05-10T18:01:00"))
    old.feed_complete("2027-05-11T12:00")
    old.at("2027-05-11T12:00")
    assert old.facts("E1", "2027-05-10")["clean_streak_days"] == streak + 1


def test_a_damaged_file_is_never_believed(old, tmp_path: Path) -> None:
    _archive(old, tmp_path)
    file = archive_files.listed(tmp_path, FACTS)[0]
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    (trouble,) = archive_run.verify(old.engine, tmp_path).troubles
    assert "not what was written" in trouble
    with pytest.raises(ArchiveError):
        old.reading(lambda connection: drafts.back_test(connection, RULE, FIRST, LAST))


def test_what_is_open_or_not_over_stays(old, tmp_path: Path) -> None:
    horizon = lambda: old.reading(lambda c: archive_run.horizon_of(c, old.now_utc_ms, 2))  # noqa: E731
    assert horizon() == "2027-02", "the last closed month is January"
    with write(old.engine) as connection:
        connection.execute(delete(tables.period_close))
    assert horizon() == ""
    assert _archive(old, tmp_path) == []


def test_records_of_an_old_badge_found_later_are_read_from_the_archive(old, tmp_path: Path) -> None:
    stranger = old.punch("7777", "2026-12-07T08:50:00")
    old.journal(stranger)
    old.evaluate()
    _archive(old, tmp_path)
    old.bind("1001", "E2", first_date="2027-01-11")
    old.evaluate()
    assert old.facts("E2", "2027-01-12") is not None
    assert old.facts("E1", "2027-01-12")["late_min"] == 0


def test_the_commands_say_what_they_did(old, hq_url: str, tmp_path: Path) -> None:
    config = tmp_path / "hq.toml"
    config.write_text(
        f'[hq]\norg = "acme"\nreceiver_id = "hq-1"\ndata_dir = "{tmp_path}"\n'
        f'database_url = "{hq_url}"\n[mqtt]\nurl = "mqtt://127.0.0.1:1"\n'
        f"[archive]\nonline_months = 2\n"
        f'[clock]\nwall_start_utc = "2027-05-10T04:00:00Z"\nreal_start_s = {time.time()}\nspeed = 1\n'
    )

    def daka(*words: str, code: int = 0) -> str:
        told = CliRunner().invoke(app, ["archive", *words, "--config", str(config), "--lang", "en"])
        assert told.exit_code == code, told.output
        return told.output

    assert "2026-12 days: 23 rows archived and checked, still there" in daka("run", "--keep")
    assert "2026-12 journal: 69 rows archived and checked, removed there" in daka("run")
    assert "before 2027-02" in daka("run")
    assert "2026-12 journal: 1 files, 69 rows, 0.0 MB, removed at" in daka("list")
    assert "the archive holds: 6 files" in daka("verify")
    (tmp_path / "archive" / FACTS / "stray.parquet").touch()
    assert "stray.parquet is no part of the archive" in daka("verify", code=3)
    assert "200 rows brought back" in daka("bring-back")
    assert old.facts("E1", LATE_ON)["late_min"] == 20
    assert _count(old, select(func.count()).where(tables.journal.c.body == "")) == 0
    file = archive_files.listed(tmp_path / "archive", FACTS)[0]
    file.unlink()
    assert "cannot be read" in daka("verify", code=1)


def test_a_till_that_changes_an_archived_receipt_blocks_nothing(old, tmp_path: Path) -> None:
    _archive(old, tmp_path)
    changed = old.sale("P01", f"{LATE_ON}T10:00:00", 99_999)
    body = encode_body(to_wire(changed))
    batch = encode_batch("box", "e", Lane.BULK, 1, [body])
    message = Message(topics.up("acme", "box", Lane.BULK), batch)
    intake = take_in(old.engine, "acme", [message], old.now_utc_ms)
    assert (intake.new_records, intake.new_letters) == (0, 0)


_KILLED = """
import os, signal, sys
from pathlib import Path
from cloud_receiver.store import archive_run
from cloud_receiver.store.engine import open_engine
url, folder, now_utc_ms, last_stage = sys.argv[1:]
def on_the_way(stage):
    if stage == last_stage:
        os.kill(os.getpid(), signal.SIGKILL)
list(archive_run.run(open_engine(url), Path(folder), int(now_utc_ms), 2, on_the_way=on_the_way))
"""


def test_a_run_that_is_killed_anywhere_loses_and_doubles_nothing(
    old, hq_url: str, tmp_path: Path
) -> None:
    _seal(old)
    before, rows = _answers(old), _count(old, select(func.count()).select_from(tables.journal))
    for stage in STAGES:
        words = [sys.executable, "-c", _KILLED, hq_url, str(tmp_path), str(old.now_utc_ms), stage]
        ended = subprocess.run(words, check=False, cwd=Path(__file__).parents[3])
        assert ended.returncode == -signal.SIGKILL
        assert _answers(old) == before, stage
    assert _archive(old, tmp_path)
    assert _answers(old) == before
    assert _count(old, select(func.count()).select_from(tables.journal)) == rows
    proof = archive_run.verify(old.engine, tmp_path)
    assert (proof.files, proof.troubles, proof.strangers) == (6, (), ())
    assert not list(tmp_path.rglob(".writing-*"))
