"""No sequence of sales, refunds, corrections and withdrawals pays twice or falls below a floor."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_receiver.domain.accounts import PersonAccount
from cloud_receiver.domain.ledger import balances, post, verify
from cloud_receiver.domain.receipts import SoldLine, days_until_lost, original_of
from cloud_receiver.domain.rules import Rulebook, decide
from cloud_receiver.domain.workday import local_to_utc_ms, shift_date
from cloud_receiver.store.rulebook import shipped_rules
from sync.records import Sale, SaleKind
from tests.property.test_money_laws import Book

TARGET_FEN, AWARD_FEN, STICKY_DAYS = 1000, 5000, 3
FIRST_DATE, ZONE = "2026-11-02", "Asia/Shanghai"
INSTANT = next(rule for rule in shipped_rules() if rule.id == "target_instant")
FOLLOWS = Rulebook([INSTANT])
KEEPS = Rulebook([msgspec.structs.replace(INSTANT, sticky_days=STICKY_DAYS)])


@st.composite
def lines(draw: st.DrawFn) -> list[Sale]:
    """Draw what a till printed: sales of two days, and what takes back from some receipt."""
    found = []
    for number in range(draw(st.integers(1, 8))):
        is_sale = draw(st.booleans())
        kind = SaleKind.SALE if is_sale else draw(st.sampled_from(["refund", "correction"]))
        receipts = st.sampled_from(["1", "2", "3"])
        day = draw(st.integers(0, 1 if is_sale else 6))
        hour = draw(st.integers(10, 20))
        fen = draw(st.sampled_from([300, 700, 1000, 1500]))
        found.append(Sale(
            store_id="S1", register_id="R1", receipt_id=draw(receipts) if is_sale else "back",
            line_no=number, line_kind=str(kind), seller_code="P01", item_code="",
            sold_at=f"{shift_date(FIRST_DATE, day)}T{hour:02d}:00:00", quantity_milli=1000,
            amount_fen=fen if is_sale or draw(st.integers(0, 4)) == 0 else -fen,
            original_receipt_id="" if is_sale else draw(receipts), source_name="f",
            driver="posfile", received_at_utc="2026-11-09T02:00:00.000Z", boot_id="b",
            boottime_ms=1,
        ))  # fmt: skip
    return found


def _days(known: list[Sale]) -> dict[str, dict[str, Any]]:
    """Return the facts of each day on which something counts, as the evaluator finds them."""
    at = {one.line_no: local_to_utc_ms(one.sold_at, ZONE) for one in known}
    sold = [
        SoldLine(str(one.line_no), "S1", "R1", one.receipt_id, one.line_no, "", "E1",
                 one.sold_at[:10], at[one.line_no], one.amount_fen)
        for one in known if one.line_kind == SaleKind.SALE
    ]  # fmt: skip
    counted: dict[str, list[tuple[int, int]]] = {}
    for one in known:
        own = one.sold_at[:10]
        original = (
            None
            if one.line_kind == SaleKind.SALE
            else original_of(one, at[one.line_no], reversed(sold))
        )
        work_date = original.work_date if original else own
        days_after = (int(own[8:]) - int(work_date[8:])) if original else 0
        counted.setdefault(work_date, []).append((days_after, one.amount_fen))
    return {
        date: {
            "employee_id": "E1", "work_date": date,
            "target_met": sum(fen for _, fen in some) >= TARGET_FEN,
            "target_lost_days": days_until_lost(TARGET_FEN, some),
        }
        for date, some in counted.items()
    }  # fmt: skip


def _say(book: Book, rules: Rulebook, known: list[Sale]) -> set[str]:
    """Evaluate every day that has or had something; return what was awarded."""
    days = _days(known)
    outcomes = decide(rules, list(days.values()))
    booked = [entry for entry in book.entries if entry.kind == "outcome"]
    book.add(post(outcomes, booked, book.head, 0))
    return {one.work_date for one in outcomes if one.amount_fen}


def _check(book: Book, awarded: set[str]) -> None:
    own = book.own
    assert own[PersonAccount.INSTANT] >= 0, "nobody can be paid what is not there"
    assert own[PersonAccount.CARRY_FORWARD] <= 0
    assert not (own[PersonAccount.INSTANT] and own[PersonAccount.CARRY_FORWARD]), "made good first"
    by_date: dict[str, int] = {}
    for entry in book.entries:
        if entry.kind == "outcome":
            by_date[entry.work_date] = by_date.get(entry.work_date, 0) + entry.amount_fen
            assert by_date[entry.work_date] in (0, AWARD_FEN), "once, and taken back once"
    assert {date for date, fen in by_date.items() if fen} == awarded


@settings(max_examples=60, deadline=None)
@given(lines(), st.lists(st.integers(0, 6000), min_size=8, max_size=8), st.booleans())
def test_nothing_is_paid_twice_and_no_floor_is_broken(
    printed: list[Sale], asked_fen: list[int], is_sticky: bool
) -> None:
    book, known = Book(), []
    for one, fen in zip(printed, asked_fen, strict=False):
        known.append(one)
        awarded = _say(book, KEEPS if is_sticky else FOLLOWS, known)
        book.withdraw(fen)
        _check(book, awarded)
    assert verify(book.entries, book.head) == (len(book.entries), "")
    assert sum(balances(book.entries).values()) == 0


@settings(max_examples=60, deadline=None)
@given(lines(), st.randoms(use_true_random=False), st.booleans())
def test_shuffled_doubled_and_delayed_refunds_end_in_the_same_balances(
    printed: list[Sale], chance: Any, is_sticky: bool
) -> None:
    rules = KEEPS if is_sticky else FOLLOWS
    at_once, piecemeal = Book(), Book()
    _check(at_once, _say(at_once, rules, printed))
    arrived: list[Sale] = []
    for one in chance.sample(printed * 2, k=2 * len(printed)):
        if one not in arrived:  # the journal holds a record once, however often it comes
            arrived.append(one)
        _say(piecemeal, rules, arrived)
    assert +piecemeal.own == +at_once.own
    assert -piecemeal.own == -at_once.own
    assert decide(rules, list(_days(arrived).values())) == decide(
        rules, list(_days(printed).values())
    )


@settings(max_examples=40, deadline=None)
@given(lines())
def test_a_sticky_rule_never_gives_less_and_only_what_was_met_then(printed: list[Sale]) -> None:
    days = list(_days(printed).values())
    kept = {one.work_date for one in decide(KEEPS, days) if one.amount_fen}
    assert kept >= {one.work_date for one in decide(FOLLOWS, days) if one.amount_fen}
    for date in kept:
        early = [one for one in printed if one.sold_at[:10] <= shift_date(date, STICKY_DAYS)]
        met_then = _days(early).get(date, {}).get("target_met", False)
        later = [shift_date(date, number) for number in range(STICKY_DAYS + 1, 7)]
        met_later = any(
            _days([one for one in printed if one.sold_at[:10] <= day])[date]["target_met"]
            for day in later
        )
        assert met_then or met_later
