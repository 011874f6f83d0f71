"""Matters follow from the data, are decided once, undone without trace of money, and counted right."""

from __future__ import annotations

from sqlalchemy import Engine, select

from cloud_receiver.domain.results import DayStatus
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.evaluate import Evaluator
from cloud_receiver.store import decisions, matters, reports, rule_health
from cloud_receiver.store.decisions import Choice
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.matters import Kind
from cloud_receiver.store.reports import Stretch
from cloud_receiver.store.tables import day_fact
from tests.browser.seeding import FIRST_DAY, NOW, TODAY, FixedClock, seed

STRETCH = Stretch(first=FIRST_DAY.isoformat(), last=TODAY.isoformat())
NO_CARD, NO_CARD_DAY = "E104", "2026-11-21"
AFTER_MS = utc_ms(NOW) + 60_000


def _judge(engine: Engine) -> None:
    evaluator = Evaluator(engine, FixedClock(NOW))
    while evaluator.flush():
        pass


def _status(engine: Engine) -> str:
    with read(engine) as connection:
        query = select(day_fact.c.status).where(
            day_fact.c.employee_id == NO_CARD, day_fact.c.work_date == NO_CARD_DAY
        )
        return str(connection.execute(query).scalar_one())


def test_a_week_is_decided_undone_and_reported(hq_engine: Engine) -> None:
    seed(hq_engine)
    _reports_add_up(hq_engine)
    with read(hq_engine) as connection:
        found = matters.pending(connection, STRETCH.first, STRETCH.last, AFTER_MS)
    kinds = [matter.kind for matter in found]
    assert kinds.count(Kind.MISSING) == 1
    assert {Kind.STRANGER, Kind.AWAITING} <= set(kinds)
    assert [one.stake_fen for one in found] == sorted(
        (one.stake_fen for one in found), reverse=True
    )
    missing = next(one for one in found if one.kind is Kind.MISSING)
    assert (missing.employee_id, missing.work_date) == (NO_CARD, NO_CARD_DAY)
    with write(hq_engine) as connection:
        assert decisions.decide(connection, [missing], Choice.LEAVE, "hr", "", AFTER_MS) == []
        numbers = decisions.decide(connection, [missing], Choice.FILL, "hr", "seen", AFTER_MS)
    _judge(hq_engine)
    assert _status(hq_engine) == DayStatus.NORMAL
    with read(hq_engine) as connection:
        left = matters.pending(connection, STRETCH.first, STRETCH.last, AFTER_MS)
    assert missing.key not in {one.key for one in left}
    assert len(left) == len(found) - 1
    with write(hq_engine) as connection:
        assert decisions.undo(connection, numbers, "boss", AFTER_MS + 1) == 1
        assert decisions.undo(connection, numbers, "boss", AFTER_MS + 2) == 0
    _judge(hq_engine)
    assert _status(hq_engine) == DayStatus.NOT_SIGNED
    with read(hq_engine) as connection:
        again = matters.pending(connection, STRETCH.first, STRETCH.last, AFTER_MS)
        kept = decisions.latest(connection, 5)
    assert {one.key for one in again} == {one.key for one in found}
    assert [(one.choice, one.author, one.undone_by) for one in kept] == [
        (Choice.FILL, "hr", "boss")
    ]


def _reports_add_up(engine: Engine) -> None:
    with read(engine) as connection:
        by_store = reports.anomalies(connection, STRETCH, by_person=False)
        by_person = reports.anomalies(connection, STRETCH, by_person=True)
        by_rule, by_day = reports.amounts(connection, STRETCH)
        sizes = reports.sizes(connection, STRETCH)
        sold = reports.sold(connection, STRETCH)
        hits = rule_health.row_hits(connection, STRETCH, [("late_standard", "serious_late")])
        heard = reports.heard(connection, STRETCH)
    assert sum(one.days for one in by_store) == sum(one.days for one in by_person) > 50
    assert sum(one.wrong for one in by_store) == sum(one.wrong for one in by_person) > 0
    late = next(one for one in by_person if one.key == "E202")
    assert late.by_status[DayStatus.SERIOUS_LATE] == 1
    net = sum(one.rewards_fen + one.deductions_fen for one in by_rule)
    assert net == sum(one.rewards_fen + one.deductions_fen for one in by_day)
    assert net == sum(fen * count for fen, count in sizes) != 0
    assert len(sold) == 12
    assert all(one.sales_before_fen > 0 for one in sold if one.days_before)
    assert [(one.rule_id, one.row_id) for one in hits] == [("late_standard", "serious_late")]
    assert {one.store_id for one in heard if one.awaiting} == {"S003"}
