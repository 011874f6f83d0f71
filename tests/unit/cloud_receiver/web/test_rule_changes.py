"""Two versions of a rule beside each other: each row is the same, new, gone, moved or changed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cloud_receiver.domain.documents import Rule
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.store.rulebook import shipped_rules
from cloud_receiver.web.rule_changes import Sign, compare, draw_changes
from cloud_receiver.web.texts import Language

RULE = next(rule for rule in shipped_rules() if rule.id == "late_standard")
ROWS = RULE.rows


def _with(*rows: Any, **more: Any) -> Rule:
    return msgspec.structs.replace(RULE, rows=rows, **more)


def _signs(after: Rule) -> list[tuple[Sign, ...]]:
    return [one.signs for one in compare(RULE, after, Language.ZH)]


@pytest.mark.parametrize("language", Language)
def test_equal_versions_differ_in_nothing(language: Language) -> None:
    assert {one.signs for one in compare(RULE, RULE, language)} == {(Sign.SAME,)}
    assert "<table" not in draw_changes(RULE, RULE, language)


def test_a_row_that_went_stands_where_it_stood() -> None:
    assert _signs(_with(ROWS[0], *ROWS[2:])) == [
        (Sign.SAME,), (Sign.REMOVED,), *[(Sign.SAME,)] * (len(ROWS) - 2),
    ]  # fmt: skip
    assert _signs(_with(*ROWS[1:]))[0] == (Sign.REMOVED,)


def test_a_row_that_came_has_no_text_before() -> None:
    new = msgspec.structs.replace(ROWS[0], id="brand_new")
    last = compare(RULE, _with(*ROWS, new), Language.EN)[-1]
    assert (last.signs, last.old) == ((Sign.ADDED,), "")


def test_one_row_moved_is_one_row_moved() -> None:
    signs = _signs(_with(ROWS[1], ROWS[0], *ROWS[2:]))
    assert signs.count((Sign.MOVED,)) == 1
    assert signs.count((Sign.SAME,)) == len(ROWS) - 1


def test_a_row_may_move_and_change_and_settings_come_first() -> None:
    dearer = msgspec.structs.replace(ROWS[0], outcome=ROWS[2].outcome)
    changes = compare(RULE, _with(*ROWS[1:], dearer, effective_from="2027-01-01"), Language.ZH)
    assert changes[0].label == "生效日期"
    assert changes[0].new == "2027-01-01"
    assert changes[-1].signs == (Sign.MOVED, Sign.CHANGED)
    drawn = draw_changes(RULE, _with(*ROWS[1:], dearer), Language.ZH)
    assert "<del>10%</del>" in drawn
    assert "<ins>20%</ins>" in drawn
    assert "swap_vert" in drawn


@pytest.mark.parametrize(
    ("language", "told"),
    [(Language.ZH, "[工作日] 您今日迟到[迟到分钟]分钟,扣减[比例]%补贴([金额]元)"),
     (Language.EN, "[Work date]: you were [Minutes late] minutes late today")],
)  # fmt: skip
def test_a_message_is_read_with_what_its_fields_are_called(language: Language, told: str) -> None:
    changed = _with(*ROWS, message=Text("{work_date} {points}", "{work_date} {points}"))
    message = next(one for one in compare(RULE, changed, language) if "[" in one.old)
    assert message.old.casefold().startswith(told.casefold())
    assert "{" not in message.old + message.new
    assert message.new.endswith(language.pick("[积分]", "[points]"))
