"""What payroll takes over of a month, item by item, and how one export differs from the last.

An item is what one statement of the ledger comes to in the month, its corrections included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

import msgspec

from cloud_receiver.domain.accounts import PAYROLL_CLEARING, PersonAccount
from cloud_receiver.domain.because import because
from cloud_receiver.domain.ledger import Entry, Kind
from cloud_receiver.domain.outcomes import Explanation, Text


class Part(StrEnum):
    """Which part of the pay an item belongs to."""

    BONUS = "bonus"  # 奖金
    SUBSIDY = "subsidy"  # 补贴扣减; deductions are negative


_PARTS: Final = {
    PersonAccount.PENDING.value: Part.BONUS,
    PersonAccount.SUBSIDY.value: Part.SUBSIDY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a payroll file.

    Attributes:
        key: what it is about: an outcome of the ledger, or a step of the month's close.
        for_period: the month it is about; an earlier one when it was corrected late.
        entry_ids: the ledger's entries it adds up, oldest first.
        why: of the newest of them.
    """

    employee_id: str
    part: Part
    key: str
    rule_id: str
    rule_version: int
    work_date: str
    for_period: str
    amount_fen: int
    title: Text
    why: Text
    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An item that one export has otherwise than the one before; fen, 0 where it is not there."""

    item: Item
    before_fen: int
    after_fen: int


def items_of(entries: Iterable[Entry]) -> tuple[Item, ...]:
    """Return the items of a month's entries, by person, date and key.

    What only hands the sum to payroll is no item, and neither is what payroll never sees:
    the instant account is paid out by withdrawal.

    Args:
        entries: all that counts in the month, oldest first.
    """
    found: dict[tuple[str, Part, str], Item] = {}
    for entry in entries:
        if PAYROLL_CLEARING in (entry.account, entry.contra):
            continue
        for account, amount_fen in (
            (entry.account, entry.amount_fen),
            (entry.contra, -entry.amount_fen),
        ):
            if account in _PARTS:
                key = (entry.employee_id, _PARTS[account], entry.outcome_key)
                found[key] = _added(found.get(key), entry, key[1], amount_fen)
    order = sorted(
        found.values(), key=lambda one: (one.employee_id, one.work_date, one.key, one.part)
    )
    return tuple(order)


def _added(before: Item | None, entry: Entry, part: Part, amount_fen: int) -> Item:
    told = Explanation.from_json(entry.explanation)
    return Item(
        employee_id=entry.employee_id,
        part=part,
        key=entry.outcome_key,
        rule_id=entry.rule_id,
        rule_version=entry.rule_version,
        work_date=entry.work_date,
        for_period=entry.for_period or entry.work_date[:7],
        amount_fen=amount_fen + (before.amount_fen if before else 0),
        title=told.rule,
        why=because(entry.kind or Kind.OUTCOME, entry.rule_version, told),
        entry_ids=(*(before.entry_ids if before else ()), entry.entry_id),
    )


def totals_fen(items: Iterable[Item]) -> dict[str, dict[Part, int]]:
    """Return each person's sums by part."""
    sums: dict[str, dict[Part, int]] = {}
    for one in items:
        own = sums.setdefault(one.employee_id, dict.fromkeys(Part, 0))
        own[one.part] += one.amount_fen
    return sums


def content_sha256(period: str, *, is_final: bool, items: Sequence[Item]) -> str:
    """Return the hash of exactly what a file says, whatever its form or language."""
    return sha256(msgspec.json.encode([period, is_final, items])).hexdigest()


def differences(before: Sequence[Item], after: Sequence[Item]) -> tuple[Change, ...]:
    """Return what changed between two exports of a month, with the newest reason of each."""
    old = {(one.employee_id, one.part, one.key): one for one in before}
    new = {(one.employee_id, one.part, one.key): one for one in after}
    changes = []
    for key in sorted(old.keys() | new.keys()):
        was, stands = old.get(key), new.get(key)
        before_fen, after_fen = was.amount_fen if was else 0, stands.amount_fen if stands else 0
        one = stands or was
        assert one is not None, "a key of one of the two"
        if before_fen != after_fen:
            changes.append(Change(item=one, before_fen=before_fen, after_fen=after_fen))
    return tuple(changes)
