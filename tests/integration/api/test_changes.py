"""The feed of changes: complete, in order, each once, whatever transactions are under way."""

from __future__ import annotations

import threading

import pytest

from cloud_receiver.domain.scopes import ChangeKind, Scope
from cloud_receiver.store import change_feed, retention
from cloud_receiver.store.engine import read, write
from sync.errors import DakaError


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


def test_who_comes_after_the_declared_time_is_told_so_and_how_to_go_on(office) -> None:
    """410 with a remedy, never a silent gap; whoever followed in time notices nothing."""
    day_ms, early = 86_400_000, _box_states(office, "early", office.now_utc_ms)
    late = _box_states(office, "late", office.now_utc_ms + 60 * day_ms)
    swept = office.writing(lambda c: retention.run(c, office.now_utc_ms + 91 * day_ms))
    assert swept.changes == early
    for after in (0, early - 1):
        gone = office.get(f"/changes?after={after}", 410)
        assert (gone["code"], gone["field"]) == ("gone", "after")
        assert f"after={late}" in gone["detail"]
        assert "read the lists anew" in gone["remedy"]
    assert [one["subject"] for one in office.get(f"/changes?after={early}")["items"]] == ["late"]
    with pytest.raises(change_feed.GoneError):
        office.reading(lambda c: change_feed.check_kept(c, early - 1))
    office.writing(lambda c: retention.run(c, office.now_utc_ms + 400 * day_ms))
    assert office.get(f"/changes?after={late}") == {"items": [], "next": late}
    assert office.reading(change_feed.last_no) == late, "numbers go on where they were"
    assert _box_states(office, "next", office.now_utc_ms) == late + 1


def test_nothing_younger_than_the_declared_time_is_cut_and_the_time_can_be_set(office) -> None:
    day_ms, last = 86_400_000, _box_states(office, "one", office.now_utc_ms)
    office.writing(lambda c: retention.set_terms(c, {"change_days": "7"}))
    assert office.writing(lambda c: retention.run(c, office.now_utc_ms + 6 * day_ms)).changes == 0
    assert (
        office.writing(lambda c: retention.run(c, office.now_utc_ms + 8 * day_ms)).changes == last
    )
    with pytest.raises(DakaError, match="it is 7 to 730"):
        office.writing(lambda c: retention.set_terms(c, {"change_days": "1"}))


def _box_states(office, subject: str, at_utc_ms: int) -> int:
    office.writing(lambda c: change_feed.tell(c, ChangeKind.BOX_STATE, [(subject, {})], at_utc_ms))
    return int(office.reading(change_feed.last_no))
