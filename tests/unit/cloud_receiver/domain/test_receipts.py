"""A refund finds its sale; a target that was lost late may have been kept; sticky awards."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest

from cloud_receiver.domain.documents import RuleError, parse_rule
from cloud_receiver.domain.receipts import SoldLine, days_until_lost, original_of, refers_to
from cloud_receiver.domain.rules import Rulebook, decide
from cloud_receiver.store.rulebook import shipped_rules
from sync.records import Sale

INSTANT = next(rule for rule in shipped_rules() if rule.id == "target_instant")


def _refund(**changes: Any) -> Sale:
    values: dict[str, Any] = {
        "store_id": "S1", "register_id": "R1", "receipt_id": "9", "line_no": 1,
        "line_kind": "refund", "sold_at": "2026-11-09T10:00:00", "seller_code": "P09",
        "item_code": "tea", "quantity_milli": -1000, "amount_fen": -500,
        "original_receipt_id": "7", "source_name": "pos.csv", "driver": "posfile",
        "received_at_utc": "2026-11-09T02:00:00.000Z", "boot_id": "b", "boottime_ms": 1,
    }  # fmt: skip
    return Sale(**values | changes)


def _line(record_id: str, **changes: Any) -> SoldLine:
    values: dict[str, Any] = {
        "record_id": record_id, "store_id": "S1", "register_id": "R1", "receipt_id": "7",
        "line_no": 1, "item_code": "", "employee_id": "E1", "work_date": "2026-11-02",
        "sold_utc_ms": 100, "amount_fen": 900,
    }  # fmt: skip
    return SoldLine(**values | changes)


@pytest.mark.parametrize(("wanted", "lines"), [
    ("article", [_line("article", item_code="tea"), _line("amount", amount_fen=500)]),
    ("amount", [_line("amount", amount_fen=500, register_id="R2"), _line("register")]),
    ("register", [_line("register"), _line("later", register_id="R2", sold_utc_ms=300)]),
    ("later", [_line("later", sold_utc_ms=300), _line("earlier")]),
    ("first", [_line("first"), _line("second", line_no=2)]),
    ("before", [_line("before"), _line("after", sold_utc_ms=500, item_code="tea")]),
    ("here", [_line("here"), _line("elsewhere", store_id="S2", item_code="tea")]),
    (None, [_line("another", receipt_id="8")]),
])  # fmt: skip
def test_what_agrees_most_is_the_sale_in_any_order(
    wanted: str | None, lines: list[SoldLine]
) -> None:
    for order in permutations(lines):
        found = original_of(_refund(), 400, order)
        assert (found.record_id if found else None) == wanted


def test_a_void_is_of_its_own_receipt_and_a_sale_of_none() -> None:
    assert refers_to(_refund()) == "7"
    assert refers_to(_refund(original_receipt_id="")) == ""
    assert refers_to(_refund(line_kind="void", original_receipt_id="")) == "9"
    assert refers_to(_refund(line_kind="sale")) == ""


@pytest.mark.parametrize(("sold", "day"), [
    ([], 0),
    ([(0, 99)], 0),
    ([(0, 100), (9, -100)], 9),
    ([(0, 100), (0, -1)], 0),
    ([(0, 150), (3, -20), (8, -31), (9, -5)], 8),
    ([(0, 150), (3, -60), (5, 20), (7, -20)], 7),  # a correction brought it back in between
])  # fmt: skip
def test_the_day_a_target_was_lost(sold: list[tuple[int, int]], day: int) -> None:
    assert days_until_lost(100, sold) == day
    assert days_until_lost(0, sold) == 0


def _said(sticky_days: int | None, **facts: Any) -> int:
    rule = msgspec.structs.replace(INSTANT, sticky_days=sticky_days)
    day = {"employee_id": "E1", "work_date": "2026-11-02", **facts}
    return sum(one.amount_fen for one in decide(Rulebook([rule]), [day]))


def test_a_sticky_award_stays_when_the_refund_comes_late_enough() -> None:
    lost = {"target_met": False, "target_lost_days": 8}
    assert _said(None, **lost) == 0
    assert _said(8, **lost) == 0
    assert _said(7, **lost) == 5000
    assert _said(7, target_met=True) == 5000
    assert _said(0, target_met=False, target_lost_days=0) == 0


@pytest.mark.parametrize(("wrong", "changes"), [
    ("0 to 366", {"sticky_days": 400}),
    ("asks target_met", {"rows": [{
        "id": "r", "when": {"late_min": {"=": 0}}, "outcome": {"amount_fen": 1},
        "text": {"zh": "行", "en": "row"}}], "examples": []}),
    ("achievement_bp follows every refund", {"when": {"achievement_bp": {">=": 1}}, "examples": []}),
])  # fmt: skip
def test_sticky_is_for_rewards_of_a_target_met(wrong: str, changes: dict[str, Any]) -> None:
    document = msgspec.to_builtins(INSTANT) | {"sticky_days": 7} | changes
    with pytest.raises(RuleError, match=wrong):
        parse_rule(msgspec.json.encode(document))
