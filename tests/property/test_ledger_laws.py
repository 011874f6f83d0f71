"""The ledger under any history: order, repetition and delay change nothing; tampering shows."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloud_receiver.domain.ledger import GENESIS, Entry, Head, balances, post, verify
from cloud_receiver.domain.outcomes import Account, DayKey, Explanation, Outcome, Text

DAYS: list[DayKey] = [("E1", "2026-11-01"), ("E1", "2026-11-02"), ("E2", "2026-11-01")]
TEXT = Text("规则", "rule")


def _outcome(day: DayKey, rule: int, amount_fen: int, account: Account) -> Outcome:
    return Outcome(
        rule_id=f"rule_{rule}",
        rule_version=1,
        row_id="row",
        employee_id=day[0],
        work_date=day[1],
        store_id="S1",
        account=account,
        amount_fen=amount_fen,
        explanation=Explanation(TEXT, TEXT, {}, "", amount_fen, (), None, {}, TEXT),
    )


SAID = st.dictionaries(
    st.integers(0, 3),
    st.tuples(st.integers(-5, 5).map(lambda yuan: yuan * 100), st.sampled_from(Account)),
    max_size=4,
)
HISTORY = st.lists(st.tuples(st.sampled_from(DAYS), SAID), max_size=12)
History = list[tuple[DayKey, dict[int, tuple[int, Account]]]]


def _book(history: History) -> list[Entry]:
    """Evaluate one day after the other, each time saying everything about that day."""
    ledger: list[Entry] = []
    for now_utc_ms, (day, said) in enumerate(history):
        outcomes = [_outcome(day, rule, *amount) for rule, amount in said.items()]
        booked = [entry for entry in ledger if (entry.employee_id, entry.work_date) == day]
        ledger += post(outcomes, booked, _head(ledger), now_utc_ms)
    return ledger


def _head(ledger: list[Entry]) -> Head:
    return Head(ledger[-1].entry_no, ledger[-1].hash) if ledger else GENESIS


def _standing(history: History) -> dict[tuple[str, str], int]:
    """Return what each person's accounts must show: only the last word on a day counts."""
    sums: dict[tuple[str, str], int] = {}
    for (employee_id, _), said in dict(history).items():
        for amount_fen, account in said.values():
            key = employee_id, account.value
            sums[key] = sums.get(key, 0) + amount_fen
    return {key: fen for key, fen in sums.items() if fen}


def _employees(ledger: list[Entry]) -> dict[tuple[str, str], int]:
    owners = {day[0] for day in DAYS}
    return {key: fen for key, fen in balances(ledger).items() if fen and key[0] in owners}


@given(HISTORY)
def test_balances_are_what_was_said_last_whatever_came_before(history: History) -> None:
    assert _employees(_book(history)) == _standing(history)


@given(HISTORY, st.randoms(use_true_random=False))
def test_shuffled_and_doubled_days_end_in_the_same_balances(
    history: History, chance: random.Random
) -> None:
    last_words = list(dict(history).items())
    shuffled = last_words * 2
    chance.shuffle(shuffled)
    assert _employees(_book(history + shuffled)) == _employees(_book(last_words))


@given(HISTORY)
def test_saying_the_same_twice_books_nothing_the_second_time(history: History) -> None:
    doubled = [statement for statement in history for _ in range(2)]
    amounts = [(entry.entry_id, entry.amount_fen) for entry in _book(history)]
    assert [(entry.entry_id, entry.amount_fen) for entry in _book(doubled)] == amounts


@given(HISTORY)
def test_every_ledger_balances_to_zero_and_verifies(history: History) -> None:
    ledger = _book(history)
    assert sum(balances(ledger).values()) == 0
    assert verify(ledger, _head(ledger)) == (len(ledger), "")
    assert len({entry.entry_id for entry in ledger}) == len(ledger)


@given(HISTORY.filter(lambda history: bool(_book(history))), st.data())
def test_any_changed_character_or_number_is_found(history: History, data: st.DataObject) -> None:
    ledger = _book(history)
    number = data.draw(st.integers(0, len(ledger) - 1))
    field = data.draw(st.sampled_from(Entry._fields))
    old = getattr(ledger[number], field)
    changed = ledger[number]._replace(**{field: _tampered(old, data)})
    tampered = [*ledger[:number], changed, *ledger[number + 1 :]]
    verified, trouble = verify(tampered, _head(ledger))
    assert trouble
    assert verified <= number + 1  # the good ones before it are vouched for


def _tampered(old: Any, data: st.DataObject) -> Any:
    if old is None:
        return ""
    if isinstance(old, int):
        return old ^ (1 << data.draw(st.integers(0, 40)))
    place = data.draw(st.integers(0, len(old)))
    other = data.draw(
        st.characters(codec="ascii").filter(lambda one: one != old[place : place + 1])
    )
    return old[:place] + other + old[place + 1 :]
