"""Corrections people ask for from their phone (补卡申请), confirmed or refused by a supervisor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Select, select, update

from cloud_receiver.domain.entries import Correction
from cloud_receiver.domain.workday import CheckType
from cloud_receiver.store import entries
from cloud_receiver.store.engine import insert_ignore
from cloud_receiver.store.tables import correction_wish
from sync.errors import DakaError

MAX_REASON_CHARS: Final = 500


class WishState(StrEnum):
    """Where a wish stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A card point somebody asks to have corrected."""

    wish_id: str
    employee_id: str
    store_id: str
    work_date: str
    check_type: CheckType
    at_utc_ms: int
    reason: str
    asked_utc_ms: int
    state: WishState = WishState.WAITING
    decided_by: str | None = None


def ask(connection: Connection, wish: Wish) -> None:
    """Note a wish; the same id again changes nothing.

    Raises:
        DakaError: it gives no reason.
    """
    if not 0 < len(wish.reason.strip()) <= MAX_REASON_CHARS:
        raise DakaError(f"a correction needs a reason of at most {MAX_REASON_CHARS} characters")
    row = {name: getattr(wish, name) for name in Wish.__dataclass_fields__}
    row |= {"check_type": wish.check_type.value, "state": wish.state.value}
    insert_ignore(connection, correction_wish, [row | {"decided_utc_ms": None, "record_id": None}])


def of_person(connection: Connection, employee_id: str, limit: int = 20) -> list[Wish]:
    """Return a person's wishes, newest first."""
    row = correction_wish.c
    query = select(correction_wish).where(row.employee_id == employee_id)
    return _wishes(connection, query.order_by(row.asked_utc_ms.desc()).limit(limit))


def waiting(connection: Connection, store_ids: Sequence[str] | None) -> list[Wish]:
    """Return what waits for a supervisor of stores, oldest first; None: of all stores."""
    row = correction_wish.c
    query = select(correction_wish).where(row.state == WishState.WAITING)
    if store_ids is not None:
        query = query.where(row.store_id.in_(store_ids))
    return _wishes(connection, query.order_by(row.asked_utc_ms))


def decide(
    connection: Connection, wish_id: str, author: str, now_utc_ms: int, *, confirmed: bool
) -> None:
    """Confirm a wish, which enters the correction, or refuse it.

    Raises:
        DakaError: there is no such wish, or it was decided already.
    """
    query = select(correction_wish).where(correction_wish.c.wish_id == wish_id)
    found = _wishes(connection, query)
    if not found or found[0].state is not WishState.WAITING:
        raise DakaError(f"no correction {wish_id!r} is waiting")
    wish, record_id = found[0], None
    if confirmed:
        correction = Correction(
            client_id=wish.wish_id,
            employee_id=wish.employee_id,
            work_date=wish.work_date,
            check_type=wish.check_type,
            at_utc_ms=wish.at_utc_ms,
            reason=wish.reason,
        )
        record_id = entries.enter(connection, correction, author, now_utc_ms)
    new = {
        "state": WishState.CONFIRMED if confirmed else WishState.REFUSED,
        "decided_by": author, "decided_utc_ms": now_utc_ms, "record_id": record_id,
    }  # fmt: skip
    this = correction_wish.c.wish_id == wish_id
    connection.execute(update(correction_wish).where(this).values(new))


def _wishes(connection: Connection, query: Select[Any]) -> list[Wish]:
    return [
        Wish(
            wish_id=row.wish_id,
            employee_id=row.employee_id,
            store_id=row.store_id,
            work_date=row.work_date,
            check_type=CheckType(row.check_type),
            at_utc_ms=row.at_utc_ms,
            reason=row.reason,
            asked_utc_ms=row.asked_utc_ms,
            state=WishState(row.state),
            decided_by=row.decided_by,
        )
        for row in connection.execute(query)
    ]
