"""The opener: decodes what arrives while the intake commits what came before.

One thread between link and intake. Waiting for the disk and counting in the database need no
Python, so a flood is opened on the other core meanwhile; a lone punch passes straight through.
Nothing is decided here: what the opener fails on goes on closed, and the intake, which opens it
itself then, knows how to single it out.
"""

from __future__ import annotations

import logging
import queue
from typing import TYPE_CHECKING, Final

from cloud_receiver.mail import sort_mail

if TYPE_CHECKING:
    import threading

    from cloud_receiver.mqtt_link import Arrival

AHEAD_MESSAGES: Final = 64
"""How many opened messages may wait; what is opened takes ten times the room of what came."""
IDLE_S: Final = 0.2
_log = logging.getLogger(__name__)


class Opener:
    """Opens what arrives until it is told to stop; see the module.

    Attributes:
        opened: where the intake takes arrivals from, in the order they came.
    """

    def __init__(self, org: str, arrivals: queue.SimpleQueue[Arrival]) -> None:
        self.opened: queue.Queue[Arrival] = queue.Queue(AHEAD_MESSAGES)
        self._org = org
        self._arrivals = arrivals

    def run(self, stop: threading.Event) -> None:
        """Open until `stop` is set; what is not handed on by then was never acknowledged."""
        while not stop.is_set():
            try:
                arrival = self._arrivals.get(timeout=IDLE_S)
            except queue.Empty:
                continue
            self._hand_on(self._open(arrival), stop)

    def _open(self, arrival: Arrival) -> Arrival:
        try:
            return arrival._replace(mail=sort_mail(self._org, [arrival.message]))
        except Exception:  # noqa: BLE001 - the intake will crash over it, alone, and bury it
            _log.exception("message_not_opened topic=%s", arrival.message.topic)
            return arrival

    def _hand_on(self, arrival: Arrival, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.opened.put(arrival, timeout=IDLE_S)
            except queue.Full:
                continue
            return
