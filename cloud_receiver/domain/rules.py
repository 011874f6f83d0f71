"""Rules compiled once to frame expressions, and the decision about employee-days.

`RuleSet.apply` is the one compiled form: it runs on any frame Narwhals knows, on one dirty
day as on ten years of history. `decide` runs it on fact rows and phrases what came out.
Everything between facts and amounts is int64 columns; there is no float and no `eval`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import narwhals as nw
import polars as pl

from cloud_receiver.domain.clauses import PERIODIC
from cloud_receiver.domain.decision_table import KINDS, facts_of, stages
from cloud_receiver.domain.documents import SUBSIDY_FACT, Rule, RuleError
from cloud_receiver.domain.explanations import Weighing, outcome_of
from cloud_receiver.domain.facts import CATALOGUE, FactType, FactValue
from cloud_receiver.domain.outcomes import DayKey, Evidence, Outcome

if TYPE_CHECKING:
    from narwhals.typing import FrameT

FactRow = Mapping[str, FactValue]

_AS_WRITTEN: Final = pl.QueryOptFlags.none()
_FEW_ROWS: Final = 100
"""A frame of so few is made quicker row by row, of many column by column."""
"""To look for a better plan takes longer than the plan as it stands, for one day as for thousands."""

NATIVE_TYPES: Final[dict[FactType, pl.DataType]] = {
    FactType.INT: pl.Int64(),
    FactType.BOOL: pl.Boolean(),
    FactType.TEXT: pl.String(),
}


def decide(
    rulebook: Rulebook,
    fact_rows: Sequence[FactRow],
    evidence: Mapping[DayKey, Evidence] | None = None,
) -> list[Outcome]:
    """Return what the rules in force on each row's work date say, ordered by outcome key.

    Args:
        fact_rows: one mapping an employee-day with the names of the catalogue; facts that
            are missing count as their default. `employee_id` and `work_date` are required.
        evidence: ids of the records the facts of a day rest on, by (employee_id, work_date).
    """
    return _decide(rulebook.in_force, fact_rows, evidence or {})


def decide_closing(
    rulebook: Rulebook,
    fact_rows: Sequence[FactRow],
    evidence: Mapping[DayKey, Evidence] | None = None,
) -> list[Outcome]:
    """Return what period and rank rules say about campaigns that are closed.

    Args:
        fact_rows: one mapping a person and campaign with the facts of its last day and those
            of the period; a ranking needs every row of its pool.
        evidence: the days the numbers rest on, by (employee_id, last work date).
    """
    return _decide(rulebook.closing, fact_rows, evidence or {})


def _decide(
    rules_of: Callable[[str], RuleSet],
    fact_rows: Sequence[FactRow],
    known: Mapping[DayKey, Evidence],
) -> list[Outcome]:
    rows_of: dict[RuleSet, list[FactRow]] = {}
    for row in fact_rows:
        rows_of.setdefault(rules_of(str(row["work_date"])), []).append(row)
    outcomes = [
        outcome_of(weighing, row, known.get((str(row["employee_id"]), str(row["work_date"])), {}))
        for rule_set, rows in rows_of.items()
        for row, weighing in rule_set.weigh(rows)
    ]
    return sorted(outcomes, key=lambda outcome: outcome.outcome_key)


class Rulebook:
    """All versions of all rules, cut into stretches of dates with one rule set each."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        dates = {rule.effective_from for rule in rules} | {rule.effective_to for rule in rules}
        self._starts = ["", *sorted(date for date in dates if date is not None)]
        newest = [_newest(rules, start) for start in self._starts]
        self._sets = [RuleSet([r for r in some if r.grain not in PERIODIC]) for some in newest]
        self._closing = [RuleSet([r for r in some if r.grain in PERIODIC]) for some in newest]

    def in_force(self, work_date: str) -> RuleSet:
        """Return the rules that judge a work date (``YYYY-MM-DD``)."""
        return self._sets[bisect_right(self._starts, work_date) - 1]

    def closing(self, last_date: str) -> RuleSet:
        """Return the rules that judge a campaign whose last work date is given."""
        return self._closing[bisect_right(self._starts, last_date) - 1]

    def stretches(self) -> list[tuple[str, str | None, RuleSet]]:
        """Return (first date, first date after or None, day rules), oldest first."""
        return list(zip(self._starts, [*self._starts[1:], None], self._sets, strict=True))


def _newest(rules: Sequence[Rule], work_date: str) -> list[Rule]:
    """Return for each rule the highest version that covers a date."""
    newest: dict[str, Rule] = {}
    for rule in sorted(rules, key=lambda rule: rule.version):
        if rule.covers(work_date):
            newest[rule.id] = rule
    return list(newest.values())


@dataclass(frozen=True, slots=True)
class Total:
    """What a rule did over many days: the days it spoke on, and signed fen after limits."""

    days: int
    amount_fen: int


class RuleSet:
    """The rules in force together, compiled on first use and then kept.

    They stand in the order in which they win their group and take from the day's subsidy:
    by falling priority, then by id.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: (-rule.priority, rule.id)))
        self._reads = [tuple(sorted(facts_of(rule) | {SUBSIDY_FACT})) for rule in self.rules]
        self.facts = tuple(sorted({SUBSIDY_FACT}.union(*self._reads)))
        self._idle_plans: deque[_Plan] = deque()  # safe between threads

    def apply(self, frame: FrameT) -> FrameT:
        """Add the columns of `decision_table` to a frame that has `facts`, without nulls."""
        for stage in stages(self.rules):
            frame = frame.with_columns(*stage) if stage else frame
        return frame

    def totals(self, history: nw.LazyFrame[pl.LazyFrame]) -> dict[str, Total]:
        """Return what each rule would have done over a history, by rule id."""
        if not self.rules:
            return {}
        numbered = range(len(self.rules))
        hits = [(nw.col(f"row_{i}") > 0).cast(nw.Int64).sum() for i in numbered]
        sums = [nw.col(f"net_{i}").sum() for i in numbered]
        numbers = self.apply(history).select(*hits, *sums).collect().row(0)
        return {
            rule.id: Total(days=numbers[i], amount_fen=rule.sign * numbers[len(self.rules) + i])
            for i, rule in enumerate(self.rules)
        }

    def weigh(self, rows: Sequence[FactRow]) -> Iterator[tuple[FactRow, Weighing]]:
        """Yield every rule that hits a row, with its numbers."""
        if not self.rules:
            return
        columns = self.columns(rows_frame(rows, self.facts))
        for i in range(len(self.rules)):
            numbers = [columns[f"{kind}_{i}"].to_list() for kind in KINDS]
            for fact_row, own in zip(rows, zip(*numbers, strict=True), strict=True):
                if own[0]:
                    yield fact_row, self.weighing(i, own)

    def weighing(self, i: int, numbers: tuple[int, ...]) -> Weighing:
        """Return what rule `i` says where it hits, its columns given in the order of `KINDS`."""
        hit, gross_fen, blocked, capped_fen, net_fen = numbers
        return Weighing(
            rule=self.rules[i],
            row=self.rules[i].rows[hit - 1],
            reads=self._reads[i],
            gross_fen=gross_fen,
            blocker=self.rules[blocked - 1] if blocked else None,
            capped_fen=capped_fen,
            net_fen=net_fen,
        )

    def columns(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the columns of `decision_table` for a frame that has `facts`, in its order.

        Runs a plan that nobody else is using, a new one if all are busy.
        """
        try:
            plan = self._idle_plans.pop()
        except IndexError:
            plan = _Plan(self)
        columns = plan.run(frame)
        self._idle_plans.append(plan)
        return columns


def schema_of(names: Iterable[str]) -> dict[str, pl.DataType]:
    """Return the columns of a frame of some facts."""
    return {name: NATIVE_TYPES[CATALOGUE[name].type] for name in names}


def rows_frame(rows: Sequence[FactRow], names: Iterable[str]) -> pl.DataFrame:
    """Return some facts of rows as a frame, what is missing as its default."""
    schema = schema_of(names)
    if len(rows) <= _FEW_ROWS:
        filled = [{n: row.get(n, CATALOGUE[n].default) for n in schema} for row in rows]
        return pl.from_dicts(filled, schema=schema)
    data = {name: [row.get(name, CATALOGUE[name].default) for row in rows] for name in schema}
    return pl.DataFrame(data, schema=schema)


class _Plan:
    """A rule set's query, built once and run on whatever rows are handed over, one at a time.

    Translating expressions costs ten times what running them on one day costs; so the
    query is a lazy one whose only source is the rows of the current call.
    """

    def __init__(self, rules: RuleSet) -> None:
        self._schema = schema_of(rules.facts)
        self._rows = pl.DataFrame(schema=self._schema)
        source = pl.LazyFrame(schema=self._schema).map_batches(
            lambda _: self._rows, projection_pushdown=False
        )
        wanted = [f"{kind}_{i}" for kind in KINDS for i in range(len(rules.rules))]
        query = rules.apply(nw.from_native(source)).select(*wanted)
        self._query: pl.LazyFrame = nw.to_native(query)

    def run(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the result columns for the rows of a frame, in their order."""
        is_its_own = frame.columns == list(self._schema)
        self._rows = frame if is_its_own else frame.select(*self._schema)
        return self._query.collect(optimizations=_AS_WRITTEN)


def failed_examples(rule: Rule) -> list[str]:
    """Run a rule's own examples, the rule standing alone; return what came out otherwise."""
    alone = RuleSet([rule])
    failures = []
    for number, example in enumerate(rule.examples):
        weighed = alone.weigh([example.facts, *example.pool])
        hits = [weighing for facts, weighing in weighed if facts is example.facts]
        said = [(hit.row.id, hit.net_fen) for hit in hits]
        expected = example.expect
        wanted = [] if expected is None else [(expected.row, abs(expected.amount_fen))]
        if said != wanted:
            failures.append(f"examples[{number}]: wanted {wanted}, got {said}")
    return failures


def require_sound(rule: Rule) -> Rule:
    """Return the rule when its examples hold.

    Raises:
        RuleError: an example came out otherwise.
    """
    if failures := failed_examples(rule):
        raise RuleError(rule.id, failures)
    return rule
