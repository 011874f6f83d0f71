"""The five questions a rule may ask about a fact, and their form as frame expressions.

``true``/``false``, ``{"=": x}``, ``{"in": [x, y]}``, ``{"range": [low, high]}`` meaning
``low < fact <= high`` (null: no bound) and ``{">=": n}``. There is no other operator and no
free expression; what HR cannot ask becomes a new fact in the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
import narwhals as nw

from cloud_receiver.domain.facts import CATALOGUE, Fact, FactType

_PYTHON_TYPES: Final[dict[FactType, type]] = {
    FactType.INT: int,
    FactType.BOOL: bool,
    FactType.TEXT: str,
}


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question about an int or a text; exactly one operator is set."""

    equals: int | str | None = msgspec.field(name="=", default=None)
    among: tuple[int | str, ...] | None = msgspec.field(name="in", default=None)
    range: tuple[int | None, int | None] | None = None
    at_least: int | None = msgspec.field(name=">=", default=None)

    def __post_init__(self) -> None:
        operators = (self.equals, self.among, self.range, self.at_least)
        if sum(operator is not None for operator in operators) != 1:
            raise ValueError('a condition has exactly one of "=", "in", "range", ">="')


Condition = bool | Cell
Conditions = dict[str, Condition]


def problems(conditions: Mapping[str, Condition]) -> Iterator[str]:
    """Say what is wrong with conditions against the catalogue; nothing means they are sound."""
    for name, condition in conditions.items():
        fact = CATALOGUE.get(name)
        if fact is None:
            yield f"{name}: no such fact; the catalogue has {', '.join(CATALOGUE)}"
        elif problem := _problem(fact, condition):
            yield f"{name}: {problem}"


def _problem(fact: Fact, condition: Condition) -> str:
    if isinstance(condition, bool):
        return "" if fact.type is FactType.BOOL else f"is {fact.type}, not true or false"
    if fact.type is FactType.BOOL:
        return "is true or false and takes no operator"
    if condition.range is not None or condition.at_least is not None:
        return _order_problem(fact, condition)
    values = condition.among if condition.among is not None else (condition.equals,)
    if not values:
        return '"in" names no value'
    wrong = [value for value in values if type(value) is not _PYTHON_TYPES[fact.type]]
    return f"is {fact.type}, which {wrong[0]!r} is not" if wrong else ""


def _order_problem(fact: Fact, condition: Cell) -> str:
    if fact.type is not FactType.INT:
        return f"is {fact.type} and has no order"
    if condition.range is None:
        return ""
    low, high = condition.range
    if low is None and high is None:
        return "the range has no bound"
    if low is not None and high is not None and low >= high:
        return f"the range ({low}, {high}] is empty"
    return ""


def expression(conditions: Mapping[str, Condition]) -> nw.Expr:
    """Return the conjunction of sound conditions as a boolean column."""
    assert not list(problems(conditions)), "compile only what was checked"
    combined = nw.lit(value=True)
    for name, condition in conditions.items():
        combined = combined & _expression(nw.col(name), condition)
    return combined


def _expression(fact: nw.Expr, condition: Condition) -> nw.Expr:
    if isinstance(condition, bool):
        return fact if condition else ~fact
    if condition.among is not None:
        return fact.is_in(condition.among)
    if condition.range is not None:
        low, high = condition.range
        above = nw.lit(value=True) if low is None else fact > nw.lit(low, nw.Int64)
        return above if high is None else above & (fact <= nw.lit(high, nw.Int64))
    if condition.at_least is not None:
        return fact >= nw.lit(condition.at_least, nw.Int64)
    assert condition.equals is not None, "a cell has one operator"
    return fact == condition.equals
