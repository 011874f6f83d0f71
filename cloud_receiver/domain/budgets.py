"""What a campaign may cost: the last of the limits an amount passes (after rule cap and day floor).

The rewards of the campaign's days come first, by work date, until nothing is left; what is
left is shared among the rewards of the closing, by a policy chosen in advance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

import msgspec

from cloud_receiver.domain.outcomes import CapApplied, Outcome, Reason, Text
from sync.money import MAX_FEN, yuan_text

CAP: Final = "campaign_budget"


class Share(StrEnum):
    """How too small a rest is shared."""

    PRO_RATA = "pro_rata"  # everybody gets the same part of what was promised
    FIRST_COME = "first_come"  # in the given order, until nothing is left


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a campaign may cost in all, and what happens when it is not enough."""

    amount_fen: int
    share: Share = Share.PRO_RATA

    @property
    def is_sound(self) -> bool:
        """Tell whether the amount can be meant."""
        return 0 <= self.amount_fen <= MAX_FEN


def limited(outcomes: Sequence[Outcome], budget: Budget, spent_fen: int) -> list[Outcome]:
    """Return the outcomes of a closing with their rewards held within the budget, see `shares`."""
    due_fen = shares([one.amount_fen for one in outcomes], budget, spent_fen)
    return [reduced(one, fen, budget) for one, fen in zip(outcomes, due_fen, strict=True)]


def shares(amounts_fen: Sequence[int], budget: Budget, spent_fen: int) -> list[int]:
    """Return what is left of the amounts of a closing within the budget; what is taken stays.

    A fraction of a fen is nobody's, so the sum never exceeds the rest.

    Args:
        amounts_fen: of one campaign, the first to be served first; signed.
        spent_fen: what the campaign's other rewards have cost so far.

    >>> shares([300, -50, 100], Budget(200), 0), shares([300, 100], Budget(350, Share.FIRST_COME), 0)
    ([150, -50, 50], [300, 50])
    """
    left_fen = max(0, budget.amount_fen - spent_fen)
    wanted_fen = sum(max(0, fen) for fen in amounts_fen)
    if wanted_fen <= left_fen:
        return list(amounts_fen)
    served = []
    rest_fen = left_fen
    for fen in amounts_fen:
        due_fen = min(fen, rest_fen)
        if fen > 0 and budget.share is Share.PRO_RATA:
            due_fen = fen * left_fen // wanted_fen
        rest_fen -= max(0, due_fen)
        served.append(due_fen)
    return served


def granted(outcomes: Sequence[Outcome], budget: Budget) -> list[Outcome]:
    """Return the rewards of a campaign's days held within its budget, first come first served.

    First is the earlier work date, whenever its data came: the order of arrival plays no part
    (law 6). So late data may take from a later day what was told already, as a correction.

    Args:
        outcomes: of one campaign's days, as rules said them, before the budget.
    """
    in_order = sorted(outcomes, key=lambda one: (one.work_date, one.outcome_key))
    return limited(in_order, Budget(budget.amount_fen, Share.FIRST_COME), 0)


def unlimited(one: Outcome) -> Outcome:
    """Return an outcome as it was said before its campaign's budget held part of it back."""
    why = one.explanation
    held_back = [cap for cap in why.caps if cap.cap == CAP]
    if not held_back:
        return one
    (cap,) = held_back
    told = _told(cap)
    message = Text(
        zh=why.message.zh.removesuffix(f"({told.zh})"),
        en=why.message.en.removesuffix(f" ({told.en})"),
    )
    explanation = msgspec.structs.replace(
        why,
        caps=tuple(other for other in why.caps if other.cap != CAP),
        reason=None if why.reason is not None and why.reason.code == CAP else why.reason,
        message=message,
    )
    return replace(one, amount_fen=one.amount_fen + cap.suppressed_fen, explanation=explanation)


def is_nearly_used(budget: Budget, spent_fen: int) -> bool:
    """Tell whether nine tenths of a budget are used up, so that somebody should know."""
    return spent_fen * 10 >= budget.amount_fen * 9


def _told(cap: CapApplied) -> Text:
    return Text(
        zh=f"活动预算{yuan_text(cap.limit_fen)}元不足,少发{yuan_text(cap.suppressed_fen)}元",
        en=f"the campaign's budget of {yuan_text(cap.limit_fen)} yuan is not enough; "
        f"{yuan_text(cap.suppressed_fen)} yuan less",
    )


def reduced(one: Outcome, amount_fen: int, budget: Budget) -> Outcome:
    """Return an outcome with the share of its amount that the budget leaves, and why."""
    if amount_fen == one.amount_fen:
        return one
    cap = CapApplied(CAP, budget.amount_fen, one.amount_fen - amount_fen)
    told = _told(cap)
    why = one.explanation
    message = Text(zh=f"{why.message.zh}({told.zh})", en=f"{why.message.en} ({told.en})")
    reason = Reason(CAP, told) if amount_fen == 0 else why.reason
    explanation = msgspec.structs.replace(
        why, caps=(*why.caps, cap), reason=reason, message=message
    )
    return replace(one, amount_fen=amount_fen, explanation=explanation)
