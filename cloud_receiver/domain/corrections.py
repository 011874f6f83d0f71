"""Corrections of card points, 补卡 and 改签: which may count, and which one does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from cloud_receiver.domain.entries import CorrectionStyle
from cloud_receiver.domain.findings import FindingCode
from cloud_receiver.domain.workday import CheckType, midnight_utc_ms, shift_date

UNLIMITED: Final = -1


@dataclass(frozen=True, slots=True, order=True)
class Filed:
    """A correction that was not withdrawn; in the order in which they were entered.

    Attributes:
        ordinal: of its person's card corrections for that month, from 1; 0 for an edit.
        replaces: the record that no longer counts, or empty.
    """

    entered_utc_ms: int
    record_id: str
    work_date: str
    check_type: CheckType
    shift_no: int
    style: CorrectionStyle
    at_utc_ms: int | None
    replaces: str
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often a month and how many days later a person may ask for a card.

    `UNLIMITED` lifts either. What the management edits has no limit.
    """

    cards_a_month: int = 3
    within_days: int = 30


def objection(filed: Filed, allowance: Allowance, zone: str) -> FindingCode | None:
    """Return why a correction does not count, None when it does."""
    if filed.style is CorrectionStyle.EDIT:
        return None
    if allowance.cards_a_month != UNLIMITED and filed.ordinal > allowance.cards_a_month:
        return FindingCode.CARD_OVER_QUOTA
    if allowance.within_days != UNLIMITED:
        until = midnight_utc_ms(shift_date(filed.work_date, allowance.within_days + 1), zone)
        if filed.entered_utc_ms >= until:
            return FindingCode.CARD_TOO_LATE
    return None


def numbered(filed: Iterable[Filed]) -> list[Filed]:
    """Return corrections of one person with their ordinals within each month."""
    counts: dict[str, int] = {}
    found = []
    for one in sorted(filed):
        ordinal = 0
        if one.style is CorrectionStyle.CARD:
            month = one.work_date[:7]
            ordinal = counts[month] = counts.get(month, 0) + 1
        found.append(replace(one, ordinal=ordinal))
    return found
