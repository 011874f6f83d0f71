"""Planted mistakes are found, and the shipped rules have none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cloud_receiver.domain.conditions import Cell
from cloud_receiver.domain.documents import Cap, Grain, Grant, Row, Rule, Scope
from cloud_receiver.domain.lawfulness import LawfulStore
from cloud_receiver.domain.lint import is_publishable, lint
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.domain.remarks import Remark, Severity
from cloud_receiver.store.rulebook import shipped_rules

SHIPPED = {rule.id: rule for rule in shipped_rules()}
LATE = SHIPPED["late_standard"]
FULL = SHIPPED["full_attendance_target"]
TEXT = Text("行", "row")


def _tiers(*bounds: tuple[int | None, int | None]) -> dict[str, Any]:
    rows = tuple(
        Row(f"r{n}", {"late_min": Cell(range=pair)}, Grant(rate_bp=1000, of="subsidy_fen"), TEXT)
        for n, pair in enumerate(bounds)
    )
    return {"rows": rows}


def _row(grant: Grant) -> dict[str, Any]:
    return {"rows": (Row("r0", {}, grant, TEXT),)}


PLANTED: dict[str, tuple[Rule, dict[str, Any], str, str]] = {
    "gap inside": (LATE, _tiers((0, 15), (20, None)), "gap", ""),
    "gap above": (LATE, _tiers((0, 15), (15, 30)), "gap", ""),
    "overlap": (LATE, _tiers((0, 20), (15, None)), "overlap", "r1"),
    "dead row": (LATE, _tiers((0, None), (15, 30)), "unreachable", "r1"),
    "row against when": (LATE, {"when": {"late_min": Cell(at_least=31)}}, "unreachable", "late"),
    "cap below": (FULL, {"cap": Cap(amount_fen=100)}, "cap", "full_and_met"),
    "much": (FULL, _row(Grant(amount_fen=10**9)), "amount", "r0"),
    "not the subsidy": (LATE, _row(Grant(rate_bp=100, of="sales_fen")), "law", "r0"),
    "over a fifth": (LATE, _row(Grant(rate_bp=3000, of="subsidy_fen")), "law", "r0"),
    "no english": (LATE, {"name": Text("迟到", " ")}, "unlabeled", ""),
    "no examples": (LATE, {"examples": ()}, "examples", ""),
    "presence": (FULL, _row(Grant(amount_fen=5000)) | {"when": {"final": True, "full_attendance": True}}, "presence_only", ""),
    "staying": (SHIPPED["community_evening"], {}, "law_hours", ""),
    "four hours": (
        SHIPPED["community_evening"],
        {"rows": (Row("r0", {"stay_min": Cell(at_least=240)}, Grant(amount_fen=1), TEXT),)},
        "law_hours", "r0",
    ),
    "the past": (LATE, {"effective_from": "2026-11-25"}, "retroactive", ""),
    "today's act twice": (
        LATE, {"id": "other", "group": None, "effective_from": "2027-01-01"}, "double_punishment", "",
    ),
    "points for it too": (
        SHIPPED["longterm_late"], {"repeats_punishment": False}, "double_punishment", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "changes", "code", "row_id"), PLANTED.values(), ids=PLANTED)
def test_a_planted_mistake_is_found(rule: Rule, changes: dict, code: str, row_id: str) -> None:
    found = lint(msgspec.structs.replace(rule, **changes), [LATE], today="2026-11-25")
    assert (code, row_id) in {(one.code, one.row_id) for one in found}
    assert all(one.zh and one.en for one in found)


@pytest.mark.parametrize("rule", SHIPPED.values(), ids=SHIPPED)
def test_shipped_rules_may_be_published_beside_each_other(rule: Rule) -> None:
    assert [
        one for one in lint(rule, list(SHIPPED.values())) if one.severity is Severity.ERROR
    ] == []


def test_a_reward_for_staying_that_keeps_to_the_month_has_nothing_to_say() -> None:
    rule = SHIPPED["community_evening"]
    within = {"overtime_over_month_min": Cell(range=(None, 0)), **rule.when}
    found = lint(msgspec.structs.replace(rule, when=within))
    assert "law_hours" not in {one.code for one in found}


def test_tiers_that_touch_leave_nothing_to_say() -> None:
    rule = msgspec.structs.replace(LATE, **_tiers((0, 15), (15, 30), (30, None)))
    assert lint(rule) == []


def test_a_gap_names_its_bounds() -> None:
    (gap,) = lint(msgspec.structs.replace(LATE, **_tiers((0, 15), (20, None))))
    assert gap.zh == "迟到分钟大于15且不超过20时没有任何一行"


def test_the_past_may_be_approved_and_nothing_else() -> None:
    past = Remark("retroactive", Severity.ERROR, "", "", "")
    dead = Remark("unreachable", Severity.ERROR, "", "", "")
    assert not is_publishable([past])
    assert is_publishable([past], past_approved=True)
    assert not is_publishable([past, dead], past_approved=True)


def test_counting_what_costs_already_only_warns_for_the_guard_holds_at_once() -> None:
    count = msgspec.structs.replace(
        LATE, id="often", grain=Grain.COUNT, counts="late_month_count", every=3, group=None
    )
    found = [one for one in lint(count, [LATE]) if one.code == "double_punishment"]
    assert [one.severity for one in found] == [Severity.WARNING]


SHENZHEN, JIANGSU = Text("深圳", "Shenzhen"), Text("江苏", "Jiangsu")
STORES = tuple(
    LawfulStore(store_id=store, name=f"店{store}", scene=scene, law=law, cap_bp=cap_bp)
    for store, scene, law, cap_bp in (
        ("S1", "community", SHENZHEN, None),
        ("S2", "community", JIANGSU, 2000),
        ("S3", "community", None, 2000),
        ("S4", "elsewhere", SHENZHEN, None),
    )
)


def _said_of_law(rule: Rule) -> dict[str, str]:
    found = lint(rule, stores=STORES)
    return {one.code: one.zh for one in found if one.code.startswith("law")}


def test_the_law_of_each_store_a_deduction_holds_in_is_read() -> None:
    here = msgspec.structs.replace(LATE, scope=Scope(scenes=("community",)))
    said = _said_of_law(here)
    assert set(said) == {"law_forbids", "law_unknown"}
    assert said["law_forbids"].endswith("店S1")
    assert "深圳不得罚款" in said["law_forbids"]
    steep = msgspec.structs.replace(here, **_row(Grant(rate_bp=3000, of="subsidy_fen")))
    assert _said_of_law(steep)["law_cap"].endswith("店S2")
    assert "20%" in _said_of_law(steep)["law_cap"]
    elsewhere = msgspec.structs.replace(LATE, scope=Scope(stores=("S4",)))
    assert set(_said_of_law(elsewhere)) == {"law_forbids"}


def test_a_reward_is_nothing_the_law_limits() -> None:
    assert _said_of_law(FULL) == {}
