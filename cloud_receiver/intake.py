"""The intake: from the inbox to commits, receipts and acknowledgements.

One thread. What has arrived while the last commit ran is filed by the next, so a lone
punch waits for nobody and a flood shares its commits, of which none takes much longer than
`COMMIT_S`: a punch that comes meanwhile stands behind it. Nothing is acknowledged or receipted
that is not committed; a message that crashes us is singled out and buried, so that it
blocks nothing behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy.exc import InterfaceError, OperationalError
from tenacity import Retrying, retry_if_exception_type, wait_random_exponential
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.ingest import Intake, file_mail
from cloud_receiver.mail import Mail, letter_of, refusals_of, sort_mail
from cloud_receiver.store.engine import write
from cloud_receiver.store.problems import bury
from sync import topics
from sync.clock import Clock
from sync.control import encode
from sync.receipt import encode_receipt
from sync.refusal import Refusal, encode_refusal

if TYPE_CHECKING:
    import threading

    from sqlalchemy import Engine
    from tenacity import RetryCallState

    from cloud_receiver.inbox import Arrival, Inbox

IDLE_S: Final = 0.2
COMMIT_S: Final = 0.1
"""How long a commit of heavy mail should take: so many records go into it as the last ones let hope."""
FEWEST_RECORDS, FIRST_RECORDS, MOST_RECORDS = 2000, 16_000, 32_000
_AWAY: Final = (OperationalError, InterfaceError)
_log = logging.getLogger(__name__)


class Line(Protocol):
    """The side of the link the intake needs; both calls only enqueue."""

    def publish(self, topic: str, payload: bytes) -> None: ...  # noqa: D102
    def acknowledge(self, arrival: Arrival) -> None: ...  # noqa: D102


class IntakeLoop:
    """Files what arrives until it is told to stop; may be run again after it crashed.

    Args:
        on_new: called after a commit that gives the evaluator something to do.
        on_new_epoch: called with the identity the database has taken.
    """

    def __init__(
        self,
        engine: Engine,
        org: str,
        clock: Clock,
        inbox: Inbox,
        line: Line,
        on_new: Callable[[], None],
        on_new_epoch: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._org = org
        self._clock = clock
        self._inbox = inbox
        self._line = line
        self._on_new = on_new
        self._on_new_epoch = on_new_epoch
        self._in_hand: list[Arrival] = []
        self._alone = False
        self._records = FIRST_RECORDS

    def run(self, stop: threading.Event) -> None:
        """Take in until `stop` is set. A database that is away is tried for as long as it takes."""
        attempts = Retrying(
            retry=retry_if_exception_type(_AWAY),
            wait=wait_random_exponential(multiplier=0.1, max=10),
            stop=stop_when_event_set(stop),
            sleep=sleep_using_event(stop),
            before_sleep=_report_wait,
            reraise=True,
        )
        try:
            self._recover(attempts)
            while not stop.is_set():
                self._in_hand = self._inbox.take(self._records, IDLE_S)
                if self._in_hand:
                    began_s = self._clock.monotonic_s()
                    attempts(self._file, self._in_hand)
                    self._learn(self._in_hand, self._clock.monotonic_s() - began_s)
                    self._in_hand = []
        except _AWAY as error:  # told to stop while the database was away: boxes send again
            _log.warning("intake_stops_unfiled messages=%d error=%s", len(self._in_hand), error)

    def _learn(self, group: Sequence[Arrival], took_s: float) -> None:
        """Note how many records a commit has time for; a group that was not full says nothing."""
        records = sum(arrival.records for arrival in group)
        if records >= self._records // 2:
            hoped = int(records * COMMIT_S / max(took_s, 0.001))
            hoped = min(max(hoped, self._records // 2), self._records * 2)
            self._records = min(max(hoped, FEWEST_RECORDS), MOST_RECORDS)

    def _recover(self, attempts: Retrying) -> None:
        """File one by one what the last run crashed over, burying the one it crashes over alone."""
        while self._in_hand:
            first = self._in_hand[0]
            if self._alone:
                attempts(self._bury, first)
            else:
                self._alone = True
                attempts(self._file, [first])
            self._alone = False
            del self._in_hand[0]

    def _bury(self, arrival: Arrival) -> None:
        letter = letter_of(arrival.message, "crash", "the intake failed on it; see the log")
        with write(self._engine) as connection:
            bury(connection, [letter], utc_ms(self._clock.now_utc()))
        self._refuse(refusals_of(self._org, arrival.message, "crash"))
        self._line.acknowledge(arrival)

    def _refuse(self, refusals: Iterable[tuple[str, Refusal]]) -> None:
        for box_id, refusal in refusals:
            self._line.publish(topics.refusal(self._org, box_id), encode_refusal(refusal))

    def _file(self, group: Sequence[Arrival]) -> None:
        mail = Mail()
        for arrival in group:
            mail.add(arrival.mail or sort_mail(self._org, [arrival.message]))
        intake = file_mail(self._engine, self._org, mail, utc_ms(self._clock.now_utc()))
        for answer in intake.answers:
            topic = topics.receipt(self._org, answer.box_id)
            self._line.publish(topic, encode_receipt(answer.receipt))
        self._refuse(intake.refusals)
        for box_id, echo in intake.echoes:
            self._line.publish(topics.echo(self._org, box_id, "down"), encode(echo))
        for arrival in group:
            self._line.acknowledge(arrival)
        if intake.new_records or intake.heard_health:
            self._on_new()
        _report(intake)
        if intake.has_rotated:
            self._on_new_epoch(intake.hq_epoch)


def _report(intake: Intake) -> None:
    if intake.new_letters:
        _log.warning("dead_letters_added count=%d", intake.new_letters)
    if intake.has_rotated:
        _log.warning("hq_epoch_rotated hq_epoch=%s asking every box for a refill", intake.hq_epoch)


def _report_wait(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.warning("database_away attempt=%d error=%s", state.attempt_number, error)
