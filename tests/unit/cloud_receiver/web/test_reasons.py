"""Whatever a driver refuses, and whatever a rule lacks, has a sentence in both languages."""

from __future__ import annotations

import pytest

from cloud_receiver.web.phrases import fact_label
from cloud_receiver.web.reasons import trouble_text
from cloud_receiver.web.rule_problems import in_words
from cloud_receiver.web.texts import Language
from drivers.attlogfile import layouts as attlog
from drivers.posfile import parse, pieces
from drivers.zkpush import layouts as zkpush

CODES = {
    *attlog._PROBLEMS, *pieces._PROBLEMS, *parse._REMEDIES, *zkpush._PROBLEMS,
    "dbf_record", "implausible", "cut_record", "not_listening", "sensor_covered",
    "unknown_post", "unclaimed", "unfit",
}  # fmt: skip
PROBLEMS = (
    "sticky_days: sales_fen, achievement_bp follows every refund; ask only target_met",
    "sticky_days: belongs to a reward that asks target_met",
    "effect: a deduction is a day's; a campaign takes points, never money",
    "rows[1] when.late_min: the range has no bound",
    "rows[1] when.late_min: the range (5, 5] is empty",
    "period_sales_fen: is known when a campaign is closed; use grain period or rank",
)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_refusal_of_a_driver_has_a_sentence(code: str) -> None:
    zh, en = trouble_text(code, Language.ZH), trouble_text(code, Language.EN)
    assert zh
    assert en
    assert zh.endswith("。")
    assert en.isascii()


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_problem_of_a_rule_is_said_without_machine_names(problem: str) -> None:
    for language in Language:
        (said,) = in_words([problem], language)
        assert "_" not in said
        assert said != problem
    assert in_words([problem], Language.ZH)[0].isascii() is False


def test_a_refused_stickiness_names_what_moves() -> None:
    (said,) = in_words([PROBLEMS[0]], Language.ZH)
    names = [fact_label(name, Language.ZH) for name in ("sales_fen", "achievement_bp")]
    assert "、".join(names) in said
    (range_of_row_2,) = in_words([PROBLEMS[3]], Language.EN)
    assert range_of_row_2 == "row 2: the range of “minutes late” has no bound yet"
