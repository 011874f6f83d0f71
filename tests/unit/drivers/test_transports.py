"""Links open by URL, tell silence from an end, and class what goes wrong."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.errors import BusyError, DriverError, LinkDownError, RefusedError
from drivers.transports import SilentError, Transport, open_transport, parse_url
from sync.errors import DakaError

SOON_S = 0.05
LATER_S = 5.0


def _deadline(after_s: float = LATER_S) -> float:
    return time.monotonic() + after_s


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LATER_S)
        yield server


@pytest.fixture
def tcp_pair(listener: socket.socket) -> Iterator[tuple[Transport, socket.socket]]:
    link = open_transport(f"tcp://127.0.0.1:{listener.getsockname()[1]}", time.monotonic)
    peer, _ = listener.accept()
    yield link, peer
    link.close()
    peer.close()


@pytest.fixture
def pty_pair() -> Iterator[tuple[Transport, int]]:
    master, slave = os.openpty()
    link = open_transport(f"serial://{os.ttyname(slave)}?baud=57600", time.monotonic)
    os.close(slave)
    yield link, master
    link.close()
    with contextlib.suppress(OSError):
        os.close(master)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://x:1", "scheme must be one of tcp"),
        ("tcp://host", "port 1-65535"),
        ("tcp://host:0", "port 1-65535"),
        ("tcp://host:99999", "port 1-65535"),
        ("tcp://:4370", "host:port"),
        ("tcp://host:1/path", "host:port"),
        ("tcp://host:1?baud=9600", "unknown option 'baud'"),
        ("serial://ttyUSB0", "three slashes"),
        ("serial:///dev/ttyUSB0?baud=9601", "baud must be one of"),
        ("serial:///dev/ttyUSB0?parity=even", "parity must be one of N, E, O, M, S"),
        ("serial:///dev/ttyUSB0?speed=9600", "known: baud, bytesize, parity, stopbits"),
        ("", "scheme must be one of"),
    ],
)
def test_a_wrong_url_says_what_is_allowed(url: str, says: str) -> None:
    with pytest.raises(DakaError, match=says.replace("?", "\\?")):
        parse_url(url)


def test_a_url_gives_its_parts() -> None:
    link = parse_url("tcp://[::1]", default_port=4370)
    assert (link.host, link.port, link.is_datagram) == ("::1", 4370, False)
    assert parse_url("udp://box:1").is_datagram
    assert parse_url("serial:///dev/x?parity=E").options == {"parity": "E"}


def test_read_returns_what_arrived_and_write_hands_over_all(
    tcp_pair: tuple[Transport, socket.socket],
) -> None:
    link, peer = tcp_pair
    peer.sendall(b"abc")
    assert link.read(2, _deadline()) == b"ab"
    assert link.read(100, _deadline()) == b"c"
    link.write(b"xyz", _deadline())
    assert peer.recv(10) == b"xyz"


def test_nagle_is_off_and_keepalive_on(listener: socket.socket) -> None:
    link = open_transport(f"socket://127.0.0.1:{listener.getsockname()[1]}", time.monotonic)
    inner: socket.socket = link._socket  # type: ignore[attr-defined]
    assert inner.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert inner.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    link.close()


def test_silence_is_told_from_the_end(tcp_pair: tuple[Transport, socket.socket]) -> None:
    link, peer = tcp_pair
    with pytest.raises(SilentError, match="no answer in time"):
        link.read(10, _deadline(SOON_S))
    with pytest.raises(SilentError):
        link.read(10, time.monotonic() - 1)  # a deadline that has passed is silence, not a wait
    peer.close()
    with pytest.raises(LinkDownError, match="the other side closed") as caught:
        link.read(10, _deadline())
    assert not isinstance(caught.value, SilentError)


def test_a_peer_that_resets_is_a_link_down(tcp_pair: tuple[Transport, socket.socket]) -> None:
    link, peer = tcp_pair
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    with pytest.raises(LinkDownError, match="reset"):
        link.read(10, _deadline())


def test_a_peer_that_takes_nothing_does_not_hold_write_for_ever(
    tcp_pair: tuple[Transport, socket.socket],
) -> None:
    link, _ = tcp_pair
    with pytest.raises(SilentError):
        link.write(b"x" * 50_000_000, _deadline(0.2))


def _close_from_another_thread(link: Transport) -> None:
    outcome: list[DriverError] = []
    started = threading.Event()

    def read() -> None:
        started.set()
        try:
            link.read(1, _deadline(60))
        except DriverError as error:
            outcome.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    assert started.wait(LATER_S)
    link.close()
    reader.join(LATER_S)
    assert not reader.is_alive()
    assert "this program closed" in str(outcome[0])
    link.close()  # idempotent
    with pytest.raises(LinkDownError, match="this program closed"):
        link.read(1, _deadline())
    with pytest.raises(LinkDownError, match="this program closed"):
        link.write(b"x", _deadline())


def test_close_from_another_thread_ends_a_tcp_read(
    tcp_pair: tuple[Transport, socket.socket],
) -> None:
    _close_from_another_thread(tcp_pair[0])


def test_close_from_another_thread_ends_a_serial_read(pty_pair: tuple[Transport, int]) -> None:
    _close_from_another_thread(pty_pair[0])


def test_close_from_another_thread_ends_a_udp_read() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        port = peer.getsockname()[1]
        _close_from_another_thread(open_transport(f"udp://127.0.0.1:{port}", time.monotonic))


def test_a_closed_port_is_refused_with_a_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(LinkDownError, match="switched on") as caught:
        open_transport(f"tcp://127.0.0.1:{port}", time.monotonic)
    assert caught.value.code == "refused"


def test_an_unknown_host_is_named() -> None:
    with pytest.raises(LinkDownError) as caught:
        open_transport("tcp://no-such-host.invalid:1", time.monotonic)
    assert caught.value.code == "unknown_host"


def test_udp_gives_one_datagram_a_read_and_only_from_the_peer_asked() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(LATER_S)
        link = open_transport(f"udp://127.0.0.1:{peer.getsockname()[1]}", time.monotonic)
        link.write(b"hello", _deadline())
        data, address = peer.recvfrom(100)
        assert data == b"hello"
        stranger.sendto(b"lie", address)
        for datagram in (b"", b"one", b"two"):
            peer.sendto(datagram, address)
        assert [link.read(100, _deadline()) for _ in range(2)] == [b"one", b"two"]
        link.close()


def test_a_serial_line_carries_bytes_both_ways(pty_pair: tuple[Transport, int]) -> None:
    link, master = pty_pair
    os.write(master, b"12345")
    got = b""
    while len(got) < 5:
        got += link.read(3, _deadline())
    assert got == b"12345"
    link.write(b"ok", _deadline())
    assert os.read(master, 10) == b"ok"
    with pytest.raises(SilentError):
        link.read(1, _deadline(SOON_S))


def test_an_unplugged_adapter_is_a_link_down(pty_pair: tuple[Transport, int]) -> None:
    link, master = pty_pair
    os.close(master)
    with pytest.raises(LinkDownError, match="plugged in") as caught:
        link.read(1, _deadline())
    assert caught.value.code == "unplugged"


def test_a_port_in_use_is_busy() -> None:
    master, slave = os.openpty()
    try:
        first = open_transport(f"serial://{os.ttyname(slave)}", time.monotonic)
        with pytest.raises(BusyError, match="another program"):
            open_transport(f"serial://{os.ttyname(slave)}", time.monotonic)
        first.close()
    finally:
        os.close(master)
        os.close(slave)


def test_a_missing_port_and_a_forbidden_one_ask_for_different_acts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(LinkDownError) as missing:
        open_transport("serial:///dev/no-such-port", time.monotonic)
    assert missing.value.code == "no_port"

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("drivers.transports.serial.Serial", forbidden)  # root may open anything
    with pytest.raises(RefusedError, match="dialout"):
        open_transport("serial:///dev/ttyS0", time.monotonic)


@pytest.mark.parametrize("scheme", ["replay", "file"])
def test_a_recording_is_read_to_its_end(tmp_path: Path, scheme: str) -> None:
    recording = tmp_path / "capture.bin"
    recording.write_bytes(b"abcdef")
    link = open_transport(f"{scheme}://{recording}", time.monotonic)
    link.write(b"ignored", _deadline())
    assert link.read(4, _deadline()) + link.read(4, _deadline()) == b"abcdef"
    with pytest.raises(LinkDownError, match="other side closed"):
        link.read(4, _deadline())
    link.close()
    with pytest.raises(LinkDownError, match="this program"):
        link.read(4, _deadline())
    with pytest.raises(LinkDownError) as caught:
        open_transport(f"{scheme}://{tmp_path}/missing", time.monotonic)
    assert caught.value.code == "no_port"
