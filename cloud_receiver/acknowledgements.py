"""In which order a broker is told that its messages are dealt with: that in which they came.

MQTT asks for it (5.0, 4.6: PUBACKs in the order of their PUBLISHes), and a broker may end a
connection over it, while light mail is filed before heavy mail that came earlier
(`cloud_receiver.inbox`). Pure.
"""

from __future__ import annotations

from collections import deque


class Acknowledgements:
    """What a broker is owed on one connection, by the numbers it gave its messages."""

    def __init__(self) -> None:
        self._owed: deque[int] = deque()
        self._ready: set[int] = set()

    def owe(self, message_no: int) -> None:
        """Note a message that has come."""
        self._owed.append(message_no)

    def settle(self, message_no: int) -> list[int]:
        """Return what may be acknowledged now that this message is dealt with, in order."""
        self._ready.add(message_no)
        due = []
        while self._owed and self._owed[0] in self._ready:
            due.append(self._owed.popleft())
            self._ready.remove(due[-1])
        return due

    def forget(self) -> None:
        """Forget what was owed on a connection that is gone."""
        self._owed.clear()
        self._ready.clear()
