"""One sentence that says why an entry is as it is, in both languages."""

from __future__ import annotations

from typing import Final

from cloud_receiver.domain.facts import CATALOGUE, FactValue
from cloud_receiver.domain.ledger import Kind
from cloud_receiver.domain.outcomes import Explanation, Text
from cloud_receiver.domain.rulings import MONTH_LAW
from sync.money import yuan_text

_ALWAYS: Final = frozenset({"employee_id", "work_date", "store_id", "scene", "final", "scheduled"})


def because(kind: str, rule_version: int, told: Explanation) -> Text:
    """Return the sentence: the facts, the rule and its row, and what limited or changed it.

    Args:
        kind: of the entry, a `Kind`.
    """
    if kind != Kind.OUTCOME:
        return Text(f"{told.rule.zh}:{told.row.zh}", f"{told.rule.en}: {told.row.en}")
    facts = [(name, value) for name, value in told.facts.items() if name not in _ALWAYS and value]
    zh = "、".join(f"{_label(name).zh} {_value(name, value, '是')}" for name, value in facts)
    en = ", ".join(f"{_label(name).en} {_value(name, value, 'yes')}" for name, value in facts)
    sentence = Text(
        f"{zh or '当日事实'} → 规则“{told.rule.zh}”第{rule_version}版,{told.row.zh}",
        f"{en or 'the facts of the day'}: rule “{told.rule.en}”, version {rule_version}, {told.row.en}",
    )
    for cap in told.caps:
        if cap.cap == MONTH_LAW:
            yuan = yuan_text(cap.suppressed_fen)
            sentence = _and(sentence, Text(
                f"其中{yuan}元因法定每月上限延后", f"{yuan} yuan of it are deferred by law"
            ))  # fmt: skip
        else:
            yuan = yuan_text(cap.suppressed_fen)
            sentence = _and(sentence, Text(
                f"上限少计{yuan}元", f"a limit holds {yuan} yuan back"
            ))  # fmt: skip
    return _and(sentence, told.reason.text) if told.reason else sentence


def _and(sentence: Text, more: Text) -> Text:
    return Text(f"{sentence.zh};{more.zh}", f"{sentence.en}; {more.en}")


def _label(name: str) -> Text:
    fact = CATALOGUE.get(name)  # a later catalogue may have dropped what was read then
    return Text(fact.zh, fact.en) if fact else Text(name, name)


def _value(name: str, value: FactValue, yes: str) -> str:
    if isinstance(value, bool):
        return yes
    unit = CATALOGUE[name].unit if name in CATALOGUE else ""
    if unit == "fen" and isinstance(value, int):
        return yuan_text(value)
    if unit == "bp" and isinstance(value, int):
        return f"{value / 100:g}%"
    if unit == "milli" and isinstance(value, int):
        return f"{value / 1000:g}"
    return str(value)
