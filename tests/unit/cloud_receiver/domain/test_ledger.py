"""The ledger's laws on small examples: differences, corrections, the chain."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cloud_receiver.domain.accounts import COMPANY
from cloud_receiver.domain.ledger import (
    GENESIS,
    Entry,
    Head,
    balances,
    digest,
    post,
    verify,
)
from cloud_receiver.domain.notices import Item, news_of
from cloud_receiver.domain.outcomes import Account, Explanation, Outcome, Text
from cloud_receiver.domain.transfers import floor

VECTORS = Path(__file__).resolve().parents[5] / "shared/vectors/incentive_cases.json"
CASES = {case["id"]: case for case in json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]}


def outcome(
    amount_fen: int, *, rule_id: str = "late", account: Account = Account.SUBSIDY, version: int = 1
) -> Outcome:
    """Return a statement about one person's day."""
    text = Text("规则", "rule")
    message = Text(f"2026-11-02 {amount_fen}", f"2026-11-02: {amount_fen}")
    return Outcome(
        rule_id=rule_id,
        rule_version=version,
        row_id="row",
        employee_id="E1",
        work_date="2026-11-02",
        store_id="S1",
        account=account,
        amount_fen=amount_fen,
        explanation=Explanation(text, text, {}, "", amount_fen, (), None, {}, message),
    )


def _booked(*statements: list[Outcome]) -> list[Entry]:
    """Book one statement about the day after the other."""
    entries: list[Entry] = []
    for now_utc_ms, said in enumerate(statements):
        head = Head(entries[-1].entry_no, entries[-1].hash) if entries else GENESIS
        entries += post(said, entries, head, now_utc_ms)
    return entries


def _amounts(entries: list[Entry]) -> list[int]:
    return [entry.amount_fen for entry in entries]


def _told(booked: list[Entry], posted: list[Entry]) -> list[Item]:
    return [item for one in news_of(booked, posted) for item in one.items]


def _head(entries: list[Entry]) -> Head:
    return Head(entries[-1].entry_no, entries[-1].hash)


def test_a_late_truth_is_a_further_entry_that_names_the_old_one() -> None:
    case: dict[str, Any] = CASES["inc-068"]
    first, second = _booked([outcome(case["input"]["first"]["amount_fen"])], [])
    assert _amounts([first, second]) == case["expected"]["entries"]
    assert second.adjusts == first.entry_id == "late/E1/2026-11-02#1"
    assert balances([first, second])["E1", "subsidy"] == case["expected"]["balance_fen"]
    reason = Explanation.from_json(second.explanation).reason
    assert reason is not None
    assert reason.code == "withdrawn"
    told = _told([], [first]) + _told([first], [second])
    assert len(told) == case["expected"]["messages"]


def test_a_refund_takes_an_instant_award_back_and_touches_nothing_else() -> None:
    case: dict[str, Any] = CASES["inc-069"]
    award = outcome(5000, rule_id="target", account=Account.INSTANT)
    entries = _booked([award], [])
    assert _amounts(entries) == case["expected"]["entries"]
    assert {entry.account for entry in entries} == {"instant"}  # wage_touched: false
    withdrawn = balances(entries)["E1", "instant"] - case["input"]["first"]["amount_fen"]
    carried = floor(entries[-1], {"instant": withdrawn})
    assert carried is not None
    assert (carried.contra, -carried.amount_fen) == (
        "carry_forward", case["expected"]["carry_forward_fen"],
    )  # fmt: skip


def test_the_same_statement_again_books_nothing() -> None:
    assert len(_booked([outcome(-1000)], [outcome(-1000)], [outcome(-1000, version=2)])) == 1


def test_a_changed_amount_books_the_difference() -> None:
    entries = _booked([outcome(-1000)], [outcome(-2000)], [outcome(-500)])
    assert _amounts(entries) == [-1000, -1000, 1500]
    assert [entry.adjusts for entry in entries] == [
        None,
        "late/E1/2026-11-02#1",
        "late/E1/2026-11-02#2",
    ]


def test_a_statement_without_amount_books_nothing() -> None:
    assert _booked([outcome(0)]) == []
    assert _amounts(_booked([outcome(-1000)], [outcome(0)])) == [-1000, 1000]


def test_an_award_that_moves_to_another_account_is_not_announced_again() -> None:
    instant = outcome(5000, account=Account.INSTANT)
    pending = outcome(5000, account=Account.PENDING)
    first, *moved = _booked([instant], [pending])
    assert balances([first, *moved])["E1", "pending"] == 5000
    assert balances([first, *moved])["E1", "instant"] == 0
    assert len({entry.entry_id for entry in [first, *moved]}) == 3
    assert _told([first], moved) == []


def test_each_account_has_its_counterpart_at_the_company() -> None:
    entries = _booked([outcome(-1000), outcome(5000, rule_id="target", account=Account.INSTANT)])
    assert balances(entries) == {
        ("E1", "subsidy"): -1000,
        ("E1", "instant"): 5000,
        (COMPANY, "subsidy_expense"): 1000,
        (COMPANY, "incentive_expense"): -5000,
    }


def test_a_first_booking_is_told_in_the_rules_words_and_a_change_as_correction() -> None:
    first, second = _booked([outcome(-1000)], [outcome(-2000)])
    (told,) = _told([], [first])
    document = told.to_document()
    assert (document["notice_id"], document["employee_id"]) == (first.entry_id, "E1")
    assert told.text.zh == "2026-11-02 -1000"
    assert document["kind"] == "deduction"
    (corrected,) = _told([first], [second])
    assert "-10.00元改为-20.00元" in corrected.text.zh
    document = corrected.to_document()
    assert (document["kind"], document["before_fen"], document["after_fen"]) == (
        "correction",
        -1000,
        -2000,
    )


def test_entries_are_numbered_and_chained_without_a_gap() -> None:
    entries = _booked([outcome(-1000)], [outcome(-2000)], [])
    assert [entry.entry_no for entry in entries] == [1, 2, 3]
    assert all(later.previous_hash == entry.hash for entry, later in pairwise(entries))
    assert verify(entries, _head(entries)) == (3, "")


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_lost_entry_is_found_wherever_it_was(lost: int) -> None:
    entries = _booked([outcome(-1000)], [outcome(-2000)], [])
    rest = entries[:lost] + entries[lost + 1 :]
    verified, trouble = verify(rest, _head(entries))
    assert verified == lost
    assert trouble


@pytest.mark.parametrize("forged", [0, 1, 2])
def test_an_entry_that_was_changed_and_hashed_anew_is_found(forged: int) -> None:
    entries = _booked([outcome(-1000)], [outcome(-2000)], [])
    head = _head(entries)
    changed = entries[forged]._replace(amount_fen=1)
    entries[forged] = changed._replace(hash=digest(changed))
    verified, trouble = verify(entries, head)
    assert verified == forged + 1  # by the next entry, or by the end of the chain
    assert trouble


def test_an_empty_ledger_holds() -> None:
    assert verify([], GENESIS) == (0, "")
