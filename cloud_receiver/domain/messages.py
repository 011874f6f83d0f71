"""What people are told, in Chinese and English, filled from facts without any evaluation.

A template names facts and amounts in braces: ``{late_min}``, ``{amount_yuan}``. Chat
services drop a second message with the same text on the same day, so every template
carries the work date and every correction its number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from cloud_receiver.domain.facts import CATALOGUE, FactValue
from cloud_receiver.domain.outcomes import Text
from sync.money import yuan_text

_FIELD = re.compile(r"\{([^{}]*)\}")
_AMOUNTS: Final = ("amount_yuan", "amount_yuan_short", "rate_pct", "points")
_AS_TEXT: Final[dict[str, Callable[[int], str]]] = {
    "fen": yuan_text,
    "bp": lambda value_bp: _decimal_text(value_bp, digits=2),
    "milli": lambda value_milli: _decimal_text(value_milli, digits=3),
}


def problems(template: Text) -> Iterator[str]:
    """Say what is wrong with a message template."""
    for language, text in (("zh", template.zh), ("en", template.en)):
        fields = _FIELD.findall(text)
        for name in fields:
            if name not in CATALOGUE and name not in _AMOUNTS:
                known = ", ".join((*_AMOUNTS, *CATALOGUE))
                yield f"{language}: {{{name}}} is unknown; use {known}"
        if "work_date" not in fields:
            yield f"{language}: add {{work_date}}, or the same text on two days is dropped"


def read_out(template: str, name_of: Callable[[str], str]) -> str:
    """Return a template as people read it, what each field stands for in place of its name.

    >>> read_out("{late_min} min", {"late_min": "minutes late"}.__getitem__)
    '[minutes late] min'
    """
    return _FIELD.sub(lambda match: f"[{name_of(match[1])}]", template)


def fields_of(template: Text) -> set[str]:
    """Return the facts a checked template reads."""
    return {
        name
        for text in (template.zh, template.en)
        for name in _FIELD.findall(text)
        if name in CATALOGUE
    }


def fill(
    template: Text,
    facts: Mapping[str, FactValue],
    *,
    amount_fen: int,
    rate_bp: int,
    half_points: int = 0,
) -> Text:
    """Fill a checked template; amounts and points are shown without sign.

    Args:
        rate_bp: the rate of the matched row, 0 where it grants a fixed amount.
        half_points: what the matched row gives or takes; 2 is one point.
    """
    yuan = yuan_text(abs(amount_fen))
    values = {
        "amount_yuan": yuan,
        "amount_yuan_short": yuan.removesuffix(".00"),
        "rate_pct": _decimal_text(rate_bp, digits=2),
        "points": _decimal_text(abs(half_points) * 5, digits=1),
    }

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return values[name] if name in values else _fact_text(name, facts[name])

    return Text(zh=_FIELD.sub(value, template.zh), en=_FIELD.sub(value, template.en))


def correction(rule: Text, work_date: str, *, before_fen: int, after_fen: int, number: int) -> Text:
    """Say that a booked amount changed; `number` counts the corrections of this outcome."""
    before, after = yuan_text(before_fen), yuan_text(after_fen)
    change = yuan_text(after_fen - before_fen)
    return Text(
        zh=f"{work_date} 更正(第{number}次):{rule.zh}由{before}元改为{after}元,差额{change}元",
        en=f"{work_date} correction no. {number}: {rule.en} changes from {before} to {after} yuan,"
        f" a difference of {change}",
    )


def _fact_text(name: str, value: FactValue) -> str:
    as_text = _AS_TEXT.get(CATALOGUE[name].unit)
    if as_text is None or not isinstance(value, int):
        return str(value)
    return as_text(value)


def _decimal_text(value: int, *, digits: int) -> str:
    """Return a scaled int without idle zeros: 1050 with 2 digits is 10.5."""
    whole, rest = divmod(abs(value), 10**digits)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".")
