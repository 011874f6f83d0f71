"""What a careful colleague would ask before a rule is published; pure.

An error keeps a rule from being published, a warning is shown beside it. The decision table
is tried on one value of every stretch its rows tell apart, so that gaps, overlaps and rows
that can never decide are proven, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final

from cloud_receiver.domain.clauses import Effect, Grain, Row
from cloud_receiver.domain.conditions import Cell, Condition, Conditions
from cloud_receiver.domain.documents import SUBSIDY_FACT, Rule
from cloud_receiver.domain.facts import CATALOGUE, COUNTED, FactType, FactValue
from cloud_receiver.domain.histories import SUMMED
from cloud_receiver.domain.lawfulness import LawfulStore, hours_remarks, law_remarks
from cloud_receiver.domain.remarks import Remark, Severity, error, warning
from sync.money import MAX_FEN, yuan_text

MAX_TRIED: Final = 20_000
LAW_RATE_BP: Final = 2_000  # most places let a month's deductions be a fifth (hq.md 3.7)
_MUCH_FEN: Final = 10_000_000
_OTHER: Final = "\0"  # a text no rule names
_PERFORMANCE: Final = ("target_met", "achievement_bp", "sales_fen", "sales_qty_milli")


def lint(
    rule: Rule,
    beside: Sequence[Rule] = (),
    today: str = "",
    stores: Sequence[LawfulStore] | None = None,
) -> list[Remark]:
    """Return everything there is to say about a sound rule.

    Args:
        beside: the rules it would stand among, itself left out.
        stores: with their law on the rule's first date; None: not known here.
        today: the work date it is now; a rule for it or earlier needs approval of the past.
    """
    others = [one for one in beside if one.id != rule.id]
    return [
        *_table_remarks(rule),
        *_limit_remarks(rule, is_law_known=stores is not None),
        *_punishment_remarks(rule, others),
        *_label_remarks(rule),
        *_goal_remarks(rule),
        *hours_remarks(rule),
        *_date_remarks(rule, today),
        *law_remarks(rule, stores),
    ]


def is_publishable(remarks: Sequence[Remark], *, past_approved: bool = False) -> bool:
    """Tell whether nothing forbids publishing."""
    return not any(
        one.severity is Severity.ERROR and not (past_approved and one.code == "retroactive")
        for one in remarks
    )


def _table_remarks(rule: Rule) -> Iterator[Remark]:
    asked = {name for row in rule.rows for name in row.when} | set(rule.when)
    values = {name: _representatives(name, rule) for name in sorted(asked)}
    tried = _Tried()
    for combination in islice(product(*values.values()), MAX_TRIED):
        facts = dict(zip(values, combination, strict=True))
        if holds(rule.when, facts):
            tried.add(facts, [row for row in rule.rows if holds(row.when, facts)])
    for row in rule.rows:
        if row.id not in tried.deciding:
            yield error("unreachable", "这一行永远不会命中", "this row can never decide", row.id)
    for first, second in sorted(tried.overlapping):
        if second in tried.deciding:
            yield warning(
                "overlap",
                f"与“{first}”有重叠,重叠部分以在上的一行为准",
                f"overlaps {first!r}; where they do, the upper row decides",
                second,
            )
    for name, shown in tried.covered.items():
        if any(_is_ordered(row, name) for row in rule.rows):
            yield from _gaps(name, shown)


class _Tried:
    """What became of the combinations of facts that were tried."""

    def __init__(self) -> None:
        self.deciding: set[str] = set()
        self.overlapping: set[tuple[str, str]] = set()
        self.covered: dict[str, dict[FactValue, bool]] = {}

    def add(self, facts: Mapping[str, FactValue], matching: Sequence[Row]) -> None:
        for name, value in facts.items():
            shown = self.covered.setdefault(name, {})
            shown[value] = shown.get(value, False) or bool(matching)
        if matching:
            first = matching[0]
            self.deciding.add(first.id)
            others = [row.id for row in matching[1:] if row.when and first.when]
            self.overlapping |= {(first.id, other) for other in others}


def _is_ordered(row: Row, name: str) -> bool:
    cell = row.when.get(name)
    return isinstance(cell, Cell) and (cell.range is not None or cell.at_least is not None)


def _gaps(name: str, shown: Mapping[FactValue, bool]) -> Iterator[Remark]:
    """Yield a gap for every stretch without a row that lies above one with a row."""
    ordered = sorted((int(value), hit) for value, hit in shown.items())
    begun = False
    for number, (value, hit) in enumerate(ordered):
        begun = begun or hit
        if begun and not hit:
            fact, below = CATALOGUE[name], ordered[number - 1][0]
            last = number == len(ordered) - 1
            yield warning(
                "gap",
                f"{fact.zh}大于{below}" + ("" if last else f"且不超过{value}") + "时没有任何一行",
                f"no row for {fact.en} above {below}" + ("" if last else f" up to {value}"),
            )


def _representatives(name: str, rule: Rule) -> list[FactValue]:
    """Return one value of every stretch that the rule's conditions on a fact tell apart."""
    cells = [part[name] for part in (rule.when, *(row.when for row in rule.rows)) if name in part]
    kind = CATALOGUE[name].type
    if kind is FactType.BOOL:
        return [True, False]
    named = [value for cell in cells for value in _named(cell)]
    if kind is FactType.TEXT:
        return [*sorted({str(value) for value in named}), _OTHER]
    cuts = sorted({int(value) for value in named})
    return [*cuts, cuts[-1] + 1] if cuts else [0]


def _named(cell: Condition) -> Iterator[int | str]:
    """Yield the values at which the answer changes, as the last value of a stretch."""
    if isinstance(cell, bool):
        return
    if cell.range is not None:
        yield from (bound for bound in cell.range if bound is not None)
    if cell.at_least is not None:
        yield cell.at_least - 1
    for value in cell.among or (() if cell.equals is None else (cell.equals,)):
        yield value
        if isinstance(value, int):
            yield value - 1


def holds(conditions: Conditions, facts: Mapping[str, FactValue]) -> bool:
    """Tell whether conditions hold, read one by one."""
    return all(_holds(facts[name], condition) for name, condition in conditions.items())


def _holds(fact: FactValue, condition: Condition) -> bool:
    if isinstance(condition, bool):
        return fact is condition
    if condition.among is not None:
        return fact in condition.among
    if condition.equals is not None:
        return fact == condition.equals
    assert isinstance(fact, int), "only numbers have an order"
    if condition.at_least is not None:
        return fact >= condition.at_least
    low, high = condition.range or (None, None)
    return (low is None or low < fact) and (high is None or fact <= high)


def _limit_remarks(rule: Rule, *, is_law_known: bool) -> Iterator[Remark]:
    cap_fen = rule.cap.amount_fen if rule.cap else None
    for row in rule.rows:
        amount_fen, rate_bp = row.outcome.amount_fen or 0, row.outcome.rate_bp or 0
        if cap_fen is not None and amount_fen > cap_fen:
            yield warning(
                "cap",
                f"上限{yuan_text(cap_fen)}元低于本行的{yuan_text(amount_fen)}元",
                f"the cap of {yuan_text(cap_fen)} yuan is below the row's {yuan_text(amount_fen)}",
                row.id,
            )
        if amount_fen > _MUCH_FEN:
            yield warning(
                "amount", "单次金额超过10万元,请确认", "more than 100,000 yuan at once", row.id
            )
        if MAX_FEN * rate_bp + 5_000 >= 2**63:
            yield error("overflow", "比例过大,会溢出", "the rate overflows 64 bits", row.id)
        if rule.effect is not Effect.DEDUCTION:
            continue
        if row.outcome.of not in (None, SUBSIDY_FACT):
            yield error(
                "law",
                "只能少发有条件的补贴,不能从其他金额中扣除",
                "only a conditional subsidy may be withheld, nothing else",
                row.id,
            )
        if rate_bp > LAW_RATE_BP and not is_law_known:
            yield warning(
                "law",
                "单次扣减超过补贴的20%,多数地区月度上限会顺延其余部分",
                "more than 20 % at once; in most places the month's cap defers the rest",
                row.id,
            )


def _punishment_remarks(rule: Rule, others: Sequence[Rule]) -> Iterator[Remark]:
    if not rule.is_punishment:
        return
    acts = _acts_of(rule)
    for other in others:
        shared = acts & _acts_of(other)
        same_group = rule.group is not None and rule.group == other.group
        ticked = rule.repeats_punishment or other.repeats_punishment
        if not shared or not other.is_punishment or same_group or ticked:
            continue
        labels = [CATALOGUE[name] for name in sorted(shared)]
        counting = Grain.COUNT in (rule.grain, other.grain)
        severity = Severity.WARNING if counting else Severity.ERROR
        yield Remark(
            "double_punishment",
            severity,
            "",
            f"“{other.name.zh}”已因同一行为({'、'.join(one.zh for one in labels)})处罚;"
            "确需累计处罚请勾选“可重复处罚”",
            f'"{other.name.en}" punishes the same act ({", ".join(one.en for one in labels)}); '
            "tick repeats_punishment if that is meant",
        )


def _acts_of(rule: Rule) -> set[str]:
    """Return the facts of a day that a rule holds against somebody."""
    asked = set(rule.when).union(*(row.when for row in rule.rows), [rule.counts or ""])
    counted = {**COUNTED, **SUMMED}
    return {counted.get(name, name) for name in asked} & set(counted.values())


def _label_remarks(rule: Rule) -> Iterator[Remark]:
    texts = {"": [rule.name, rule.message], **{row.id: [row.text] for row in rule.rows}}
    for row_id, some in texts.items():
        if not all(text.zh.strip() and text.en.strip() for text in some):
            yield error(
                "unlabeled", "缺少中文或英文文字", "a text is missing in one language", row_id
            )
    asked = set(rule.when).union(*(row.when for row in rule.rows))
    for name in sorted(asked):
        if not (CATALOGUE[name].zh and CATALOGUE[name].en):
            yield error("unlabeled", f"数据项{name}没有名称", f"the fact {name} has no label")
    if not rule.examples:
        yield warning("examples", "没有示例,无法自检", "no example checks the rule")


def _goal_remarks(rule: Rule) -> Iterator[Remark]:
    asked = set(rule.when).union(*(row.when for row in rule.rows))
    pays = rule.effect is Effect.REWARD and rule.grain in (Grain.DAY, Grain.RUNNING, Grain.PUNCH)
    if pays and "full_attendance" in asked and not asked & set(_PERFORMANCE):
        yield warning(
            "presence_only",
            "只看考勤不看业绩:业绩未达标也会奖励",
            "presence alone earns: who misses the target is rewarded too",
        )


def _date_remarks(rule: Rule, today: str) -> Iterator[Remark]:
    if today and rule.effective_from is not None and rule.effective_from <= today:
        yield error(
            "retroactive",
            f"{rule.effective_from}起生效会改变已发生的结果;请从明天起生效,或由审批人批准追溯",
            f"from {rule.effective_from} on it changes what happened already; begin tomorrow, or "
            "have the past approved",
        )
