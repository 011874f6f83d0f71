"""New claim codes."""

from __future__ import annotations

from sqlalchemy import Engine

from cloud_receiver.store import certificates, names
from cloud_receiver.store.engine import write
from sync.enrolment import ClaimCode
from sync.topics import check_name


def new_claim(
    engine: Engine,
    code: ClaimCode,
    box_id: str,
    store_id: str,
    author: str,
    now_utc_ms: int,
    good_for_ms: int,
) -> None:
    """Store a claim for a box in a store; an open one of the same box is withdrawn.

    Raises:
        WireError: `box_id` cannot stand in a topic.
        DakaError: there is no such store.
    """
    check_name(box_id, "box")
    with write(engine) as connection:
        names.zone(connection, store_id)
        certificates.make_claim(
            connection,
            code,
            box_id=box_id,
            store_id=store_id,
            author=author,
            now_utc_ms=now_utc_ms,
            good_for_ms=good_for_ms,
        )
