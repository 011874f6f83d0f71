"""The opener: decodes what arrives while the intake commits what came before.

One thread between link and intake. Waiting for the disk and counting in the database need no
Python, so a flood is opened on the other core meanwhile; a lone punch does not come by here.
Nothing is decided here: what the opener fails on goes on closed, and the intake, which opens it
itself then, knows how to single it out.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from cloud_receiver.mail import sort_mail

if TYPE_CHECKING:
    import threading

    from cloud_receiver.inbox import Arrival, Inbox

IDLE_S: Final = 0.2
_log = logging.getLogger(__name__)


class Opener:
    """Opens what arrives until it is told to stop; see the module."""

    def __init__(self, org: str, inbox: Inbox) -> None:
        self._org = org
        self._inbox = inbox

    def run(self, stop: threading.Event) -> None:
        """Open until `stop` is set; what is not handed on by then was never acknowledged."""
        while not stop.is_set():
            arrival = self._inbox.next_closed(IDLE_S)
            if arrival is not None:
                self._inbox.put_opened(self._open(arrival))

    def _open(self, arrival: Arrival) -> Arrival:
        try:
            return arrival._replace(mail=sort_mail(self._org, [arrival.message]))
        except Exception:  # noqa: BLE001 - the intake will crash over it, alone, and bury it
            _log.exception("message_not_opened topic=%s", arrival.message.topic)
            return arrival
