"""The sums of the ledger by owner and account, kept in the transaction that books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select, union_all

from cloud_receiver.domain.accounts import PERSONAL
from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.ledger import balances as sums_of
from cloud_receiver.store.engine import add_rows
from cloud_receiver.store.tables import balance, ledger
from sync.portions import portions

_PEOPLE_A_QUERY: Final = 500


def add(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add what entries move."""
    moved = [(*key, fen) for key, fen in sorted(sums_of(entries).items())]
    add_rows(connection, balance, ("owner", "account", "amount_fen"), moved)


def of_people(connection: Connection, owners: Collection[str]) -> dict[str, dict[str, int]]:
    """Return each owner's balances, fen by account; accounts that were never used are absent."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for some in portions(sorted(owners), _PEOPLE_A_QUERY):
        query = select(balance).where(balance.c.owner.in_(some))
        for owner, account, amount_fen in connection.execute(query):
            found[owner][account] = amount_fen
    return found


def all_of(connection: Connection) -> list[tuple[str, str, int]]:
    """Return (owner, account, fen), the company's accounts included, without empty ones."""
    query = select(balance).where(balance.c.amount_fen != 0)
    rows = connection.execute(query.order_by(balance.c.owner, balance.c.account))
    return [(owner, account, amount_fen) for owner, account, amount_fen in rows]


def sums(connection: Connection, *conditions: Any) -> dict[tuple[str, str], int]:
    """Return fen by (employee, account) over some entries, read from the ledger itself.

    Accounts of the company are left out; what moves between two of a person's counts at both.
    """
    mine = select(ledger.c.employee_id, ledger.c.account, ledger.c.amount_fen).where(*conditions)
    other = select(ledger.c.employee_id, ledger.c.contra, -ledger.c.amount_fen).where(
        *conditions, ledger.c.contra.in_(PERSONAL)
    )
    both = union_all(mine, other).subquery()
    who, account, amount_fen = both.c
    query = select(who, account, func.sum(amount_fen)).group_by(who, account)
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}


def by_person(found: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Return sums as fen by account for each person."""
    people: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (employee_id, account), amount_fen in found.items():
        people[employee_id][account] = amount_fen
    return people


def wrong_balances(connection: Connection) -> Iterable[tuple[str, str, int, int]]:
    """Yield (owner, account, kept, summed) where what is kept is not what the ledger says."""
    kept = {
        (owner, account): amount_fen
        for owner, account, amount_fen in all_of(connection)
        if account in PERSONAL
    }
    summed = {key: amount_fen for key, amount_fen in sums(connection).items() if amount_fen}
    for key in sorted(kept.keys() | summed.keys()):
        if kept.get(key, 0) != summed.get(key, 0):
            yield (*key, kept.get(key, 0), summed.get(key, 0))
