"""What a rule would have done to history, against the rules in force: cost, people, stores.

The same compiled rules that decide a single day run over all of them. Pure: the days come
as a frame in order of person and date, with runs and counts already there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec
import narwhals as nw
import polars as pl

from cloud_receiver.domain.documents import Rule
from cloud_receiver.domain.facts import CATALOGUE
from cloud_receiver.domain.histories import PERIOD_READS, periods
from cloud_receiver.domain.rules import NATIVE_TYPES, Rulebook, RuleSet, Total
from cloud_receiver.domain.scores import SHIPPED_SCORING, Scoring

PORTION_DAYS: Final = 500_000  # at once: memory stays the same however long the history
EXAMPLES: Final = 5
_STEP_DAYS: Final = 100_000  # between two words of how far it is
_SAID: Final = ("employee_id", "store_id", "work_date")


class Sums(msgspec.Struct, frozen=True):
    """What a set of rules comes to; deductions are not positive."""

    hits: int
    rewards_fen: int
    deductions_fen: int


class Side(msgspec.Struct, frozen=True):
    """A person or store: before and after, signed for the employee."""

    id: str
    before_fen: int
    after_fen: int


class DayExample(msgspec.Struct, frozen=True):
    """An employee-day that comes out otherwise."""

    employee_id: str
    work_date: str
    before_fen: int
    after_fen: int


class Comparison(msgspec.Struct, frozen=True):
    """A draft against what is in force.

    Attributes:
        own: what the draft alone would have done, by its rows' days and fen.
        winners, losers: how many people get more or less in sum.
        most_up, most_down: those it concerns most.
        examples: days that come out otherwise, the largest differences first.
    """

    rule_id: str
    first_date: str
    last_date: str
    days: int
    people: int
    own: Sums
    before: Sums
    after: Sums
    winners: int
    losers: int
    most_up: tuple[Side, ...]
    most_down: tuple[Side, ...]
    stores: tuple[Side, ...]
    examples: tuple[DayExample, ...]

    def to_json(self) -> str:
        """Return the stored form."""
        return msgspec.json.encode(self).decode()


def facts_needed(*books: Rulebook) -> tuple[str, ...]:
    """Return every fact that deciding a history reads, in the order of the catalogue."""
    stretches = [stretch for book in books for stretch in book.stretches()]
    read = set(PERIOD_READS).union(*(rules.facts for _, _, rules in stretches))
    return tuple(name for name in CATALOGUE if name in read and not CATALOGUE[name].of_period)


def empty_days(names: Sequence[str]) -> pl.DataFrame:
    """Return a frame of the right types without days."""
    return pl.DataFrame(schema={name: NATIVE_TYPES[CATALOGUE[name].type] for name in names})


class Terms(NamedTuple):
    """How a campaign counts.

    Attributes:
        targets: of the whole campaign, by employee, instead of the sum of the days'.
    """

    scoring: Scoring = SHIPPED_SCORING
    targets: Mapping[str, int] = MappingProxyType({})


Scorings = Mapping[str, Terms]
"""How each campaign counts; others score the shipped way."""


def totals(
    book: Rulebook, portions: Iterable[pl.DataFrame], scorings: Scorings | None = None
) -> dict[str, Total]:
    """Return what each rule would have done in all, by rule id; ranks and periods included.

    Args:
        portions: days with every fact of `facts_needed`, in order of person and date and cut
            between people (`by_people`).
    """
    found: dict[str, Total] = {}
    closings = []
    for portion in portions:
        for rules, some in _by_stretch(book, portion):
            _add(found, rules.totals(nw.from_native(some.lazy())))
        closings += _periods(portion, scorings or {})
    if closings:
        every = pl.concat(closings)
        for date in every["work_date"].unique().sort():
            rules = book.closing(date)
            _add(found, rules.totals(nw.from_native(every.filter(work_date=date).lazy())))
    return found


def _add(found: dict[str, Total], more: Mapping[str, Total]) -> None:
    for rule_id, one in more.items():
        before = found.get(rule_id, Total(0, 0))
        found[rule_id] = Total(before.days + one.days, before.amount_fen + one.amount_fen)


def by_people(days: pl.DataFrame, portion_days: int | None = None) -> Iterator[pl.DataFrame]:
    """Cut between people, so that a person's campaign is never torn."""
    people = days["employee_id"]
    portion_days = portion_days or PORTION_DAYS
    start = 0
    while start < len(days):
        end = min(start + portion_days, len(days))
        if end < len(days):
            last = people[end]
            while end > start and people[end - 1] == last:
                end -= 1
            end = end if end > start else min(start + portion_days, len(days))
        yield days[start:end]
        start = end


def _by_stretch(book: Rulebook, days: pl.DataFrame) -> Iterator[tuple[RuleSet, pl.DataFrame]]:
    stretches = [one for one in book.stretches() if one[2].rules]
    if len(stretches) == 1 and stretches[0][0] <= _first(days) and stretches[0][1] is None:
        yield stretches[0][2], days
        return
    for first, before, rules in stretches:
        within = pl.col("work_date") >= first
        some = days.filter(within if before is None else within & (pl.col("work_date") < before))
        if len(some):
            yield rules, some


def _first(days: pl.DataFrame) -> str:
    first = days["work_date"].min()
    return first if isinstance(first, str) else ""


def _periods(days: pl.DataFrame, scorings: Scorings) -> list[pl.DataFrame]:
    """Return the campaigns of some people, one frame a way of scoring."""
    days = days.select(PERIOD_READS).filter(pl.col("campaign_id") != "")
    if not len(days):
        return []
    named = [one for one in scorings if scorings[one] != Terms()]
    parts = [(Terms(), days.filter(~pl.col("campaign_id").is_in(named)))]
    parts += [(scorings[one], days.filter(campaign_id=one)) for one in named]
    return [
        periods(nw.from_native(part), terms.scoring, terms.targets).to_native()
        for terms, part in parts
        if len(part)
    ]


def amounts(book: Rulebook, portions: Iterable[pl.DataFrame], scorings: Scorings) -> pl.DataFrame:
    """Return signed fen by person, store and work date; days with nothing left out.

    Args:
        portions: as for `totals`.
    """
    said = []
    closings = []
    for portion in portions:
        said += [_amounts(rules, some) for rules, some in _by_stretch(book, portion)]
        closings += _periods(portion, scorings)
    if closings:
        every = pl.concat(closings)
        for date in every["work_date"].unique().sort():
            said.append(_amounts(book.closing(date), every.filter(work_date=date)))
    nothing = pl.DataFrame(
        schema=dict.fromkeys(_SAID, pl.String)
        | dict.fromkeys(("hits", "rewards_fen", "deductions_fen"), pl.Int64)
    )
    return pl.concat([nothing, *said]).group_by(_SAID).sum()


def _amounts(rules: RuleSet, days: pl.DataFrame) -> pl.DataFrame:
    frame = rules.apply(nw.from_native(days.lazy()))
    sums = {"hits": nw.lit(0, nw.Int64), "rewards_fen": nw.lit(0, nw.Int64)}
    sums["deductions_fen"] = nw.lit(0, nw.Int64)
    for number, rule in enumerate(rules.rules):
        way = "rewards_fen" if rule.sign > 0 else "deductions_fen"
        sums[way] = sums[way] + nw.col(f"net_{number}") * nw.lit(rule.sign, nw.Int64)
        sums["hits"] = sums["hits"] + (nw.col(f"row_{number}") > 0).cast(nw.Int64)
    chosen = frame.select(*_SAID, *[value.alias(name) for name, value in sums.items()])
    found: pl.DataFrame = chosen.filter(nw.col("hits") > 0).collect().to_native()
    return found


def compare(
    draft: Rule,
    in_force: Sequence[Rule],
    days: pl.DataFrame,
    scorings: Scorings | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Comparison:
    """Let a draft have been in force all along and say what it changes.

    Args:
        days: as for `totals`; all facts that either side reads.
        in_force: all versions; each day is judged by the one of its own date.
        progress: called with (steps done, steps in all).
    """
    known = scorings or {}
    always = msgspec.structs.replace(draft, effective_from="0000-01-01", effective_to=None)
    steps = (
        Rulebook(in_force),
        Rulebook([*(rule for rule in in_force if rule.id != draft.id), always]),
        Rulebook([always]),
    )
    found = _each(steps, days, known, progress)
    before, after, own = found
    both = before.join(after, on=_SAID, how="full", coalesce=True).fill_null(0).select(
        *_SAID,
        before=pl.col("rewards_fen") + pl.col("deductions_fen"),
        after=pl.col("rewards_fen_right") + pl.col("deductions_fen_right"),
    ).with_columns(change=pl.col("after") - pl.col("before"))  # fmt: skip
    sums = pl.col("before", "after", "change").sum()
    people = both.group_by("employee_id").agg(sums).sort("change", "employee_id")
    stores = both.group_by("store_id").agg(sums).sort("store_id")
    changed = both.filter(pl.col("change") != 0)
    shown = changed.sort(pl.col("change").abs(), *_SAID, descending=[True, False, False, False])
    return Comparison(
        rule_id=draft.id,
        first_date=_first(days),
        last_date=str(days["work_date"].max() or ""),
        days=len(days),
        people=days["employee_id"].n_unique(),
        own=_sums(own),
        before=_sums(before),
        after=_sums(after),
        winners=people.filter(pl.col("change") > 0).height,
        losers=people.filter(pl.col("change") < 0).height,
        most_up=_sides(people.filter(pl.col("change") > 0).reverse().head(EXAMPLES), "employee_id"),
        most_down=_sides(people.filter(pl.col("change") < 0).head(EXAMPLES), "employee_id"),
        stores=_sides(stores, "store_id"),
        examples=tuple(
            DayExample(row["employee_id"], row["work_date"], row["before"], row["after"])
            for row in shown.head(EXAMPLES).to_dicts()
        ),
    )


def _each(
    books: Sequence[Rulebook],
    days: pl.DataFrame,
    scorings: Scorings,
    progress: Callable[[int, int], None],
) -> list[pl.DataFrame]:
    """Return what each rulebook comes to, telling how far it is."""
    portions = list(by_people(days, _STEP_DAYS))
    in_all = len(books) * len(portions)

    def stepping(before: int) -> Iterator[pl.DataFrame]:
        for number, portion in enumerate(portions, start=before):
            progress(number, in_all)
            yield portion

    found = [
        amounts(book, stepping(number * len(portions)), scorings)
        for number, book in enumerate(books)
    ]
    progress(in_all, in_all)
    return found


def _sums(said: pl.DataFrame) -> Sums:
    row = said.select(pl.col("hits", "rewards_fen", "deductions_fen").sum()).row(0)
    return Sums(*row)


def _sides(frame: pl.DataFrame, name: str) -> tuple[Side, ...]:
    return tuple(Side(row[name], row["before"], row["after"]) for row in frame.to_dicts())
