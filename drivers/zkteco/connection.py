"""One connection to a terminal: drives the pure exchanges over a transport, with deadlines."""

from __future__ import annotations

import math
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from drivers.errors import BusyError, DriverError, LinkDownError, RefusedError
from drivers.transports import MAX_DATAGRAM_BYTES, SilentError, Transport, open_transport
from drivers.zkteco.frames import (
    DatagramDecoder,
    Decoder,
    Frame,
    StreamDecoder,
    encode,
    encode_tcp,
)
from drivers.zkteco.session import Exchange, ResultT, Session
from drivers.zkteco.settings import ZktecoSettings
from sync.clock import Clock
from sync.records import is_clean_text

MIN_CLOCK_ERROR_MS: Final = 5000
"""Below this the clock is left alone even with `set_clock`: it tells whole seconds."""
_SLICE_S: Final = 0.2
"""How long a wait goes on before it looks whether somebody closed the driver."""
_GOODBYE_S: Final = 1.0
_HALF_A_SECOND: Final = timedelta(milliseconds=500)
_BROKEN_AT_ONCE: Final = ("closed", "reset", "timeout")


class Connection:
    """An open session with one terminal.

    Args:
        closing: set by whoever closes the driver; ends every wait here.

    Attributes:
        serial: the terminal's own serial number.
        facts: model, firmware and platform, as it tells them.
        clock_offset_ms: terminal minus box clock; None when it told no time.
        is_live: it will announce touches.
    """

    def __init__(
        self, settings: ZktecoSettings, clock: Clock, zone: ZoneInfo, closing: threading.Event
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = zone
        self._closing = closing
        self._using = threading.Lock()
        is_datagram = settings.link.is_datagram
        self._transport: Transport = open_transport(
            settings.link, clock.monotonic_s, settings.connect_timeout_s
        )
        self._decoder: Decoder = DatagramDecoder() if is_datagram else StreamDecoder()
        self._encode = encode if is_datagram else encode_tcp
        self.session = Session(settings.comm_key, is_datagram=is_datagram)
        self.serial = ""
        self.facts: dict[str, str] = {}
        self._heard_at_s = self._clock_checked_at_s = clock.monotonic_s()
        self.clock_offset_ms: int | None = None
        self.is_live = False

    def start(self) -> None:
        """Open the session, learn who answers and what its clock says.

        Raises:
            DriverError: the connection is closed again.
        """
        try:
            self._greet()
            self.serial = self._learn_serial()
            self.check_clock()
            self.facts = self._learn_facts()
            if self._settings.set_clock:
                self._set_clock()
            if self._settings.live:
                self.is_live = self.run(self.session.register())
        except DriverError:
            self.close()
            raise

    def run(self, exchange: Exchange[ResultT], patience_s: float | None = None) -> ResultT:
        """Carry out an exchange.

        Args:
            patience_s: how long the terminal may be silent, `answer_timeout_s` by default.
        """
        with self._using:
            return self._drive(exchange, patience_s or self._settings.answer_timeout_s)

    def check_clock(self) -> None:
        """Measure the clock offset; also proves that the link is alive.

        A terminal tells whole seconds, so half a second is added on average.
        """
        asked_utc = self._clock.now_utc()
        told = self.run(self.session.time())
        self._clock_checked_at_s = self._clock.monotonic_s()
        middle_utc = asked_utc + (self._clock.now_utc() - asked_utc) / 2
        if told is None:
            self.clock_offset_ms = None
            return
        offset = datetime.fromisoformat(told) + _HALF_A_SECOND - self._local(middle_utc)
        self.clock_offset_ms = round(offset / timedelta(milliseconds=1))

    @property
    def silent_s(self) -> float:
        """Seconds since the terminal last said anything."""
        return self._clock.monotonic_s() - self._heard_at_s

    @property
    def is_clock_stale(self) -> bool:
        """Tell whether the clock offset was measured too long ago to go with new rows."""
        age_s = self._clock.monotonic_s() - self._clock_checked_at_s
        return age_s >= self._settings.check_link_s

    def close(self) -> None:
        """Tell the terminal goodbye, as it serves one client at a time, and hang up."""
        if self._using.acquire(timeout=2 * _SLICE_S + _GOODBYE_S):
            try:
                with suppress(DriverError):
                    self._drive(self.session.exit(), _GOODBYE_S, is_goodbye=True)
            finally:
                self._using.release()
        self._transport.close()

    def _greet(self) -> None:
        try:
            self.run(self.session.connect())
        except LinkDownError as error:
            if self._closing.is_set() or error.code not in _BROKEN_AT_ONCE:
                raise
            raise BusyError(
                "no_greeting",
                f"{self._settings.link.place} can be reached but does not answer as a terminal",
                "Usually another program holds it: one program must own a terminal.",
            ) from error

    def _learn_serial(self) -> str:
        serial = self.run(self.session.option("~SerialNumber")) or self._settings.serial
        if not serial or not is_clean_text(serial):
            raise RefusedError(
                "no_serial",
                "the terminal does not tell its serial number",
                "Set serial to the number on its label in the settings of the device.",
            )
        return serial

    def _set_clock(self) -> None:
        """Correct a clock that is off; the measured offset still goes with what it recorded."""
        offset_ms = self.clock_offset_ms
        if offset_ms is not None and abs(offset_ms) < MIN_CLOCK_ERROR_MS:
            return
        was_off = "told no time" if offset_ms is None else f"was off by {offset_ms / 1000:.0f} s"
        is_set = self.run(self.session.set_time(self._local(self._clock.now_utc())))
        self.facts["clock"] = f"{was_off} and {'was set' if is_set else 'refuses to be set'}"
        self._clock_checked_at_s = -math.inf

    def _local(self, instant_utc: datetime) -> datetime:
        return instant_utc.astimezone(self._zone).replace(tzinfo=None)

    def _learn_facts(self) -> dict[str, str]:
        told = {
            "model": self.run(self.session.option("~DeviceName")),
            "firmware": self.run(self.session.version()),
            "platform": self.run(self.session.option("~Platform")),
            "transport": self._settings.link.scheme,
        }
        return {name: value for name, value in told.items() if value}

    def _drive(
        self, exchange: Exchange[ResultT], patience_s: float, *, is_goodbye: bool = False
    ) -> ResultT:
        answer: Frame | None = None
        try:
            step = next(exchange)
            while True:
                if step is None:
                    answer = self._next_frame(patience_s, is_goodbye=is_goodbye)
                else:
                    deadline_s = self._clock.monotonic_s() + patience_s
                    self._transport.write(self._encode(step), deadline_s)
                    answer = None
                step = exchange.send(answer)
        except StopIteration as end:
            result: ResultT = end.value
            return result

    def _next_frame(self, patience_s: float, *, is_goodbye: bool) -> Frame | None:
        """Return the next frame, None after `patience_s` without a whole one."""
        now_s = self._clock.monotonic_s()
        deadline_s = now_s + patience_s / self.session.attempts
        while (frame := self._decoder.next_frame()) is None:
            if self._closing.is_set() and not is_goodbye:
                raise LinkDownError("closed", "this program closed the link", "Nothing to do.")
            if now_s >= deadline_s:
                return None
            with suppress(SilentError):
                slice_end_s = min(deadline_s, now_s + _SLICE_S)
                self._decoder.feed(self._transport.read(MAX_DATAGRAM_BYTES, slice_end_s))
            now_s = self._clock.monotonic_s()
        self._heard_at_s = now_s
        return frame
