"""What a campaign may cost: the last of the limits an amount passes (after rule cap and day floor).

What was granted during the campaign stands, for people were told; it uses the budget up.
What is left is shared among the rewards of the closing, by a policy chosen in advance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import msgspec

from cloud_receiver.domain.outcomes import CapApplied, Outcome, Reason, Text
from sync.money import MAX_FEN, yuan_text


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
    """Return the outcomes of a closing with their rewards held within the budget.

    A fraction of a fen is nobody's, so the sum never exceeds the rest.

    Args:
        outcomes: of one campaign, the first to be served first.
        spent_fen: what the campaign's other rewards have cost so far.
    """
    left_fen = max(0, budget.amount_fen - spent_fen)
    wanted_fen = sum(max(0, one.amount_fen) for one in outcomes)
    if wanted_fen <= left_fen:
        return list(outcomes)
    served = []
    rest_fen = left_fen
    for one in outcomes:
        if one.amount_fen <= 0:
            served.append(one)
            continue
        due_fen = min(one.amount_fen, rest_fen)
        if budget.share is Share.PRO_RATA:
            due_fen = one.amount_fen * left_fen // wanted_fen
        rest_fen -= due_fen
        served.append(_reduced(one, due_fen, budget.amount_fen))
    return served


def _reduced(one: Outcome, amount_fen: int, budget_fen: int) -> Outcome:
    if amount_fen == one.amount_fen:
        return one
    held_back_fen = one.amount_fen - amount_fen
    cap = CapApplied("campaign_budget", budget_fen, held_back_fen)
    told = Text(
        zh=f"活动预算{yuan_text(budget_fen)}元不足,少发{yuan_text(held_back_fen)}元",
        en=f"the campaign's budget of {yuan_text(budget_fen)} yuan is not enough; "
        f"{yuan_text(held_back_fen)} yuan less",
    )
    why = one.explanation
    message = Text(zh=f"{why.message.zh}({told.zh})", en=f"{why.message.en} ({told.en})")
    reason = Reason("campaign_budget", told) if amount_fen == 0 else why.reason
    explanation = msgspec.structs.replace(
        why, caps=(*why.caps, cap), reason=reason, message=message
    )
    return replace(one, amount_fen=amount_fen, explanation=explanation)
