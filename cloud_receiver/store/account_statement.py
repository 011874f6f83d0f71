"""The itemised statement (对账单) of one person and month, and the signatures under it.

Every entry that counts in the month with its why, and for each account what stood before
and after. A signature names the hash of exactly what was shown, so that a later change shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from cloud_receiver.domain.accounts import PERSONAL, PersonAccount
from cloud_receiver.domain.ledger import Kind
from cloud_receiver.domain.outcomes import Explanation
from cloud_receiver.domain.periods import parse_period
from cloud_receiver.store import balances
from cloud_receiver.store.closing import COUNTED_IN
from cloud_receiver.store.engine import insert_ignore
from cloud_receiver.store.tables import employee, ledger, period_close, signature, store
from sync.errors import DakaError

METHODS: Final = ("page", "paper", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of a statement.

    Attributes:
        account, contra: from the person's side; what moves between two of the person's
            accounts stands in both totals.
        for_period: the month it is about, where that is an earlier one.
    """

    entry_no: int
    entry_id: str
    kind: str
    rule_version: int
    work_date: str
    for_period: str
    account: str
    contra: str
    amount_fen: int
    explanation: Explanation
    adjusts: str | None
    booked_utc_ms: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """An account over the month; fen."""

    account: str
    opening_fen: int
    in_fen: int
    out_fen: int

    @property
    def closing_fen(self) -> int:
        """Return what stands at the month's end."""
        return self.opening_fen + self.in_fen + self.out_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A person's word that a statement was seen; `is_current`: it still says the same."""

    signed_utc_ms: int
    author: str
    method: str
    note: str
    content_sha256: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatement:
    """A person's month, itemised."""

    employee_id: str
    name: str
    store_id: str
    store_name: str
    zone: str
    period: str
    is_closed: bool
    lines: tuple[Line, ...]
    accounts: tuple[AccountLine, ...]
    content_sha256: str
    signatures: tuple[Signature, ...]


def account_statement(connection: Connection, employee_id: str, period: str) -> AccountStatement:
    """Return a person's statement; a month without entries has one too.

    Raises:
        DakaError: nobody is called so, or the period is no month.
    """
    who = connection.execute(
        select(employee.c.name, employee.c.store_id, store.c.name.label("store_name"), store.c.zone)
        .outerjoin(store, store.c.store_id == employee.c.store_id)
        .where(employee.c.employee_id == employee_id)
    ).one_or_none()
    if who is None:
        raise DakaError(f"there is no employee {employee_id!r}")
    lines = _lines(connection, employee_id, parse_period(period))
    before = balances.sums(connection, ledger.c.employee_id == employee_id, period > COUNTED_IN)
    accounts = _accounts({key[1]: fen for key, fen in before.items()}, lines)
    content = _content_sha256(employee_id, period, accounts, lines)
    is_closed = select(period_close.c.period).where(period_close.c.period >= period).limit(1)
    return AccountStatement(
        employee_id=employee_id,
        name=who.name,
        store_id=who.store_id,
        store_name=who.store_name or who.store_id,
        zone=who.zone or "UTC",
        period=period,
        is_closed=connection.scalar(is_closed) is not None,
        lines=lines,
        accounts=accounts,
        content_sha256=content,
        signatures=_signatures(connection, employee_id, period, content),
    )


def _lines(connection: Connection, employee_id: str, period: str) -> tuple[Line, ...]:
    query = select(ledger).where(ledger.c.employee_id == employee_id, COUNTED_IN.in_([period]))
    return tuple(
        Line(
            entry_no=row.entry_no,
            entry_id=row.entry_id,
            kind=row.kind or Kind.OUTCOME.value,
            rule_version=row.rule_version,
            work_date=row.work_date,
            for_period=row.for_period or row.work_date[:7],
            account=row.account,
            contra=row.contra,
            amount_fen=row.amount_fen,
            explanation=Explanation.from_json(row.explanation),
            adjusts=row.adjusts,
            booked_utc_ms=row.booked_utc_ms,
            hash=row.hash,
        )
        for row in connection.execute(query.order_by(ledger.c.entry_no))
    )


def _accounts(opening: Mapping[str, int], lines: Sequence[Line]) -> tuple[AccountLine, ...]:
    moved: dict[str, list[int]] = {account.value: [0, 0] for account in PersonAccount}
    for line in lines:
        sides = [(line.account, line.amount_fen), (line.contra, -line.amount_fen)]
        for account, amount_fen in sides:
            if account in PERSONAL:
                moved[account][amount_fen < 0] += amount_fen
    return tuple(
        AccountLine(account=name, opening_fen=opening.get(name, 0), in_fen=up_fen, out_fen=down_fen)
        for name, (up_fen, down_fen) in moved.items()
    )


def _content_sha256(
    employee_id: str, period: str, accounts: Sequence[AccountLine], lines: Sequence[Line]
) -> str:
    opening = [[line.account, line.opening_fen] for line in accounts]
    content = [employee_id, period, opening, [line.hash for line in lines]]
    return sha256(msgspec.json.encode(content)).hexdigest()


def _signatures(
    connection: Connection, employee_id: str, period: str, content: str
) -> tuple[Signature, ...]:
    query = select(signature).where(
        signature.c.employee_id == employee_id, signature.c.period == period
    )
    return tuple(
        Signature(
            signed_utc_ms=row.signed_utc_ms,
            author=row.author,
            method=row.method,
            note=row.note,
            content_sha256=row.content_sha256,
            is_current=row.content_sha256 == content,
        )
        for row in connection.execute(query.order_by(signature.c.signed_utc_ms))
    )


def sign(
    connection: Connection,
    employee_id: str,
    period: str,
    content_sha256: str,
    author: str,
    method: str,
    now_utc_ms: int,
    note: str = "",
) -> AccountStatement:
    """Record that the person signed what was shown; signing it again changes nothing.

    Args:
        content_sha256: of the statement that was shown, not of what stands by now.
        method: one of `METHODS`.

    Raises:
        DakaError: the statement says something else by now: show it again.
    """
    if method not in METHODS:
        raise DakaError(f"signed by {method!r}: it is one of {', '.join(METHODS)}")
    stands = account_statement(connection, employee_id, period)
    if stands.content_sha256 != content_sha256:
        raise DakaError(
            f"the statement of {employee_id} for {period} changed since it was shown; show it again"
        )
    row = {
        "employee_id": employee_id, "period": period, "content_sha256": content_sha256,
        "signed_utc_ms": now_utc_ms, "author": author, "method": method, "note": note,
    }  # fmt: skip
    insert_ignore(connection, signature, [row])
    return account_statement(connection, employee_id, period)
