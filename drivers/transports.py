"""Byte links to devices: open by URL, read what arrives, write, close; each with a deadline.

    tcp://host:port      a stream socket; socket://host:port is the same, for serial servers
    udp://host:port      one datagram a read; only the peer asked may answer
    serial:///dev/ttyUSB0?baud=9600&bytesize=8&parity=N&stopbits=1
    replay:///path       recorded bytes; writes go nowhere; file:///path is the same

Deadlines are instants of the monotonic clock given to `open_transport`, so that one
deadline can span many reads. Protocols stay elsewhere: this module knows no device.
"""

from __future__ import annotations

import errno
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import parse_qsl, urlsplit

import serial

from drivers.errors import BusyError, DriverError, LinkDownError, RefusedError
from sync.errors import ToldError

MonotonicS = Callable[[], float]

STREAM_SCHEMES: Final = ("tcp", "socket")
NETWORK_SCHEMES: Final = (*STREAM_SCHEMES, "udp")
PATH_SCHEMES: Final = ("serial", "replay", "file")
SCHEMES: Final = (*NETWORK_SCHEMES, *PATH_SCHEMES)
MAX_DATAGRAM_BYTES: Final = 65_535
_KEEPALIVE_IDLE_S: Final = 30
_KEEPALIVE_EVERY_S: Final = 10
_KEEPALIVE_PROBES: Final = 3
_SERIAL_OPTIONS: Final = {
    "baud": tuple(str(baud) for baud in serial.Serial.BAUDRATES if baud),
    "bytesize": ("5", "6", "7", "8"),
    "parity": ("N", "E", "O", "M", "S"),
    "stopbits": ("1", "1.5", "2"),
}


class SilentError(LinkDownError):
    """Nothing arrived before the deadline; the link itself may well be up."""


class Transport(Protocol):
    """A byte link. One thread reads and writes; any thread may close."""

    def read(self, max_bytes: int, deadline_s: float) -> bytes:
        """Return what has arrived, 1 .. `max_bytes` bytes, waiting for the first of them.

        A datagram link returns one datagram; what exceeds `max_bytes` of it is lost.

        Raises:
            SilentError: nothing came before `deadline_s`.
            LinkDownError: the other side or another thread closed the link, or it broke.
        """

    def write(self, data: bytes, deadline_s: float) -> None:
        """Hand all of `data` to the link.

        Raises:
            LinkDownError: the link broke or did not take it before `deadline_s`.
        """

    def close(self) -> None:
        """Release the link and wake a waiting `read`. Idempotent, never raises."""


@dataclass(frozen=True, slots=True)
class LinkUrl:
    """A transport URL taken apart.

    Attributes:
        place: how people recognise it: ``192.168.1.201:4370`` or ``/dev/ttyUSB0``.
        host, port: of network schemes, else empty and 0.
        path: of path schemes, else empty.
        options: what stood behind the question mark.
    """

    scheme: str
    place: str
    host: str
    port: int
    path: str
    options: dict[str, str]

    @property
    def is_datagram(self) -> bool:
        """Tell whether the link carries datagrams instead of a stream."""
        return self.scheme == "udp"


def parse_url(url: str, default_port: int = 0) -> LinkUrl:
    """Take a transport URL apart, without I/O.

    Raises:
        DakaError: the URL is none; says what is wrong and what is allowed.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme not in SCHEMES:
        known = ", ".join(SCHEMES)
        zh, en = f"开头应是其中之一:{known}", f"the scheme must be one of {known}"
        raise ToldError(f"{url!r}:{zh}", f"{url!r}: {en}")
    if parts.scheme in PATH_SCHEMES:
        if not parts.path or parts.netloc:
            zh, en = (
                f"{parts.scheme}:///路径,三个斜杠",
                f"{parts.scheme}:///path, with three slashes",
            )
            raise ToldError(f"{url!r}:请写成 {zh}", f"{url!r}: write {en}")
        _check_options(url, options, _SERIAL_OPTIONS if parts.scheme == "serial" else {})
        return LinkUrl(parts.scheme, parts.path, "", 0, parts.path, options)
    try:
        port = parts.port or default_port
    except ValueError:
        port = 0
    if not parts.hostname or not port or parts.path not in ("", "/"):
        zh, en = (
            f"{parts.scheme}://主机:端口,端口 1 到 65535",
            f"{parts.scheme}://host:port, port 1-65535",
        )
        raise ToldError(f"{url!r}:请写成 {zh}", f"{url!r}: write {en}")
    _check_options(url, options, {})
    return LinkUrl(parts.scheme, f"{parts.hostname}:{port}", parts.hostname, port, "", {})


def _check_options(url: str, options: dict[str, str], known: dict[str, tuple[str, ...]]) -> None:
    for name, value in options.items():
        if name not in known:
            may = ", ".join(known) or "-"
            zh, en = f"不认识选项 {name};可用的有:{may}", f"unknown option {name!r}; known: {may}"
            raise ToldError(f"{url!r}:{zh}", f"{url!r}: {en}")
        if value not in known[name]:
            among = ", ".join(known[name])
            zh, en = f"{name} 应是其中之一:{among}", f"{name} must be one of {among}"
            raise ToldError(f"{url!r}:{zh}", f"{url!r}: {en}")


def open_transport(
    url: str | LinkUrl, monotonic_s: MonotonicS, connect_timeout_s: float = 5.0
) -> Transport:
    """Open the link a URL names.

    Args:
        monotonic_s: the clock all deadlines of this link refer to (`Clock.monotonic_s`).

    Raises:
        DakaError: the URL is none.
        DriverError: the link could not be opened; classed by what to do about it.
    """
    link = parse_url(url) if isinstance(url, str) else url
    if link.scheme == "serial":
        return _SerialTransport(link, monotonic_s)
    if link.scheme in PATH_SCHEMES:
        return _ReplayTransport(link)
    return _SocketTransport(link, monotonic_s, connect_timeout_s)


_TRY_AGAIN: Final = "It is tried again by itself."
_REMEDIES: Final[dict[int, tuple[str, str]]] = {
    errno.ECONNREFUSED: (
        "refused",
        "Check that it is switched on and the port is right; it may be restarting.",
    ),
    errno.EHOSTUNREACH: ("no_route", "Check its network cable, its address and the switch."),
    errno.ENETUNREACH: ("no_route", "Check the network of this box."),
    errno.ETIMEDOUT: ("timeout", "Check that it is switched on and its address is right."),
    errno.ECONNRESET: ("reset", "Another program may be using it, or it restarted."),
    errno.EPIPE: ("reset", "Another program may be using it, or it restarted."),
    errno.ENOENT: ("no_port", "Check that the adapter is plugged in and the path is right."),
    errno.ENODEV: ("no_port", "Check that the adapter is plugged in and the path is right."),
    errno.ENXIO: ("no_port", "Check that the adapter is plugged in and the path is right."),
    errno.EIO: ("unplugged", "Check that the adapter is plugged in."),
}


def _class_of(error: OSError, place: str) -> DriverError:
    """Return what a failure of the operating system means for whoever must act."""
    number = error.errno or 0
    if number in (errno.EACCES, errno.EPERM):
        return RefusedError(
            "permission",
            f"{place}: permission denied",
            "Give the account of the agent access (serial ports: group dialout).",
        )
    if number in (errno.EBUSY, errno.EAGAIN):
        return BusyError("port_busy", f"{place}: in use by another program", "Stop the other one.")
    if isinstance(error, TimeoutError):
        number = errno.ETIMEDOUT
    if isinstance(error, socket.gaierror):
        return LinkDownError("unknown_host", f"{place}: no such host", "Check the name.")
    code, remedy = _REMEDIES.get(number, ("link", _TRY_AGAIN))
    return LinkDownError(code, f"{place}: {error.strerror or error}", remedy)


def _silent(place: str) -> SilentError:
    return SilentError("timeout", f"{place}: no answer in time", _TRY_AGAIN)


def _ended(place: str, *, by_us: bool) -> LinkDownError:
    who = "this program" if by_us else "the other side"
    return LinkDownError("closed", f"{place}: {who} closed the link", _TRY_AGAIN)


class _SocketTransport:
    """TCP, or UDP bound to one peer."""

    def __init__(self, link: LinkUrl, monotonic_s: MonotonicS, connect_timeout_s: float) -> None:
        self._place = link.place
        self._monotonic_s = monotonic_s
        self._is_datagram = link.is_datagram
        self._closed = False
        self._using = threading.Lock()
        try:
            self._socket = _connected_socket(link, connect_timeout_s)
        except OSError as error:
            raise _class_of(error, self._place) from error

    def _remaining_s(self, deadline_s: float) -> float:
        remaining_s = deadline_s - self._monotonic_s()
        if self._closed:
            raise _ended(self._place, by_us=True)
        if remaining_s <= 0:
            raise _silent(self._place)
        return remaining_s

    def read(self, max_bytes: int, deadline_s: float) -> bytes:
        with self._using:
            try:
                self._set_timeout(self._remaining_s(deadline_s))
                data = self._socket.recv(max_bytes)
            except (TimeoutError, BlockingIOError):
                raise _silent(self._place) from None
            except OSError as error:
                raise self._broken(error) from error
        if data:
            return data
        if self._is_datagram and not self._closed:  # an empty datagram says nothing
            return self.read(max_bytes, deadline_s)
        raise _ended(self._place, by_us=self._closed)

    def write(self, data: bytes, deadline_s: float) -> None:
        with self._using:
            try:
                self._set_timeout(self._remaining_s(deadline_s))
                self._socket.sendall(data)
            except TimeoutError:
                raise _silent(self._place) from None
            except OSError as error:
                raise self._broken(error) from error

    def _set_timeout(self, timeout_s: float) -> None:
        """Bound the next receive by time, in the one way that lets `close` end it early.

        A shut down datagram socket wakes a blocking receive only, not one that polls.
        """
        if not self._is_datagram:
            self._socket.settimeout(timeout_s)
            return
        whole_s, fraction_s = divmod(timeout_s, 1)
        timeval = struct.pack("ll", int(whole_s), max(1, int(fraction_s * 1_000_000)))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)

    def _broken(self, error: OSError) -> DriverError:
        return _ended(self._place, by_us=True) if self._closed else _class_of(error, self._place)

    def close(self) -> None:
        self._closed = True
        with suppress(OSError):  # already gone: nobody to wake
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes a reader before the number is freed
        with self._using:
            self._socket.close()


def _connected_socket(link: LinkUrl, connect_timeout_s: float) -> socket.socket:
    if not link.is_datagram:
        stream = socket.create_connection((link.host, link.port), connect_timeout_s)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (
            ("TCP_KEEPIDLE", _KEEPALIVE_IDLE_S),
            ("TCP_KEEPINTVL", _KEEPALIVE_EVERY_S),
            ("TCP_KEEPCNT", _KEEPALIVE_PROBES),
        ):
            if hasattr(socket, name):
                stream.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        return stream
    family, kind, protocol, _, address = socket.getaddrinfo(
        link.host, link.port, type=socket.SOCK_DGRAM
    )[0]
    datagram = socket.socket(family, kind, protocol)
    try:
        datagram.connect(address)
    except OSError:
        datagram.close()
        raise
    return datagram


class _SerialTransport:
    """A serial port, held exclusively."""

    def __init__(self, link: LinkUrl, monotonic_s: MonotonicS) -> None:
        self._place = link.place
        self._monotonic_s = monotonic_s
        self._closed = False
        self._using = threading.Lock()
        try:
            self._port = serial.Serial(
                link.path,
                baudrate=int(link.options.get("baud", "9600")),
                bytesize=int(link.options.get("bytesize", "8")),
                parity=link.options.get("parity", "N"),
                stopbits=float(link.options.get("stopbits", "1")),
                exclusive=True,
            )
        except OSError as error:  # SerialException is one
            raise _class_of(error, self._place) from error

    def read(self, max_bytes: int, deadline_s: float) -> bytes:
        with self._using:
            remaining_s = deadline_s - self._monotonic_s()
            if self._closed:
                raise _ended(self._place, by_us=True)
            if remaining_s <= 0:
                raise _silent(self._place)
            try:
                self._port.timeout = remaining_s
                data: bytes = self._port.read(1)
                data += self._port.read(min(self._port.in_waiting, max_bytes - 1)) if data else b""
            except OSError as error:
                raise self._broken(error) from error
        if self._closed:
            raise _ended(self._place, by_us=True)
        if not data:
            raise _silent(self._place)
        return data

    def write(self, data: bytes, deadline_s: float) -> None:
        with self._using:
            remaining_s = deadline_s - self._monotonic_s()
            if self._closed:
                raise _ended(self._place, by_us=True)
            try:
                self._port.write_timeout = max(remaining_s, 0.001)
                self._port.write(data)
            except serial.SerialTimeoutException:
                raise _silent(self._place) from None
            except OSError as error:
                raise self._broken(error) from error

    def _broken(self, error: OSError) -> DriverError:
        """Return the class of a failure of an open port: a silent pyserial one is unplugging."""
        if self._closed:
            return _ended(self._place, by_us=True)
        if error.errno is None:
            error = OSError(errno.EIO, str(error))
        return _class_of(error, self._place)

    def close(self) -> None:
        self._closed = True
        with suppress(OSError, TypeError, AttributeError):  # closed already: nobody to wake
            self._port.cancel_read()
            self._port.cancel_write()
        with self._using, suppress(OSError):  # unplugged: the system has released it
            self._port.close()


class _ReplayTransport:
    """Bytes recorded earlier; ends as a peer that hangs up."""

    def __init__(self, link: LinkUrl) -> None:
        self._place = link.place
        self._closed = False
        try:
            self._file = Path(link.path).open("rb")  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise _class_of(error, self._place) from error

    def read(self, max_bytes: int, deadline_s: float) -> bytes:  # noqa: ARG002 - never waits
        data = b"" if self._closed else self._file.read(max_bytes)
        if not data:
            raise _ended(self._place, by_us=self._closed)
        return data

    def write(self, data: bytes, deadline_s: float) -> None:  # noqa: ARG002 - goes nowhere
        if self._closed:
            raise _ended(self._place, by_us=True)

    def close(self) -> None:
        self._closed = True
        self._file.close()
