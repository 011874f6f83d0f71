"""Refunds count for whoever sold, on the day of the sale, however and whenever they come."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest
from sqlalchemy import select

from cloud_receiver.rebuild import rebuild
from cloud_receiver.store import balances, tables
from cloud_receiver.store.closing import close_period
from cloud_receiver.store.rulebook import publish, shipped_rules
from cloud_receiver.store.unmatched import unmatched_sellers
from cloud_receiver.store.verification import verify_all
from cloud_receiver.store.why import why
from cloud_receiver.store.withdrawals import settle_withdrawal, withdraw

MONDAY, NEXT_MONDAY = "2026-11-23", "2026-11-30"


@pytest.fixture
def shop(hq):
    """Two sellers with a target of 100 yuan on Monday and on the Monday after."""
    hq.publish_rules()
    for code, who in (("P01", "E1"), ("P02", "E2")):
        hq.bind_seller(code, who)
        for date in (MONDAY, NEXT_MONDAY):
            hq.roster(who, date)
    return hq


def _sold(hq, fen: int = 10_000, code: str = "P01", date: str = MONDAY, receipt: str = "0007"):
    return hq.sale(code, f"{date}T11:00:00", fen, receipt_id=receipt, item_code="tea")


def _refund(hq, fen: int = -4_000, date: str = NEXT_MONDAY, receipt: str = "0007", **changes):
    """Take something back; another cashier stands at the till, at another register."""
    given = {"line_kind": "refund", "original_receipt_id": receipt, "register_id": "R2",
             "receipt_id": f"back/{receipt}", "item_code": "tea"} | changes  # fmt: skip
    return hq.sale("P02", f"{date}T15:00:00", fen, **given)


def _own(hq, who: str = "E1") -> dict[str, int]:
    found = hq.reading(lambda c: balances.of_people(c, [who])).get(who, {})
    return {account: fen for account, fen in found.items() if fen}


def _amounts(hq, rule_id: str = "target_instant") -> list[int]:
    own = tables.ledger.c
    query = select(own.amount_fen).where(own.rule_id == rule_id).order_by(own.entry_no)
    return hq.reading(lambda c: list(c.scalars(query)))


def test_inc_069_a_refund_after_the_money_was_withdrawn_is_carried_forward(shop) -> None:
    shop.journal(_sold(shop))
    shop.at(f"{MONDAY}T11:01")
    shop.writing(lambda c: withdraw(c, "E1", 5000, "w1", shop.now_utc_ms))
    shop.writing(lambda c: settle_withdrawal(c, "w1", shop.now_utc_ms, paid=True))
    shop.at(f"{NEXT_MONDAY}T15:01")
    (refund_id,) = shop.journal(_refund(shop))
    shop.evaluate()
    assert _amounts(shop) == [5000, -5000]
    assert _own(shop) == {"paid": 5000, "carry_forward": -5000}  # no subsidy, no wage
    assert _own(shop, "E2") == {}, "the cashier who took it back has nothing to do with it"
    seen = shop.reading(lambda c: why(c, f"target_instant/E1/{MONDAY}#2"))
    assert refund_id in {record.record_id for record in seen.records}
    shop.journal(_sold(shop, 12_000, date=NEXT_MONDAY, receipt="0031"))
    shop.evaluate()
    assert _own(shop) == {"paid": 5000}, "the next award makes it good first"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_sale_refund_and_seller_may_become_known_in_any_order(hq, order) -> None:
    hq.publish_rules()
    hq.roster("E1", MONDAY)
    hq.roster("E2", NEXT_MONDAY)
    hq.bind_seller("P02", "E2")
    hq.at(f"{NEXT_MONDAY}T16:00")
    steps = [
        lambda: hq.journal(_sold(hq)),
        lambda: hq.journal(_refund(hq, -1)),
        lambda: hq.bind_seller("P01", "E1"),
    ]
    for number in order:
        steps[number]()
        hq.evaluate()
    facts = hq.facts("E1", MONDAY)
    assert (facts["sales_fen"], facts["target_met"], facts["target_lost_days"]) == (9_999, False, 7)
    assert hq.facts("E2", NEXT_MONDAY)["sales_fen"] == 0
    assert hq.ledger() == []
    assert hq.reading(unmatched_sellers) == []


def test_a_refund_whose_receipt_nobody_knows_stays_with_its_own_line(shop) -> None:
    shop.at(f"{NEXT_MONDAY}T16:00")
    shop.journal(_refund(shop, receipt="4711"), _refund(shop, receipt="", line_no=2))
    shop.evaluate()
    assert shop.facts("E2", NEXT_MONDAY)["sales_fen"] == -8_000
    assert shop.facts("E1", MONDAY) is None or shop.facts("E1", MONDAY)["sales_fen"] == 0


def test_two_refunds_of_one_receipt_take_the_award_back_once(shop) -> None:
    shop.journal(_sold(shop))
    shop.at(f"{MONDAY}T11:01")
    first, second = _refund(shop, -6_000), _refund(shop, -6_000, line_no=2)
    for some in ([first], [first, second], [second]):
        shop.journal(*some)
        shop.evaluate()
    assert shop.facts("E1", MONDAY)["sales_fen"] == -2_000
    assert _amounts(shop) == [5000, -5000]
    assert _own(shop) == {}


def test_a_sticky_rule_keeps_the_award_after_its_days(shop) -> None:
    rule = next(one for one in shipped_rules() if one.id == "target_instant")
    for days, date in ((6, MONDAY), (7, "2026-11-24")):
        sticky = msgspec.structs.replace(rule, sticky_days=days, effective_from=date)
        shop.writing(lambda c, one=sticky: publish(c, one, "wang", shop.now_utc_ms))
    shop.roster("E1", "2026-11-24")
    tuesday = _sold(shop, date="2026-11-24", receipt="0008")
    shop.journal(_sold(shop), tuesday)
    shop.at("2026-11-24T23:00")
    shop.journal(_refund(shop), _refund(shop, date="2026-12-01", receipt="0008"))
    shop.at("2026-12-01T16:00")
    assert shop.ledger() == [("target_instant", "E1", MONDAY, 5000)], "day 7 of 6 keeps, of 7 not"
    told = shop.reading(lambda c: why(c, f"target_instant/E1/{MONDAY}#1"))
    assert told.sentence.zh
    document = shop.reading(lambda c: c.scalar(select(tables.outcome.c.explanation).where(
        tables.outcome.c.outcome_key == f"target_instant/E1/{MONDAY}")))  # fmt: skip
    assert '"target_lost_days":7' in document


def test_a_refund_after_the_close_counts_in_the_open_month_about_the_closed_one(shop) -> None:
    shop.journal(_sold(shop))
    shop.at("2026-12-01T09:00")
    shop.writing(lambda c: close_period(c, "2026-11", "wang", shop.now_utc_ms))
    shop.journal(_refund(shop, date="2026-12-02"))
    shop.at("2026-12-02T16:00")
    own = tables.ledger.c
    query = select(own.amount_fen, own.period, own.for_period).where(
        own.rule_id == "target_instant"
    )
    rows = shop.reading(lambda c: [tuple(row) for row in c.execute(query)])
    assert rows == [(5000, "2026-11", "2026-11"), (-5000, "2026-12", "2026-11")]
    assert shop.reading(lambda c: list(verify_all(c).troubles)) == []


def test_rebuilding_ties_everything_again(shop) -> None:
    shop.journal(_refund(shop), _sold(shop), _refund(shop, 3_000, line_kind="correction"))
    shop.at(f"{NEXT_MONDAY}T16:00")
    before = [
        shop.table(tables.sale),
        shop.table(tables.day_fact, "computed_utc_ms"),
        shop.ledger(),
    ]
    rebuild(shop.engine, shop.now_utc_ms)
    after = [shop.table(tables.sale), shop.table(tables.day_fact, "computed_utc_ms"), shop.ledger()]
    assert after == before
    assert shop.facts("E1", MONDAY)["sales_fen"] == 9_000
