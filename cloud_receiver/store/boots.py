"""When each boot of a box began, by headquarters' clock: what dates a box whose own was wrong.

A box without a battery clock wakes up in another age and only knows how long it has been
awake. Its heartbeat says that number, headquarters knows what time it is, and so every
record of that boot can be dated, also those taken before anybody set the clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection, select

from cloud_receiver.store.engine import upsert_rows
from cloud_receiver.store.questions import Among, Question
from cloud_receiver.store.tables import box_boot

UNKNOWN: Final = ("", "unknown-boot")
"""What machines say that cannot name their boot."""


def note(
    connection: Connection, box_id: str, boot_id: str, boottime_ms: int, now_utc_ms: int
) -> bool:
    """Take a heartbeat's word for how long the box has been awake; True: a new boot.

    Delays only make a boot seem later, so the earliest that was heard stands.
    """
    if boot_id in UNKNOWN:
        return False
    began = now_utc_ms - boottime_ms
    known = began_of(connection, {(box_id, boot_id)}).get((box_id, boot_id))
    if known is None or began < known:
        columns = ("box_id", "boot_id", "began_utc_ms")
        upsert_rows(connection, box_boot, columns, [(box_id, boot_id, began)])
    return known is None


def began_of(
    connection: Connection, boots: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], int]:
    """Return when boots began that are known, by (box, boot)."""
    if not boots:
        return {}
    box_ids, boot_ids = (set(ids) for ids in zip(*boots, strict=True))
    rows = _BEGAN.ask(connection, boxes=list(box_ids), boots=list(boot_ids))
    return {(box_id, boot_id): began for box_id, boot_id, began in rows}


_BEGAN: Final = Question(
    select(box_boot.c.box_id, box_boot.c.boot_id, box_boot.c.began_utc_ms).where(
        Among(box_boot.c.box_id, "boxes"), Among(box_boot.c.boot_id, "boots")
    )
)
