"""No sequence of truths, refunds, withdrawals and closes pays twice or falls below a floor."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_receiver.domain.accounts import PAYROLL_CLEARING, PersonAccount
from cloud_receiver.domain.closing import Standing, close
from cloud_receiver.domain.ledger import (
    GENESIS,
    Entry,
    Head,
    Kind,
    balances,
    chained,
    post,
    verify,
)
from cloud_receiver.domain.outcomes import Account, Explanation, Outcome, Text
from cloud_receiver.domain.periods import after, last_date
from cloud_receiver.domain.rulings import Ruling
from cloud_receiver.domain.transfers import Subject, ask, floor, settle

TEXT = Text("规则", "rule")
DUE_FEN = 3000
RULES = {"late": (Account.SUBSIDY, -1), "full": (Account.PENDING, 1), "now": (Account.INSTANT, 1)}


def _outcome(rule: str, date: str, amount_fen: int) -> Outcome:
    account, sign = RULES[rule]
    return Outcome(
        rule_id=rule, rule_version=1, row_id="row", employee_id="E1", work_date=date,
        store_id="S1", account=account, amount_fen=sign * amount_fen,
        explanation=Explanation(TEXT, TEXT, {}, "", amount_fen, (), None, {}, TEXT),
    )  # fmt: skip


class Book:
    """One person's ledger in memory, kept by the very functions the database is kept by."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.said: dict[str, int] = {}
        self.first_open = ""
        self.asked: list[Entry] = []

    @property
    def own(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for (owner, account), fen in balances(self.entries).items():
            if owner == "E1":
                found[account] += fen
        return found

    def add(self, entries: list[Entry]) -> None:
        self.entries += entries
        if entries:
            draft = floor(entries[-1], self.own)
            if draft is not None:
                self.entries += chained([draft], self.head, 0, self.first_open)

    @property
    def head(self) -> Head:
        return Head(self.entries[-1].entry_no, self.entries[-1].hash) if self.entries else GENESIS

    def say(self, day: int, month: str, rule: str, amount_fen: int, deferred: int) -> None:
        """Say what one rule says of a day; 0 means nothing any more."""
        date = f"{month}-{day:02d}"
        one = _outcome(rule, date, amount_fen)
        booked = [e for e in self.entries if e.outcome_key == one.outcome_key]
        said = [one] if amount_fen else []
        part = Ruling(deferred_fen=min(deferred, max(0, -one.amount_fen)))
        rulings = {one.outcome_key: part}
        self.add(post(said, booked, self.head, 0, rulings, self.first_open))
        self.said[one.outcome_key] = one.amount_fen

    def withdraw(self, amount_fen: int) -> None:
        amount_fen = min(amount_fen, self.own[PersonAccount.INSTANT])
        if amount_fen > 0:
            subject = Subject(employee_id="E1", store_id="S1", work_date="2027-06-01")
            (entry,) = chained([ask(subject, f"w{len(self.entries)}", amount_fen)], self.head, 0)
            self.asked.append(entry)
            self.add([entry])

    def settle(self, paid: bool) -> None:
        if self.asked:
            draft = settle(self.asked.pop(0), "2027-06-01", paid=paid, reason=TEXT)
            self.add(chained([draft], self.head, 0, self.first_open))

    def close(self, limit_fen: int | None) -> None:
        month = self.first_open or "2026-11"
        known: Counter[str] = Counter()
        before = 0
        for entry in self.entries:
            if (entry.period or "") > month:
                continue
            known[entry.account] += entry.amount_fen
            known[entry.contra] -= entry.amount_fen
            if (entry.for_period or "") < month:
                before += entry.amount_fen if entry.account == PersonAccount.DEFERRED else 0
                before -= entry.amount_fen if entry.contra == PersonAccount.DEFERRED else 0
        standing = Standing(
            subject=Subject(employee_id="E1", store_id="S1", work_date=last_date(month)),
            period=month, balances=known, deferred_before_fen=before, subsidy_due_fen=DUE_FEN,
            limit_fen=limit_fen,
        )  # fmt: skip
        entries = chained(close(standing), self.head, 0, self.first_open)
        self.first_open = after(month)
        self.add(entries)
        self._check_close(entries)

    def _check_close(self, entries: list[Entry]) -> None:
        handed: Counter[str] = Counter()
        for entry in entries:
            if entry.contra == PAYROLL_CLEARING:
                handed[entry.account] -= entry.amount_fen
        assert handed[PersonAccount.PENDING] >= 0, "no payment is negative"
        assert handed[PersonAccount.SUBSIDY] >= -DUE_FEN, "never more than the month's subsidy"


AMOUNTS = st.integers(0, 40).map(lambda yuan: yuan * 100)
MONTHS = st.sampled_from(["2026-11", "2026-12", "2027-01"])
STEPS = st.one_of(
    st.tuples(st.just("say"), st.integers(1, 2), MONTHS, st.sampled_from(sorted(RULES)), AMOUNTS,
              st.integers(0, 500)),
    st.tuples(st.just("withdraw"), st.integers(1, 5000)),
    st.tuples(st.just("settle"), st.booleans()),
    st.tuples(st.just("close"), st.none() | st.integers(0, 4000)),
)  # fmt: skip


def _play(steps: list[Any]) -> Book:
    book = Book()
    for name, *values in steps:
        getattr(book, name)(*values)
        own = book.own
        assert own[PersonAccount.INSTANT] >= 0, "nobody can be paid what is not there"
        assert own[PersonAccount.CARRY_FORWARD] <= 0
        assert not (own[PersonAccount.INSTANT] and own[PersonAccount.CARRY_FORWARD]), "made good"
    return book


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_whatever_happens_nothing_is_paid_twice_and_no_floor_is_broken(steps: list[Any]) -> None:
    book = _play(steps)
    stands = Counter[str]()
    for entry in book.entries:
        if entry.kind == Kind.OUTCOME:
            stands[entry.outcome_key] += entry.amount_fen
    assert {key: fen for key, fen in stands.items() if fen} == {
        key: fen for key, fen in book.said.items() if fen
    }, "each outcome stands for what was said last, once"
    everything = Counter(balances(book.entries).values())
    assert sum(fen * count for fen, count in everything.items()) == 0
    company = {
        account: fen for (who, account), fen in balances(book.entries).items() if who != "E1"
    }
    clearing = company.get(PAYROLL_CLEARING, 0) + company.get("withdrawal_clearing", 0)
    assert sum(book.own.values()) + clearing == sum(book.said.values()), "no fen made or lost"
    assert verify(book.entries, book.head) == (len(book.entries), "")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(STEPS.filter(lambda step: step[0] == "say"), max_size=15),
    st.randoms(use_true_random=False),
    st.integers(1, 5000),
)
def test_truths_in_any_order_doubled_and_late_end_in_the_same_balances(
    truths: list[Any], chance: Any, withdrawn_fen: int
) -> None:
    last = {step[1:4]: step for step in truths}
    shuffled = list(last.values()) * 2
    chance.shuffle(shuffled)
    first = [("say", 1, "2026-11", "now", 5000, 0), ("withdraw", withdrawn_fen)]
    ends = [("close", None)] * 3
    in_order, any_order = _play([*first, *last.values(), *ends]), _play([*first, *shuffled, *ends])
    assert +in_order.own == +any_order.own
    assert -in_order.own == -any_order.own
