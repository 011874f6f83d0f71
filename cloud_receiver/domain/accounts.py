"""The accounts of the ledger: those of a person, and the company's against them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cloud_receiver.domain.outcomes import Account, Text

COMPANY: Final = "company"
PAYROLL_CLEARING: Final = "payroll_clearing"
WITHDRAWAL_CLEARING: Final = "withdrawal_clearing"
_EXPENSE: Final = "incentive_expense"
_SUBSIDY_EXPENSE: Final = "subsidy_expense"


class PersonAccount(StrEnum):
    """A person's accounts; what is positive is the person's.

    Rules book to the first three only; the others are moved to by what the ledger does itself.
    """

    INSTANT = "instant"
    PENDING = "pending"
    SUBSIDY = "subsidy"
    CARRY_FORWARD = "carry_forward"
    DEFERRED = "deferred"
    HELD = "held"
    PAID = "paid"


ACCOUNT_NAMES: Final[dict[str, Text]] = {
    PersonAccount.INSTANT: Text("即时奖金", "Instant bonus"),
    PersonAccount.PENDING: Text("待发放奖金", "Bonus to be paid"),
    PersonAccount.SUBSIDY: Text("补贴扣减", "Subsidy not granted"),
    PersonAccount.CARRY_FORWARD: Text("结转", "Carried forward"),
    PersonAccount.DEFERRED: Text("结转(法定上限)", "Deferred by law"),
    PersonAccount.HELD: Text("冻结(申诉中)", "Held during appeal"),
    PersonAccount.PAID: Text("已发放", "Paid"),
}
PERSONAL: Final = frozenset(account.value for account in PersonAccount)


def expense(account: Account, campaign_id: str = "") -> str:
    """Return the company's account that bears what a rule books, by campaign."""
    if account is Account.SUBSIDY:
        return _SUBSIDY_EXPENSE
    return f"{_EXPENSE}:{campaign_id}" if campaign_id else _EXPENSE


def owner(account: str, employee_id: str) -> str:
    """Return whose an account is that stands in an entry about a person."""
    return employee_id if account in PERSONAL else COMPANY
