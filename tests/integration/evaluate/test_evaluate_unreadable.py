"""What is stored of a day may be JSON of any shape: whoever judges finds it amiss and mends it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Engine, update

from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import tables
from cloud_receiver.store.verification import verify_all
from tests.acceptance.conftest import Play, day_of

DERIVED = (tables.day_fact, tables.outcome, tables.dirty, tables.campaign_sum, tables.standing)
WHEN = ("revision", "computed_utc_ms", "updated_utc_ms")
ANY_SHAPE = ("", "null", "[]", "[[]]", "3", '"x"', "true", "{}", "{", '{"a":', "[" * 5000)
WRONG: tuple[Any, ...] = (None, [], {}, "x", -1.5, [None])
DAYS = 5


def _shapes(sound: str) -> list[str]:
    """Return texts that are nearly the sound one: keys gone or of another type, or cut off."""
    told: dict[str, Any] = json.loads(sound)
    found = [*ANY_SHAPE, sound[:-1], sound[: len(sound) // 2], json.dumps([told])]
    found += [json.dumps(one) for one in _nearly(told)]
    for name in {"points", "findings"} & told.keys():
        found += [json.dumps(told | {name: [one]}) for one in _nearly(told[name][0])]
    return found


def _nearly(told: dict[str, Any]) -> list[dict[str, Any]]:
    gone = [{key: one for key, one in told.items() if key != name} for name in told]
    wrong = ((name, WRONG[place % len(WRONG)]) for place, name in enumerate(sorted(told)))
    return gone + [told | {name: one} for name, one in wrong if one != told[name]]


@pytest.fixture
def judged(hq_engine: Engine) -> Play:
    """Two people's days of a campaign, with lateness, findings and sales, judged and booked."""
    play = Play(hq_engine)
    play.organise()
    play.publish_rules()
    play.campaign(play.people(2), days=DAYS)
    for number in range(DAYS):
        play.day("E01", number, came=f"09:{number * 7:02}", sold_fen=9_000 + number * 500)
        play.journal(play.punch("E01", f"{day_of(number)}T12:00:00"))  # between the cards
        play.day("E02", number, sold_fen=7_000)
    play.finish(DAYS)
    return play


def _put(play: Play, key: tuple[str, str], **texts: str) -> None:
    fact = tables.day_fact
    its = (fact.c.employee_id == key[0]) & (fact.c.work_date == key[1])
    with play.engine.begin() as connection:
        connection.execute(update(fact).where(its).values(texts))


def _derived(play: Play) -> list[Any]:
    return [play.table(table, *WHEN) for table in DERIVED]


KEYS = [(who, day_of(number)) for who in ("E01", "E02") for number in range(DAYS)]


@pytest.mark.parametrize("column", ["facts", "evidence"])
def test_a_rebuild_mends_every_shape(judged: Play, column: str) -> None:
    before, paid = _derived(judged), judged.ledger()
    assert judged.table(tables.standing), "the campaign is closed"
    told = judged.facts("E01", day_of(3))
    evidence = told.pop("evidence")
    shapes = _shapes(json.dumps(told if column == "facts" else evidence))
    assert len(shapes) > 40
    while shapes:  # on every day at once, so that what is beside a day is broken as well
        for key in KEYS:
            if shapes:
                _put(judged, key, **{column: shapes.pop()})
        rebuild(judged.engine, judged.now_utc_ms)
        assert _derived(judged) == before
    assert judged.ledger() == paid
    assert judged.reading(lambda c: list(verify_all(c).troubles)) == []


@pytest.mark.parametrize(
    ("column", "shape"), [("facts", "null"), ("facts", '{"campaign_id":""}'), ("evidence", "{}")]
)
def test_judging_another_day_mends_what_lies_beside_it(
    judged: Play, column: str, shape: str
) -> None:
    sound = {key: judged.facts(*key) for key in KEYS}
    sums, paid = judged.table(tables.campaign_sum), judged.ledger()
    judged.journal(judged.punch("E01", f"{day_of(2)}T18:30:00"))
    judged.evaluate()
    late = judged.facts("E01", day_of(2))
    assert late != sound["E01", day_of(2)]
    for number in (1, 2, 4):  # before the day, itself, and after it
        _put(judged, ("E01", day_of(number)), **{column: shape})
    judged.journal(judged.punch("E01", f"{day_of(2)}T18:40:00"))
    judged.evaluate()
    assert judged.facts("E01", day_of(2)) != late
    for number in (0, 3) if column == "evidence" else (0, 1, 3, 4):
        assert judged.facts("E01", day_of(number)) == sound["E01", day_of(number)]
    rebuild(judged.engine, judged.now_utc_ms)
    for number in (0, 1, 3, 4):
        assert judged.facts("E01", day_of(number)) == sound["E01", day_of(number)]
    assert judged.table(tables.campaign_sum) == sums
    assert judged.ledger() == paid
    assert judged.reading(lambda c: list(verify_all(c).troubles)) == []


def test_a_campaign_is_settled_once_its_days_can_be_read(judged: Play) -> None:
    stands, paid = judged.table(tables.standing, *WHEN), judged.ledger()
    for key in (KEYS[0], KEYS[-1]):
        _put(judged, key, facts='{"campaign_id":"c","work_date":3}')
    judged.rated("E02", 1, 900)
    judged.evaluate()
    assert judged.facts(*KEYS[0])["late_min"] == 0
    assert judged.facts(*KEYS[-1])["status"] == "Normal"
    after = judged.table(tables.standing, *WHEN)
    assert [row[:2] for row in after] == [row[:2] for row in stands]
    done = rebuild(judged.engine, judged.now_utc_ms)
    assert (done.sums, judged.ledger()) == (0, paid)
    assert judged.table(tables.standing, *WHEN) == after
