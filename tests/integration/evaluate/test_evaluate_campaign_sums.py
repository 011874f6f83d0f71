"""The sums of members' days are those of the days, after whatever happened; a rebuild proves them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, text

from cloud_receiver.domain.campaigns import own_targets, standings
from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import (
    campaign_standings,
    campaign_sums,
    campaigns,
    enrolment,
    membership,
    scheduling,
    tables,
    teams,
)
from cloud_receiver.store.migrations import versions
from tests.acceptance.conftest import Play, day_of

DAYS = 9
DAMAGE = (
    ("UPDATE campaign_sum SET sales_fen = sales_fen + 1 WHERE employee_id = 'E01'", 1),
    ("UPDATE campaign_sum SET team = 'x'", 4),
    ("DELETE FROM campaign_sum WHERE employee_id = 'E02'", 1),
    ("UPDATE campaign_sum SET employee_id = 'E9' WHERE employee_id = 'E03'", 2),
)


def _played(engine: Engine) -> tuple[Play, list[str]]:
    hq = Play(engine)
    hq.organise()
    hq.publish_rules()
    who = hq.people(4)
    hq.campaign(who, days=DAYS)
    hq.at(f"{day_of(4)}T12:00")
    return hq, who


def _differ(hq: Play) -> int:
    """Return how many sums are not what the days come to, after putting them right."""
    return int(hq.writing(campaign_sums.put_right))


def _events(hq: Play, who: list[str], chance: random.Random) -> list[Callable[[], Any]]:
    """Return what may happen to days and their campaign, each for somebody on some day."""
    one, number = chance.choice(who), chance.randrange(DAYS)
    on, now = day_of(number), hq.now_utc_ms
    stretch = scheduling.Stretch(on, on)

    def take_back(connection: Any) -> None:
        entries = scheduling.cleared(connection, [one], stretch)
        enrolment.add_roster(connection, entries, "hr", now)

    def shorten(connection: Any) -> None:
        campaign = campaigns.of_id(connection, "c")
        last = day_of(chance.choice((5, 6, DAYS - 1)))
        campaigns.enter(connection, replace(campaign, last_date=last), "hr", now)

    came = chance.choice(("08:55", "09:20", ""))
    return [
        lambda: hq.day(one, number, came=came, sold_fen=chance.randrange(20_000)),
        lambda: hq.day(one, number, left="16:00"),
        lambda: hq.roster(one, on),
        lambda: hq.rated(one, number, chance.randrange(1_000)),
        lambda: hq.writing(take_back),
        lambda: hq.writing(shorten),
        lambda: hq.writing(lambda c: teams.put(c, {one: chance.choice("ab")}, now)),
        lambda: hq.feed_complete(f"{on}T23:59"),
    ]


def test_sums_are_those_of_the_days_whatever_happens(hq_engine: Engine) -> None:
    hq, who = _played(hq_engine)
    chance = random.Random(8)
    for number in range(60):
        for _ in range(chance.randint(1, 4)):
            chance.choice(_events(hq, who, chance))()
        if number == 40:
            left = day_of(4)
            hq.writing(lambda c, on=left: membership.leave(c, "c", who[3], on, hq.now_utc_ms))
        hq.evaluate()
        assert _differ(hq) == 0, f"after round {number}"
    assert _known(hq), "there is something to add up"
    _stand_alike(hq)


def _known(hq: Play) -> list[Any]:
    return hq.table(tables.campaign_sum)


def _stand_alike(hq: Play) -> None:
    """Members stand by the sums as they do by their days one by one."""
    one = hq.reading(lambda c: campaigns.of_id(c, "c"))
    days = hq.reading(lambda c: campaigns.days_of(c, one)[0])
    members = hq.reading(lambda c: campaigns.members(c, "c"))
    ranked = [member.employee_id for member in members if member.is_ranked]
    by_days = standings(one, ranked, days, own_targets(one.targets, members))
    by_sums = hq.reading(lambda c: campaign_standings.standing_now(c, one))
    assert by_sums == {key: replace(it, days=()) for key, it in by_days.items()}
    assert any(it.place for it in by_sums.values())


def test_a_rebuild_finds_wrong_sums_and_an_upgrade_counts_the_same(hq_engine: Engine) -> None:
    hq, who = _played(hq_engine)
    for place, one in enumerate(who):
        hq.writing(lambda c, one=one: teams.put(c, {one: "a"}, hq.now_utc_ms))
        for number in range(4):
            hq.day(one, number, came="09:20" if place == number else "08:55", sold_fen=7_000)
    hq.rated(who[0], 1, 800)
    hq.evaluate()
    sound = _known(hq)
    assert len(sound) == len(who)
    for damage, number in DAMAGE:
        with hq.engine.begin() as connection:
            connection.execute(text(damage))
        assert _known(hq) != sound, f"no damage: {damage}"
        assert rebuild(hq.engine, hq.now_utc_ms).sums == number
        assert _known(hq) == sound, damage
    (path,) = Path(str(versions.__file__)).parent.glob("*_campaign_sums.py")
    migration = import_module(f"{versions.__name__}.{path.stem}")
    with hq.engine.begin() as connection:
        connection.execute(text("DROP TABLE campaign_sum"))
        with Operations.context(MigrationContext.configure(connection)):
            migration.upgrade()
    assert _known(hq) == sound
    assert rebuild(hq.engine, hq.now_utc_ms).sums == 0


def test_a_closed_campaign_stands_as_it_was_settled(hq_engine: Engine) -> None:
    hq, who = _played(hq_engine)
    for place, one in enumerate(who):
        for number in range(DAYS):
            hq.day(one, number, sold_fen=7_000 + 100 * place)
    hq.finish(DAYS)
    one = hq.reading(lambda c: campaigns.of_id(c, "c"))
    assert hq.reading(lambda c: campaigns.closed_utc_ms(c, "c")), "it is closed"
    settled = hq.reading(lambda c: campaign_standings.settled(c, one))
    assert settled.equals(
        hq.reading(lambda c: campaign_standings.scored(c, one)).select(settled.columns)
    )
