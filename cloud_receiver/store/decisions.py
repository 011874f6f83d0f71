"""Deciding a matter, and taking a decision back: both add, neither removes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, insert, select, update

from cloud_receiver.domain.appeals import State
from cloud_receiver.domain.entries import Correction, CorrectionStyle, Leave, Purpose, Withdrawal
from cloud_receiver.domain.notices import DEFAULT_CHANNELS
from cloud_receiver.domain.results import DayStatus
from cloud_receiver.domain.workday import CheckType
from cloud_receiver.store import appeals, entries, feed_gaps
from cloud_receiver.store.matters import Kind, Matter
from cloud_receiver.store.tables import decision
from sync.errors import ToldError


class Choice(StrEnum):
    """What may be decided; the values are what the database stores."""

    KEEP = "keep"  # it stands as it is
    FILL = "fill"  # the card counts as touched at the planned time
    LEAVE = "leave"  # the day was an approved leave
    STRIKE = "strike"  # the record does not count
    CLOSE = "close"  # nothing is missing in the gap
    UPHOLD = "uphold"  # the amount stands
    REVERSE = "reverse"  # the amount is taken back
    PARTIAL = "partial"  # another amount stands


CHOICES: Final[dict[Kind, tuple[Choice, ...]]] = {
    Kind.STRANGER: (),
    Kind.GAP: (Choice.CLOSE,),
    Kind.APPEAL: (Choice.UPHOLD, Choice.REVERSE, Choice.PARTIAL),
    Kind.ABSENT: (Choice.KEEP, Choice.LEAVE, Choice.FILL),
    Kind.MISSING: (Choice.FILL, Choice.KEEP),
    Kind.ODD: (Choice.KEEP, Choice.STRIKE),
    Kind.OVERTIME: (Choice.KEEP,),
    Kind.BUDGET: (Choice.KEEP,),
    Kind.FORGOTTEN: (Choice.KEEP,),
    Kind.AWAITING: (Choice.KEEP,),
}
"""What may be chosen for each kind, the usual answer first; strangers are bound instead."""
STATES: Final = {
    Choice.UPHOLD: State.UPHELD, Choice.REVERSE: State.REVERSED, Choice.PARTIAL: State.PARTIAL,
}  # fmt: skip
"""What an appeal becomes by a choice."""
FINAL: Final = frozenset({Choice.CLOSE, Choice.UPHOLD, Choice.REVERSE, Choice.PARTIAL})
"""What cannot be undone: a gap vouched for, an appeal decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as it is listed."""

    decision_no: int
    matter: str
    choice: Choice
    employee_id: str | None
    store_id: str
    work_date: str
    note: str
    author: str
    decided_utc_ms: int
    undone_utc_ms: int | None
    undone_by: str | None


def decide(
    connection: Connection,
    matters: Iterable[Matter],
    choice: Choice,
    author: str,
    note: str,
    now_utc_ms: int,
    channels: Sequence[str] = DEFAULT_CHANNELS,
    stands_fen: int | None = None,
) -> list[int]:
    """Decide those matters for which `choice` is possible; return the numbers of the decisions.

    Args:
        note: the reason; appeals need one.
        channels: where who appealed is told.
        stands_fen: with `PARTIAL`, what shall stand, signed as what is doubted when unsigned.

    Raises:
        DakaError: an entry or appeal refuses it, see `entries.enter` and `appeals.decide`.
    """
    numbers = []
    for matter in matters:
        if choice not in CHOICES[matter.kind]:
            continue
        if matter.kind is Kind.APPEAL:
            made: list[str] = []
            _rule(connection, matter, choice, author, note, now_utc_ms, channels, stands_fen)
        else:
            made = _carry_out(connection, matter, choice, author, note, now_utc_ms)
        row = {
            "matter": matter.key, "choice": choice.value, "employee_id": matter.employee_id,
            "store_id": matter.store_id, "work_date": matter.work_date, "note": note,
            "record_ids": json.dumps(made), "author": author, "decided_utc_ms": now_utc_ms,
        }  # fmt: skip
        kept = insert(decision).returning(decision.c.decision_no)
        numbers.append(int(connection.execute(kept, row).scalar_one()))
    return numbers


def undo(connection: Connection, numbers: Sequence[int], author: str, now_utc_ms: int) -> int:
    """Take decisions back, their entries withdrawn; return how many were.

    What cannot be undone (`FINAL`) and what is undone already is passed over.
    """
    this = decision.c
    rows = connection.execute(
        select(decision).where(this.decision_no.in_(numbers), this.undone_utc_ms.is_(None))
    ).all()
    taken_back = [row for row in rows if Choice(row.choice) not in FINAL]
    for row in taken_back:
        for record_id in json.loads(row.record_ids):
            withdrawal = Withdrawal(record_id=record_id, reason=f"undo decision {row.decision_no}")
            entries.enter(connection, withdrawal, author, now_utc_ms)
    connection.execute(
        update(decision)
        .where(this.decision_no.in_([row.decision_no for row in taken_back]))
        .values(undone_utc_ms=now_utc_ms, undone_by=author)
    )
    return len(taken_back)


def latest(connection: Connection, limit: int) -> list[Decided]:
    """Return decisions, the newest first."""
    query = select(decision).order_by(decision.c.decision_no.desc()).limit(limit)
    return [
        Decided(
            decision_no=row.decision_no, matter=row.matter, choice=Choice(row.choice),
            employee_id=row.employee_id, store_id=row.store_id, work_date=row.work_date,
            note=row.note, author=row.author, decided_utc_ms=row.decided_utc_ms,
            undone_utc_ms=row.undone_utc_ms, undone_by=row.undone_by,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def _rule(
    connection: Connection,
    matter: Matter,
    choice: Choice,
    author: str,
    note: str,
    now_utc_ms: int,
    channels: Sequence[str],
    stands_fen: int | None,
) -> None:
    """Decide an appeal."""
    if not note:
        raise ToldError(
            "裁定申诉要写明理由:请填好理由再决定",
            "an appeal is decided with reasons; write them and decide again",
        )
    appeal_id = matter.key.split("/")[1]
    if stands_fen is not None:
        doubted_fen = appeals.view(connection, appeal_id, now_utc_ms).amount_fen
        stands_fen = -abs(stands_fen) if doubted_fen < 0 else stands_fen
    appeals.decide(
        connection, appeal_id, STATES[choice], author, note, now_utc_ms,
        amount_fen=stands_fen, channels=channels,
    )  # fmt: skip


def _carry_out(
    connection: Connection,
    matter: Matter,
    choice: Choice,
    author: str,
    note: str,
    now_utc_ms: int,
) -> list[str]:
    if choice is Choice.CLOSE:
        feed_gaps.close(connection, matter.record_ids[0], author, now_utc_ms)
        return []
    made: Iterator[Correction | Leave] = iter(())
    if choice is Choice.FILL:
        made = _fillings(matter, note)
    elif choice is Choice.STRIKE:
        made = _strikes(matter, note)
    elif choice is Choice.LEAVE:
        made = iter((_leave(matter, note),))
    return [entries.enter(connection, one, author, now_utc_ms) for one in made]


def _fillings(matter: Matter, note: str) -> Iterator[Correction]:
    wanting = (DayStatus.NOT_SIGNED, DayStatus.ABSENTEEISM)
    for card in matter.cards:
        if card.status in wanting and not card.record_id:
            yield Correction(
                employee_id=matter.employee_id or "", work_date=matter.work_date,
                check_type=card.check_type, shift_no=card.shift_no, style=CorrectionStyle.EDIT,
                at_utc_ms=card.planned_utc_ms, reason=note or "filled from the decisions page",
            )  # fmt: skip


def _strikes(matter: Matter, note: str) -> Iterator[Correction]:
    for record_id in matter.record_ids:
        used_as = next((c for c in matter.cards if c.record_id == record_id), None)
        yield Correction(
            employee_id=matter.employee_id or "", work_date=matter.work_date,
            check_type=used_as.check_type if used_as else CheckType.ON_DUTY,
            shift_no=used_as.shift_no if used_as else 1, style=CorrectionStyle.EDIT,
            replaces=record_id, reason=note or "struck out on the decisions page",
        )  # fmt: skip


def _leave(matter: Matter, note: str) -> Leave:
    return Leave(
        employee_id=matter.employee_id or "", purpose=Purpose.PERSONAL,
        first_date=matter.work_date, last_date=matter.work_date, reason=note,
    )  # fmt: skip
