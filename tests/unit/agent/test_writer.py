"""The one thread that owns the outbox: commits before it answers, groups what may wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from agent.actions import Settle
from agent.capture import Capture
from agent.outbox import Outbox
from agent.storage import StorageError, StorageFullError
from agent.writer import Writer
from sync.clock import SystemClock
from sync.receipt import Mark, Rejection
from sync.topics import Lane

DEADLINE_S = 10.0


@contextmanager
def running(writer: Writer) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=writer.run)
    thread.start()
    try:
        yield thread
    finally:
        writer.stop()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


@pytest.fixture
def writer(outbox: Outbox) -> Writer:
    return Writer(outbox, SystemClock.of_this_boot(), lambda: None)


def test_an_answer_comes_after_the_commit(writer: Writer, capture: Callable[..., Capture]) -> None:
    notices: list[int] = []
    writer.on_commit = lambda: notices.append(writer.counts.captured)
    with running(writer):
        stored = writer.call(lambda outbox: outbox.put(capture(1, 5)))
        assert stored.rows == 5
        assert writer.counts.captured == 5
        assert notices == [5]


def test_many_settlings_share_a_commit_and_no_rejection_is_forgotten(
    writer: Writer, outbox: Outbox, capture: Callable[..., Capture]
) -> None:
    settled = threading.Event()
    with running(writer):
        writer.call(lambda box: box.put(capture(1, 5)))
        writer.on_commit = settled.set
        writer.settle(Settle(Lane.PUNCH, Mark(2), (Rejection(1, "a"),), "hq"))
        writer.settle(Settle(Lane.PUNCH, Mark(5), (Rejection(4, "b"),), "hq"))
        assert settled.wait(DEADLINE_S)
    assert outbox.counts.settled == 5
    rows = outbox._db.execute("SELECT seq, code FROM rejection ORDER BY seq").fetchall()
    assert rows == [(1, "a"), (4, "b")]


def test_what_was_settled_before_the_stop_is_stored(
    writer: Writer, outbox: Outbox, capture: Callable[..., Capture]
) -> None:
    with running(writer):
        writer.call(lambda box: box.put(capture(1, 5)))
        writer.settle(Settle(Lane.PUNCH, Mark(5), (), "hq"))
    assert outbox.counts.settled == 5


def test_a_full_disk_is_the_callers_news_and_not_the_writers_end(
    writer: Writer, capture: Callable[..., Capture]
) -> None:
    def full(_outbox: Outbox) -> None:
        raise StorageFullError("full")

    with running(writer):
        with pytest.raises(StorageFullError):
            writer.call(full)
        assert writer.call(lambda outbox: outbox.put(capture(1, 1))).rows == 1


def test_nobody_waits_for_a_writer_that_is_gone(writer: Writer) -> None:
    with running(writer):
        pass
    with pytest.raises(StorageError, match="stopping"):
        writer.call(lambda outbox: outbox.counts)
