"""Look at a fingerprint module four times a second and tell each touch once.

The module keeps nothing: the time of a punch is the box's at the moment of the hit, and a
touch is held until the cursor of the reading that carried it comes back. Cursor: ``run``
and ``arrival`` acknowledge; ``touches`` is the occurrence count; ``heard_to`` is the last
moment the module was known to be watched.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from drivers.arrivals import Arrivals, Listening, heard_to_text, told_of
from drivers.contract import Capabilities, Cursor, Gap, PunchRow, Reading, Rejected
from drivers.errors import DriverError, LinkDownError, MalformedError, RefusedError
from drivers.fingermodule.ef01 import Ef01Module
from drivers.fingermodule.gt511 import Gt511Module
from drivers.fingermodule.session import Hit, Module, Sight
from drivers.fingermodule.settings import DEFAULT_BAUDS, Family, FingerModuleSettings
from drivers.fingermodule.touch import Touch
from drivers.occurrences import Occurrences
from drivers.strangers import describe_stranger
from drivers.transports import Transport, open_transport
from sync.clock import Clock, utc_text
from sync.records import STATE_UNKNOWN

VERIFIED_BY_FINGER: Final = 1
ROWS_PER_READING: Final = 1000
GREETING_S: Final = 0.3
PROBED_BAUDS: Final = ("57600", "9600", "115200", "19200", "38400")


@dataclass(frozen=True, slots=True)
class Seen:
    """A touch that counts."""

    page: int
    arrived_at_utc: datetime


class FingerModuleDriver:
    """One module; see `drivers.contract.Driver`."""

    capabilities = Capabilities(live=True, repair=False)

    def __init__(self, settings: FingerModuleSettings, clock: Clock, zone: str) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._transport: Transport | None = None
        self._module: Module | None = None
        self._facts: dict[str, str] = {}
        self._arrivals: Arrivals[Seen | Rejected | Gap] = Arrivals(secrets.token_hex(8))
        self._listening = Listening()
        self._acknowledged: Cursor | None = None
        self._touch = Touch(settings.debounce_s)
        self._unknown_touches = 0
        self._is_stuck = False
        self._closing = threading.Event()

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        """Look as long as people touch, then yield the touches not acknowledged by `cursor`."""
        self._closing.clear()
        self._arrivals.acknowledge(cursor)
        while self._look() and not self._arrivals.is_full:
            pass
        if cursor is not None and self._acknowledged is None:
            self._keep_gap(self._listening.resumed(cursor))
        self._acknowledged = cursor or self._acknowledged
        yield self._reading(self._acknowledged)

    def wait(self, timeout_s: float) -> bool:
        """Look until somebody touches the sensor or `timeout_s` is over."""
        deadline_s = self._clock.monotonic_s() + timeout_s
        while not self._closing.is_set():
            try:
                if self._look():
                    return True
            except DriverError:
                if not self._closing.is_set():
                    raise
            rest_s = min(self._settings.scan_s, deadline_s - self._clock.monotonic_s())
            if rest_s <= 0:
                return False
            self._closing.wait(rest_s)
        return False

    def close(self) -> None:
        """Leave the module; wakes `wait`."""
        self._closing.set()
        self._hang_up()

    def _hang_up(self) -> None:
        transport, self._transport, self._module = self._transport, None, None
        if transport is not None:
            transport.close()

    def _look(self) -> bool:
        """Look at the sensor once; tell whether a touch was added."""
        if self._arrivals.is_full:
            return True
        try:
            sight = self._connect().look()
        except DriverError:
            self._hang_up()
            raise
        now_s, now = self._clock.monotonic_s(), self._clock.now_utc()
        self._listening.heard(now)
        is_touch = self._take(sight, now_s, now)
        self._notice_stuck(now_s, now)
        return is_touch

    def _take(self, sight: Hit | Sight, now_s: float, now: datetime) -> bool:
        if isinstance(sight, Hit):
            is_new = self._touch.counts(sight.page, now_s)
            if is_new:
                self._arrivals.add(Seen(sight.page, now))
            return is_new
        if sight is Sight.NO_FINGER:
            self._touch.free()
        elif self._touch.unknown(now_s) and sight is Sight.UNKNOWN_FINGER:
            self._unknown_touches += 1
        return False

    def _notice_stuck(self, now_s: float, now: datetime) -> None:
        """Tell once that nobody can punch; the sensor is looked at all the same."""
        is_stuck = self._touch.is_stuck(now_s)
        if is_stuck and not self._is_stuck:
            self._arrivals.add(
                Rejected(
                    position=utc_text(now),
                    code="sensor_covered",
                    detail="The sensor has been covered for more than a minute: nobody else can "
                    "punch. Clean it, keep direct sun off it, take away what leans on it.",
                    raw=b"",
                )
            )
        self._is_stuck = is_stuck

    def _connect(self) -> Module:
        if self._module is None:
            self._transport = open_transport(self._settings.link, self._clock.monotonic_s)
            module = self._module_at(self._transport)
            try:
                self._facts = module.hello()
            except (LinkDownError, MalformedError) as error:
                heard = module.heard
                self._hang_up()
                raise self._diagnosis(error, heard) from error
            self._module = module
            self._keep_gap(self._listening.opened(self._clock.now_utc()))
        return self._module

    def _module_at(self, transport: Transport) -> Module:
        family = Ef01Module if self._settings.family is Family.EF01 else Gt511Module
        return family(transport, self._clock.monotonic_s, self._settings)

    def _diagnosis(self, error: DriverError, heard: bytes) -> DriverError:
        """Say why nobody answered: another speed, a stranger, or nobody there.

        Bounded: one short greeting at each usual speed, and only on a serial port.
        """
        baud = self._answering_baud() if error.code in ("timeout", "garbled") else None
        if baud is not None:
            return RefusedError(
                "baud",
                f"{self._settings.link.place}: the module answers at {baud} baud",
                f"Write the speed into its url: ...?baud={baud}",
            )
        if error.code == "timeout" and not heard:
            return LinkDownError(
                "silent",
                f"{self._settings.link.place}: no fingerprint module answers at any usual speed",
                "Check its power (3.3 V or 5 V as its label says), and that TX goes to RX.",
            )
        if error.code == "garbled":
            return RefusedError(
                "foreign_protocol",
                f"{self._settings.link.place}: the line carries {describe_stranger(heard)}",
                "Check that the module is on this port, its family and its baud rate.",
            )
        return error

    def _answering_baud(self) -> str | None:
        link = self._settings.link
        if link.scheme != "serial":
            return None
        tried = link.options.get("baud", DEFAULT_BAUDS[self._settings.family])
        for baud in PROBED_BAUDS:
            if baud == tried or self._closing.is_set():
                continue
            probed = replace(link, options={**link.options, "baud": baud})
            transport = open_transport(probed, self._clock.monotonic_s)
            try:
                if self._module_at(transport).greet(GREETING_S):
                    return baud
            finally:
                transport.close()
        return None

    def _keep_gap(self, gap: Gap | None) -> None:
        if gap is not None:
            self._arrivals.add(gap)

    def _reading(self, cursor: Cursor | None) -> Reading:
        occurrences = Occurrences(cursor.get("touches") if cursor else None)
        held = self._arrivals.held()[:ROWS_PER_READING]
        punches = []
        rejected = []
        gaps = []
        for arrived in held:
            if isinstance(arrived.item, Rejected):
                rejected.append(arrived.item)
            elif isinstance(arrived.item, Gap):
                gaps.append(arrived.item)
                rejected.append(told_of(arrived.item))
            else:
                punches.append(self._row(arrived.item, occurrences))
        ordinal = held[-1].ordinal if held else self._arrivals.last_ordinal
        is_all = ordinal == self._arrivals.last_ordinal
        return Reading(
            source_id=self._settings.serial,
            cursor={
                **self._arrivals.position(ordinal),
                "touches": occurrences.state(),
                "heard_to": heard_to_text(cursor, self._clock.now_utc(), is_quiet=not held),
            },
            punches=tuple(punches),
            rejected=tuple(rejected),
            gaps=tuple(gaps),
            complete=is_all and not self._is_stuck,
            clock_offset_ms=0,
            facts={
                **self._facts,
                "transport": self._settings.link.place,
                "unknown_touches": str(self._unknown_touches),
            },
        )

    def _row(self, seen: Seen, occurrences: Occurrences) -> PunchRow:
        local = seen.arrived_at_utc.astimezone(self._zone).replace(tzinfo=None)
        device_time = local.isoformat(timespec="seconds")
        user_id = self._settings.user_id(seen.page)
        return PunchRow(
            user_id=user_id,
            device_time=device_time,
            state_code=STATE_UNKNOWN,
            verify_code=VERIFIED_BY_FINGER,
            occurrence=occurrences.number(device_time, user_id, STATE_UNKNOWN, VERIFIED_BY_FINGER),
        )
