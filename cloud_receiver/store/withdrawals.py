"""Withdrawals from the instant account, in two phases; the ledger itself is their record.

Asked for, the amount leaves the account and waits; then it is paid out, or given back. The
same request id is the same withdrawal, however often it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select

from cloud_receiver.domain.accounts import PersonAccount
from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.notices import DEFAULT_CHANNELS, told_of
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.domain.transfers import Subject, ask, settle, withdrawal_key
from cloud_receiver.domain.workday import local_date
from cloud_receiver.store import balances, organisation
from cloud_receiver.store.ledger import book, entries_about, lock
from cloud_receiver.store.notices import tell
from cloud_receiver.store.tables import IS_WITHDRAWAL, ledger
from sync.errors import ToldError
from sync.money import yuan_text

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")


class WithdrawalError(ToldError):
    """A withdrawal cannot be made or settled; the message says why."""


class WithdrawalState(StrEnum):
    """Where a withdrawal stands."""

    PENDING = "pending"
    PAID = "paid"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A withdrawal as its entries tell."""

    request_id: str
    employee_id: str
    amount_fen: int
    asked_utc_ms: int
    state: WithdrawalState
    settled_utc_ms: int | None


def available_fen(connection: Connection, employee_id: str) -> int:
    """Return what a person may withdraw now."""
    own = balances.of_people(connection, [employee_id]).get(employee_id, {})
    return max(0, own.get(PersonAccount.INSTANT, 0))


def withdraw(
    connection: Connection, employee_id: str, amount_fen: int, request_id: str, now_utc_ms: int
) -> Withdrawal:
    """Ask for an amount; the same request again changes nothing.

    Raises:
        WithdrawalError: there is not so much, nobody is called so, or the request's id is
            used for another one.
    """
    if not _REQUEST_ID.fullmatch(request_id):
        raise WithdrawalError(
            f"申请编号 {request_id!r} 只能用 1 至 64 个字母、数字和 _ . : -",
            f"request {request_id!r}: use 1-64 letters, digits, '_', '.', ':', '-'",
        )
    lock(connection)
    found = withdrawal(connection, request_id)
    if found is not None:
        if (found.employee_id, found.amount_fen) != (employee_id, amount_fen):
            raise WithdrawalError(
                f"申请编号 {request_id} 已用于另一笔提取,请重新打开页面",
                f"request {request_id} is {found.employee_id}'s over {yuan_text(found.amount_fen)}"
                " yuan; use another id",
            )
        return found
    available = available_fen(connection, employee_id)
    if not 0 < amount_fen <= available:
        raise WithdrawalError(
            f"最多可提取 {yuan_text(available)} 元,不能提取 {yuan_text(amount_fen)} 元",
            f"{employee_id} can withdraw up to {yuan_text(available)} yuan,"
            f" not {yuan_text(amount_fen)}",
        )
    home = organisation.home_stores(connection, [employee_id]).get(employee_id, "")
    zone = organisation.zone_of(organisation.sites(connection), home)
    subject = Subject(
        employee_id=employee_id, store_id=home, work_date=local_date(now_utc_ms, zone)
    )
    book(connection, [ask(subject, request_id, amount_fen)], now_utc_ms)
    return _of_entries(entries_about(connection, withdrawal_key(request_id)))


def settle_withdrawal(
    connection: Connection,
    request_id: str,
    now_utc_ms: int,
    *,
    paid: bool,
    reason: str = "",
    channels: Collection[str] = DEFAULT_CHANNELS,
) -> Withdrawal:
    """Say that a withdrawal was paid out, or give it back; saying the same again is harmless.

    Raises:
        WithdrawalError: there is no such withdrawal, or it was settled the other way.
    """
    lock(connection)
    found = withdrawal(connection, request_id)
    if found is None:
        raise WithdrawalError(
            f"没有提取申请 {request_id}", f"there is no withdrawal {request_id!r}"
        )
    wanted = WithdrawalState.PAID if paid else WithdrawalState.RETURNED
    if found.state is wanted:
        return found
    if found.state is not WithdrawalState.PENDING:
        raise WithdrawalError(
            f"提取申请 {request_id} 已经处理过了",
            f"withdrawal {request_id} is {found.state} already",
        )
    (asked,) = entries_about(connection, withdrawal_key(request_id))
    zone = organisation.zone_of(organisation.sites(connection), asked.store_id)
    entry = settle(
        asked,
        local_date(now_utc_ms, zone),
        paid=paid,
        reason=_reason(found.amount_fen, paid, reason),
    )
    booked = book(connection, [entry], now_utc_ms)
    tell(connection, [told_of(booked[0])], tuple(channels), now_utc_ms, groups=False)
    return _of_entries(entries_about(connection, withdrawal_key(request_id)))


def _reason(amount_fen: int, paid: bool, reason: str) -> Text:
    yuan = yuan_text(amount_fen)
    zh, en = ("已支付", "paid") if paid else ("未支付,已退回即时账户", "not paid, given back")
    more = f":{reason}" if reason else ""
    return Text(f"{yuan}元{zh}{more}", f"{yuan} yuan {en}{more and ': ' + reason}")


def withdrawal(connection: Connection, request_id: str) -> Withdrawal | None:
    """Return a withdrawal, None when there is no such."""
    entries = entries_about(connection, withdrawal_key(request_id))
    return _of_entries(entries) if entries else None


def waiting(connection: Connection) -> list[Withdrawal]:
    """Return the withdrawals that somebody has to pay or give back, oldest first."""
    settled = select(ledger.c.adjusts).where(IS_WITHDRAWAL, ledger.c.adjusts.is_not(None))
    query = select(ledger).where(
        IS_WITHDRAWAL,
        ledger.c.adjusts.is_(None),
        ledger.c.entry_id.not_in(settled),
    )
    rows = connection.execute(query.order_by(ledger.c.entry_no))
    return [_of_entries([Entry(*row)]) for row in rows]


def of_person(connection: Connection, employee_id: str, limit: int = 10) -> list[Withdrawal]:
    """Return a person's withdrawals, newest first."""
    query = select(ledger.c.outcome_key).where(
        IS_WITHDRAWAL,
        ledger.c.adjusts.is_(None),
        ledger.c.employee_id == employee_id,
    )
    keys = connection.scalars(query.order_by(ledger.c.entry_no.desc()).limit(limit))
    return [_of_entries(entries_about(connection, key)) for key in keys.all()]


def _of_entries(entries: Sequence[Entry]) -> Withdrawal:
    asked = entries[0]
    state, settled_utc_ms = WithdrawalState.PENDING, None
    if len(entries) > 1:
        is_paid = entries[1].account == PersonAccount.PAID
        state = WithdrawalState.PAID if is_paid else WithdrawalState.RETURNED
        settled_utc_ms = entries[1].booked_utc_ms
    return Withdrawal(
        request_id=asked.outcome_key.partition("/")[2],
        employee_id=asked.employee_id,
        amount_fen=-asked.amount_fen,
        asked_utc_ms=asked.booked_utc_ms,
        state=state,
        settled_utc_ms=settled_utc_ms,
    )
