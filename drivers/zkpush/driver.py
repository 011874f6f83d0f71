"""The push server behind the driver contract: terminals post, the agent stores, terminals forget.

One listener is one source; each reading names the terminal its rows are from. A terminal
may delete what it was given a receipt for, so the receipt waits until the agent asks for
the reading after, which proves the commit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from drivers.contract import Capabilities, Cursor, Reading, Rejected
from drivers.portions import MAX_ROWS, by_age
from drivers.zkpush import commands
from drivers.zkpush.handover import Handover, Post
from drivers.zkpush.layouts import LineReader, batches, counted_text, kept_raw, lines_of
from drivers.zkpush.reception import Reception
from drivers.zkpush.server import PushServer
from drivers.zkpush.settings import ZkPushSettings
from sync.clock import Clock

_MAX_FACT_CHARS: Final = 200
_MAX_TERMINAL_FACTS: Final = 40  # a heartbeat shows 50 facts of a device


class ZkPushDriver:
    """All terminals of a store that push; see `drivers.contract.Driver`.

    Each night, and when it is first heard, a terminal is asked to push the last weeks once
    more; so the driver repairs by itself and `read` never waits for a terminal.

    Args:
        zone: the store's time zone (IANA), in which the terminals show local time.
    """

    capabilities = Capabilities(live=True, repair=False)

    def __init__(self, settings: ZkPushSettings, clock: Clock, zone: str) -> None:
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._source_id = f"zkpush:{settings.source}"
        self._listening = threading.Lock()
        self._handover = Handover()
        self._reception = Reception(settings, clock, self._zone, self._handover)
        self._server = PushServer(
            settings.host, settings.port, settings.max_connections, self._reception.answer, clock
        )

    @property
    def port(self) -> int:
        """The port that is listened on; 0 while closed."""
        return self._server.port

    @property
    def posts(self) -> int:
        """How many posts with records came since the driver was made."""
        return self._handover.taken

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        """Yield what was posted and is not acknowledged by `cursor`, in order of arrival.

        Raises:
            BusyError, RefusedError: the port cannot be listened on.
        """
        self.listen()
        reading = Reading(source_id=self._source_id, cursor=cursor or self._handover.position(0))
        for arrived in self._handover.held(cursor):
            post, is_stored = arrived.item, False
            place = self._handover.position(arrived.ordinal)
            try:
                yield from self._readings(post, reading, place)
                is_stored = True
            finally:
                self._handover.settle(post, is_stored=is_stored)
            reading = replace(reading, cursor=place)
        strangers = self._reception.new_strangers()
        if strangers:
            yield replace(reading, rejected=strangers, facts=self._facts())
        is_complete = self._handover.is_idle and self._reception.is_told_out()
        yield replace(reading, complete=is_complete, facts=self._facts())

    def wait(self, timeout_s: float) -> bool:
        """Wait for a post; see `drivers.contract.Driver`."""
        return self._handover.wait(timeout_s)

    def close(self) -> None:
        """Stop listening; terminals without a receipt keep their records."""
        with self._listening:
            self._handover.close()
            self._server.stop()

    def listen(self) -> None:
        """Let terminals in, if they are not."""
        with self._listening:
            if self._server.port == 0:
                self._handover.open()
                self._server.start()

    def reboot(self, serial: str) -> None:
        """Have a terminal restart when it next asks for commands."""
        self._reception.terminals[serial].book.add(commands.reboot())

    def _readings(self, post: Post, reading: Reading, place: Cursor) -> Iterator[Reading]:
        """Yield the rows of one post; only the last reading moves the cursor behind it."""
        reading = replace(reading, device_serial=post.serial, facts=self._facts())
        last: Reading | None = None
        for part in self._parts(post, reading):
            if last is not None:
                yield last
            last = part
        if last is not None:
            yield replace(last, cursor=place)

    def _parts(self, post: Post, reading: Reading) -> Iterator[Reading]:
        if not post.table:
            yield replace(reading, rejected=(kept_raw(post.what, post.body),))
            return
        reader = LineReader()
        items = (reader.read(line) for line in lines_of(post.body))
        for punches, rejected in batches(items, MAX_ROWS):
            troubles: tuple[Rejected, ...] = tuple(rejected)
            for portion, is_history in by_age(punches, self._clock.now_utc(), self._zone):
                yield replace(reading, punches=portion, history=is_history)
            if troubles:
                yield replace(reading, rejected=troubles)

    def _facts(self) -> dict[str, str]:
        now_s = self._clock.monotonic_s()
        terminals = self._reception.terminals
        silent = [serial for serial, item in terminals.items() if not item.is_alive(now_s)]
        facts = {
            "terminals": f"{len(terminals) - len(silent)} of {len(terminals)} heard",
            "silent": ", ".join(silent),
            "unclaimed": ", ".join(self._reception.strangers()),
            "not kept": counted_text(self._reception.dropped()),
        }
        for serial, item in list(terminals.items())[:_MAX_TERMINAL_FACTS]:
            facts[serial] = item.summary(now_s)
        return {name: text[:_MAX_FACT_CHARS] for name, text in facts.items() if text}
