"""The close of a month for one person: what is paid, what is taken, what is carried forward.

Rewards never become a negative payment: what was taken back is carried forward and offset
against later rewards. Deductions take only from the month's conditional subsidy, and what
the law deferred is taken where a later month leaves room for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cloud_receiver.domain.accounts import PAYROLL_CLEARING, PersonAccount
from cloud_receiver.domain.ledger import Entry, Kind
from cloud_receiver.domain.outcomes import Text
from cloud_receiver.domain.transfers import Move, Subject, draft
from sync.money import yuan_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a person stands when a month is closed; fen.

    Attributes:
        balances: by account, of everything that counts up to the month.
        deferred_before_fen: the part of `deferred` from earlier months, not positive.
        subsidy_due_fen: the conditional subsidy of the month, before deductions.
        limit_fen: what the law lets the month's deductions be; None: nothing deferred is
            taken, for the wage is not touched.
    """

    subject: Subject
    period: str
    balances: Mapping[str, int]
    deferred_before_fen: int
    subsidy_due_fen: int
    limit_fen: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What a close hands to payroll for one person; deductions are negative."""

    employee_id: str
    bonus_fen: int
    subsidy_fen: int
    carried_forward_fen: int
    deferred_fen: int
    held_fen: int


def close(standing: Standing) -> list[Entry]:
    """Return the entries that empty the month's accounts, in the order of booking."""
    return [draft(standing.subject, move) for move in _moves(standing)]


def _moves(standing: Standing) -> Iterator[Move]:
    balances = standing.balances
    subsidy_fen = balances.get(PersonAccount.SUBSIDY, 0)
    if taken_fen := _deferred_taken_fen(standing, subsidy_fen):
        yield _move(standing, "deferred", PersonAccount.SUBSIDY, PersonAccount.DEFERRED, -taken_fen, _deferred_text(taken_fen))  # fmt: skip
        subsidy_fen -= taken_fen
    excess_fen = max(0, -subsidy_fen - standing.subsidy_due_fen)
    if excess_fen:
        yield _move(standing, "excess", PersonAccount.SUBSIDY, PersonAccount.CARRY_FORWARD, excess_fen, Text(
            f"扣减超过本月补贴,{yuan_text(excess_fen)}元结转",
            f"beyond this month's subsidy; {yuan_text(excess_fen)} yuan carried forward",
        ))  # fmt: skip
        subsidy_fen += excess_fen
    pending_fen = balances.get(PersonAccount.PENDING, 0)
    owed_fen = -min(0, balances.get(PersonAccount.CARRY_FORWARD, 0)) + excess_fen
    offset_fen = min(pending_fen, owed_fen)
    if offset_fen:
        yield _move(standing, "offset", PersonAccount.PENDING, PersonAccount.CARRY_FORWARD, -offset_fen, _offset_text(offset_fen))  # fmt: skip
        pending_fen -= offset_fen
    for name, account, amount_fen in (
        ("bonus", PersonAccount.PENDING, pending_fen),
        ("subsidy", PersonAccount.SUBSIDY, subsidy_fen),
    ):
        if amount_fen:
            yield _move(standing, name, account, PAYROLL_CLEARING, -amount_fen, Text(
                f"转入工资{yuan_text(amount_fen)}元",
                f"{yuan_text(amount_fen)} yuan handed to payroll",
            ))  # fmt: skip


def _deferred_taken_fen(standing: Standing, subsidy_fen: int) -> int:
    """Return how much of earlier months' deductions this month has room for.

    Negative: a deduction that was put off, taken later and then fell away is given back.
    """
    deferred_fen = standing.balances.get(PersonAccount.DEFERRED, 0)
    if deferred_fen > 0:
        return -deferred_fen
    if standing.limit_fen is None:
        return 0
    used_fen = max(0, -subsidy_fen)
    room_fen = min(standing.limit_fen, standing.subsidy_due_fen) - used_fen
    return max(0, min(-standing.deferred_before_fen, -deferred_fen, room_fen))


def _deferred_text(taken_fen: int) -> Text:
    if taken_fen < 0:
        return Text(
            f"延后执行的扣减被更正,退回{yuan_text(-taken_fen)}元",
            f"a deduction that was put off fell away: {yuan_text(-taken_fen)} yuan given back",
        )
    return Text(
        f"上期延后的扣减{yuan_text(taken_fen)}元,本月上限内执行",
        f"{yuan_text(taken_fen)} yuan deferred before are taken within this month's limit",
    )


def _offset_text(offset_fen: int) -> Text:
    if offset_fen < 0:
        return Text(
            f"更正后应收回{yuan_text(-offset_fen)}元,结转到以后的奖金,不作负数发放",
            f"{yuan_text(-offset_fen)} yuan to be taken back are carried forward; no payment"
            " is ever negative",
        )
    return Text(
        f"抵偿以前结转的{yuan_text(offset_fen)}元",
        f"makes good {yuan_text(offset_fen)} yuan carried forward before",
    )


def _move(
    standing: Standing, name: str, account: str, contra: str, amount_fen: int, detail: Text
) -> Move:
    return Move(
        key=f"close/{standing.period}/{standing.subject.employee_id}/{name}",
        number=1,
        kind=Kind.CLOSE,
        account=str(account),
        contra=str(contra),
        amount_fen=amount_fen,
        title=Text(f"{standing.period} 封账", f"Close of {standing.period}"),
        detail=detail,
    )


def payment_of(standing: Standing, entries: list[Entry]) -> Payment:
    """Return what a close hands over, from its entries."""
    sums = dict(standing.balances)
    handed = {PersonAccount.PENDING.value: 0, PersonAccount.SUBSIDY.value: 0}
    for entry in entries:
        sums[entry.account] = sums.get(entry.account, 0) + entry.amount_fen
        if entry.contra == PAYROLL_CLEARING:
            handed[entry.account] -= entry.amount_fen
        else:
            sums[entry.contra] = sums.get(entry.contra, 0) - entry.amount_fen
    return Payment(
        employee_id=standing.subject.employee_id,
        bonus_fen=handed[PersonAccount.PENDING],
        subsidy_fen=handed[PersonAccount.SUBSIDY],
        carried_forward_fen=sums.get(PersonAccount.CARRY_FORWARD, 0),
        deferred_fen=sums.get(PersonAccount.DEFERRED, 0),
        held_fen=sums.get(PersonAccount.HELD, 0),
    )
