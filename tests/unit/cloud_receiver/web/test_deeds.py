"""The audit tells people, days and choices by their names."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.calendar import DayKind
from cloud_receiver.domain.entries import KINDS
from cloud_receiver.store.decisions import Choice
from cloud_receiver.store.trail import Act, Deed
from cloud_receiver.web.deeds import about, ids_in, subject_of
from cloud_receiver.web.texts import Language
from sync.control import Action

KNOWN = {"E202": "周杰", "S002": "滨江社区店"}


def deed(act: Act, subject: str, detail: str, number: int = 1) -> Deed:
    return Deed(0, act, "hr", detail, subject, number)


@pytest.mark.parametrize(
    ("done", "zh"),
    [
        (deed(Act.DECISION, "missing/E202/2026-11-22", "fill"), "缺卡 · 周杰 · 11月22日 周日|按排班补卡"),
        (deed(Act.DECISION, "odd/E202/2026-11-22/twice/0123456789ab0123456789ab", "strike"),
         "可疑记录 · 周杰 · 11月22日 周日|记录作废"),
        (deed(Act.UNDONE, "appeal/0123456789ab", "uphold"), "申诉|维持"),
        (deed(Act.ENTRY, "E202 2026-11-22", "leave"), "周杰 · 11月22日 周日|请假或外出"),
        (deed(Act.ROSTER, "S002", "2026-11-18", 40), "滨江社区店|11月18日 周三 · 40 天"),
        (deed(Act.CLOSE, "2026-10", ""), "2026年10月|"),
        (deed(Act.CALENDAR, "2026-10-10", "makeup_workday"), "10月10日 周六|调休上班日"),
        (deed(Act.BADGE, "1202", "E202"), "1202|周杰"),
        (deed(Act.COMMAND, "box-001", "reread"), "box-001|重读设备"),
    ],
)  # fmt: skip
def test_an_act_is_told_by_names(done: Deed, zh: str) -> None:
    told = subject_of(done, KNOWN, Language.ZH), about(done, KNOWN, Language.ZH)
    assert "|".join(told) == zh
    assert "周杰" not in zh or "E202" in ids_in([done])


def test_every_kind_of_detail_has_a_name() -> None:
    for act, details in (
        (Act.DECISION, Choice), (Act.ENTRY, KINDS), (Act.CALENDAR, DayKind), (Act.COMMAND, Action),
    ):  # fmt: skip
        for detail in details:
            assert about(deed(act, "x", str(detail)), KNOWN, Language.ZH) != str(detail), detail
