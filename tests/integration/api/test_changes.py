"""The feed of changes: complete, in order, each once, whatever transactions are under way."""

from __future__ import annotations

import threading

from cloud_receiver.domain.scopes import ChangeKind, Scope
from cloud_receiver.store import change_feed
from cloud_receiver.store.engine import read, write


def _follow(office, limit: int = 7) -> list[dict]:
    found, after = [], 0
    while items := (page := office.get(f"/changes?after={after}&limit={limit}"))["items"]:
        found += items
        after = page["next"]
    return found


def test_a_day_s_life_is_told_in_order_and_each_once(office) -> None:
    office.close_november()
    found = _follow(office)
    numbers = [one["change_no"] for one in found]
    assert numbers == sorted(set(numbers))
    kinds = {one["kind"] for one in found}
    assert kinds >= {"day.judged", "entry.booked", "period.closed", "roster.changed",
                     "employee.changed", "store.changed"}  # fmt: skip
    entries = [one for one in found if one["kind"] == "entry.booked"]
    booked = [one["entry_id"] for one in office.get("/ledger")["items"]]
    assert [one["subject"] for one in entries] == booked
    late = next(one for one in entries if "late_standard" in one["subject"])
    assert late["document"]["amount_fen"] == -1000
    assert office.get(f"/changes?after={numbers[-1]}") == {"items": [], "next": numbers[-1]}


def test_a_key_sees_the_kinds_its_scopes_read(office) -> None:
    office.use(office.key(Scope.CHANGES_READ, Scope.ATTENDANCE_READ))
    assert {one["kind"] for one in _follow(office)} == {"day.judged"}


def test_an_open_transaction_holds_the_feed_back_and_nothing_is_passed_over(office) -> None:
    """On SQLite writers queue; on PostgreSQL the second commits first, with a higher number."""
    started, go_on = threading.Event(), threading.Event()
    before = office.reading(change_feed.last_no)

    def slow() -> None:
        with write(office.engine) as connection:
            change_feed.tell(connection, ChangeKind.BOX_STATE, [("slow", {})], 1)
            started.set()
            assert go_on.wait(30)

    thread = threading.Thread(target=slow)
    thread.start()
    assert started.wait(30)
    if office.engine.dialect.name == "postgresql":
        with write(office.engine) as connection:
            change_feed.tell(connection, ChangeKind.BOX_STATE, [("quick", {})], 1)
    with read(office.engine) as connection:
        assert change_feed.after(connection, before, list(ChangeKind), 10) == []
    go_on.set()
    thread.join(30)
    with read(office.engine) as connection:
        found = [one.subject for one in change_feed.after(connection, before, list(ChangeKind), 10)]
    assert found[:1] == ["slow"]
    assert len(found) == (2 if office.engine.dialect.name == "postgresql" else 1)
