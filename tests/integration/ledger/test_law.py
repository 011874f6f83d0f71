"""The law's monthly limits: deferred with reasons, by date, taken when a month has room."""

from __future__ import annotations

import random

from cloud_receiver.domain.outcomes import Explanation
from cloud_receiver.store import lawbook
from cloud_receiver.store.closing import close_period
from cloud_receiver.store.ledger import book_month_again
from tests.integration.ledger.conftest import said


def _enter(books, wage_fen: int | None, jurisdiction: str | None = None) -> None:
    def enter(connection) -> None:
        if wage_fen is not None:
            wages = [("E1", "2026-01-01", wage_fen)]
            lawbook.put_wages(connection, wages, "wang", books.now_utc_ms)
        if jurisdiction:
            lawbook.put_jurisdiction(
                connection, "S1", jurisdiction, "2026-01-01", "wang", books.now_utc_ms
            )

    books.write(enter)


def _days(fen: int, count: int = 3, month: str = "2026-11") -> list:
    return [said(-fen, date=f"{month}-{day:02d}") for day in range(1, count + 1)]


def test_what_is_above_a_fifth_of_the_wage_is_deferred_and_says_why(books) -> None:
    _enter(books, 50_000)  # a fifth: 100 yuan
    books.say(*_days(4000))
    assert books.balance() == {"subsidy": -10_000, "deferred": -2000}
    last = [row for row in books.entries() if row.account == "deferred"]
    assert [(row.work_date, row.amount_fen) for row in last] == [("2026-11-03", -2000)]
    told = Explanation.from_json(last[0].explanation)
    assert (told.caps[-1].cap, told.caps[-1].limit_fen, told.caps[-1].suppressed_fen) == (
        "month_law", 10_000, 2000,
    )  # fmt: skip
    assert told.reason is not None
    assert "工资支付暂行规定" in told.reason.text.zh
    assert books.troubles() == []


def test_the_minimum_wage_stays_whatever_the_share(books) -> None:
    _enter(books, 260_000, "jiangsu")
    books.say(*_days(10_000, 4))
    assert books.balance() == {"subsidy": -11_000, "deferred": -29_000}  # inc-072


def test_where_fines_are_forbidden_a_subsidy_is_not_granted_and_nothing_is_deferred(books) -> None:
    _enter(books, 50_000, "guangdong")
    books.say(*_days(10_000))
    assert books.balance() == {"subsidy": -30_000}


def test_any_order_defers_the_same_amounts_of_the_same_days(books) -> None:
    _enter(books, 50_000)
    days = [
        said(-fen, date=f"2026-11-{day:02d}") for day, fen in enumerate([3000, 5000, 4000, 2500], 1)
    ]
    random.Random(3).shuffle(days)
    for one in days + days[:2]:
        books.say(one)
    assert books.balance() == {"subsidy": -10_000, "deferred": -4500}
    deferred: dict[str, int] = {}
    for row in books.entries():
        if row.account == "deferred":
            deferred[row.work_date] = deferred.get(row.work_date, 0) + row.amount_fen
    assert {date: fen for date, fen in deferred.items() if fen} == {
        "2026-11-03": -2000, "2026-11-04": -2500,
    }  # fmt: skip


def test_a_deduction_that_falls_away_makes_room_for_a_later_one(books) -> None:
    _enter(books, 50_000)
    books.say(*_days(4000))
    books.say(days=[("E1", "2026-11-01")])
    assert books.balance() == {"subsidy": -8000}


def test_the_wage_may_become_known_later(books) -> None:
    books.say(*_days(4000))
    assert books.balance() == {"subsidy": -12_000}
    _enter(books, 50_000)
    books.write(lambda c: book_month_again(c, "2026-11-01", books.now_utc_ms, employee_id="E1"))
    assert books.balance() == {"subsidy": -10_000, "deferred": -2000}
    assert len(books.notices()) == 1, "what moved to another account changed no result"


def test_a_later_month_takes_what_it_has_room_for_and_gives_back_what_fell_away(books) -> None:
    _enter(books, 50_000)
    books.say(*_days(6000))  # 100 taken, 80 deferred
    books.at("2026-12-01T09:00")
    books.write(lambda c: close_period(c, "2026-11", "wang", books.now_utc_ms))
    assert books.balance() == {"deferred": -8000}
    books.say(said(-5000, date="2026-12-01"))
    books.at("2027-01-01T09:00")
    closed = books.write(lambda c: close_period(c, "2026-12", "wang", books.now_utc_ms))
    assert closed.payments[0].subsidy_fen == -10_000  # 50 of its own and 50 of November's
    assert books.balance() == {"deferred": -3000}
    books.say(days=[("E1", "2026-11-03")])
    assert books.balance() == {"deferred": 3000}
    books.at("2027-02-01T09:00")
    closed = books.write(lambda c: close_period(c, "2027-01", "wang", books.now_utc_ms))
    assert closed.payments[0].subsidy_fen == 3000
    assert books.balance() == {}
    assert books.troubles() == []
