"""Outcomes into the database, on SQLite and PostgreSQL: entries, notices, verification."""

from __future__ import annotations

import random
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from sqlalchemy import delete, insert, select, text, update

from cloud_receiver.domain.ledger import Entry, digest
from cloud_receiver.domain.outcomes import DayKey, Outcome
from cloud_receiver.domain.rules import Rulebook, decide
from cloud_receiver.store.engine import open_engine, read, sqlite_url, write
from cloud_receiver.store.ledger import HEAD_KEY, apply_outcomes
from cloud_receiver.store.rulebook import load_rulebook, publish, publish_shipped, shipped_rules
from cloud_receiver.store.tables import ledger, meta, notice, outcome, rule_version
from cloud_receiver.store.verification import verify_ledger
from tests.statements import statements

if TYPE_CHECKING:
    from sqlalchemy import Engine

BOOK = Rulebook(list(shipped_rules()))
DAY: DayKey = ("E1", "2026-11-02")
NOW_UTC_MS = 1_793_600_000_000


def _facts(day: DayKey = DAY, **facts: Any) -> dict[str, Any]:
    return {
        "employee_id": day[0],
        "work_date": day[1],
        "store_id": "S1",
        "final": True,
        "scheduled": True,
        "subsidy_fen": 10_000,
    } | facts


def _say(day: DayKey = DAY, **facts: Any) -> list[Outcome]:
    return decide(BOOK, [_facts(day, **facts)], {day: {"punches": ["r1"]}})


def _apply(engine: Engine, said: list[Outcome], *days: DayKey) -> list[Entry]:
    with write(engine) as connection:
        return apply_outcomes(connection, set(days or (DAY,)), said, NOW_UTC_MS)


def _rows(engine: Engine, table: Any) -> list[Any]:
    with read(engine) as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def test_the_seeds_day_is_booked_told_and_taken_back(hq_engine: Engine) -> None:
    (entry,) = _apply(hq_engine, _say(late_min=20))
    assert (entry.amount_fen, entry.account, entry.contra) == (-1000, "subsidy", "subsidy_expense")
    (reversal,) = _apply(hq_engine, _say(late_min=0))  # the offline punch of 08:52 arrives
    assert (reversal.amount_fen, reversal.adjusts) == (1000, entry.entry_id)
    assert _rows(hq_engine, outcome) == []
    told = [row.text_zh for row in _rows(hq_engine, notice)]
    assert told == [
        "2026-11-02 您今日迟到20分钟,扣减10%补贴(10.00元)(11-02 06:13 第1条)",
        "2026-11-02 更正(第1次):迟到扣减由-10.00元改为0.00元,差额10.00元(11-02 06:13 第2条)",
    ]


def test_the_same_outcomes_again_post_and_write_nothing(hq_engine: Engine) -> None:
    said = _say(late_min=20, target_met=True)
    assert len(_apply(hq_engine, said)) == 2
    before = [_rows(hq_engine, table) for table in (ledger, notice, outcome)]
    assert _apply(hq_engine, said + said) == []
    assert [_rows(hq_engine, table) for table in (ledger, notice, outcome)] == before


def test_an_outcome_without_amount_is_kept_but_neither_booked_nor_told(hq_engine: Engine) -> None:
    said = _say(scene="supermarket", late_min=20)
    assert _apply(hq_engine, said) == []
    assert {row.rule_id for row in _rows(hq_engine, outcome)} == {
        "late_standard",
        "late_supermarket",
    }
    assert _rows(hq_engine, notice) == []


def test_a_changed_explanation_is_a_new_revision_and_no_new_message(hq_engine: Engine) -> None:
    _apply(hq_engine, _say(late_min=20))
    assert _apply(hq_engine, _say(late_min=18)) == []
    (row,) = _rows(hq_engine, outcome)
    assert row.revision == 2
    assert len(_rows(hq_engine, notice)) == 1


def test_days_that_were_not_evaluated_are_left_alone(hq_engine: Engine) -> None:
    other = ("E2", "2026-11-02")
    _apply(hq_engine, _say(late_min=20) + _say(other, late_min=20), DAY, other)
    _apply(hq_engine, [], DAY)
    (left,) = _rows(hq_engine, outcome)
    assert left.employee_id == "E2"


def test_each_channel_gets_its_own_notice(hq_engine: Engine) -> None:
    with write(hq_engine) as connection:
        said = _say(late_min=20)
        apply_outcomes(connection, [DAY], said, NOW_UTC_MS, channels=("console", "webhook"))
    rows = _rows(hq_engine, notice)
    assert [(row.channel, row.state) for row in rows] == [
        ("console", "pending"),
        ("webhook", "pending"),
    ]
    assert {row.notice_id for row in rows} == {"late_standard/E1/2026-11-02#1"}


def test_a_rolled_back_flush_leaves_nothing_behind(hq_engine: Engine) -> None:
    with hq_engine.connect() as connection:
        assert apply_outcomes(connection, [DAY], _say(late_min=20), NOW_UTC_MS)
        connection.rollback()
    assert not any(_rows(hq_engine, table) for table in (ledger, notice, outcome))
    assert _apply(hq_engine, _say(late_min=20))[0].entry_no == 1


def test_writers_at_the_same_time_make_one_unbroken_chain(hq_engine: Engine) -> None:
    def book(worker: int) -> None:
        for number in range(10):
            day = (f"E{worker}", f"2026-11-{number + 1:02d}")
            _apply(hq_engine, _say(day, late_min=20), day)

    workers = [threading.Thread(target=book, args=(worker,)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    with read(hq_engine) as connection:
        assert verify_ledger(connection) == (40, "")


def test_shuffled_and_doubled_days_give_the_same_balances(hq_engine: Engine) -> None:
    chance = random.Random(5)
    days = [(f"E{person}", f"2026-11-{date:02d}") for person in range(4) for date in range(1, 6)]
    final = {day: _say(day, late_min=chance.choice([0, 10, 40]), target_met=True) for day in days}
    for day in chance.choices(days, k=40):  # what was believed for a while
        _apply(hq_engine, _say(day, late_min=chance.choice([0, 25]), target_met=False), day)
    for day in chance.sample(days * 2, k=2 * len(days)):
        _apply(hq_engine, final[day], day)
    standing: dict[tuple[str, str], int] = {}
    for row in _rows(hq_engine, ledger):
        key = row.employee_id, row.account
        standing[key] = standing.get(key, 0) + row.amount_fen
    wanted: dict[tuple[str, str], int] = dict.fromkeys(standing, 0)
    for one in (one for said in final.values() for one in said):
        wanted[one.employee_id, one.account] += one.amount_fen
    assert standing == wanted
    with read(hq_engine) as connection:
        assert verify_ledger(connection).trouble == ""


def test_a_changed_or_cut_off_row_in_the_database_is_found(hq_engine: Engine) -> None:
    days = [("E1", f"2026-11-{date:02d}") for date in range(1, 5)]
    _apply(hq_engine, [one for day in days for one in _say(day, late_min=20)], *days)
    with hq_engine.connect() as connection:
        connection.execute(update(ledger).where(ledger.c.entry_no == 3).values(amount_fen=-999))
        assert verify_ledger(connection) == (2, "entry 3 was changed after it was booked")
        connection.rollback()
    with write(hq_engine) as connection:
        connection.execute(text("DELETE FROM ledger WHERE entry_no = 4"))
        assert verify_ledger(connection) == (3, "the ledger ends at 3, but 4 were booked")


def test_a_smuggled_in_row_and_a_lost_end_are_found(hq_engine: Engine) -> None:
    (entry,) = _apply(hq_engine, _say(late_min=20))
    forged = entry._replace(entry_no=2, entry_id="forged", previous_hash=entry.hash)
    forged = forged._replace(hash=digest(forged))
    with hq_engine.connect() as connection:
        connection.execute(insert(ledger), [forged._asdict()])
        assert verify_ledger(connection) == (2, "the ledger ends at 2, but 1 were booked")
        connection.rollback()
        connection.execute(delete(meta).where(meta.c.key == HEAD_KEY))
        assert verify_ledger(connection) == (1, "the ledger ends at 1, but 0 were booked")
        connection.rollback()


@pytest.mark.parametrize("days", [
    [("E1", "2026-11-02")],
    [("E1", "2026-11-02"), ("E1", "2026-11-03")],
    [("E1", "2026-11-02"), ("E2", "2026-11-02"), ("E3", "2026-11-03")],
])  # fmt: skip
def test_days_are_found_by_index_however_long_the_ledger(
    sqlite_template: Path, tmp_path: Path, days: list[DayKey]
) -> None:
    shutil.copy(sqlite_template, tmp_path / "hq.sqlite")
    engine = open_engine(sqlite_url(tmp_path / "hq.sqlite"))
    with statements(engine) as asked:
        _apply(engine, [one for day in days for one in _say(day, late_min=20)], *days)
    reads = [one for one in asked if "FROM ledger" in one or "FROM outcome" in one]
    assert reads
    with read(engine) as connection:
        for statement in reads:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
            steps = [step.detail for step in plan]
            assert steps[0].startswith(("SEARCH ledger", "SEARCH outcome")), steps
            assert not [one for one in steps if one.startswith("SCAN") and "json" not in one], steps
    engine.dispose()


def test_shipped_rules_are_published_once_and_templates_not_at_all(hq_engine: Engine) -> None:
    with write(hq_engine) as connection:
        added = publish_shipped(connection, NOW_UTC_MS)
        assert {rule.id for rule in added} == {
            rule.id for rule in shipped_rules() if rule.effective_from
        }
        assert publish_shipped(connection, NOW_UTC_MS) == []
    assert all(row.version == 1 for row in _rows(hq_engine, rule_version))


def test_a_published_version_takes_over_from_its_first_day(hq_engine: Engine) -> None:
    with write(hq_engine) as connection:
        publish_shipped(connection, NOW_UTC_MS)
        before = load_rulebook(connection)
        assert load_rulebook(connection) is before  # compiled once
        rule = next(rule for rule in shipped_rules() if rule.id == "target_instant")
        milder = msgspec.structs.replace(rule, priority=1, effective_from="2026-11-10")
        assert publish(connection, milder, "wang", NOW_UTC_MS).version == 2
        after = load_rulebook(connection)
    days = [_facts(("E1", date), target_met=True) for date in ("2026-11-09", "2026-11-10")]
    assert [one.rule_version for one in decide(after, days)] == [1, 2]
    assert [one.rule_version for one in decide(before, days)] == [1, 1]


def test_a_shipped_change_counts_from_tomorrow_and_spares_hrs_own(
    hq_engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    with write(hq_engine) as connection:
        publish_shipped(connection, NOW_UTC_MS)
        mine = next(rule for rule in shipped_rules() if rule.id == "late_standard")
        publish(connection, msgspec.structs.replace(mine, priority=11), "wang", NOW_UTC_MS)
    (tmp_path / "rules").mkdir()
    for rule in shipped_rules():
        changed = msgspec.structs.replace(rule, note=None)
        (tmp_path / "rules" / f"{rule.id}.json").write_text(changed.to_json(), encoding="utf-8")
    monkeypatch.setenv("DAKA_CONFIG", str(tmp_path))
    with write(hq_engine) as connection:
        added = publish_shipped(connection, NOW_UTC_MS)
        assert publish_shipped(connection, NOW_UTC_MS + 86_400_000) == []
    assert "late_standard" not in {rule.id for rule in added}
    assert {rule.effective_from for rule in added} == {"2026-11-03"}
    assert {rule.version for rule in added} == {2}
