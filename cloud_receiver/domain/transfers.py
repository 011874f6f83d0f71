"""What the ledger books besides outcomes: withdrawals, payroll, and what is carried forward.

Every function returns drafts; `ledger.chained` makes entries of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cloud_receiver.domain.accounts import (
    PAYROLL_CLEARING,
    WITHDRAWAL_CLEARING,
    PersonAccount,
)
from cloud_receiver.domain.ledger import Entry, Kind, blank
from cloud_receiver.domain.outcomes import Explanation, Text
from sync.money import yuan_text

_ASK: Final = 1
_SETTLE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a transfer is about, where and as of which date."""

    employee_id: str
    store_id: str
    work_date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An amount from one account to another, signed for `account`."""

    key: str
    number: int
    kind: Kind
    account: str
    contra: str
    amount_fen: int
    title: Text
    detail: Text
    adjusts: str | None = None


def draft(subject: Subject, move: Move) -> Entry:
    """Return a move as an entry that explains itself."""
    explanation = Explanation(
        rule=move.title,
        row=move.detail,
        facts={},
        formula=f"{move.amount_fen} fen",
        gross_fen=move.amount_fen,
        caps=(),
        reason=None,
        evidence={},
        message=Text(
            f"{subject.work_date} {move.title.zh}:{move.detail.zh}",
            f"{subject.work_date} {move.title.en}: {move.detail.en}",
        ),
    )
    return blank(move.kind)._replace(
        entry_id=f"{move.key}#{move.number}",
        outcome_key=move.key,
        employee_id=subject.employee_id,
        store_id=subject.store_id,
        work_date=subject.work_date,
        account=move.account,
        contra=move.contra,
        amount_fen=move.amount_fen,
        rule_id=move.kind.value,
        explanation=explanation.to_json(),
        adjusts=move.adjusts,
    )


# ---- the floor of the instant account -----------------------------------------------------


def floor(cause: Entry, balances: Mapping[str, int]) -> Entry | None:
    """Return what keeps the instant account from being negative, None when nothing is to do.

    An award that was paid out and then fell away is carried forward; the wage is never
    touched. Later instant awards make it good before they can be withdrawn.

    Args:
        cause: the entry after which the account was looked at.
        balances: of the person, fen by account, `cause` included.
    """
    instant_fen = balances.get(PersonAccount.INSTANT, 0)
    owed_fen = -min(0, balances.get(PersonAccount.CARRY_FORWARD, 0))
    if instant_fen < 0:
        amount_fen, detail = -instant_fen, Text(
            f"已提取的奖金被更正,{yuan_text(-instant_fen)}元结转,以后的奖金先抵,不扣工资",
            f"an award that was paid out fell away: {yuan_text(-instant_fen)} yuan are carried"
            " forward against later awards; the wage is not touched",
        )  # fmt: skip
    elif instant_fen > 0 and owed_fen > 0:
        made_good_fen = min(instant_fen, owed_fen)
        amount_fen, detail = -made_good_fen, Text(
            f"抵偿以前结转的{yuan_text(made_good_fen)}元",
            f"makes good {yuan_text(made_good_fen)} yuan carried forward before",
        )  # fmt: skip
    else:
        return None
    subject = Subject(
        employee_id=cause.employee_id, store_id=cause.store_id, work_date=cause.work_date
    )
    return draft(subject, Move(
        key=f"floor/{cause.employee_id}/{cause.entry_no}", number=1, kind=Kind.FLOOR,
        account=PersonAccount.INSTANT.value, contra=PersonAccount.CARRY_FORWARD.value,
        amount_fen=amount_fen, title=Text("结转", "Carry-forward"), detail=detail,
        adjusts=cause.entry_id,
    ))  # fmt: skip


# ---- withdrawal ---------------------------------------------------------------------------


def withdrawal_key(request_id: str) -> str:
    """Return what a withdrawal's entries are about; the same request is the same key."""
    return f"withdrawal/{request_id}"


def ask(subject: Subject, request_id: str, amount_fen: int) -> Entry:
    """Return the first phase: the amount leaves the instant account and waits."""
    assert amount_fen > 0, "a withdrawal is positive"
    return draft(subject, Move(
        key=withdrawal_key(request_id), number=_ASK, kind=Kind.WITHDRAWAL,
        account=PersonAccount.INSTANT.value, contra=WITHDRAWAL_CLEARING, amount_fen=-amount_fen,
        title=Text("提取即时奖金", "Withdrawal"),
        detail=Text(f"申请提取{yuan_text(amount_fen)}元", f"{yuan_text(amount_fen)} yuan asked for"),
    ))  # fmt: skip


def settle(asked: Entry, work_date: str, *, paid: bool, reason: Text) -> Entry:
    """Return the second phase: paid out, or given back to the instant account."""
    subject = Subject(employee_id=asked.employee_id, store_id=asked.store_id, work_date=work_date)
    account = PersonAccount.PAID if paid else PersonAccount.INSTANT
    return draft(subject, Move(
        key=asked.outcome_key, number=_SETTLE, kind=Kind.WITHDRAWAL, account=account.value,
        contra=WITHDRAWAL_CLEARING, amount_fen=-asked.amount_fen,
        title=Text("提取即时奖金", "Withdrawal"), detail=reason, adjusts=asked.entry_id,
    ))  # fmt: skip


# ---- payroll ------------------------------------------------------------------------------


def paid_by_payroll(subject: Subject, period: str, amount_fen: int) -> Entry:
    """Return that payroll paid, or kept back, what the close of a month handed over."""
    yuan = yuan_text(amount_fen)
    return draft(subject, Move(
        key=f"payroll/{period}/{subject.employee_id}", number=1, kind=Kind.PAYROLL,
        account=PersonAccount.PAID.value, contra=PAYROLL_CLEARING, amount_fen=amount_fen,
        title=Text(f"{period} 工资发放", f"Payroll of {period}"),
        detail=Text(f"随工资结算{yuan}元", f"{yuan} yuan settled with the wage"),
    ))  # fmt: skip
