"""The thread that owns the outbox: everyone else hands it work and waits for the commit."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from agent.actions import Settle
from agent.lanes import Counts
from agent.outbox import Outbox
from agent.storage import StorageError, StorageFullError
from sync.clock import Clock
from sync.topics import Lane

MAX_WAITING: Final = 64
GROUP_SETTLES_S: Final = 0.25
"""A lost settling is only sent again, so many of them share one commit."""
TIDY_EVERY_S: Final = 60.0
IDLE_S: Final = 5.0
_log = logging.getLogger("daka.writer")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Outbox], Any]
    done: Future[Any]


class Writer:
    """See the module.

    Args:
        on_progress: called at each turn of the loop, for the watchdog.

    Attributes:
        on_commit: called after each commit, from the writer's thread; must not block.
    """

    on_commit: Callable[[], None]

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        on_progress: Callable[[], None],
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._on_progress = on_progress
        self.on_commit = lambda: None
        self._jobs: queue.Queue[_Job | None] = queue.Queue(MAX_WAITING)
        self._settles: dict[Lane, Settle] = {}
        self._settles_lock = threading.Lock()
        self._settle_due_s: float | None = None
        self._tidy_due_s = clock.monotonic_s() + 1.0
        self._dirty_since_s: float | None = None
        self._stopped = threading.Event()

    @property
    def counts(self) -> Counts:
        """Return the picture after the last commit; for any thread."""
        return self._outbox.counts

    def call(self, work: Callable[[Outbox], _Result]) -> _Result:
        """Have `work` done in the writer's thread and return its result, once committed.

        Raises:
            StorageFullError: there is no room; nothing was stored.
            StorageError: the writer has stopped, or the outbox is damaged.
        """
        done: Future[_Result] = Future()
        self._jobs.put(_Job(work, done))
        while True:
            try:
                return done.result(timeout=1.0)
            except NotYetError:
                if self._stopped.is_set() and not done.done():
                    raise StorageError("the outbox is closed: the agent is stopping") from None

    def settle(self, settle: Settle) -> None:
        """Note what headquarters holds, soon; returns at once."""
        with self._settles_lock:
            earlier = self._settles.get(settle.lane)
            if earlier is not None:
                settle = replace(settle, rejected=(*earlier.rejected, *settle.rejected))
            self._settles[settle.lane] = settle

    def stop(self) -> None:
        """Ask the loop to end once what was handed in is done."""
        self._jobs.put(None)

    def run(self) -> None:
        """Work until `stop`; a damaged outbox ends the loop with `StorageError`."""
        try:
            while True:
                try:
                    job = self._jobs.get(timeout=GROUP_SETTLES_S)
                except queue.Empty:
                    pass
                else:
                    if job is None:
                        break
                    self._do(job)
                now_s = self._clock.monotonic_s()
                self._flush_settles(now_s)
                self._keep_house(now_s)
                self._on_progress()
            self._flush_settles(float("inf"))
        finally:
            self._stopped.set()

    def _do(self, job: _Job) -> None:
        try:
            result = job.work(self._outbox)
        except StorageFullError as error:
            job.done.set_exception(error)
        except BaseException as error:
            job.done.set_exception(error)
            raise
        else:
            self._committed()
            job.done.set_result(result)

    def _committed(self) -> None:
        self._dirty_since_s = self._clock.monotonic_s()
        self.on_commit()

    def _flush_settles(self, now_s: float) -> None:
        if self._settle_due_s is None and self._settles:
            self._settle_due_s = now_s + GROUP_SETTLES_S
        if self._settle_due_s is None or now_s < self._settle_due_s:
            return
        with self._settles_lock:
            settles, self._settles = self._settles, {}
        self._settle_due_s = None
        for settle in settles.values():
            try:
                self._outbox.settle(settle.lane, settle.mark, settle.rejected, settle.hq_epoch)
            except StorageFullError as error:
                # nothing is lost: after the next start these records are sent once more
                _log.warning("settle_failed lane=%s error=%s", settle.lane, error)
            else:
                self._committed()

    def _keep_house(self, now_s: float) -> None:
        """Purge a chunk when it is time, empty the write-ahead log when nothing happens."""
        if now_s >= self._tidy_due_s and self._jobs.empty():
            try:
                more = self._outbox.tidy(int(self._clock.now_utc().timestamp() * 1000))
            except StorageFullError as error:
                _log.warning("tidy_failed error=%s", error)
                more = False
            self._tidy_due_s = now_s + (0.0 if more else TIDY_EVERY_S)
            if more:
                self.on_commit()
        if self._dirty_since_s is not None and now_s >= self._dirty_since_s + IDLE_S:
            self._dirty_since_s = None
            self._outbox.checkpoint()
