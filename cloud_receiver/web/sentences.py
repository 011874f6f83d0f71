"""A rule's row as a sentence a manager reads; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cloud_receiver.domain.conditions import Cell, Condition, Conditions
from cloud_receiver.domain.documents import Effect, Grant, Row, Rule
from cloud_receiver.domain.facts import FactValue
from cloud_receiver.web.phrases import STATUSES, fact_label, fact_text
from cloud_receiver.web.texts import Language
from sync.money import yuan_text


def row_of(rule: Rule | None, row_id: str) -> Row | None:
    """Return a rule's row, None when the document does not have it."""
    return next((row for row in rule.rows if row.id == row_id), None) if rule else None


def row_sentence(rule: Rule, row: Row, language: Language) -> str:
    """Return a row as one sentence: when ..., then ..."""
    then = _grant_text(row.outcome, rule.effect, language)
    if not row.when:
        return language.pick(f"{then}。", f"{then[0].upper()}{then[1:]}.")
    when = conditions_text(row.when, language)
    return language.pick(f"{when}:{then}。", f"{when[0].upper()}{when[1:]}: {then}.")


def conditions_text(conditions: Conditions, language: Language) -> str:
    """Return what must hold, joined by "and"."""
    parts = [_condition_text(name, condition, language) for name, condition in conditions.items()]
    return language.pick("、", " and ").join(parts)


def calculation_text(row: Row, facts: Mapping[str, FactValue], language: Language) -> str | None:
    """Return how the amount before limits came about; None where nothing was calculated."""
    grant = row.outcome
    if grant.rate_bp is None or grant.of is None:
        return None
    base = int(facts[grant.of])
    label, percent = fact_label(grant.of, language), f"{grant.rate_bp / 100:g}%"
    return f"{label} {yuan_text(base)} × {percent}"


def _condition_text(name: str, condition: Condition, language: Language) -> str:
    label = fact_label(name, language)
    if isinstance(condition, bool):
        return label if condition else language.pick(f"非“{label}”", f"not “{label}”")
    return language.pick(f"{label}{_cell_text(name, condition, language)}",
                         f"{label} {_cell_text(name, condition, language)}")  # fmt: skip


def _cell_text(name: str, cell: Cell, language: Language) -> str:
    def value(raw: FactValue) -> str:
        return fact_text(name, raw, language, STATUSES[language])

    if cell.range is not None:
        return _range_text(cell.range, name, language)
    if cell.at_least is not None:
        return language.pick(f"不少于 {value(cell.at_least)}", f"at least {value(cell.at_least)}")
    if cell.among is not None:
        listed = language.pick("、", ", ").join(value(raw) for raw in cell.among)
        return language.pick(f"为 {listed} 之一", f"one of {listed}")
    assert cell.equals is not None, "a cell has one operator"
    return language.pick(f"为 {value(cell.equals)}", f"is {value(cell.equals)}")


def _range_text(bounds: tuple[int | None, int | None], name: str, language: Language) -> str:
    low, high = bounds
    above = "" if low is None else fact_text(name, low, language, {})
    up_to = "" if high is None else fact_text(name, high, language, {})
    parts = []
    if above:
        parts.append(language.pick(f"超过 {above}", f"over {above}"))
    if up_to:
        parts.append(language.pick(f"不超过 {up_to}", f"up to {up_to}"))
    return language.pick("且", " and ").join(parts)


def _grant_text(grant: Grant, effect: Effect, language: Language) -> str:
    parts = [_money_text(grant, effect, language), *_beside_money(grant, language)]
    return language.pick(",", ", ").join(part for part in parts if part)


def _beside_money(grant: Grant, language: Language) -> Iterator[str]:
    if grant.half_points:
        points = f"{abs(grant.half_points) / 2:g}"
        gains = grant.half_points > 0
        verb = language.pick("加" if gains else "减", "gain" if gains else "lose")
        yield language.pick(f"长期绩效{verb} {points} 分", f"{verb} {points} long-term points")
    if grant.tag:
        yield language.pick(f"记“{grant.tag.zh}”标签", f"the tag “{grant.tag.en}”")
    if grant.task:
        yield language.pick(f"安排{grant.task.zh}", f"to do: {grant.task.en}")


def _money_text(grant: Grant, effect: Effect, language: Language) -> str:
    if grant.none is not None:
        return language.pick(grant.none.zh, grant.none.en)
    if grant.amount_fen is not None:
        yuan = yuan_text(grant.amount_fen).removesuffix(".00")
        amount = language.pick(f"{yuan} 元", f"{yuan} yuan")
    elif grant.rate_bp is None or grant.of is None:
        return ""
    else:
        percent, of = f"{grant.rate_bp / 100:g}%", fact_label(grant.of, language)
        amount = language.pick(f"{of}的 {percent}", f"{percent} of the {of}")
    if effect is Effect.DEDUCTION:
        return language.pick(f"扣减{amount}", f"{amount} is not granted")
    return language.pick(f"奖励{amount}", f"a reward of {amount}")
