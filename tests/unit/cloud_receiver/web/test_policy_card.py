"""The policy for people: every setting is there, with its unit, default, version and author."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING

from cloud_receiver.domain.corrections import UNLIMITED, Allowance
from cloud_receiver.domain.policies import Dated
from cloud_receiver.domain.results import Policy
from cloud_receiver.domain.templates import ShiftTemplate, part
from cloud_receiver.domain.worked_time import Mode, Rounding, Step
from cloud_receiver.store.policies import PolicyVersion
from cloud_receiver.store.shifts import TemplateVersion
from cloud_receiver.web.policy_card import SETTINGS, TEXTS, draw_policy, draw_shifts, value_text
from cloud_receiver.web.texts import Language, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONE = "Asia/Shanghai"


def settings_of(policy: object, within: str = "") -> Iterator[str]:
    for field in fields(policy):  # type: ignore[arg-type]
        value = getattr(policy, field.name)
        if is_dataclass(value) and not isinstance(value, Step):
            yield from settings_of(value, f"{within}{field.name}.")
        else:
            yield f"{within}{field.name}"


def version(number: int, since: str, policy: Policy) -> PolicyVersion:
    return PolicyVersion(Dated(since, number, policy), "li", 1_764_000_000_000)


def test_no_setting_is_left_out() -> None:
    assert sorted(SETTINGS) == sorted(settings_of(Policy()))


def test_values_have_units_in_both_languages() -> None:
    zh, en = (Words(TEXTS, language) for language in (Language.ZH, Language.EN))
    assert value_text("serious_late_min", 15, zh) == "15 分钟"
    assert value_text("collapse_s", 60, en) == "60 s"
    assert value_text("allowance.cards_a_month", 1, en) == "1 time"
    assert value_text("allowance.within_days", UNLIMITED, zh) == "不限"
    assert value_text("absent_late_min", None, en) == "not set"
    assert value_text("rounding.total", Step(), zh) == "不取整"
    assert "15" in value_text("rounding.coming", Step(Mode.DOWN, 15, 5), zh)
    assert value_text("cut", Policy().cut, en) == "the nearer one"


def test_the_version_in_force_is_told_and_what_each_version_changed() -> None:
    first = replace(Policy(), serious_late_min=20)
    second = replace(first, allowance=Allowance(2, 30), rounding=Rounding(total=Step(Mode.UP, 5)))
    versions = [version(1, "2026-11-01", first), version(2, "2026-12-01", second)]
    shown = str(draw_policy(versions, "2026-11-23", ZONE, Language.ZH))
    assert "今天按第 1 版判定:2026-11-01 起,li 于 2025-11-25 00:00 登记" in shown
    assert "<b>20 分钟</b>" in shown
    assert "迟到超过多久算严重迟到:15 分钟 → 20 分钟" in shown
    assert "每人每月可补卡:3 次 → 2 次" in shown
    assert shown.count("已改") == 1
    assert "没有改过" in str(draw_policy([], "2026-11-23", ZONE, Language.ZH))


def test_shifts_show_graces_and_windows() -> None:
    shift = part("早", "09:00", "18:00", grace_min=5, on_after_min=180, serious_late_min=30)
    kept = TemplateVersion(ShiftTemplate("早", "早班", (shift,)), 2, True, "li", 1_764_000_000_000)
    shown = str(draw_shifts([kept], ZONE, Language.ZH))
    for told in (
        "5 分钟 / 0 分钟", "上班前 120 分钟 至 上班后 180 分钟", "上班 至 下班后 240 分钟",
        "30 分钟 / 同上表", "第 2 版 · li",
    ):  # fmt: skip
        assert told in shown, told
