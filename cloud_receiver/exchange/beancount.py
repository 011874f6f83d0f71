"""The whole ledger as beancount text: an audit by a program that is not ours.

``bean-check`` must find every transaction balanced and every balance as we keep it. Signs
are beancount's: what we owe a person is a negative liability, what was paid out is money
that is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Connection

from cloud_receiver.domain.accounts import (
    COMPANY,
    PAYROLL_CLEARING,
    PERSONAL,
    WITHDRAWAL_CLEARING,
    PersonAccount,
)
from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.outcomes import Explanation
from cloud_receiver.domain.workday import shift_date
from cloud_receiver.store import balances
from cloud_receiver.store.engine import stream

_COLUMNS: Final = ", ".join(Entry._fields)
_BEFORE_ALL: Final = "1990-01-01"
_PLAIN: Final = re.compile(r"[A-Za-z0-9]")
_CLEARING: Final = {
    PAYROLL_CLEARING: "Assets:Clearing:Payroll",
    WITHDRAWAL_CLEARING: "Assets:Clearing:Withdrawal",
}


def component(name: str) -> str:
    """Return an id as part of an account's name; different ids give different parts.

    >>> component("E1"), component("王芳")
    ('XE1', 'X-738b-82b3')
    """
    return "X" + "".join(char if _PLAIN.fullmatch(char) else f"-{ord(char):x}" for char in name)


def account_name(owner: str, account: str) -> str:
    """Return an account's name in beancount."""
    if owner == COMPANY:
        kind, _, campaign = account.partition(":")
        part = "".join(word.capitalize() for word in kind.split("_"))
        leaf = component(campaign) if campaign else "Daily"  # a balance counts what is below it
        return _CLEARING.get(account, f"Expenses:{part}:{leaf}")
    if account == PersonAccount.PAID:
        return f"Assets:Paid:{component(owner)}"
    part = "".join(word.capitalize() for word in account.split("_"))
    return f"Liabilities:People:{component(owner)}:{part}"


def lines(connection: Connection) -> Iterator[str]:
    """Yield the file line by line, in the order of booking, balances asserted at the end."""
    yield 'option "title" "Daka"'
    yield 'option "operating_currency" "CNY"'
    held = balances.all_of(connection)
    opened: set[str] = set()
    last_date = _BEFORE_ALL
    for entry in _entries(connection):
        last_date = max(last_date, entry.work_date)
        yield from _transaction(entry, opened)
    for owner, account, amount_fen in held:
        name = account_name(owner, account)
        yield f"{shift_date(last_date, 1)} balance {name} {_amount(-amount_fen)}"


def _entries(connection: Connection) -> Iterable[Entry]:
    query = f"SELECT {_COLUMNS} FROM ledger ORDER BY entry_no"  # noqa: S608 - our own names
    return map(Entry._make, stream(connection, query))


def _transaction(entry: Entry, opened: set[str]) -> Iterator[str]:
    mine = account_name(entry.employee_id, entry.account)
    other_owner = entry.employee_id if entry.contra in PERSONAL else COMPANY
    other = account_name(other_owner, entry.contra)
    for name in (mine, other):
        if name not in opened:
            opened.add(name)
            yield f"{_BEFORE_ALL} open {name} CNY"
    title = Explanation.from_json(entry.explanation).rule.zh
    yield f'{entry.work_date} * "{_quoted(entry.employee_id)}" "{_quoted(title)}"'
    yield f'  entry_id: "{_quoted(entry.entry_id)}"'
    yield f'  hash: "{entry.hash}"'
    yield f"  {mine}  {_amount(-entry.amount_fen)}"
    yield f"  {other}  {_amount(entry.amount_fen)}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _amount(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d} CNY"
