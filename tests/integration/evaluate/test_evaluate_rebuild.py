"""A rebuild finds whatever is not as the journal says, and leaves the rest as it is."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import text, update

from cloud_receiver.domain.attendance import Policy
from cloud_receiver.domain.entries import Arrival, Correction, Feedback, Leave, Purpose, Withdrawal
from cloud_receiver.domain.revision import document
from cloud_receiver.domain.workday import CheckType, local_to_utc_ms
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import day_proof, entries, policies, tables
from cloud_receiver.store.day_casts import cast_days
from cloud_receiver.store.verification import verify_all

DERIVED = (
    tables.punch, tables.entry, tables.sale, tables.day_fact, tables.outcome, tables.dirty,
)  # fmt: skip
WHEN = ("revision", "computed_utc_ms", "updated_utc_ms")
DAMAGE = (
    "DELETE FROM punch WHERE device_time LIKE '2026-11-20T09%'",
    "DELETE FROM punch WHERE source = 'BOSS'",
    "DELETE FROM sale WHERE work_date = '2026-11-22'",
    "DELETE FROM entry WHERE kind = 'leave'",
    "DELETE FROM entry WHERE kind = 'correction'",
    "DELETE FROM day_fact WHERE work_date = '2026-11-21'",
    "DELETE FROM day_fact WHERE employee_id = 'E2'",
    "DELETE FROM dirty WHERE work_date = '2026-11-25'",
    "UPDATE dirty SET due_utc_ms = due_utc_ms + 60000",
    (
        "UPDATE punch SET effective_utc_ms = effective_utc_ms + 600000 WHERE employee_id = 'E1'"
        " AND device_time LIKE '2026-11-22%'"
    ),
    "UPDATE punch SET employee_id = NULL WHERE device_time LIKE '2026-11-23%'",
    "UPDATE punch SET withdrawn_utc_ms = NULL",
    "UPDATE punch SET withdrawn_utc_ms = 1 WHERE device_time LIKE '2026-11-20T18%'",
    "UPDATE punch SET entry_no = 0 WHERE employee_id = 'E2'",
    "UPDATE sale SET amount_fen = amount_fen + 1 WHERE work_date = '2026-11-21'",
    "UPDATE sale SET employee_id = 'E2', work_date = '2026-11-20' WHERE refers_to <> ''",
    "UPDATE entry SET withdrawn_utc_ms = 5 WHERE kind = 'correction'",
    "UPDATE entry SET record_id = record_id || 'x' WHERE kind = 'withdrawal'",
    "UPDATE day_fact SET facts = replace(facts, '\"late_min\":0', '\"late_min\":3')",
    "UPDATE day_fact SET evidence = replace(evidence, '\"Late\"', '\"Normal\"')",
    "UPDATE day_fact SET late_min = 7 WHERE employee_id = 'E1'",
    "UPDATE day_fact SET employee_id = 'E9' WHERE employee_id = 'E2' AND work_date = '2026-11-20'",
    (
        "INSERT INTO punch (record_id, entry_no, store_id, device_serial, user_id, employee_id,"
        " device_time, effective_utc_ms, state_code, verify_code) SELECT 'stray', 1, store_id, '', '',"
        " 'E1', device_time, effective_utc_ms + 3600000, 255, 1 FROM punch"
        " WHERE device_time = '2026-11-20T18:00:00' AND employee_id = 'E1'"
    ),
)


def _at(local: str) -> int:
    return local_to_utc_ms(local, "Asia/Shanghai")


@pytest.fixture
def sound(hq: Any) -> Any:
    """Let all kinds of things happen, and have all of it judged and booked."""
    for number, who in enumerate(("E1", "E2"), start=7):
        hq.bind(str(number), who)
        for day in range(20, 26):
            hq.roster(who, f"2026-11-{day}")
    hq.bind_seller("A", "E1")
    hq.publish_rules()
    hq.at("2026-11-20T08:00")
    for day in range(20, 25):
        late = day % 3 * 8
        sold = hq.sale("A", f"2026-11-{day}T12:00:00", 9_000 + day)
        hq.journal(
            hq.punch("7", f"2026-11-{day}T09:{late:02}:00"),
            hq.punch("7", f"2026-11-{day}T18:00:00"),
            hq.punch("8", f"2026-11-{day}T08:58:00"),
            hq.punch("77", f"2026-11-{day}T08:58:00"),
            sold,
        )
    refund = {"line_kind": "refund", "original_receipt_id": "2026-11-24T12:00:00/A"}
    hq.journal(hq.sale("A", "2026-11-24T15:00:00", -9_000, **refund),
               hq.sale("A", "1999-01-01T12:00:00", 1))  # fmt: skip
    hq.at("2026-11-24T23:00")
    arrival = Arrival(
        employee_id="E2", store_id="S1", at_utc_ms=_at("2026-11-22T18:00"), reason="断电"
    )
    made = [
        hq.writing(lambda c, one=one: entries.enter(c, one, "boss", hq.now_utc_ms))
        for one in (
            arrival,
            Leave(employee_id="E2", purpose=Purpose.SICK, first_date="2026-11-21",
                  last_date="2026-11-21"),
            Correction(employee_id="E2", work_date="2026-11-20", check_type=CheckType.OFF_DUTY,
                       reason="忘记", at_utc_ms=_at("2026-11-20T18:00")),
            Feedback(channel="form", msg_id="1", store_id="S1", employee_id="E1", rating_milli=800,
                     said_utc_ms=_at("2026-11-23T15:00")),
        )
    ]  # fmt: skip
    hq.writing(
        lambda c: entries.enter(
            c, Withdrawal(record_id=made[0], reason="看错人"), "boss", hq.now_utc_ms
        )
    )
    hq.feed_complete("2026-11-25T11:00")
    hq.at("2026-11-25T12:00")
    return hq


def _derived(hq: Any) -> list[Any]:
    return [hq.table(table, *WHEN) for table in DERIVED]


def test_sound_data_is_only_read(sound: Any) -> None:
    before = [sound.table(table) for table in (*DERIVED, tables.ledger)]
    done = rebuild(sound.engine, sound.now_utc_ms)
    assert [sound.table(table) for table in (*DERIVED, tables.ledger)] == before
    assert (done.records, done.days) == (32, 12)
    assert done.amiss == 1, "the day of a refund is tied and judged again"


def test_every_damage_is_found_by_itself_and_together(sound: Any) -> None:
    chance = random.Random(20)
    for damage in (*([one] for one in DAMAGE), chance.sample(DAMAGE, 6), chance.sample(DAMAGE, 6)):
        _damaged(sound, damage)


def test_processes_find_what_one_finds(sound: Any) -> None:
    if sound.engine.dialect.name == "sqlite":  # PostgreSQL is read by the process that writes
        _damaged(sound, DAMAGE[::5], processes=2)


def test_days_alone_are_judged_from_the_touches_that_stand(sound: Any) -> None:
    of_days = [one for one in DAMAGE if " day_fact " in one or " dirty " in one]
    assert len(of_days) == 8
    _damaged(sound, of_days[:4], of_journal=False)
    _damaged(sound, of_days[4:], of_journal=False)
    with sound.engine.begin() as connection:
        connection.execute(text(DAMAGE[0].replace(":", "\\:")))
    touches = sound.table(tables.punch)
    done = rebuild(sound.engine, sound.now_utc_ms, of_journal=False)
    assert (done.records, done.days) == (0, 12)
    assert sound.table(tables.punch) == touches
    assert sound.facts("E1", "2026-11-20")["status"] == "NotSigned"


def _damaged(hq: Any, damage: list[str] | tuple[str, ...], **how: int) -> None:
    before, paid = _derived(hq), hq.ledger()
    with hq.engine.begin() as connection:
        for one in damage:
            connection.execute(text(one.replace(":", "\\:")))
    assert _derived(hq) != before, f"no damage: {damage}"
    rebuild(hq.engine, hq.now_utc_ms, **how)
    assert _derived(hq) == before, damage
    assert hq.ledger() == paid
    assert hq.reading(lambda c: list(verify_all(c).troubles)) == []


def test_every_fact_of_a_plain_day_is_compared(sound: Any) -> None:
    key = ("E1", "2026-11-21")
    plain = sound.reading(
        lambda c: cast_days(c, ["E1"], {}, sound.now_utc_ms, policies.book(c, Policy()))
    ).plain
    assert key[1] in plain["E1"], "a day that is cast from a mould"
    facts = sound.facts(*key)
    evidence = facts.pop("evidence")
    for column, told in (("facts", facts), ("evidence", evidence)):
        for name, value in told.items():
            other = (
                value + 1 if isinstance(value, int) else [*value] * 2 if value else [{"code": "x"}]
            )
            other = f"{value}x" if isinstance(value, str) else other
            assert _unlike(sound, key, column, {**told, name: other}) == ["E1"], name
        assert _unlike(sound, key, column, told) == []


def _unlike(hq: Any, key: tuple[str, str], column: str, told: dict[str, Any]) -> list[str]:
    """Return whose days do not stand once a text of a day says this."""
    fact = tables.day_fact
    its = (fact.c.employee_id == key[0]) & (fact.c.work_date == key[1])
    with hq.engine.begin() as connection:
        connection.execute(update(fact).where(its).values({column: document(told)}))
    return hq.reading(lambda c: day_proof.prove(c, ["E1"], hq.now_utc_ms, Policy())).people
