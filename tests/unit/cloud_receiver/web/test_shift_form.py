"""The form of a shift: what it holds is what the shift is, and what is wrong is told by its field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_receiver.domain.templates import ShiftTemplate, part
from cloud_receiver.domain.workday import HoursBasis, LateBasis
from cloud_receiver.web.shift_form import (
    SETTINGS,
    TEXTS,
    asked_of,
    hours_in_words,
    special,
    template_in,
)
from cloud_receiver.web.texts import Language, Words
from sync.errors import ToldError

ZH, EN = (Words(TEXTS, language) for language in (Language.ZH, Language.EN))
OPTIONAL = {"on_after_min", "off_before_min", "serious_late_min", "absent_late_min"}
CHOICES = {"late_basis": LateBasis, "hours": HoursBasis}
HOURS = ("08:00-12:00", "13:00-17:00", "22:00-02:00")


def _values(name: str) -> st.SearchStrategy[object]:
    if name in CHOICES:
        return st.sampled_from(CHOICES[name])
    minutes: st.SearchStrategy[object] = st.integers(0, 24 * 60)
    return st.none() | minutes if name in OPTIONAL else minutes


@st.composite
def templates(draw: st.DrawFn) -> ShiftTemplate:
    spans = draw(st.lists(st.sampled_from(HOURS), min_size=1, max_size=3, unique=True))
    parts = tuple(
        part("两头", *span.split("-"), **draw(st.fixed_dictionaries(
            {}, optional={name: _values(name) for name in SETTINGS})))
        for span in sorted(spans)
    )  # fmt: skip
    return ShiftTemplate("两头", draw(st.sampled_from(["两头", "两头班"])), parts)


@given(templates())
def test_a_form_that_is_sent_back_as_it_was_changes_nothing(template: ShiftTemplate) -> None:
    assert template_in(asked_of(template)) == template


def test_parts_may_differ_in_a_setting() -> None:
    form = {
        "shift_id": "两头",
        "hours": "8:00-12:00 + 17:00–21:00",
        "grace_min": "5 | 10",
        "break_min": "30",
    }
    first, second = template_in(form).shifts
    assert (first.start, first.grace_min, first.break_min) == ("08:00", 5, 30)
    assert (second.end, second.grace_min, second.break_min) == ("21:00", 10, 30)


@pytest.mark.parametrize(
    ("form", "field", "zh"),
    [
        ({"grace_min": "5x"}, "grace_min", "整数分钟"),
        ({"break_min": "1441"}, "break_min", "整数分钟"),
        ({"hours": "9点-18:00"}, "hours", "“9点”不是时间"),
        ({"hours": ""}, "hours", "不是时间"),
        ({"hours": "08:00-12:00+11:00-13:00"}, "hours", "重叠"),
        ({"hours": "08:00-12:00+13:00-17:00", "grace_min": "1|2|3"}, "settings", "2 段时间"),
        ({"grace_min": "1|2|3", "break_min": "1|2"}, "break_min", "共 3 段,这里写了 2 个"),
        ({"shift_id": "早 班"}, "shift_id", "简称"),
        ({"shift_id": ""}, "shift_id", "不能为空"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_shift_is_told_by_its_field(
    form: dict[str, str], field: str, zh: str
) -> None:
    with pytest.raises(ToldError) as told:
        template_in({"shift_id": "早", "hours": "09:00-18:00"} | form)
    assert told.value.field == field
    assert zh in told.value.zh


def test_a_shift_is_told_in_words() -> None:
    template = ShiftTemplate(
        "夜", "夜", (part("夜", "22:00", "06:00", grace_min=5, late_basis=LateBasis.AFTER_GRACE),)
    )
    assert hours_in_words(template, ZH) == "22:00–06:00 次日"
    assert special(template, ZH) == ["允许迟到 5 分钟", "迟到从何时算起 允许迟到之后"]
    assert special(template, EN)[0] == "Grace for coming late 5 min"
