"""A campaign: some days in which people of some stores sell together and are compared.

Pure. Who is ranked is frozen on joining: a member needs more than half of the period; who
leaves keeps the place that the days until then give.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import msgspec
import narwhals as nw
import polars as pl

from cloud_receiver.domain.budgets import Budget
from cloud_receiver.domain.clauses import Pool
from cloud_receiver.domain.facts import CATALOGUE, FactValue
from cloud_receiver.domain.histories import PERIOD_READS, aimed, periods
from cloud_receiver.domain.ranking import place
from cloud_receiver.domain.rules import schema_of
from cloud_receiver.domain.scores import SHIPPED_SCORING, Scoring
from sync.money import MAX_FEN

FactRow = Mapping[str, FactValue]
RANKED, PLACE, PEOPLE = "is_ranked", "place", "people"
_BY_SCORE: Final = Pool(by="period_score_milli", share_bp=10_000)


class Targets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A campaign's own targets for its whole period, instead of the sum of its days'.

    Attributes:
        member_fen: of each member; 0: none.
        stores: of a store, shared equally by its members that have none of their own.
    """

    member_fen: int = 0
    stores: dict[str, int] = {}

    @property
    def are_sound(self) -> bool:
        """Tell whether the amounts can be meant."""
        return all(0 <= fen <= MAX_FEN for fen in (self.member_fen, *self.stores.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who takes part.

    Attributes:
        store_id: whose target the member shares.
        target_fen: the member's own; None: the campaign's.
    """

    employee_id: str
    joined_date: str
    is_ranked: bool
    left_date: str | None = None
    store_id: str = ""
    target_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign as entered.

    Attributes:
        scene: of the stores that take part; empty: any.
        stores: that take part; empty: all.
        first_date, last_date: work dates, both included.
        budget: None: no limit.
        targets: None: those of the days are summed.
    """

    campaign_id: str
    name: str
    first_date: str
    last_date: str
    scene: str = ""
    stores: tuple[str, ...] = ()
    scoring: Scoring = SHIPPED_SCORING
    budget: Budget | None = None
    targets: Targets | None = None

    @property
    def days(self) -> int:
        """Return how many dates the period has."""
        return (date.fromisoformat(self.last_date) - date.fromisoformat(self.first_date)).days + 1

    def covers(self, work_date: str) -> bool:
        """Tell whether a work date lies in the period."""
        return self.first_date <= work_date <= self.last_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a member stands.

    Attributes:
        place: by composite score, equals share it; 0: not ranked.
        people: in the ranking.
        days: the work dates the numbers rest on.
    """

    employee_id: str
    facts: FactRow
    place: int
    people: int
    days: tuple[str, ...]


def is_ranked(campaign: Campaign, joined_date: str) -> bool:
    """Tell whether who joins on a date is there for more than half of the period."""
    joined = max(joined_date, campaign.first_date)
    left = (date.fromisoformat(campaign.last_date) - date.fromisoformat(joined)).days + 1
    return 2 * left > campaign.days


def own_targets(targets: Targets | None, members: Iterable[Member]) -> dict[str, int]:
    """Return the target of each member that is not the sum of the days'; fen by employee.

    The member's own goes before the campaign's for everybody, and that before an equal share
    of the store's.
    """
    asked = targets or Targets()
    people = list(members)
    sharing = Counter(one.store_id for one in people if one.target_fen is None)
    found = {}
    for one in people:
        fen = one.target_fen or asked.member_fen
        if not fen and one.store_id in asked.stores:
            fen = asked.stores[one.store_id] // max(1, sharing[one.store_id])
        if fen:
            found[one.employee_id] = fen
    return found


def standings(
    campaign: Campaign,
    ranked: Iterable[str],
    days: Sequence[FactRow],
    targets: Mapping[str, int] | None = None,
) -> dict[str, Standing]:
    """Return how everybody stands after the days that are known, by employee.

    Args:
        ranked: the frozen list of those who are compared.
        days: day facts of members within the period.
        targets: of the whole period, by employee; others have the sum of their days'.
    """
    schema = schema_of(PERIOD_READS)
    whole = [pl.col(name).fill_null(CATALOGUE[name].default) for name in PERIOD_READS]
    told = pl.DataFrame(days, schema=schema).with_columns(whole)
    told = told.with_columns(campaign_id=pl.lit(campaign.campaign_id))
    frame = periods(nw.from_native(told), campaign.scoring, targets)
    compared = frame["employee_id"].is_in(sorted(set(ranked)))
    found = placed(campaign, frame.with_columns(compared.alias(RANKED)).to_native())
    dates = dict(told.group_by("employee_id").agg(pl.col("work_date").sort()).rows())
    return {
        one.employee_id: replace(one, days=tuple(dates[one.employee_id]))
        for one in standings_in(found)
    }


def scores(
    campaign: Campaign, sums: pl.DataFrame, targets: Mapping[str, int] | None = None
) -> pl.DataFrame:
    """Return how everybody stands by the sums of their days, see `placed`.

    Args:
        sums: one row a member with `RANKED` and the sums of `histories.periods`.
        targets: as in `standings`.
    """
    frame = aimed(nw.from_native(sums), campaign.scoring, targets)
    return placed(campaign, frame.to_native())


def placed(campaign: Campaign, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the facts of a period with `PLACE` and `PEOPLE` in place of `RANKED`, the first first.

    Those who are not ranked come last, as place 0.
    """
    pool = nw.from_native(frame.filter(pl.col(RANKED)))
    places = pool.select("employee_id", place(_BY_SCORE).alias(PLACE)).to_native()
    return (
        frame.drop(RANKED)
        .join(places, on="employee_id", how="left")
        .with_columns(
            pl.col(PLACE).fill_null(0),
            pl.lit(len(pool), pl.Int64).alias(PEOPLE),
            work_date=pl.lit(campaign.last_date),
        )
        .sort(pl.col(PLACE) == 0, PLACE, "employee_id")
    )


def standings_in(frame: pl.DataFrame) -> Iterator[Standing]:
    """Yield the standings of a frame of `placed`, in its order, without the days."""
    for row in frame.to_dicts():
        number, people = row.pop(PLACE), row.pop(PEOPLE)
        yield Standing(
            employee_id=row["employee_id"], facts=row, place=number, people=people, days=()
        )


def weeks(campaign: Campaign) -> list[tuple[str, str]]:
    """Return the weeks of a campaign, counted from its first date: (first, last), both included."""
    first, last = date.fromisoformat(campaign.first_date), date.fromisoformat(campaign.last_date)
    found = []
    while first <= last:
        end = min(first + timedelta(days=6), last)
        found.append((first.isoformat(), end.isoformat()))
        first = end + timedelta(days=1)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week of a campaign, both dates included.

    Attributes:
        amount_fen: what its days brought the members, signed.
        late_count: how often members were late.
        latest: how often those who were late most were.
    """

    first_date: str
    last_date: str
    amount_fen: int
    late_count: int
    latest: Mapping[str, int]


def facts_text(facts: FactRow) -> str:
    """Return facts as stored: equal facts are equal text."""
    return json.dumps(dict(facts), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
