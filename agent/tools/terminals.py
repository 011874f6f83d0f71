"""Look for terminals on the network: a short connection to each address, then one question.

ZKTeco terminals answer on TCP or UDP 4370, Anviz terminals on TCP 5010. Whatever listens
there and is something else is named too. Nothing is changed on any device.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final
from zoneinfo import ZoneInfo

from agent.tools.found import Found
from drivers.anviz.frames import Command as AnvizCommand
from drivers.anviz.layouts import parse_serial
from drivers.anviz.session import Session as AnvizSession
from drivers.errors import BusyError, DriverError, MalformedError
from drivers.transports import LinkUrl, MonotonicS, Transport, open_transport, parse_url
from drivers.zkteco.connection import Connection
from drivers.zkteco.frames import Command, Frame, decode, encode
from drivers.zkteco.settings import ZktecoSettings
from sync.clock import Clock

WORKERS: Final = 64
_ANY_DEVICE: Final = 0
_DATAGRAM_BYTES: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How terminals are looked for.

    Attributes:
        patience_s: how long an address may take to accept a connection or to answer.
        comm_key: tried on terminals that ask for one.
        zone: the store's.
    """

    clock: Clock
    zone: ZoneInfo
    comm_key: int = 0
    zk_port: int = 4370
    anviz_port: int = 5010
    patience_s: float = 0.6


def find_terminals(networks: Iterable[IPv4Network], search: Search) -> list[Found]:
    """Return what listens where terminals do, by address; at most `WORKERS` addresses at a time."""
    addresses = list(dict.fromkeys(str(host) for network in networks for host in network.hosts()))
    with ThreadPoolExecutor(WORKERS) as workers:
        found = workers.map(lambda address: list(_look_at(address, search)), addresses)
        return [one for several in found for one in several]


def _look_at(address: str, search: Search) -> Iterator[Found]:
    """Connect once to each port: a terminal serves one client, and some mind a second one."""
    zkteco = _zkteco_at(parse_url(f"tcp://{address}:{search.zk_port}"), search)
    if zkteco is None and _answers_datagrams(address, search.zk_port, search.patience_s):
        zkteco = _zkteco_at(parse_url(f"udp://{address}:{search.zk_port}"), search)
    anviz = _anviz_at(parse_url(f"tcp://{address}:{search.anviz_port}"), search)
    yield from (found for found in (zkteco, anviz) if found is not None)


def _answers_datagrams(address: str, port: int, patience_s: float) -> bool:
    """Tell whether a ZKTeco CONNECT is answered; the session it opened is closed again."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(patience_s)
        try:
            asker.connect((address, port))
            asker.send(encode(Frame(Command.CONNECT, 0, 0)))
            answer = decode(asker.recv(_DATAGRAM_BYTES))
            asker.send(encode(Frame(Command.EXIT, answer.session, 1)))
        except (OSError, MalformedError):
            return False
    return True


def _zkteco_at(link: LinkUrl, search: Search) -> Found | None:
    """Ask what listens there, in the way the driver will; None: nobody listens."""
    settings = ZktecoSettings(
        link=link,
        comm_key=search.comm_key,
        live=False,
        connect_timeout_s=search.patience_s,
        answer_timeout_s=4 * search.patience_s,
    )
    try:
        connection = Connection(settings, search.clock, search.zone, threading.Event())
    except DriverError:
        return None
    url = f"{link.scheme}://{link.place}"
    table: dict[str, str | int] = {"name": f"terminal {link.host}", "driver": "zkteco", "url": url}
    try:
        connection.start()
    except DriverError as error:
        what = _TOLD_BY_ERROR.get(error.code, "not_zkteco")
        if error.code == "unauthorised":
            table["comm_key"] = 0
        table = table if what in _USABLE else {}
        return Found(place=url, what=what, values={"why": error}, table=table)
    connection.close()
    if search.comm_key:
        table["comm_key"] = search.comm_key
    facts = ", ".join(value for key, value in connection.facts.items() if key != "transport")
    values = {"serial": connection.serial, "facts": facts}
    return Found(place=url, what="zkteco", values=values, table=table)


_TOLD_BY_ERROR: Final = {
    "unauthorised": "zkteco_key",
    "encrypted": "zkteco_encrypted",
    "no_serial": "zkteco_no_serial",
    "no_greeting": "zkteco_busy",
}
_USABLE: Final = ("zkteco_key", "zkteco_no_serial", "zkteco_busy")
"""Terminals that will be read once a person did what the reason asks for."""


def _anviz_at(link: LinkUrl, search: Search) -> Found | None:
    """Ask what listens there; None: nobody does."""
    url = f"tcp://{link.place}"
    monotonic_s = search.clock.monotonic_s
    try:
        transport = open_transport(link, monotonic_s, search.patience_s)
    except DriverError:
        return None
    with closing(transport):
        try:
            device_id, serial = greet_anviz(
                transport, monotonic_s, search.patience_s, is_shared_line=False
            )
        except DriverError as error:
            return Found(place=url, what="not_anviz", values={"why": error})
    table: dict[str, str | int] = {
        "name": f"terminal {link.host}",
        "driver": "anviz",
        "url": url,
        "device_id": device_id,
    }
    values = {"serial": serial or "-", "device_id": device_id}
    return Found(place=url, what="anviz", values=values, table=table)


def greet_anviz(
    transport: Transport, monotonic_s: MonotonicS, patience_s: float, *, is_shared_line: bool
) -> tuple[int, str]:
    """Return the number and the serial number (may be empty) of the Anviz terminal on a link.

    Raises:
        DriverError: no Anviz terminal answers, or more than one.
    """
    session = AnvizSession(
        transport, monotonic_s, _ANY_DEVICE, patience_s, is_shared_line=is_shared_line
    )
    answer = session.ask_alone(AnvizCommand.COUNTERS)
    serial = ""
    with suppress(BusyError):  # old firmware does not know the question
        serial = parse_serial(session.ask(AnvizCommand.SERIAL).data)
    return answer.device_id, serial
