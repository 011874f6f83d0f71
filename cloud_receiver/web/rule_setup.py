"""What the designer in the browser is given to work with: facts, choices, texts, the document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from cloud_receiver.domain.documents import Effect, End, Grain, Rounding, Rule, Ties
from cloud_receiver.domain.facts import CATALOGUE, COUNTED, Fact, FactType
from cloud_receiver.domain.outcomes import Account
from cloud_receiver.web.phrases import STATUSES, account_text, fact_label
from cloud_receiver.web.rule_texts import CHOICES, DESIGNER, MESSAGES, SCENES
from cloud_receiver.web.texts import Language, Words

GROUPS: Final = {
    "facts_attendance": (
        "late_min", "early_min", "full_attendance", "missing_card", "absent", "stay_min",
        "worked_min", "clean_streak_days", "scheduled", "arrived", "on_leave", "status",
        "late_month_count", "early_month_count", "missing_month_count", "absent_month_count",
    ),
    "facts_sales": ("target_met", "achievement_bp", "sales_fen", "sales_qty_milli", "target_fen"),
    "facts_feedback": ("feedback_count", "feedback_sum_milli"),
    "facts_place": ("scene", "store_id", "team", "campaign_id"),
}  # fmt: skip
"""The facts of a day that a rule is made of; those of a campaign follow by themselves."""
SHOWN_FIELDS: Final = ("amount_yuan", "amount_yuan_short", "rate_pct")
MAX_STORE_OPTIONS: Final = 500
NEW_RULE: Final[Mapping[str, Any]] = {
    "id": "new_rule",
    "version": 1,
    "name": {"zh": "", "en": ""},
    "grain": "day",
    "effect": "reward",
    "account": "pending",
    "when": {"final": True, "scheduled": True},
    "rows": [],
    "message": MESSAGES["reward"],
}


def setup(
    rule: Rule | None,
    language: Language,
    *,
    tomorrow: str,
    stores: Iterable[tuple[str, str]],
    groups: Iterable[str],
    steps: Iterable[Mapping[str, Any]],
) -> str:
    """Return the JSON the designer starts from; `rule` None: an empty one.

    Args:
        stores: (id, name) of the stores one may choose among.
        groups: the exclusive groups there are.
        steps: what can be done with the document: ``how``, ``label``, ``main``.
    """
    words = Words(CHOICES, language)
    document = json.loads(rule.to_json()) if rule else dict(NEW_RULE)
    document["when"] = document.get("when", {})
    shops = list(stores)[:MAX_STORE_OPTIONS]
    period = [name for name, fact in CATALOGUE.items() if fact.of_period]
    return json.dumps(
        {
            "language": language.value,
            "saved": rule is not None,
            "document": document,
            "texts": {key: language.pick(*pair) for key, pair in DESIGNER.items()},
            "facts": [_fact(fact, language, shops) for fact in CATALOGUE.values()],
            "groups": [
                *({"label": words(key), "facts": names} for key, names in GROUPS.items()),
                {"label": words("facts_campaign"), "facts": period},
            ],
            "outcomes": ["amount", "rate", "none", "points", "tag", "task"],
            "messages": MESSAGES,
            **_choices(period, language),
            "exclusive": sorted(set(groups)),
            "steps": list(steps),
            "tomorrow": tomorrow,
        },
        ensure_ascii=False,
    )  # fmt: skip


def _choices(period: Iterable[str], language: Language) -> dict[str, Any]:
    """Return what one may choose among, each with its label."""
    words = Words(CHOICES, language)
    return {
        "effects": _options("effect", Effect, words),
        "grains": [
            option | {"help": words(f"help_{option['value']}")}
            for option in _options("grain", Grain, words)
        ],
        "ends": _options("end", End, words),
        "roundings": _options("rounding", Rounding, words),
        "ties": _options("ties", [Ties.INCLUDE, Ties.EXCLUDE], words),
        "accounts": [
            {"value": account.value, "label": account_text(account, language)}
            for account in Account
        ],
        "scenes": _scenes(language),
        "money": _facts_named([n for n, f in CATALOGUE.items() if f.unit == "fen"], language),
        "counted": _facts_named(COUNTED, language),
        "ranked": _facts_named(
            [name for name in period if CATALOGUE[name].type is FactType.INT], language
        ),
        "fields": [
            {"value": name, "label": words(f"field_{name}")} for name in SHOWN_FIELDS
        ] + _facts_named(["late_min", "achievement_bp", "clean_streak_days"], language),
    }  # fmt: skip


def read_document(data: Any) -> Rule:
    """Return the designer's document as a rule, unchecked.

    Raises:
        msgspec.ValidationError: it is no such document.
    """
    return msgspec.convert(data, type=Rule)


def _options(prefix: str, values: Iterable[Any], words: Words) -> list[dict[str, str]]:
    return [{"value": one.value, "label": words(f"{prefix}_{one.value}")} for one in values]


def _facts_named(names: Iterable[str], language: Language) -> list[dict[str, str]]:
    return [{"value": name, "label": fact_label(name, language)} for name in names]


def _scenes(language: Language) -> list[dict[str, str]]:
    return [{"value": key, "label": language.pick(*pair)} for key, pair in SCENES.items()]


def _fact(fact: Fact, language: Language, shops: list[tuple[str, str]]) -> dict[str, Any]:
    options: list[dict[str, str]] = []
    if fact.name == "scene":
        options = _scenes(language)
    elif fact.name == "status":
        options = [{"value": key, "label": text} for key, text in STATUSES[language].items()]
    elif fact.name == "store_id":
        options = [{"value": key, "label": name} for key, name in shops]
    return {
        "name": fact.name,
        "type": fact.type.value,
        "unit": fact.unit,
        "label": fact_label(fact.name, language),
        "default": fact.default,
        "of_period": fact.of_period,
        "options": options,
    }
