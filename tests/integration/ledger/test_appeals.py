"""Appeals against entries: frozen while open, decided by a person, booked, told (U16)."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.appeals import AppealError, State
from cloud_receiver.domain.outcomes import Account, Explanation
from cloud_receiver.store import appeals
from cloud_receiver.store.closing import close_period
from tests.integration.ledger.conftest import said

LATE = "late/E1/2026-11-02"


def _open(books, entry_id: str = f"{LATE}#1", author: str = "E1"):
    return books.write(
        lambda c: appeals.open_for_entry(c, entry_id, author, "地铁故障,有证明", books.now_utc_ms)
    )


def _decide(books, appeal_id: str, state: State, fen: int | None = None, author: str = "wang"):
    return books.write(lambda c: appeals.decide(
        c, appeal_id, state, author, "核实了地铁公告", books.now_utc_ms, amount_fen=fen))  # fmt: skip


def test_an_open_appeal_holds_the_amount_and_upholding_books_it_again(books) -> None:
    books.say(said(-1000))
    seen = _open(books)
    assert (seen.state, seen.amount_fen, seen.is_overdue) == (State.OPEN, -1000, False)
    assert books.balance() == {"held": -1000}
    books.say(said(-1000))  # judged again meanwhile: still held
    assert books.balance() == {"held": -1000}
    assert _decide(books, seen.appeal_id, State.UPHELD).state is State.UPHELD
    assert books.balance() == {"subsidy": -1000}
    assert books.sums_to_zero()
    assert books.troubles() == []


def test_what_is_held_is_neither_taken_nor_paid_by_a_close(books) -> None:
    books.say(said(-1000), said(5000, rule_id="full", account=Account.PENDING))
    seen = _open(books)
    books.at("2026-12-01T09:00")
    closed = books.write(lambda c: close_period(c, "2026-11", "wang", books.now_utc_ms))
    (payment,) = closed.payments
    assert (payment.bonus_fen, payment.subsidy_fen, payment.held_fen) == (5000, 0, -1000)
    assert closed.open_appeals == 1
    _decide(books, seen.appeal_id, State.UPHELD)
    assert books.balance() == {"subsidy": -1000}  # counts in December, about November
    last = books.entries()[-1]
    assert (last.period, last.for_period) == ("2026-12", "2026-11")


def test_a_reversal_takes_the_deduction_back_and_outlives_judging(books) -> None:
    books.say(said(-1000))
    seen = _open(books)
    _decide(books, seen.appeal_id, State.REVERSED)
    assert books.balance() == {}
    books.say(said(-2000))  # the machine says something else now: the decision stands
    assert books.balance() == {}
    told = Explanation.from_json(books.entries()[-1].explanation)
    assert told.reason is not None
    assert "申诉由人工裁定为0.00元:核实了地铁公告" in told.reason.text.zh


def test_a_partial_decision_stands_unless_the_facts_do_better(books) -> None:
    books.say(said(-1000))
    seen = _open(books)
    _decide(books, seen.appeal_id, State.PARTIAL, -400)
    assert books.balance() == {"subsidy": -400}
    books.say(days=[("E1", "2026-11-02")])
    assert books.balance() == {}


def test_an_award_that_was_not_given_can_be_appealed_for(books) -> None:
    books.say(said(0, rule_id="target", account=Account.INSTANT))
    seen = books.write(lambda c: appeals.open_appeal(
        c, "target/E1/2026-11-02", "E1", "退货不是我的", books.now_utc_ms))  # fmt: skip
    _decide(books, seen.appeal_id, State.PARTIAL, 5000)
    assert books.balance() == {"instant": 5000}


def test_what_was_settled_is_not_frozen_and_a_reversal_gives_it_back(books) -> None:
    books.say(said(-1000))
    books.at("2026-12-01T09:00")
    books.write(lambda c: close_period(c, "2026-11", "wang", books.now_utc_ms))
    seen = _open(books)
    assert books.balance() == {}
    assert "已结算" in books.notices()[-1].text_zh
    _decide(books, seen.appeal_id, State.REVERSED)
    assert books.balance() == {"subsidy": 1000}


def test_the_person_is_told_of_every_step(books) -> None:
    books.say(said(-1000))
    books.now_utc_ms += 10_000
    seen = _open(books)
    books.now_utc_ms += 10_000
    _decide(books, seen.appeal_id, State.REVERSED)
    texts = [row.text_zh for row in books.notices()]
    assert len(texts) == 3
    assert "申诉已受理(-10.00元),处理期间金额冻结" in texts[1]
    assert "申诉结果:撤销原结果。核实了地铁公告" in texts[2]


def test_evidence_is_added_and_nothing_is_changed(books) -> None:
    books.say(said(-1000))
    seen = _open(books)
    books.write(lambda c: appeals.add_evidence(
        c, seen.appeal_id, "E1", "照片", ["a" * 64], books.now_utc_ms))  # fmt: skip
    withdrawn = books.write(lambda c: appeals.withdraw(
        c, seen.appeal_id, "E1", "想通了", books.now_utc_ms))  # fmt: skip
    assert [event.step for event in withdrawn.events] == ["opened", "evidence", "withdrawn"]
    assert withdrawn.events[1].attachments == ("a" * 64,)
    assert books.balance() == {"subsidy": -1000}


def test_an_appeal_waits_for_a_person_and_says_when_it_is_overdue(books) -> None:
    books.say(said(-1000))
    _open(books)
    late_utc_ms = books.now_utc_ms + 8 * 86_400_000
    (seen,) = books.read(lambda c: appeals.views(c, late_utc_ms, state=State.OPEN))
    assert (seen.is_overdue, seen.state) == (True, State.OPEN)


def test_what_makes_no_sense_is_refused(books) -> None:
    books.say(said(-1000))
    with pytest.raises(AppealError, match="no entry"):
        _open(books, "late/E9/2026-11-02#1")
    seen = _open(books)
    with pytest.raises(AppealError, match="open already"):
        _open(books)
    for refused, match in (
        (lambda: _decide(books, seen.appeal_id, State.UPHELD, author="E1"), "cannot decide"),
        (lambda: _decide(books, seen.appeal_id, State.PARTIAL), "names the amount"),
        (lambda: _decide(books, seen.appeal_id, State.PARTIAL, -1000), "no better"),
        (lambda: _decide(books, seen.appeal_id, State.WITHDRAWN), "no decision"),
        (lambda: _decide(books, "none", State.UPHELD), "no appeal"),
    ):
        with pytest.raises(AppealError, match=match):
            refused()
    _decide(books, seen.appeal_id, State.UPHELD)
    with pytest.raises(AppealError, match="no more steps"):
        _decide(books, seen.appeal_id, State.UPHELD)


def test_an_appeal_must_come_in_time(books) -> None:
    books.say(said(-1000))
    books.now_utc_ms += 61 * 86_400_000
    with pytest.raises(AppealError, match="more than 60 days"):
        _open(books)
