"""The ledger of rewards and deductions: append-only, double entry, chained by hashes.

Nothing here reads a clock or a database. An entry is never changed: when outcomes say
something else than what was booked, the difference is booked by a further entry that names
the one it adjusts. The same outcomes in any order, doubled or late, give the same balances.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from cloud_receiver.domain.outcomes import Account, Explanation, Outcome, Reason, Text

COMPANY: Final = "company"
CONTRA: Final[dict[Account, str]] = {
    Account.INSTANT: "incentive_expense",
    Account.PENDING: "incentive_expense",
    Account.SUBSIDY: "subsidy_expense",
}
WITHDRAWN: Final = Reason(
    "withdrawn",
    Text(zh="依据已变化,规则不再适用", en="the facts changed and the rule no longer applies"),
)


class Entry(NamedTuple):
    """One line of the ledger; the fields are the columns of its table, in their order.

    Attributes:
        entry_no: dense: 1, 2, 3 ...
        entry_id: ``outcome_key#revision``: booking the same twice is impossible.
        account: the employee's; `contra` is the company's and takes the opposite amount.
        amount_fen: signed for the employee.
        explanation: JSON of `Explanation`, as it was when booked.
        adjusts: id of the entry this one corrects.
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


def post(
    outcomes: Iterable[Outcome], booked: Iterable[Entry], head: Head, now_utc_ms: int
) -> list[Entry]:
    """Return the entries that bring what was booked to what the outcomes say.

    Args:
        outcomes: everything the rules say about some employee-days.
        booked: every entry of the same employee-days so far, oldest first.
        head: the end of the whole ledger's chain.
    """
    said = {outcome.outcome_key: outcome for outcome in outcomes}
    history: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in booked:
        history[entry.outcome_key].append(entry)
    entries: list[Entry] = []
    for key in sorted(said.keys() | history.keys()):
        for draft in _differences(said.get(key), history[key]):
            entry = _chained(draft, head, now_utc_ms)
            entries.append(entry)
            head = Head(entry.entry_no, entry.hash)
    return entries


def _differences(outcome: Outcome | None, booked: Sequence[Entry]) -> list[Entry]:
    """Return unchained entries for one outcome: none when what was booked is what is said."""
    sums: Counter[str] = Counter()
    for entry in booked:
        sums[entry.account] += entry.amount_fen
    wanted = Counter({outcome.account.value: outcome.amount_fen} if outcome else {})
    accounts = sorted(sums.keys() | wanted.keys())
    changes = [(name, wanted[name] - sums[name]) for name in accounts if wanted[name] != sums[name]]
    last = booked[-1] if booked else None
    entries = []
    for number, (account, amount_fen) in enumerate(changes, start=len(booked) + 1):
        statement = _statement(outcome) if outcome else _withdrawal(last)
        entries.append(
            statement._replace(
                entry_id=f"{statement.outcome_key}#{number}",
                account=account,
                contra=CONTRA[Account(account)],
                amount_fen=amount_fen,
                adjusts=last.entry_id if last else None,
            )
        )
    return entries


def _statement(outcome: Outcome) -> Entry:
    return Entry(
        entry_no=0,
        entry_id="",
        outcome_key=outcome.outcome_key,
        employee_id=outcome.employee_id,
        store_id=outcome.store_id,
        work_date=outcome.work_date,
        account="",
        contra="",
        amount_fen=0,
        rule_id=outcome.rule_id,
        rule_version=outcome.rule_version,
        row_id=outcome.row_id,
        explanation=outcome.explanation.to_json(),
        adjusts=None,
        booked_utc_ms=0,
        previous_hash="",
        hash="",
    )


def _withdrawal(last: Entry | None) -> Entry:
    assert last is not None, "only what was booked can be withdrawn"
    explanation = Explanation.from_json(last.explanation)
    return last._replace(
        explanation=msgspec.structs.replace(explanation, reason=WITHDRAWN).to_json()
    )


def _chained(draft: Entry, head: Head, now_utc_ms: int) -> Entry:
    assert draft.amount_fen != 0, f"{draft.entry_id} books nothing"
    entry = draft._replace(
        entry_no=head.entry_no + 1, booked_utc_ms=now_utc_ms, previous_hash=head.hash
    )
    return entry._replace(hash=digest(entry))


def digest(entry: Sequence[int | str | None]) -> str:
    """Return the SHA-256 over every field of an entry but its own hash, the last one.

    The fields are written as one JSON array, so that no two rows share a text.
    """
    return sha256(msgspec.json.encode(entry[:-1])).hexdigest()


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
        sums[COMPANY, entry.contra] -= entry.amount_fen
    assert sum(sums.values()) == 0, "double entry"
    return dict(sums)
