"""The shell around a folder of USB exports: lists it, reads on where it stood, never writes to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from drivers.attlogfile.layouts import AttlogParser, NotAttlogError, Parsed
from drivers.attlogfile.settings import AttlogSettings
from drivers.contract import Capabilities, Cursor, Reading
from drivers.errors import DriverError, RefusedError
from drivers.files.bookmarks import Bookmarks, FileState
from drivers.files.folder import matches, shown_name
from drivers.files.growing import BLOCK_BYTES, GrowingFiles
from drivers.files.watch import MAX_FILES, FolderWatch, file_trouble, too_many
from drivers.portions import by_age, portions
from sync.clock import Clock

_NAMED: Final = re.compile(r"([A-Za-z0-9]+)_attlog(?:\..*)?", re.IGNORECASE)
_MAX_NUMBER_DIGITS: Final = 3  # device numbers end at 254; a serial is longer


class AttlogFileDriver:
    """Read every attendance log in a folder; its punches are those of the network, record for record.

    Args:
        zone: the store's time zone (IANA), in which the terminals show local time.
    """

    capabilities = Capabilities(live=True, repair=True)

    def __init__(self, settings: AttlogSettings, clock: Clock, zone: str) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._source_id = f"attlog:{settings.source}"
        self._watch = FolderWatch(settings.folder, [settings.pattern], settings.settle_s, clock)
        self._growing = GrowingFiles(AttlogParser)
        serials = (settings.serial, *sorted(settings.terminals.items()))
        self._digest = f"1 {serials}"  # other terminals: everything is read anew

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        """Yield what the folder holds beyond `cursor`, least recently changed file first.

        Raises:
            LinkDownError: the folder or its share is away.
            RefusedError: the folder, or at the end of the pass one of its files, cannot
                be read until a person changes something; the other files were read.
        """
        pattern = [self._settings.pattern]
        states = [state for state in self._watch.look() if matches(state.name, pattern)]
        marks = Bookmarks(cursor, self._digest)
        numbers = {number for state in states if (number := device_number(state.name)) is not None}
        troubles: list[DriverError] = []
        if len(states) > MAX_FILES:
            troubles.append(too_many(len(states)))
        is_waiting = False
        for state in states[-MAX_FILES:]:
            if marks.is_read(state):
                continue
            try:
                yield from self._read_file(state, marks, is_alone=len(numbers) < 2)
            except FileNotFoundError:
                continue  # gone since it was listed
            except (DriverError, NotAttlogError, OSError) as error:
                troubles.append(_classed(state.name, error))
                continue
            is_waiting = is_waiting or not marks.is_read(state)
        marks.settle(states)
        is_complete = not (troubles or is_waiting or self._settings.sole)
        yield Reading(
            source_id=self._source_id,
            cursor=marks.cursor(),
            complete=is_complete,
            facts={"files": str(len(states))},
        )
        if troubles:
            raise troubles[0]

    def wait(self, timeout_s: float) -> bool:
        """Look at the folder until a file changed since the last `read` began listing."""
        return self._watch.wait(timeout_s)

    def close(self) -> None:
        """Wake a `wait`; between reads nothing is held open."""
        self._watch.close()

    def _read_file(
        self, state: FileState, marks: Bookmarks, *, is_alone: bool
    ) -> Iterator[Reading]:
        serial = self._terminal_of(state.name, is_alone=is_alone)
        has_settled = self._watch.has_settled(state)
        with (self._settings.folder / state.name).open("rb") as file:
            for parsed, advance in self._growing.read(file, state, marks, has_settled=has_settled):
                readings = list(_readings(parsed, self._source_id, serial, self._now(), self._zone))
                for i, reading in enumerate(readings):
                    if i == len(readings) - 1:
                        advance()  # only what was read whole is behind the bookmark
                    yield replace(reading, cursor=marks.cursor())

    def _now(self) -> datetime:
        return self._clock.now_utc()

    def _terminal_of(self, name: str, *, is_alone: bool) -> str:
        """Return the serial of the terminal a file is from.

        Args:
            is_alone: no file of another device number lies beside it.
        """
        number = device_number(name)
        if number is None and (found := _NAMED.fullmatch(name)):
            return found[1]
        serial = self._settings.serial if is_alone else ""
        serial = self._settings.terminals.get(number or "", serial)
        if serial:
            return serial
        raise RefusedError(
            "unknown_terminal",
            f"{shown_name(name)} does not say which terminal it is from",
            "Set serial in the settings of this device, or terminals where several share the "
            "folder, or name the file SERIAL_attlog.dat.",
        )


def device_number(name: str) -> str | None:
    """Return the device number an export is named after; None: no name, or that of a serial.

    >>> device_number("01_attlog.dat"), device_number("CKUH1_attlog.dat")
    ('1', None)
    """
    found = _NAMED.fullmatch(name)
    if found and found[1].isdecimal() and len(found[1]) <= _MAX_NUMBER_DIGITS:
        return str(int(found[1]))
    return None


def read_file(path: Path, serial: str, clock: Clock, zone: str) -> Iterator[Reading]:
    """Yield what one export holds, for a person who brings it by hand.

    Args:
        serial: of the terminal it is from.
        zone: the store's time zone (IANA).

    Raises:
        RefusedError: it may not be read, or is no attendance log.
        LinkDownError: the stick was pulled.
    """
    parser = AttlogParser(shown_name(path.name))
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                parsed = parser.feed(block)
                yield from _readings(parsed, serial, serial, clock.now_utc(), ZoneInfo(zone))
        last = parser.feed(b"", final=True)
        yield from _readings(last, serial, serial, clock.now_utc(), ZoneInfo(zone))
    except (NotAttlogError, OSError) as error:
        raise _classed(path.name, error) from error


def _readings(
    parsed: Parsed, source_id: str, serial: str, now_utc: datetime, zone: ZoneInfo
) -> Iterator[Reading]:
    for punches, is_history in by_age(parsed.punches, now_utc, zone):
        yield Reading(
            source_id=source_id,
            cursor={},
            punches=punches,
            history=is_history,
            device_serial=serial,
        )
    for rejected in portions(parsed.rejected):
        yield Reading(source_id=source_id, cursor={}, rejected=rejected, device_serial=serial)


def _classed(name: str, error: DriverError | NotAttlogError | OSError) -> DriverError:
    """Return the trouble with one file, classed by what to do."""
    match error:
        case DriverError():
            return error
        case OSError():
            return file_trouble(name, error)
        case _:
            return RefusedError(
                "not_attlog",
                f"{shown_name(name)} holds {error}",
                "It may be encrypted or of another kind: export the attendance log once more, "
                "unencrypted, or narrow the pattern.",
            )
