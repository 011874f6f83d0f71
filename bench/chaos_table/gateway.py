"""ThingsBoard Gateway with its sqlite storage in the scenarios of the table."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from bench.chaos_table.logbook import trouble_in
from bench.chaos_table.system import peer_broker
from bench.meter import Meter, metered
from bench.peers import thingsboard as peer
from bench.peers.thingsboard_server import serving
from bench.rig import wait_until
from cloud_receiver.demo.stage import answers, free_port

NAME = f"ThingsBoard Gateway {peer.VERSION}"
STILL_S = 4.0
TAKEN_WITHIN_S = 90.0
_LOGGING: Final[dict[str, object]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler", "level": "WARNING"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}


class Gateway:
    """The gateway's process, fed by a connector of ours, and a stub of its server."""

    name = NAME
    keeps_log = True

    def __init__(self, folder: Path, port: int, line: Meter, first: int = 0) -> None:
        self.line, self._folder, self.port = line, folder, port
        self.store, self.oracle = folder / "data", folder / "server.db"
        self.log = folder / "gateway.log"
        self._fed = self._first = first
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._receiver = ExitStack()
        self._is_received = False

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the gateway with its defaults and its sqlite storage."""
        settings = peer._settings(self.line.port, self._folder)
        settings["logs.json"] = _LOGGING
        for name, content in settings.items():
            told = {**content, "from": self._fed} if name == "bench.json" else content
            (self._folder / name).write_text(json.dumps(told), encoding="utf-8")
        program = Path(peer.__file__).with_name("thingsboard_box.py")
        command = [str(peer._python(peer.PEERS)), str(program), str(self._folder / "tb_gateway.json")]  # fmt: skip
        self._run("gateway", command, environment)

    def _run(
        self, name: str, command: list[str], environment: Mapping[str, str] | None = None
    ) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self._folder,
                env={**os.environ, **(environment or {})},
            )  # fmt: skip

    def kill(self) -> None:
        """Kill the gateway."""
        self._kill("gateway")

    def _kill(self, name: str) -> None:
        process = self._processes.pop(name)
        process.kill()
        process.communicate()

    def pid(self) -> int | None:
        """Return the gateway's process."""
        process = self._processes.get("gateway")
        return None if process is None else process.pid

    def raise_hq(self) -> None:
        """Start broker and server; both come before the line is open again."""
        if "broker" not in self._processes:
            self._run("broker", peer_broker(self.port, self._folder))
            wait_until("the broker", lambda: answers(self.port), 20)
        if not self._is_received:
            self._receiver.enter_context(serving(self.port, self.oracle, keeps_all=True))
            self._is_received = True

    def kill_receiver(self) -> None:
        """Take the server away; the broker keeps its session."""
        self._receiver.close()
        self._is_received = False

    def kill_broker(self) -> None:
        """Kill the broker; the server begins anew with the next."""
        self._kill("broker")
        self.kill_receiver()

    def feed(self, records: int) -> None:
        """Let the connector hand over, and wait until nothing more reaches its disk."""
        peer._feed(self._processes["gateway"], records)
        self._fed += records
        kept, since_s, began_s = -1, monotonic(), monotonic()
        while monotonic() < since_s + STILL_S and monotonic() < began_s + TAKEN_WITHIN_S:
            taken = self._held() + self.arrived()
            if taken >= self._fed - self._first:
                return
            if taken != kept:
                kept, since_s = taken, monotonic()
            sleep(0.1)

    def _held(self) -> int:
        try:
            return peer._held(self.store / "data.db")
        except sqlite3.Error:  # there is none yet, or its disk is full
            return 0

    def poison(self) -> None:
        """Let the connector hand over bytes where text is expected."""
        stdin = self._processes["gateway"].stdin
        assert stdin is not None
        stdin.write(b"poison\n")
        stdin.flush()

    def arrived(self) -> int:
        """Return the rows of the server."""
        if not self.oracle.exists():
            return 0
        return peer._ask(self.oracle, "SELECT count(*) FROM punch")

    def arrivals(self) -> list[int]:
        """Return the numbers in the server's table."""
        with sqlite3.connect(self.oracle) as connection:
            rows = connection.execute("SELECT text FROM punch ORDER BY no").fetchall()
        return [int(text[:9]) for (text,) in rows if text[:9].isdigit()]

    def said(self) -> str:
        """Return what its log tells of trouble."""
        return trouble_in(self.log)

    def close(self) -> None:
        """End everything."""
        self._receiver.close()
        for name in list(self._processes):
            self._kill(name)


@contextmanager
def standing(folder: Path) -> Iterator[Gateway]:
    """Yield a gateway whose server is up and which is not started yet."""
    folder.mkdir()
    port = free_port()
    with metered(port) as line:
        gateway = Gateway(folder, port, line)
        try:
            gateway.raise_hq()
            yield gateway
        finally:
            gateway.close()
