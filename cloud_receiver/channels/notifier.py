"""The courier: takes notices from the queue in order and hands them to one channel.

What it knows of a notice's fate is in the database, so a restart continues where it
stopped. Several couriers may share a channel: each claims what it is about to send. A crash
between sending and noting it sends once more, with the same notice id, when the claim has run out.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from tenacity import RetryCallState, Retrying, wait_exponential_jitter

from cloud_receiver.channels.contract import (
    Fate,
    Notifier,
    PauseError,
    PermanentError,
    RetryLaterError,
    Rooms,
    Tracker,
)
from cloud_receiver.channels.digests import Parcel, parcels
from cloud_receiver.domain.notices import Notice, Target
from cloud_receiver.store import channel_book, deliveries, names
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.notices import (
    LEASE_MS,
    QueuedNotice,
    claim_due,
    due_notices,
    has_ripe,
    mark_failed,
    mark_sent,
    mark_waiting,
    postpone,
    release,
    seal,
)
from sync.clock import Clock

MAX_AGE: Final = timedelta(days=3)
ASK_EVERY_S: Final = 60.0
POLL_S: Final = 1.0  # another process may queue notices and cannot wake us
_BATCH: Final = 50
_MAX_ERROR_CHARS: Final = 500
_WAIT: Final = wait_exponential_jitter(initial=1, max=600, jitter=1)

_log = logging.getLogger(__name__)


class Courier:
    """Empties the queue of one channel, alone or beside couriers in other processes."""

    def __init__(self, engine: Engine, notifier: Notifier, clock: Clock) -> None:
        self._engine = engine
        self._notifier = notifier
        self._clock = clock
        self._wake = threading.Event()
        self._resting_until_s = 0.0
        self._asked_s = 0.0
        self._is_up: bool | None = None

    def wake(self) -> None:
        """Look at the queue at once; call it after notices or a stop were committed."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Send what is due until `stop` is set, then close the channel.

        Set `stop` and call `wake`; else it is noticed within `POLL_S`.
        """
        while not stop.is_set():
            self._wake.clear()
            try:
                self.deliver_due(stop)
                self.ask_for_deliveries()
            except OperationalError as error:  # the database is away; the queue is safe in it
                _log.warning(
                    "notices_unreadable channel=%s error=%s", self._notifier.channel, error.orig
                )
            if not stop.is_set():
                self._wake.wait(POLL_S)
        self._notifier.close()

    def deliver_due(self, stop: threading.Event | None = None) -> int:
        """Send every notice that is due; return how many the channel took.

        Ends early when the channel is down: it rests, and every notice keeps its place.
        """
        sent = 0
        while due := self._due():
            claimed_s = self._clock.monotonic_s()
            put_off: set[Target] = set()
            left: list[QueuedNotice] = []
            is_over = False
            for parcel in self._parcels(due):
                is_over = is_over or (stop is not None and stop.is_set())
                is_late = self._clock.monotonic_s() > claimed_s + LEASE_MS / 4000
                if is_over or is_late or parcel.targets & put_off:
                    left += parcel.ones
                    continue
                fate = self._deliver(parcel)
                is_over = fate is _Fate.CHANNEL_DOWN
                if fate is _Fate.PUT_OFF:
                    put_off |= parcel.targets
                sent += len(parcel.ones) if fate is _Fate.SENT else 0
            if left:
                with write(self._engine) as connection:
                    release(connection, left, self._now_utc_ms())
            if is_over:
                break
        return sent

    def ask_for_deliveries(self) -> int:
        """Ask what became of notices the channel took a while ago; return how many it told of.

        A refused one stands among the failed; had it been sent before, the refusal is that of
        the repeat, and the first has arrived.
        """
        now_s = self._clock.monotonic_s()
        if not isinstance(self._notifier, Tracker) or now_s < self._asked_s + ASK_EVERY_S:
            return 0
        self._asked_s = now_s
        with read(self._engine) as connection:
            taken = deliveries.unknown(
                connection, self._notifier.channel, self._now_utc_ms(), _BATCH
            )
        told = 0
        for one in taken:
            try:
                found = self._notifier.delivery(one.reference)
            except (RetryLaterError, PermanentError) as error:
                _log.info("delivery_unknown channel=%s error=%s", self._notifier.channel, error)
                break
            if found is None:
                continue
            told += 1
            with write(self._engine) as connection:
                if found.fate is Fate.REFUSED and one.attempts == 1:
                    deliveries.note_refused(connection, one, found.detail[:_MAX_ERROR_CHARS])
                else:
                    arrived = Fate.ARRIVED if found.fate is Fate.REFUSED else found.fate
                    deliveries.note(connection, one, arrived.value)
        return told

    def _due(self) -> list[QueuedNotice]:
        if self._clock.monotonic_s() < self._resting_until_s:
            return []
        channel, now_utc_ms = self._notifier.channel, self._now_utc_ms()
        with read(self._engine) as connection:
            is_ripe = has_ripe(connection, channel, now_utc_ms)
        if is_ripe:
            with write(self._engine) as connection:
                seal(connection, channel, now_utc_ms)
        with read(self._engine) as connection:
            is_due = bool(due_notices(connection, channel, now_utc_ms, 1))
        if not is_due:
            return []
        with write(self._engine) as connection:
            return claim_due(connection, channel, now_utc_ms, _BATCH)

    def _parcels(self, due: list[QueuedNotice]) -> Sequence[Parcel]:
        if isinstance(self._notifier, Rooms):
            return parcels(due, self._notifier.room)
        return [Parcel((one,)) for one in due]

    def _message(self, parcel: Parcel) -> Notice:
        if len(parcel.ones) == 1:
            return parcel.message({})
        with read(self._engine) as connection:
            return parcel.message({one.store_id: one.name for one in names.stores(connection)})

    def _deliver(self, parcel: Parcel) -> _Fate:
        try:
            reference = self._notifier.send(self._message(parcel))
        except PauseError as error:
            return self._pause(parcel, error)
        except RetryLaterError as error:
            return self._put_off(parcel, error)
        except PermanentError as error:
            self._give_up(parcel, str(error))
            return _Fate.GIVEN_UP
        now_utc_ms = self._now_utc_ms()
        with write(self._engine) as connection:
            for one in parcel.ones:
                mark_sent(connection, one, now_utc_ms, reference)
        self._say_whether_up(is_up=True, detail="")
        return _Fate.SENT

    def _pause(self, parcel: Parcel, error: PauseError) -> _Fate:
        if error.channel_wide:
            self._resting_until_s = self._clock.monotonic_s() + error.wait_s
            with write(self._engine) as connection:
                release(connection, parcel.ones, self._now_utc_ms())
            return _Fate.CHANNEL_DOWN
        until_utc_ms = self._now_utc_ms() + int(error.wait_s * 1000) + 1
        with write(self._engine) as connection:
            for one in parcel.ones:
                postpone(connection, one, until_utc_ms)
        return _Fate.PUT_OFF

    def _put_off(self, parcel: Parcel, error: RetryLaterError) -> _Fate:
        now_utc_ms = self._now_utc_ms()
        is_old = now_utc_ms - parcel.created_utc_ms > MAX_AGE // timedelta(milliseconds=1)
        if is_old and not error.keeps:
            self._give_up(parcel, f"given up after {MAX_AGE.days} days: {error}")
            return _Fate.GIVEN_UP
        delay_s = delay_before_s(parcel.attempts + 2, error.retry_after_s)
        next_try_utc_ms = now_utc_ms + int(delay_s * 1000)
        with write(self._engine) as connection:
            for one in parcel.ones:
                mark_waiting(connection, one, next_try_utc_ms, str(error)[:_MAX_ERROR_CHARS])
        if not error.channel_wide:
            return _Fate.PUT_OFF
        self._resting_until_s = self._clock.monotonic_s() + delay_s
        self._say_whether_up(is_up=False, detail=str(error))
        return _Fate.CHANNEL_DOWN

    def _give_up(self, parcel: Parcel, error: str) -> None:
        channel = self._notifier.channel
        with write(self._engine) as connection:
            for one in parcel.ones:
                mark_failed(connection, one, error[:_MAX_ERROR_CHARS])
        for one in parcel.ones:
            told = (channel, one.notice.notice_id, error)
            _log.warning("notice_failed channel=%s notice=%s error=%s", *told)

    def _say_whether_up(self, *, is_up: bool, detail: str) -> None:
        """Log and keep the change of state, not every attempt."""
        if is_up != self._is_up:
            with write(self._engine) as connection:
                channel_book.note_state(
                    connection, self._notifier.channel, self._now_utc_ms(),
                    is_up=is_up, detail=detail[:_MAX_ERROR_CHARS],
                )  # fmt: skip
            state = "up" if is_up else "down"
            _log.warning("channel_%s channel=%s detail=%s", state, self._notifier.channel, detail)
            self._is_up = is_up

    def _now_utc_ms(self) -> int:
        return int(self._clock.now_utc().timestamp() * 1000)


class _Fate(Enum):
    """What became of one attempt."""

    SENT = auto()
    PUT_OFF = auto()
    GIVEN_UP = auto()
    CHANNEL_DOWN = auto()


def delay_before_s(attempt: int, retry_after_s: int | None = None) -> float:
    """Return how long to wait before an attempt counted from 1; never less than asked for."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempt - 1
    return max(_WAIT(state), float(retry_after_s or 0))
