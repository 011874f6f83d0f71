"""Changes as signed HTTP POSTs to the machines that subscribed, in order, each until it is taken.

The signature and its headers are those of `channels.webhook`; ``Idempotency-Key`` is the
number of the change, which is in the signed body too. Whoever refuses timestamps older than
some minutes and numbers it has seen is safe from replays.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Final

import httpx
import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from cloud_receiver.channels.contract import PermanentError, RetryLaterError
from cloud_receiver.channels.notifier import delay_before_s
from cloud_receiver.channels.posting import TIMEOUT
from cloud_receiver.channels.webhook import post_signed
from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import change_feed, webhooks
from cloud_receiver.store.change_feed import Change
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.webhooks import Fate, Subscription
from sync.clock import Clock

POLL_S: Final = 1.0
MAX_AGE: Final = timedelta(days=3)
_BATCH: Final = 100
_log = logging.getLogger(__name__)


class Subscriptions:
    """Tells every subscription what changed; run exactly one for each database.

    Args:
        master: what signing secrets are derived from, see `webhooks.master_key`.
    """

    def __init__(
        self, engine: Engine, clock: Clock, master: bytes, *, timeout: httpx.Timeout = TIMEOUT
    ) -> None:
        self._engine = engine
        self._master = master
        self._clock = clock
        self._client = httpx.Client(timeout=timeout)

    def run(self, stop: threading.Event) -> None:
        """Tell what is due until `stop` is set."""
        try:
            while not stop.wait(POLL_S):
                try:
                    self.tell_due(stop)
                except OperationalError as error:  # the database is away; the feed is safe in it
                    _log.warning("changes_unreadable error=%s", error.orig)
        finally:
            self._client.close()

    def tell_due(self, stop: threading.Event | None = None) -> int:
        """Tell every subscription what is due; return how many changes were taken."""
        with read(self._engine) as connection:
            found = webhooks.listed(connection)
        return sum(self._tell(one, stop) for one in found)

    def test(self, webhook_id: str) -> tuple[Fate, str]:
        """Send a subscription a change of no meaning; return what became of it."""
        now_utc_ms = utc_ms(self._clock.now_utc())
        with read(self._engine) as connection:
            one = webhooks.of_id(connection, webhook_id)
        change = Change(
            change_no=0,
            kind=ChangeKind.WEBHOOK_TEST,
            subject=webhook_id,
            document={},
            changed_utc_ms=now_utc_ms,
        )
        fate, detail, _ = self._attempt(one, change)
        with write(self._engine) as connection:
            webhooks.log(connection, webhook_id, 0, fate, detail, now_utc_ms)
        return fate, detail

    def _tell(self, one: Subscription, stop: threading.Event | None) -> int:
        """Tell one subscription; a failure holds back what comes after it, order is kept."""
        if one.next_try_utc_ms > utc_ms(self._clock.now_utc()):
            return 0
        with read(self._engine) as connection:
            due = change_feed.after(connection, one.told_through, one.kinds, _BATCH)
        sent = 0
        for change in due:
            if stop is not None and stop.is_set():
                break
            fate, detail, wait_s = self._attempt(one, change)
            now_utc_ms = utc_ms(self._clock.now_utc())
            with write(self._engine) as connection:
                is_there = webhooks.note(
                    connection, one, change.change_no, fate, detail, now_utc_ms,
                    next_try_utc_ms=now_utc_ms + int(wait_s * 1000),
                )  # fmt: skip
            sent += fate is Fate.SENT
            if fate is Fate.LATER or not is_there:
                break
            one = replace(one, attempts=0, told_through=change.change_no)
        return sent

    def _attempt(self, one: Subscription, change: Change) -> tuple[Fate, str, float]:
        """Post one change; return its fate, why, and how long to wait before trying again."""
        try:
            post_signed(
                self._client, one.url, one.secret(self._master).encode(), self._clock,
                key=str(change.change_no), body=body_of(change), where="the address",
            )  # fmt: skip
        except PermanentError as error:
            return Fate.REFUSED, str(error), 0.0
        except RetryLaterError as error:
            age_ms = utc_ms(self._clock.now_utc()) - change.changed_utc_ms
            if age_ms > MAX_AGE // timedelta(milliseconds=1):
                return Fate.GIVEN_UP, str(error), 0.0
            return Fate.LATER, str(error), delay_before_s(one.attempts + 2, error.retry_after_s)
        return Fate.SENT, "", 0.0


def body_of(change: Change) -> bytes:
    """Return the JSON that is posted: a change as the feed shows it."""
    return msgspec.json.encode(change)
