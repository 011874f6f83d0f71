"""What the law and people make of an outcome before it is booked.

A rule says what is due; a ruling says to which accounts it goes. Booking compares with what
stands in the ledger, so a ruling that comes, changes or falls away posts the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from cloud_receiver.domain.accounts import PersonAccount
from cloud_receiver.domain.outcomes import CapApplied, Explanation, Outcome, Reason

MONTH_LAW: Final = "month_law"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What is to happen with one outcome.

    Attributes:
        deferred_fen: the part of a deduction that the law puts off, not negative.
        limit_fen: what the law lets the month's deductions be; None: nothing was deferred.
        is_held: an appeal freezes the amount.
        decided_fen: what a person decided, in place of what the rule says; the rule may
            only do better for the employee afterwards.
        account: where a decided amount goes when the outcome is gone.
        reason: why the amount is another than the rule's.
    """

    deferred_fen: int = 0
    limit_fen: int | None = None
    is_held: bool = False
    decided_fen: int | None = None
    account: str = ""
    reason: Reason | None = None

    def amounts(self, outcome: Outcome | None) -> dict[str, int]:
        """Return what must stand in the ledger, fen by account."""
        said_fen = outcome.amount_fen if outcome else 0
        account = outcome.account.value if outcome else self.account
        if self.decided_fen is not None:
            return {account: max(self.decided_fen, said_fen)}
        if outcome is None:
            return {}
        if self.is_held:
            return {PersonAccount.HELD.value: said_fen}
        assert 0 <= self.deferred_fen <= max(-said_fen, 0), "only a deduction is deferred"
        return {account: said_fen + self.deferred_fen, PersonAccount.DEFERRED: -self.deferred_fen}

    def explain(self, explanation: Explanation) -> Explanation:
        """Return the outcome's explanation with what the ruling did to it."""
        if self.limit_fen is not None:
            cap = CapApplied(MONTH_LAW, self.limit_fen, self.deferred_fen)
            explanation = msgspec.structs.replace(explanation, caps=(*explanation.caps, cap))
        if self.reason is not None:
            explanation = msgspec.structs.replace(explanation, reason=self.reason)
        return explanation


UNRULED: Final = Ruling()
