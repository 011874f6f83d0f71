"""Every row of every shipped rule reads as a sentence in both languages."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.documents import Rule
from cloud_receiver.store.rulebook import shipped_rules
from cloud_receiver.web.sentences import calculation_text, row_of, row_sentence
from cloud_receiver.web.texts import Language

RULES = list(shipped_rules())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize("language", Language)
def test_every_row_is_a_sentence(rule: Rule, language: Language) -> None:
    for row in rule.rows:
        sentence = row_sentence(rule, row, language)
        assert sentence.endswith(language.pick("。", "."))
        assert "_" not in sentence, "no machine name is left"
        assert "None" not in sentence


def test_a_tier_names_both_its_bounds() -> None:
    rule = next(rule for rule in RULES if rule.id == "late_standard")
    row = row_of(rule, "serious_late")
    assert row is not None
    assert row_sentence(rule, row, Language.ZH) == (
        "迟到分钟超过 15 分钟且不超过 30 分钟:扣减当日补贴的 10%。"
    )
    assert row_sentence(rule, row, Language.EN).startswith(
        "Minutes late over 15 min and up to 30 min: "
    )
    assert calculation_text(row, {"subsidy_fen": 10_000}, Language.ZH) == "当日补贴 100.00 × 10%"


def test_an_unknown_row_has_no_sentence() -> None:
    assert row_of(RULES[0], "no_such_row") is None
    assert row_of(None, "late") is None
