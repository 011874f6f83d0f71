"""Withdrawals: never more than there is, never twice, both phases told."""

from __future__ import annotations

import threading

import pytest

from cloud_receiver.store.withdrawals import (
    WithdrawalError,
    WithdrawalState,
    available_fen,
    settle_withdrawal,
    waiting,
    withdraw,
)


def _withdraw(books, fen: int, request: str = "w1", who: str = "E1"):
    return books.write(lambda c: withdraw(c, who, fen, request, books.now_utc_ms))


def _settle(books, request: str = "w1", *, paid: bool):
    return books.write(lambda c: settle_withdrawal(c, request, books.now_utc_ms, paid=paid))


def test_what_is_asked_for_leaves_the_account_and_is_paid_once(books) -> None:
    books.award(5000)
    first = _withdraw(books, 3000)
    assert _withdraw(books, 3000) == first
    assert books.read(lambda c: available_fen(c, "E1")) == 2000
    assert [one.request_id for one in books.read(waiting)] == ["w1"]
    assert _settle(books, paid=True).state is WithdrawalState.PAID
    assert _settle(books, paid=True).state is WithdrawalState.PAID
    assert books.balance() == {"instant": 2000, "paid": 3000}
    assert books.read(waiting) == []
    assert books.sums_to_zero()
    assert books.troubles() == []


def test_what_was_not_paid_comes_back_and_cannot_be_paid_afterwards(books) -> None:
    books.award(5000)
    _withdraw(books, 5000)
    assert _settle(books, paid=False).state is WithdrawalState.RETURNED
    assert books.balance() == {"instant": 5000}
    with pytest.raises(WithdrawalError, match="returned already"):
        _settle(books, paid=True)
    assert "未支付,已退回即时账户" in books.notices()[-1].text_zh


@pytest.mark.parametrize("fen", [0, -100, 5001])
def test_nobody_gets_more_than_there_is(books, fen: int) -> None:
    books.award(5000)
    with pytest.raises(WithdrawalError, match=r"up to 50\.00"):
        _withdraw(books, fen)


def test_a_request_id_is_one_withdrawal(books) -> None:
    books.award(5000)
    _withdraw(books, 1000)
    with pytest.raises(WithdrawalError, match="use another id"):
        _withdraw(books, 2000)
    with pytest.raises(WithdrawalError, match="no withdrawal"):
        _settle(books, "other", paid=True)
    with pytest.raises(WithdrawalError, match="letters, digits"):
        _withdraw(books, 1000, "a/b")


def test_two_at_once_share_one_account(books) -> None:
    books.award(5000)
    refused = []

    def ask(number: int) -> None:
        try:
            _withdraw(books, 3000, f"w{number}")
        except WithdrawalError:
            refused.append(number)

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(60)
    assert len(refused) == 3
    assert books.read(lambda c: available_fen(c, "E1")) == 2000
