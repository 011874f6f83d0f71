"""The inbox: what has arrived and is not filed yet; what is light does not stand behind what is heavy.

A box whose line was down, or that reads a terminal for the first time, sends batches of hundreds of
records, deflated; whoever touches a terminal now makes a batch of one, plain. So the header of
a batch says which it is (`sync.envelope`). Heavy mail goes by the opener, in the order it came, as all does
that is no batch; light mail goes to the intake at once. The two take turns, so that neither waits for
more than one commit of the other. Nothing relies on the order between batches: receivers side by
side never kept it, and a mark holds ranges.
"""

from __future__ import annotations

from collections import deque
from threading import Condition
from typing import TYPE_CHECKING, Final, NamedTuple

from sync.envelope import PLAIN
from sync.topics import Lane

if TYPE_CHECKING:
    from cloud_receiver.mail import Mail, Message

MAX_GROUP_MESSAGES: Final = 64
MAX_BYTES: Final = 32 * 1024 * 1024
"""What may wait before the link stops reading: a few hundred of the largest batches, thousands of the usual."""
AHEAD_MESSAGES: Final = 64
"""How many opened messages may wait; what is opened takes ten times the room of what came."""


class Arrival(NamedTuple):
    """A message and what is needed to acknowledge it on the connection it came by.

    Attributes:
        message_no: the broker's; 0: sent with QoS 0, it is not acknowledged.
        mail: what it says, once somebody has opened it.
    """

    message: Message
    connection_no: int
    message_no: int
    mail: Mail | None = None

    @property
    def is_light(self) -> bool:
        """Tell whether it is a batch of a few records of today."""
        topic, payload = self.message
        return payload.startswith(PLAIN) and not topic.endswith(f"/{Lane.BULK}")

    @property
    def records(self) -> int:
        """Return how many records it brings; 0 while nobody has opened it."""
        batches = () if self.mail is None else self.mail.batches.values()
        return sum(len(batch.content) for own in batches for batch in own)


class Inbox:
    """See the module. One thread puts in, one opens, one takes out; nobody waits to put in."""

    def __init__(self) -> None:
        self._light: deque[Arrival] = deque()
        self._heavy: deque[Arrival] = deque()
        self._opened: deque[Arrival] = deque()
        self._changed = Condition()
        self._was_light = False
        self._bytes = 0

    @property
    def has_room(self) -> bool:
        """Tell whether more may be put in."""
        return self._bytes < MAX_BYTES

    def __len__(self) -> int:
        """Return how many wait, opened or not."""
        return len(self._light) + len(self._heavy) + len(self._opened)

    def put(self, arrival: Arrival) -> None:
        """Take in what arrived."""
        with self._changed:
            (self._light if arrival.is_light else self._heavy).append(arrival)
            self._bytes += len(arrival.message.payload)
            self._changed.notify_all()

    def forget(self) -> None:
        """Forget what nobody has opened: unacknowledged, it will come again."""
        with self._changed:
            for waiting in (self._light, self._heavy):
                self._bytes -= sum(len(one.message.payload) for one in waiting)
                waiting.clear()

    def next_closed(self, timeout_s: float) -> Arrival | None:
        """Return what is to be opened next; None: nothing is, or enough waits opened."""
        with self._changed:
            self._changed.wait_for(self._may_open, timeout_s)
            return self._pop(self._heavy) if self._may_open() else None

    def put_opened(self, arrival: Arrival) -> None:
        """Hand on what was opened."""
        with self._changed:
            self._opened.append(arrival)
            self._bytes += len(arrival.message.payload)
            self._changed.notify_all()

    def take(self, records: int, timeout_s: float) -> list[Arrival]:
        """Return what to file together: all that is light, or about so many records of the rest."""
        with self._changed:
            self._changed.wait_for(lambda: self._light or self._opened, timeout_s)
            self._was_light = bool(self._light) and not (self._was_light and self._opened)
            group: list[Arrival] = []
            waiting, room = (self._light if self._was_light else self._opened), records
            while waiting and room > 0 and len(group) < MAX_GROUP_MESSAGES:
                group.append(self._pop(waiting))
                room -= group[-1].records
            self._changed.notify_all()
            return group

    def _pop(self, waiting: deque[Arrival]) -> Arrival:
        arrival = waiting.popleft()
        self._bytes -= len(arrival.message.payload)
        return arrival

    def _may_open(self) -> bool:
        return bool(self._heavy) and len(self._opened) < AHEAD_MESSAGES
