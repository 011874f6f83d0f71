"""Closing months: once, in order, and what comes later counts later (U21, U18)."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.outcomes import Account
from cloud_receiver.store import closing
from cloud_receiver.store.closing import close_period, payroll_paid
from cloud_receiver.store.withdrawals import settle_withdrawal, withdraw
from sync.errors import DakaError
from tests.integration.ledger.conftest import said

NOVEMBER, DECEMBER = "2026-11", "2026-12"
PENDING = Account.PENDING


def _close(books, period: str = NOVEMBER) -> closing.Close:
    return books.write(lambda c: close_period(c, period, "wang", books.now_utc_ms))


def test_a_close_hands_rewards_and_deductions_to_payroll_and_payroll_settles_them_once(
    books,
) -> None:
    books.say(said(-1000), said(5000, rule_id="full", account=PENDING))
    books.at("2026-12-01T09:00")
    (payment,) = _close(books).payments
    assert (payment.bonus_fen, payment.subsidy_fen) == (5000, -1000)
    assert books.balance() == {}
    for booked in (1, 0):
        done = books.write(lambda c: payroll_paid(c, NOVEMBER, "wang", books.now_utc_ms))
        assert len(done) == booked
    assert books.balance() == {"paid": 4000}
    assert books.sums_to_zero()
    assert books.troubles() == []


def test_results_after_the_close_count_in_the_open_month_and_name_the_old(books) -> None:
    books.say(said(-1000))
    books.at("2026-12-02T09:00")
    _close(books)
    (reversal,) = books.say(days=[("E1", "2026-11-02")])  # the offline punch arrives
    assert (reversal.period, reversal.for_period, reversal.amount_fen) == (DECEMBER, NOVEMBER, 1000)
    books.at("2027-01-01T09:00")
    (payment,) = _close(books, DECEMBER).payments
    assert payment.subsidy_fen == 1000
    assert books.balance() == {}
    assert books.troubles() == []


def test_a_close_is_final_in_order_and_never_of_a_month_that_runs(books) -> None:
    with pytest.raises(DakaError, match="not over"):
        _close(books)
    books.at("2027-01-01T00:00")
    _close(books, DECEMBER)
    for period in (NOVEMBER, DECEMBER):
        with pytest.raises(DakaError, match="closed and stays so"):
            _close(books, period)
    with pytest.raises(DakaError, match="is no month"):
        _close(books, "2027-1")


def test_a_preview_says_what_the_close_will_and_books_nothing(books) -> None:
    books.say(said(-1000), said(5000, rule_id="full", account=PENDING))
    before = books.balance()
    for instant in ("2026-11-20T09:00", "2026-12-01T09:00"):
        books.at(instant)
        seen = books.write(lambda c: closing.preview(c, NOVEMBER, books.now_utc_ms))
    assert books.balance() == before
    assert books.write(closing.first_period) == NOVEMBER
    assert not books.write(lambda c: closing.payroll_settled(c, NOVEMBER))
    done = _close(books)
    assert (seen.payments, seen.open_days, seen.author) == (done.payments, done.open_days, "")
    with pytest.raises(DakaError, match="closed and stays so"):
        books.write(lambda c: closing.preview(c, NOVEMBER, books.now_utc_ms))
    assert books.write(closing.first_period) == DECEMBER
    books.write(lambda c: payroll_paid(c, NOVEMBER, "wang", books.now_utc_ms))
    assert books.write(lambda c: closing.payroll_settled(c, NOVEMBER))


def test_a_negative_bonus_is_never_paid_but_carried_forward_and_made_good(books) -> None:
    books.say(said(5000, rule_id="full", account=PENDING))
    books.at("2026-12-01T09:00")
    _close(books)
    books.say(days=[("E1", "2026-11-02")])  # taken back after it was paid
    assert books.balance() == {"pending": -5000}
    books.say(said(2000, rule_id="full", account=PENDING, date="2026-12-02"))
    books.at("2027-01-01T09:00")
    (payment,) = _close(books, DECEMBER).payments
    assert (payment.bonus_fen, payment.carried_forward_fen) == (0, -3000)
    assert books.balance() == {"carry_forward": -3000}
    books.award(5000, date="2027-01-02")
    assert books.balance() == {"instant": 2000}
    assert books.troubles() == []


def test_a_deduction_beyond_the_months_subsidy_is_carried_forward(books) -> None:
    books.say(*(said(-10_000, date=f"2026-11-{day:02d}") for day in range(1, 26)))
    books.at("2026-12-01T09:00")
    (payment,) = _close(books).payments
    assert (payment.subsidy_fen, payment.carried_forward_fen) == (-200_000, -50_000)


def test_money_that_was_withdrawn_and_fell_away_is_carried_forward_and_no_wage_is_touched(
    books,
) -> None:
    books.award(5000)
    books.write(lambda c: withdraw(c, "E1", 5000, "w1", books.now_utc_ms))
    books.write(lambda c: settle_withdrawal(c, "w1", books.now_utc_ms, paid=True))
    books.say(days=[("E1", "2026-11-02")])  # the refund
    assert books.balance() == {"paid": 5000, "carry_forward": -5000}
    books.at("2026-12-01T09:00")
    (payment,) = _close(books).payments
    assert (payment.bonus_fen, payment.subsidy_fen, payment.carried_forward_fen) == (0, 0, -5000)
    assert books.troubles() == []


def test_a_close_says_what_was_not_ready(books) -> None:
    books.say(said(-1000))
    books.at("2026-12-01T09:00")
    closed = _close(books)
    assert closed.without_wage == ("E1",)
    assert books.read(lambda c: closing.close_of(c, NOVEMBER)) == closed
