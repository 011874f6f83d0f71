"""The ledger of rewards and deductions: append-only, double entry, chained by hashes.

Nothing here reads a clock or a database. An entry is never changed: when outcomes say
something else than what was booked, the difference is booked by a further entry that names
the one it adjusts. The same outcomes in any order, doubled or late, give the same balances.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from cloud_receiver.domain.accounts import expense, owner
from cloud_receiver.domain.outcomes import (
    DayKey,
    Evidence,
    Explanation,
    Outcome,
    Reason,
    Text,
)
from cloud_receiver.domain.periods import counted_in, period_of
from cloud_receiver.domain.rulings import UNRULED, Ruling

WITHDRAWN: Final = Reason(
    "withdrawn",
    Text(zh="依据已变化,规则不再适用", en="the facts changed and the rule no longer applies"),
)


class Kind(StrEnum):
    """What made an entry; the values are what the database stores."""

    OUTCOME = "outcome"  # a rule spoke, or speaks differently now
    FLOOR = "floor"  # what was paid too much is carried forward, or made good
    CLOSE = "close"  # the month was closed
    PAYROLL = "payroll"  # payroll paid what the close handed over
    WITHDRAWAL = "withdrawal"  # asked for, paid out or given back


class Entry(NamedTuple):
    """One line of the ledger; the fields are the columns of its table, in their order.

    Attributes:
        entry_no: dense: 1, 2, 3 ...
        entry_id: ``outcome_key#revision``: booking the same twice is impossible.
        outcome_key: what the entry is about: an outcome, a withdrawal, a close.
        account: the employee's; `contra` takes the opposite amount: the company's, or
            another of the same employee's when something only moves.
        amount_fen: signed for the employee.
        explanation: JSON of `Explanation`, as it was when booked.
        adjusts: id of the entry this one corrects or follows from.
        kind: a `Kind`; None, with the two periods, in entries of the first schema, which
            had neither.
        period: the month in which it counts, open when it was booked.
        for_period: the month it is about; an earlier one when that was closed already.
    """

    entry_no: int
    entry_id: str
    outcome_key: str
    employee_id: str
    store_id: str
    work_date: str
    account: str
    contra: str
    amount_fen: int
    rule_id: str
    rule_version: int
    row_id: str
    explanation: str
    adjusts: str | None
    booked_utc_ms: int
    kind: str | None
    period: str | None
    for_period: str | None
    previous_hash: str
    hash: str


class Head(NamedTuple):
    """The end of the chain; kept beside it, so that a cut-off tail is noticed."""

    entry_no: int
    hash: str


class Chain(NamedTuple):
    """What verification found: how many entries hold, and the first trouble or ``""``."""

    verified: int
    trouble: str


GENESIS: Final = Head(0, "0" * 64)
_KIND: Final = Entry._fields.index("kind")
_encode: Final = msgspec.json.Encoder().encode


def post(
    outcomes: Iterable[Outcome],
    booked: Iterable[Entry],
    head: Head,
    now_utc_ms: int,
    rulings: Mapping[str, Ruling] | None = None,
    first_open: str = "",
    known: Mapping[DayKey, Evidence] | None = None,
) -> list[Entry]:
    """Return the entries that bring what was booked to what the outcomes say.

    Args:
        outcomes: everything the rules say about some employee-days.
        booked: every entry of the same employee-days so far, oldest first.
        head: the end of the whole ledger's chain.
        rulings: what the law and appeals make of outcomes, by outcome key.
        first_open: the earliest month that is not closed.
        known: the records the days rest on now: what falls away does so because of them.
    """
    ruled = rulings or {}
    grounds = known or {}
    said = {outcome.outcome_key: outcome for outcome in outcomes}
    history: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in booked:
        history[entry.outcome_key].append(entry)
    drafts = [
        draft
        for key in sorted(said.keys() | history.keys())
        for draft in _differences(said.get(key), history[key], ruled.get(key, UNRULED), grounds)
    ]
    return chained(drafts, head, now_utc_ms, first_open)


def _differences(
    outcome: Outcome | None,
    booked: Sequence[Entry],
    ruling: Ruling,
    known: Mapping[DayKey, Evidence],
) -> list[Entry]:
    """Return unchained entries for one outcome: none when what was booked is what is said."""
    sums: Counter[str] = Counter()
    contras: dict[str, str] = {}
    for entry in booked:
        sums[entry.account] += entry.amount_fen
        contras[entry.account] = entry.contra
    wanted = ruling.amounts(outcome)
    accounts = sorted(sums.keys() | wanted.keys())
    changes = [
        (name, wanted.get(name, 0) - sums[name])
        for name in accounts
        if wanted.get(name, 0) != sums[name]
    ]
    if not changes:
        return []
    last = booked[-1] if booked else None
    adjusts = last.entry_id if last else None
    statement = _statement(outcome, ruling) if outcome else _withdrawal(last, ruling, known)
    contra = expense(outcome.account, outcome.campaign_id) if outcome else statement.contra
    return [
        statement._replace(
            entry_id=f"{statement.outcome_key}#{number}",
            account=account,
            contra=contras.get(account, contra),
            amount_fen=amount_fen,
            adjusts=adjusts,
        )
        for number, (account, amount_fen) in enumerate(changes, start=len(booked) + 1)
    ]


def _statement(outcome: Outcome, ruling: Ruling) -> Entry:
    return blank(Kind.OUTCOME)._replace(
        outcome_key=outcome.outcome_key,
        employee_id=outcome.employee_id,
        store_id=outcome.store_id,
        work_date=outcome.work_date,
        rule_id=outcome.rule_id,
        rule_version=outcome.rule_version,
        row_id=outcome.row_id,
        explanation=ruling.explain(outcome.explanation).to_json(),
    )


def _withdrawal(last: Entry | None, ruling: Ruling, known: Mapping[DayKey, Evidence]) -> Entry:
    """Return that an outcome fell away: what it rested on, and the records that undid it."""
    assert last is not None, "only what was booked can be withdrawn"
    explanation = Explanation.from_json(last.explanation)
    evidence = dict(explanation.evidence)
    for kind, ids in known.get((last.employee_id, last.work_date), {}).items():
        evidence[kind] = tuple(dict.fromkeys([*evidence.get(kind, ()), *ids]))
    explanation = msgspec.structs.replace(
        explanation, reason=ruling.reason or WITHDRAWN, evidence=evidence
    )
    return last._replace(kind=Kind.OUTCOME.value, explanation=explanation.to_json())


@cache
def blank(kind: Kind) -> Entry:
    """Return an entry to be filled in; `chained` numbers, dates and hashes it."""
    return Entry(
        entry_no=0, entry_id="", outcome_key="", employee_id="", store_id="", work_date="",
        account="", contra="", amount_fen=0, rule_id="", rule_version=0, row_id="",
        explanation="", adjusts=None, booked_utc_ms=0, kind=kind.value, period=None,
        for_period=None, previous_hash="", hash="",
    )  # fmt: skip


def chained(
    drafts: Iterable[Entry], head: Head, now_utc_ms: int, first_open: str = ""
) -> list[Entry]:
    """Return drafts as entries that follow `head`; what is about a closed month counts later."""
    entries = []
    for draft in drafts:
        assert draft.amount_fen != 0, f"{draft.entry_id} books nothing"
        assert draft.kind is not None, "only the first schema knew no kind"
        content = draft._replace(
            entry_no=head.entry_no + 1,
            booked_utc_ms=now_utc_ms,
            period=counted_in(draft.work_date, first_open),
            for_period=period_of(draft.work_date),
            previous_hash=head.hash,
        )[:-1]
        entry = Entry(*content, sha256(_encode(content)).hexdigest())
        entries.append(entry)
        head = Head(entry.entry_no, entry.hash)
    return entries


def digest(entry: Sequence[int | str | None]) -> str:
    """Return the SHA-256 over every field of an entry but its own hash, the last one.

    The fields are written as one JSON array, so that no two rows share a text. Entries of
    the first schema keep their hash: where nothing stands in its later columns, they are
    left out, and an array that is shorter is no other entry's.
    """
    if entry[_KIND] is None and entry[_KIND + 1] is None and entry[_KIND + 2] is None:
        return sha256(_encode((*entry[:_KIND], entry[-2]))).hexdigest()
    return sha256(_encode(entry[:-1])).hexdigest()


def verify(entries: Iterable[Sequence[int | str | None]], head: Head) -> Chain:
    """Check the whole chain, oldest first, and that it ends where `head` says.

    Args:
        entries: every row of the ledger, fields in the order of `Entry`.
    """
    count, previous = GENESIS
    for entry in entries:
        if entry[0] != count + 1:
            return Chain(count, f"entry {count + 1} is missing; {entry[0]} stands in its place")
        if entry[-2] != previous:
            return Chain(count, f"entry {entry[0]} does not follow the one before it")
        if entry[-1] != digest(entry):
            return Chain(count, f"entry {entry[0]} was changed after it was booked")
        count, previous = count + 1, str(entry[-1])
    if Head(count, previous) != head:
        return Chain(count, f"the ledger ends at {count}, but {head.entry_no} were booked")
    return Chain(count, "")


def balances(entries: Iterable[Entry]) -> dict[tuple[str, str], int]:
    """Return fen by (owner, account), the company's accounts included; they sum to 0."""
    sums: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        sums[entry.employee_id, entry.account] += entry.amount_fen
        sums[owner(entry.contra, entry.employee_id), entry.contra] -= entry.amount_fen
    assert sum(sums.values()) == 0, "double entry"
    return dict(sums)
