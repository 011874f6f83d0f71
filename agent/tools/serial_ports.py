"""Look at serial ports: which there are and, if asked, what answers on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Final

from serial.tools import list_ports

from agent.tools.found import Found
from agent.tools.terminals import greet_anviz
from drivers.errors import DriverError
from drivers.fingermodule.ef01 import Ef01Module
from drivers.fingermodule.gt511 import Gt511Module
from drivers.fingermodule.settings import Family, FingerModuleSettings
from drivers.serialline.frames import LineDecoder
from drivers.serialline.layouts import PunchLine, Strange, recognise
from drivers.serialline.settings import SerialLineSettings, profile_names
from drivers.strangers import SAMPLE_BYTES, describe_stranger
from drivers.transports import SilentError, Transport, open_transport
from sync.clock import Clock

GREETING_S: Final = 0.4
_ANVIZ_BAUDS: Final = (9600, 115200)
_MODULES: Final = (
    (Family.EF01, Ef01Module, (57600, 9600, 115200)),
    (Family.GT511, Gt511Module, (9600, 57600, 115200)),
)
_LINE_BAUD: Final = 9600
_LABEL: Final = "the number on its label"


@dataclass(frozen=True, slots=True)
class Port:
    """A serial port and what the system knows of its adapter."""

    path: str
    adapter: str


def ports() -> list[Port]:
    """Return the serial ports of this machine."""
    return [Port(one.device, one.description or "n/a") for one in sorted(list_ports.comports())]


def list_found(listed: Iterable[Port]) -> list[Found]:
    """Return the ports as they are, without opening any."""
    return [
        Found(place=port.path, what="serial_port", values={"adapter": port.adapter})
        for port in listed
    ]


def ask_port(port: Port, clock: Clock, listen_s: float) -> Found:
    """Say what is on a port: ask as each driver does, then listen to what speaks by itself.

    It writes to the port and may disturb what is there, so only when a person wants it.

    Args:
        listen_s: how long to wait for a touch on a device that only talks.
    """
    try:
        for asked in _answers(port, clock):
            return asked
        return _listened(port, clock, listen_s)
    except DriverError as error:
        return Found(place=port.path, what="serial_trouble", values={"why": error})


def _answers(port: Port, clock: Clock) -> Iterator[Found]:
    for family, module, bauds in _MODULES:
        for baud in bauds:
            url = _url(port, baud)
            table = {"url": url, "serial": "?", "family": str(family)}
            settings = FingerModuleSettings.from_table(table, port.path)
            with closing(open_transport(url, clock.monotonic_s)) as transport:
                asked = module(transport, clock.monotonic_s, settings)
                if asked.greet(GREETING_S):
                    yield _module_found(port, family, url)
    for baud in _ANVIZ_BAUDS:
        url = _url(port, baud)
        with closing(open_transport(url, clock.monotonic_s)) as transport, suppress(DriverError):
            device_id, serial = greet_anviz(
                transport, clock.monotonic_s, GREETING_S, is_shared_line=True
            )
            yield Found(
                place=port.path,
                what="anviz",
                values={"serial": serial or "-", "device_id": device_id},
                table={
                    "name": f"terminal {device_id}",
                    "driver": "anviz",
                    "url": url,
                    "device_id": device_id,
                },
            )


def _module_found(port: Port, family: Family, url: str) -> Found:
    table: dict[str, str | int] = {
        "name": "finger module",
        "driver": "fingermodule",
        "url": url,
        "family": str(family),
        "serial": _LABEL,
    }
    return Found(place=port.path, what="fingermodule", values={"family": family}, table=table)


def _listened(port: Port, clock: Clock, listen_s: float) -> Found:
    url = _url(port, _LINE_BAUD)
    with closing(open_transport(url, clock.monotonic_s)) as transport:
        heard = _hear(transport, clock.monotonic_s, listen_s)
    profile = profile_of(heard, url)
    if profile is None:
        values = {"adapter": port.adapter, "stranger": describe_stranger(heard)}
        return Found(
            place=port.path, what="serial_stranger" if heard else "serial_silent", values=values
        )
    table: dict[str, str | int] = {
        "name": "reader",
        "driver": "serialline",
        "url": url,
        "profile": profile,
        "serial": _LABEL,
    }
    shown = heard[:60].decode("ascii", "backslashreplace").strip()
    return Found(
        place=port.path, what="serialline", values={"profile": profile, "heard": shown}, table=table
    )


def _hear(transport: Transport, monotonic_s: Callable[[], float], listen_s: float) -> bytes:
    """Return what was said until `listen_s` is over or there is enough to judge by."""
    heard, deadline_s = b"", monotonic_s() + listen_s
    while len(heard) < SAMPLE_BYTES:
        try:
            heard += transport.read(SAMPLE_BYTES, deadline_s)
        except SilentError:
            break
        deadline_s = min(deadline_s, monotonic_s() + GREETING_S)
    return heard


def profile_of(heard: bytes, url: str) -> str | None:
    """Return the shipped profile that reads every line of what was heard, None when none does."""
    for name in profile_names():
        settings = SerialLineSettings.from_table(
            {"url": url, "serial": "?", "profile": name}, f"profile {name}"
        )
        pieces = LineDecoder(settings.framing).feed(heard)
        lines = [
            recognise(one, settings.framing, settings.check, settings.fields) for one in pieces
        ]
        is_read = any(isinstance(line, PunchLine) for line in lines)
        if is_read and not any(isinstance(line, Strange) for line in lines):
            return name
    return None


def _url(port: Port, baud: int) -> str:
    return f"serial://{port.path}?baud={baud}"
