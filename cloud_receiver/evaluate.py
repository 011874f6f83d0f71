"""The evaluator: journal rows in; day facts, outcomes, ledger entries and notices out.

Each flush is one transaction: what was read from the journal, what it means and what is to
be looked at again commit together or not at all. Judging and deciding are the pure domain's.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, wait_random_exponential
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from cloud_receiver.domain.notices import GroupNews
from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.periods import last_date, period_of
from cloud_receiver.domain.workday import local_date, shift_date, utc_ms
from cloud_receiver.judgement import AS_SHIPPED, Terms, evaluate
from cloud_receiver.store import (
    archive,
    campaigns,
    day_facts,
    dirty,
    enrolment,
    journal_digests,
    projection,
    retention,
)
from cloud_receiver.store.archive_files import ArchiveError
from cloud_receiver.store.engine import is_taken, try_turns, wait_turn, write
from cloud_receiver.store.ledger import lock
from cloud_receiver.store.verification import send_anchor

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from sync.clock import Clock

PORTIONS_READ_ON: Final = 32
"""How many whole portions of the journal are read on before days are judged: a day that is judged
while its touches still come in is judged again. Beyond that a flood is not waited out."""

IDLE_S: Final = 0.5
"""How long the evaluator sleeps when nobody wakes it: the accuracy of what time alone brings."""

FLOOD: Final = "flood"
"""The turn of who reads a flood on."""
_FEW_DAYS: Final = dirty.MAX_DAYS // 4
"""After more than so many days there may be others: some evaluators share what is due."""
_ASK_AGAIN_MS: Final = 600_000
_QUARTER_MS: Final = 900_000
_log = logging.getLogger(__name__)


class Evaluator:
    """Judges what is new and what has become due, until it is told to stop.

    Several may share a PostgreSQL: each takes the days of people nobody else has in hand, and
    they take turns at the ledger. On SQLite one at a time writes.

    Args:
        terms: the organisation's policy and the channels notices go to.
        on_judged: called after a commit that judged days: there may be notices to send.
        portion: how many rows of the journal are read at a time.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        terms: Terms = AS_SHIPPED,
        on_judged: Callable[[], None] = lambda: None,
        portion: int = projection.MAX_ENTRIES,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._terms = terms
        self._on_judged = on_judged
        self._woken = threading.Event()
        self._portion = portion
        self._portions_read = 0
        self._anchored_on = ""
        self._swept_on = ""
        self._moved_in = 0

    def wake(self) -> None:
        """Say that there is something new; safe from any thread."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Evaluate until `stop` is set; `wake` makes it notice at once.

        A database that is away is tried again for as long as it takes.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(OperationalError),
            wait=wait_random_exponential(multiplier=0.1, max=10),
            stop=stop_when_event_set(stop),
            sleep=sleep_using_event(stop),
            before_sleep=_report,
            reraise=True,
        )
        while not stop.is_set():
            self._woken.clear()
            try:
                is_behind = attempts(self.flush)
            except OperationalError:
                return  # only when told to stop while the database was away
            if not is_behind and not self._seal():
                self._woken.wait(IDLE_S)

    def flush(self) -> bool:
        """Evaluate one portion in one transaction; return whether more is waiting."""
        now_utc_ms = utc_ms(self._clock.now_utc())
        with write(self._engine) as connection:
            wait_turn(connection, archive.TURN, shared=True)
            if self._portions_read:
                try_turns(connection, [FLOOD])  # for the others to see
            projected = projection.advance(connection, now_utc_ms, self._portion)
            if self._reads_on(projected):
                return True
            if not projected and is_taken(connection, FLOOD):
                return False  # what is judged while another reads a flood on is judged again
            self._move(connection, now_utc_ms)
            keys = dirty.due(connection, now_utc_ms)
            if keys:
                _judge(connection, keys, now_utc_ms, self._terms)
            ending = campaigns.due(connection, now_utc_ms)
            if ending:  # another evaluator may be closing them
                lock(connection)
                ending = campaigns.due(connection, now_utc_ms)
            for one in ending:
                campaigns.close(connection, one.campaign_id, now_utc_ms)
            if ending:
                evaluate(connection, [], now_utc_ms, self._terms, ending)
            is_anchored = self._anchor(connection, now_utc_ms)
            self._sweep(connection, now_utc_ms)
        if keys or ending or is_anchored:
            self._on_judged()
        return projected == self._portion or len(keys) > _FEW_DAYS

    def _reads_on(self, projected: int) -> bool:
        """Tell whether to read more of the journal before judging, after one more portion of it."""
        self._portions_read = self._portions_read + 1 if projected == self._portion else 0
        if self._portions_read < PORTIONS_READ_ON:
            return self._portions_read > 0
        self._portions_read = 0
        return False

    def _seal(self) -> bool:
        """Digest a range of the journal when there is time; tell whether there was a full one."""
        with write(self._engine) as connection:
            return journal_digests.seal(connection, utc_ms(self._clock.now_utc())) > 0

    def _move(self, connection: Connection, now_utc_ms: int) -> None:
        """Let moves to other stores show when a date begins somewhere: on a quarter of an hour."""
        quarter = now_utc_ms // _QUARTER_MS
        if quarter != self._moved_in:
            self._moved_in = quarter
            enrolment.take_effect(connection, now_utc_ms)

    def _anchor(self, connection: Connection, now_utc_ms: int) -> bool:
        """Send the end of the ledger away once a day; tell whether there is a notice for it."""
        date = local_date(now_utc_ms, "UTC")
        if date == self._anchored_on:
            return False
        self._anchored_on = date
        channels = self._terms.channels_for(GroupNews.ANCHOR)
        return send_anchor(connection, date, now_utc_ms, channels) is not None

    def _sweep(self, connection: Connection, now_utc_ms: int) -> None:
        """Delete what is beyond its time: daily, whoever evaluates, and on until it is all."""
        date = local_date(now_utc_ms, "UTC")
        if date == self._swept_on:
            return
        if retention.is_done_on(connection, date):
            self._swept_on = date
        else:
            retention.run(connection, now_utc_ms)


def _judge(connection: Connection, keys: Sequence[DayKey], now_utc_ms: int, terms: Terms) -> None:
    """Judge what is due, with the months it builds on back from the archive.

    Who needs a file of the archive that is missing waits, the others do not.
    """
    removed = archive.removed_through(connection)
    if not removed:
        evaluate(connection, keys, now_utc_ms, terms)
        return
    try:
        with connection.begin_nested():
            _bring_back(connection, keys, removed)
            evaluate(connection, keys, now_utc_ms, terms)
    except ArchiveError as error:
        by_person: defaultdict[str, list[DayKey]] = defaultdict(list)
        for key in keys:
            by_person[key[0]].append(key)
        if len(by_person) > 1:
            for own in by_person.values():
                _judge(connection, own, now_utc_ms, terms)
        else:
            _log.warning("archive_missed days=%d error=%s", len(keys), error)
            dirty.postpone(connection, keys, now_utc_ms + _ASK_AGAIN_MS)


def _bring_back(connection: Connection, keys: Sequence[DayKey], removed: str) -> None:
    clear_date = shift_date(last_date(removed), day_facts.LOOK_BACK_DAYS)
    old = [date for _, date in keys if date <= clear_date]
    if old:
        since = archive.needed_from(connection, min(old))
        since = min(since, shift_date(min(old), -day_facts.LOOK_BACK_DAYS))
        archive.bring_back(connection, period_of(since))


def _report(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.warning("evaluator_waits attempt=%d error=%s", state.attempt_number, error)
