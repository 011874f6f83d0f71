"""Another box that goes by our name: the broker lets in now one, now the other.

Some brokers say so to whom they push off (MQTT 5, "session taken over"); Mosquitto only hangs
up. But each box leaves its birth, retained, under the common name: a birth that is neither of
this process nor of our outbox is the other's.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Final

from sync.errors import WireError
from sync.presence import decode_box_state

TAKEN_OVER: Final = "Session taken over"
SPOKEN_OF_S: Final = 3600.0
"""So long the other one is spoken of after it was met last."""


class Rival:
    """What is known of it.

    Args:
        topic: where births under our name are retained.
    """

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._own: set[str] = set()
        self._until_s = 0.0

    def nonce(self) -> str:
        """Return a new name for a connection of ours."""
        nonce = secrets.token_hex(8)
        self._own.add(nonce)
        return nonce

    def hear(self, topic: str, payload: bytes, outboxes: set[str], now_s: float) -> bool:
        """Take a birth or death under our name; False: it is something else.

        Args:
            outboxes: our epoch and the one it follows.
        """
        if topic != self._topic:
            return False
        with suppress(WireError):
            state = decode_box_state(payload)
            if state.nonce not in self._own and state.epoch not in outboxes:
                self._until_s = now_s + SPOKEN_OF_S
        return True

    def pushed_off(self, reason: str, now_s: float) -> None:
        """Note why a connection ended."""
        if TAKEN_OVER in reason:
            self._until_s = now_s + SPOKEN_OF_S

    def is_met(self, now_s: float) -> bool:
        """Tell whether it was met lately."""
        return now_s < self._until_s
