"""A terminal that pushes: ``python -m drivers.simulators.zkpush --server 127.0.0.1:8081``.

It keeps each record until it has a receipt, as terminals do, answers commands, and
misbehaves by name. As a program it introduces itself, asks for commands and lets people
touch it until it is stopped.
"""

from __future__ import annotations

import argparse
import re
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FAULTS: Final = {
    "slow_loris": "sends the head of a request a byte at a time and never ends it",
    "huge_body": "posts a body of 50 MB",
    "lost_reply": "leaves before the receipt comes, and so pushes everything again",
    "twice_at_once": "posts the same batch on two connections at the same time",
    "backlog": "comes back with 4000 records it kept while it was alone",
    "malformed": "posts lines that are none between lines that are",
    "form": "says that its lines are a form",
    "chunked": "posts in chunks, without a length",
    "short_length": "counts its body ten bytes too short",
    "photos": "posts a photo, a template and a list of people with every batch",
}
_BATCH_LINES: Final = 500
_HUGE_BYTES: Final = 50 * 1024 * 1024
_COMMAND: Final = re.compile(r"C:([^:]+):(.*)")
_PERIOD: Final = re.compile(r"StartTime=([-0-9]+ [:0-9]+)\tEndTime=([-0-9]+ [:0-9]+)")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str


class PushSimulator:
    """One terminal.

    Attributes:
        log: every line it ever recorded.
        unsent: how many lines at the end of the log have no receipt.
        commands: every command it was told, for tests of good manners.
    """

    def __init__(
        self, serial: str, port: int, host: str = "127.0.0.1", timeout_s: float = 30.0
    ) -> None:
        self.serial = serial
        self.log: list[str] = []
        self.unsent = 0
        self.commands: list[str] = []
        self.faults: set[str] = set()
        self._address = (host, port)
        self._timeout_s = timeout_s

    def punch(self, user_id: str, at: datetime, state: int = 0, verify: int = 1) -> None:
        """Let somebody touch it."""
        self.log.append(f"{user_id}\t{at:%Y-%m-%d %H:%M:%S}\t{state}\t{verify}\t0\t0\t0")
        self.unsent += 1

    def greet(self) -> Reply:
        """Introduce itself, as after switching it on."""
        return self.get("cdata", "&options=all&pushver=2.4.1&language=83")

    def push(self) -> list[Reply]:
        """Post what has no receipt, batch by batch; what is receipted is forgotten."""
        replies = []
        if "photos" in self.faults:
            self._post_bodies()
        while self.unsent:
            lines = self.log[len(self.log) - self.unsent :][:_BATCH_LINES]
            reply = self.post("ATTLOG", self._body(lines))
            replies.append(reply)
            if reply.status != 200 or not reply.text.startswith("OK"):
                break
            self.unsent -= len(lines)
        return replies

    def poll(self) -> str:
        """Ask for commands and carry them out; return the server's text."""
        info = f"&INFO=Ver%202.0.33-2026(simulated), 5, 0, {len(self.log)}, 192.168.1.201, 10"
        told = self.get("getrequest", info).text
        for line in told.splitlines():
            found = _COMMAND.fullmatch(line)
            if found:
                self._obey(found[1], found[2])
        return told

    def get(self, name: str, more: str = "") -> Reply:
        """Ask something."""
        return self.exchange(self._head("GET", f"/iclock/{name}?SN={self.serial}{more}") + b"\r\n")

    def post(self, table: str, body: bytes) -> Reply:
        """Post a body, as the armed faults have it."""
        return self.exchange(self.post_bytes(table, body))

    def post_bytes(self, table: str, body: bytes) -> bytes:
        """Return the bytes of a post."""
        target = f"/iclock/cdata?SN={self.serial}&table={table}&Stamp=9999"
        head = self._head("POST", target)
        kind = "application/x-www-form-urlencoded" if "form" in self.faults else "text/plain"
        head += f"Content-Type: {kind}\r\n".encode()
        if "chunked" in self.faults:
            pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
        counted = max(len(body) - 10, 0) if "short_length" in self.faults else len(body)
        return head + f"Content-Length: {counted}\r\n\r\n".encode() + body

    def exchange(self, request: bytes) -> Reply:
        """Send bytes on a connection of their own and return the answer; status 0: none."""
        with socket.create_connection(self._address, timeout=self._timeout_s) as link:
            with suppress(BrokenPipeError, ConnectionResetError):
                link.sendall(request)
            data = b""
            with suppress(TimeoutError, ConnectionResetError):
                while piece := link.recv(65536):
                    data += piece
                    if is_whole(data):
                        break
        return reply_of(data)

    def misbehave(self, fault: str, stop: threading.Event | None = None) -> None:
        """Do once what `FAULTS` says of a fault that is more than a manner of posting."""
        if fault == "slow_loris":
            self._drip(stop or threading.Event())
        elif fault == "huge_body":
            self.post("ATTLOG", b"x" * _HUGE_BYTES)
        elif fault == "lost_reply":
            with socket.create_connection(self._address, timeout=self._timeout_s) as link:
                link.sendall(self.post_bytes("ATTLOG", self._body(self._kept())))
        elif fault == "twice_at_once":
            body = self._body(self._kept())
            twins = [threading.Thread(target=self.post, args=("ATTLOG", body)) for _ in range(2)]
            for twin in twins:
                twin.start()
            for twin in twins:
                twin.join()
        elif fault == "backlog":
            start = datetime(2026, 11, 1, 8)
            for index in range(4000):
                self.punch(str(1001 + index % 5), start + timedelta(seconds=37 * index))
        else:
            self.faults.add(fault)

    def _kept(self) -> list[str]:
        return self.log[len(self.log) - self.unsent :]

    def _head(self, method: str, target: str) -> bytes:
        return (
            f"{method} {target} HTTP/1.1\r\nHost: box\r\nUser-Agent: iClock Proxy/1.09\r\n"
            "Connection: close\r\nAccept: */*\r\n"
        ).encode()

    def _body(self, lines: Sequence[str]) -> bytes:
        text = "".join(f"{line}\n" for line in lines)
        if "malformed" in self.faults:
            text = f"junk\n{text}9\tbad-time\t0\n"
        return text.encode()

    def _post_bodies(self) -> None:
        photo = f"PIN=20261123103012-1.jpg\nSN={self.serial}\nsize=9\nCMD=uploadphoto\0".encode()
        self.post("ATTPHOTO", photo + b"\xff\xd8\xff\xe0not kept")
        self.post("OPERLOG", b"USER PIN=1\tName=x\tPasswd=secret\nFP PIN=1\tFID=1\tTMP=AAAA\n")
        self.post("BIODATA", b"BIODATA Pin=1\tNo=0\tType=9\tTmp=AAAA\n")

    def _obey(self, command_id: str, command: str) -> None:
        self.commands.append(command)
        period = _PERIOD.search(command)
        result = f"ID={command_id}&Return=0&CMD={command.split(maxsplit=1)[0]}"
        if period and period[1] and command.startswith("DATA QUERY ATTLOG"):
            lines = [line for line in self.log if period[1] <= line.split("\t")[1] <= period[2]]
            for at in range(0, len(lines), _BATCH_LINES):
                self.post("ATTLOG", self._body(lines[at : at + _BATCH_LINES]))
        elif period and command.startswith("VERIFY SUM"):
            count = sum(period[1] <= line.split("\t")[1] <= period[2] for line in self.log)
            result += f"&AttlogSum={count}"
        body = f"{result}\n".encode()
        head = self._head("POST", f"/iclock/devicecmd?SN={self.serial}")
        self.exchange(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        if command == "REBOOT":
            self.greet()

    def _drip(self, stop: threading.Event) -> None:
        head = self._head("GET", f"/iclock/ping?SN={self.serial}") * 100
        link = socket.create_connection(self._address, timeout=self._timeout_s)
        with link, suppress(OSError):
            for byte in head:
                link.sendall(bytes([byte]))
                if stop.wait(0.05):
                    return


def is_whole(data: bytes) -> bool:
    """Tell whether an answer has come to its declared end."""
    head, found, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    if head.startswith(b"HTTP/1.1 100"):
        return bool(body) and is_whole(body)
    return bool(found) and length is not None and len(body) >= int(length[1])


def reply_of(data: bytes) -> Reply:
    """Return an answer taken apart; status 0 when there is none."""
    head, _, body = data.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        return reply_of(body)
    lines = head.decode("latin-1").split("\r\n")
    if len(lines[0].split()) < 2:
        return Reply(0, {}, "")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    return Reply(int(lines[0].split()[1]), headers, body.decode())


def main(argv: Sequence[str] | None = None) -> int:
    """Run a terminal until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser("python -m drivers.simulators.zkpush", description=__doc__)
    parser.add_argument("--server", default="127.0.0.1:8081", help="where the box listens")
    parser.add_argument("--serial", default="DAKA00000001")
    parser.add_argument("--users", type=int, default=5, help="ids from 1001 on")
    parser.add_argument("--every-s", type=float, default=10.0, help="somebody touches it so often")
    parser.add_argument("--touches", type=int, default=0, help="stop after so many; 0: never")
    parser.add_argument("--fault", action="append", default=[], choices=sorted(FAULTS))
    options = parser.parse_args(argv)
    host, _, port = options.server.rpartition(":")
    terminal = PushSimulator(options.serial, int(port), host)
    is_over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_over.set())
    print(f"zkpush {options.serial} pushes to {options.server}", flush=True)  # noqa: T201
    turns = 0
    while not is_over.is_set() and (turns < options.touches or not options.touches):
        terminal.punch(str(1001 + turns % options.users), datetime.now(), turns & 1)
        turns += 1
        try:
            if turns == 1:
                terminal.greet()
            for fault in options.fault:
                terminal.misbehave(fault, is_over)
            terminal.poll()
            replies = [reply.status for reply in terminal.push()]
            print(f"pushed {replies}, {terminal.unsent} kept", flush=True)  # noqa: T201
        except OSError as error:
            print(f"no server: {error}; {terminal.unsent} kept", flush=True)  # noqa: T201
        is_over.wait(options.every_s)
    return 0


if __name__ == "__main__":
    sys.exit(main())
