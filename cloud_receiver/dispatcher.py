"""The dispatcher: brings wishes and commands from the database to the boxes.

It sends each one until the box has answered, whatever the broker forgets; a box does the
same command once. Several receivers may do so side by side.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import InterfaceError, OperationalError

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import control
from cloud_receiver.store.engine import read, write
from sync import topics
from sync.clock import Clock
from sync.control import Command, encode

if TYPE_CHECKING:
    import threading

    from sqlalchemy import Engine

    from cloud_receiver.store.control import Errand

LOOK_EVERY_S: Final = 1.0
AGAIN_S: Final = 15.0
GIVE_UP_EVERY_S: Final = 30.0
Publish = Callable[[str, bytes, bool], None]
"""(topic, payload, retain); only enqueues, and may come to nothing."""
_log = logging.getLogger(__name__)


class Dispatcher:
    """See the module; one thread runs it."""

    def __init__(self, engine: Engine, org: str, clock: Clock, publish: Publish) -> None:
        self._engine = engine
        self._org = org
        self._clock = clock
        self._publish = publish
        self._sent_s: dict[bytes, float] = {}
        self._given_up_s = 0.0

    def run(self, stop: threading.Event) -> None:
        """Send what is due until `stop` is set."""
        while not stop.wait(LOOK_EVERY_S):
            try:
                self.look()
            except (OperationalError, InterfaceError) as error:
                _log.warning("database_away error=%s", error)

    def look(self) -> None:
        """Send what has not been sent lately."""
        now_s, now_utc_ms = self._clock.monotonic_s(), utc_ms(self._clock.now_utc())
        with read(self._engine) as connection:
            errands = control.errands(connection, now_utc_ms)
        payloads = {encode(errand.document): errand for errand in errands}
        self._sent_s = {key: at_s for key, at_s in self._sent_s.items() if key in payloads}
        for payload, errand in payloads.items():
            if now_s >= self._sent_s.get(payload, float("-inf")) + AGAIN_S:
                self._sent_s[payload] = now_s
                self._send(errand, payload)
        if now_s >= self._given_up_s + GIVE_UP_EVERY_S:
            self._given_up_s = now_s
            with write(self._engine) as connection:
                control.give_up(connection, now_utc_ms)

    def _send(self, errand: Errand, payload: bytes) -> None:
        if isinstance(errand.document, Command):
            self._publish(topics.command(self._org, errand.box_id), payload, False)
        else:
            self._publish(topics.desired(self._org, errand.box_id), payload, True)
