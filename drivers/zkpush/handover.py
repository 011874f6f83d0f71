"""Posts on their way from the terminals' threads to the driver's: a receipt waits for the commit."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import Any, Final

from drivers.arrivals import Arrivals, Arrived
from drivers.contract import Cursor

MAX_HELD_BYTES: Final = 16 * 1024 * 1024
"""Posts held for an agent that stores; beyond, terminals are asked to come back."""


@dataclass(slots=True, eq=False)
class Post:
    """What a terminal posted and may forget once it is stored.

    Attributes:
        table: lower case; empty for a post that is kept without being understood.
        what: names the post for a person.
        is_stored: set before `settled`; True: the agent has committed all of it.
    """

    serial: str
    table: str
    what: str
    body: bytes
    is_stored: bool = False
    is_given_up: bool = False
    settled: threading.Event = field(default_factory=threading.Event)


class Handover:
    """Hold posts in order of arrival until the cursor that carries them comes back."""

    def __init__(self) -> None:
        self._arrivals: Arrivals[Post] = Arrivals(secrets.token_hex(8))
        self._changed = threading.Condition()
        self._unsettled = 0
        self._is_open = False

    @property
    def is_idle(self) -> bool:
        """Tell whether no terminal waits for a receipt."""
        return self._unsettled == 0

    @property
    def taken(self) -> int:
        """The number of posts taken in so far."""
        return self._arrivals.last_ordinal

    def open(self) -> None:
        """Begin to take posts."""
        with self._changed:
            self._is_open = True

    def submit(self, post: Post, timeout_s: float) -> bool:
        """Wait until a post is stored; False: it is not, and its terminal must keep it."""
        with self._changed:
            held_bytes = sum(len(arrived.item.body) for arrived in self._arrivals.held())
            is_full = self._arrivals.is_full or held_bytes + len(post.body) > MAX_HELD_BYTES
            if not self._is_open or (is_full and held_bytes):
                return False
            self._arrivals.add(post)
            self._unsettled += 1
            self._changed.notify_all()
        if not post.settled.wait(timeout_s):
            self.settle(post, is_stored=False)
        return post.is_stored

    def held(self, cursor: Cursor | None) -> tuple[Arrived[Post], ...]:
        """Let go of what `cursor` proves stored and return the rest, oldest first."""
        with self._changed:
            self._arrivals.acknowledge(cursor)
            held = self._arrivals.held()
        return tuple(arrived for arrived in held if not arrived.item.is_given_up)

    def position(self, ordinal: int) -> dict[str, Any]:
        """Return the cursor that acknowledges everything up to `ordinal`."""
        return self._arrivals.position(ordinal)

    def settle(self, post: Post, *, is_stored: bool) -> None:
        """Let the terminal have its answer; only the first call counts."""
        with self._changed:
            if post.settled.is_set():
                return
            post.is_stored = is_stored
            if not is_stored:
                post.is_given_up, post.body = True, b""  # its terminal posts it again
            self._unsettled -= 1
            post.settled.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a post; False when the time is up or at `close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._unsettled or not self._is_open, timeout_s)
            return self._is_open and self._unsettled > 0

    def close(self) -> None:
        """Take no more posts, let every terminal keep what waits, and wake `wait`."""
        with self._changed:
            self._is_open = False
            held = self._arrivals.held()
            self._changed.notify_all()
        for arrived in held:
            self.settle(arrived.item, is_stored=False)
