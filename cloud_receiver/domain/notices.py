"""What is told to whom when the ledger changes: one notice for each outcome that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from cloud_receiver.domain.ledger import Entry
from cloud_receiver.domain.messages import correction
from cloud_receiver.domain.outcomes import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one person.

    Attributes:
        notice_id: the ledger entry it tells about; receivers drop a second one with it.
        document: the same as JSON for machines, with amounts in fen.
    """

    notice_id: str
    employee_id: str
    text_zh: str
    text_en: str
    document: str


def notices_of(booked: Iterable[Entry], posted: Iterable[Entry]) -> list[Notice]:
    """Return the notices for newly posted entries, in their order.

    An outcome that only moved to another account changes no amount and is not announced.

    Args:
        booked: what stood in the ledger for the same employee-days before.
    """
    before: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in booked:
        before[entry.outcome_key].append(entry)
    changed: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in posted:
        changed[entry.outcome_key].append(entry)
    return [
        _notice(before[key], entries)
        for key, entries in changed.items()
        if sum(entry.amount_fen for entry in entries) != 0
    ]


def _notice(before: Sequence[Entry], entries: Sequence[Entry]) -> Notice:
    last = entries[-1]
    before_fen = sum(entry.amount_fen for entry in before)
    change_fen = sum(entry.amount_fen for entry in entries)
    explanation = Explanation.from_json(last.explanation)
    text = explanation.message
    if before:
        text = correction(
            explanation.rule,
            last.work_date,
            before_fen=before_fen,
            after_fen=before_fen + change_fen,
            number=len(before),
        )
    document = {
        "notice_id": last.entry_id,
        "kind": "correction" if before else "reward" if change_fen > 0 else "deduction",
        "employee_id": last.employee_id,
        "store_id": last.store_id,
        "work_date": last.work_date,
        "rule_id": last.rule_id,
        "rule_version": last.rule_version,
        "row_id": last.row_id,
        "account": last.account,
        "before_fen": before_fen,
        "after_fen": before_fen + change_fen,
        "booked_utc_ms": last.booked_utc_ms,
    }
    return Notice(
        notice_id=last.entry_id,
        employee_id=last.employee_id,
        text_zh=text.zh,
        text_en=text.en,
        document=msgspec.json.encode(document).decode(),
    )
