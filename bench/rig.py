"""A store box, a broker and headquarters as real processes that can be killed one by one.

Used by the benchmarks and by the tests that break things on purpose.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic, sleep
from typing import IO, Final

import psutil
from sqlalchemy import select

from cloud_receiver.demo.broker import broker_command
from cloud_receiver.demo.stage import answers, free_port
from cloud_receiver.store import sheaves
from cloud_receiver.store.engine import open_engine, read, sqlite_url
from cloud_receiver.store.tables import journal

ORG: Final = "bench"
STORE: Final = "S001"
ENVIRONMENT: Final = {"agent": {"MALLOC_ARENA_MAX": "1"}}
"""As config/systemd sets it."""
BOX: Final = "box-001"


@dataclass(slots=True)
class Rig:
    """One box, one broker, one headquarters, all in `folder`.

    Attributes:
        devices: the `[[device]]` tables of the box, as TOML text.
        hq_command: what headquarters runs: ``ingest`` alone or ``run`` for everything.
    """

    folder: Path
    devices: str
    hq_command: str = "ingest"
    hq_tables: str = ""
    broker_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    _running: dict[str, tuple[subprocess.Popen[bytes], IO[bytes]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.agent_settings.write_text(
            f'[box]\nid = "{BOX}"\norg = "{ORG}"\nstore = "{STORE}"\nzone = "Asia/Shanghai"\n'
            f'data_dir = "{self.folder / "box"}"\n\n'
            f'[mqtt]\nurl = "mqtt://127.0.0.1:{self.broker_port}"\n\n{self.devices}'
        )
        self.hq_settings.write_text(
            f'[hq]\norg = "{ORG}"\nreceiver_id = "hq-1"\ndata_dir = "{self.folder / "hq"}"\n\n'
            f'[mqtt]\nurl = "mqtt://127.0.0.1:{self.broker_port}"\n\n'
            f'[web]\nhost = "127.0.0.1"\nport = {self.web_port}\n\n{self.hq_tables}'
        )

    @property
    def agent_settings(self) -> Path:
        """Return the settings file of the box."""
        return self.folder / "agent.toml"

    @property
    def hq_settings(self) -> Path:
        """Return the settings file of headquarters."""
        return self.folder / "hq.toml"

    @property
    def hq_database(self) -> Path:
        """Return headquarters' SQLite file."""
        return self.folder / "hq" / "hq.db"

    def start(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Start ``agent``, ``broker`` or ``hq``; waits only for the broker to listen."""
        assert name not in self._running, f"{name} runs already"
        log = (self.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(
            self._command(name),
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **ENVIRONMENT.get(name, {}), **(environment or {})},
        )
        self._running[name] = (process, log)
        if name == "broker":
            wait_until("the broker", lambda: answers(self.broker_port), 20)

    def _command(self, name: str) -> list[str]:
        if name == "broker":
            return broker_command(self.broker_port, self.folder)[1]
        if name == "agent":
            return [sys.executable, "-m", "agent", "run", "--config", str(self.agent_settings)]
        module = [sys.executable, "-m", "cloud_receiver", self.hq_command]
        return [*module, "--config", str(self.hq_settings)]

    def run_hq(self, *arguments: str) -> str:
        """Run a command of headquarters to its end and return what it printed."""
        command = [sys.executable, "-m", "cloud_receiver", *arguments]
        done = subprocess.run(
            [*command, "--config", str(self.hq_settings)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def pid(self, name: str) -> int:
        """Return the process id of a running part."""
        return self._running[name][0].pid

    def kill(self, name: str) -> None:
        """Kill a part as a power cut would; a killed broker has forgotten everything."""
        self._end(name, signal.SIGKILL)

    def stop(self, name: str) -> int:
        """Ask a part to end, wait, and return its exit code."""
        return self._end(name, signal.SIGTERM)

    def _end(self, name: str, number: signal.Signals) -> int:
        process, log = self._running.pop(name)
        process.send_signal(number)
        try:
            code = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        log.close()
        return code

    def close(self) -> None:
        """End everything that runs."""
        for name in reversed(list(self._running)):
            self._end(name, signal.SIGKILL)

    def journaled(self) -> int:
        """Return how many records headquarters' journal holds."""
        return int(self.query("SELECT count(*) FROM journal")[0][0])

    def texts(self) -> list[tuple[str, str]]:
        """Return the identity and the JSON text of every record in the journal, as they came."""
        engine = open_engine(sqlite_url(self.hq_database))
        own = journal.c
        query = select(own.record_id, own.seq, own.body, own.sheaf_no).order_by(own.entry_no)
        try:
            with read(engine) as connection:
                rows = connection.execute(query).all()
                told = sheaves.texts(connection, [sheaves.Kept(*row[1:]) for row in rows])
        finally:
            engine.dispose()
        return [(row.record_id, text) for row, text in zip(rows, told, strict=True)]

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Run a read-only query on headquarters' SQLite; empty while there is no database."""
        if not self.hq_database.exists():
            return [(0,)]
        connection = sqlite3.connect(f"file:{self.hq_database}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(statement).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error) or "unable to open" in str(error):
                return [(0,)]
            raise
        finally:
            connection.close()


@contextmanager
def rig(
    devices: Callable[[Path], str], *, hq_command: str = "ingest", hq_tables: str = ""
) -> Iterator[Rig]:
    """Yield a rig in a temporary folder that is removed afterwards, kept with DAKA_KEEP=1.

    Args:
        devices: the `[[device]]` tables of the box, given the folder.
    """
    folder = Path(mkdtemp(prefix="daka-rig-"))
    built = Rig(folder, devices(folder), hq_command=hq_command, hq_tables=hq_tables)
    try:
        yield built
    finally:
        built.close()
        if os.environ.get("DAKA_KEEP"):
            print(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def processor_s(process: psutil.Process) -> float:
    """Return the processor seconds a process has taken so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def wait_until(what: str, ready: Callable[[], bool], within_s: float) -> float:
    """Wait for `ready` and return the seconds it took; fails loudly when it does not come."""
    began_s = monotonic()
    while not ready():
        if monotonic() - began_s > within_s:
            raise TimeoutError(f"{what} did not come within {within_s:.0f} s")
        sleep(0.01)
    return monotonic() - began_s


@dataclass(frozen=True, slots=True)
class TerminalAt:
    """Where a simulated terminal listens: for the box, and for whoever moves its people."""

    port: int
    control_port: int

    @property
    def device(self) -> str:
        """Return the `[[device]]` table that reads it."""
        return (
            f'[[device]]\nname = "door"\ndriver = "zkteco"\n'
            f'url = "tcp://127.0.0.1:{self.port}"\npoll_s = 2\n\n'
        )

    def obey(self, lines: Iterable[str]) -> list[str]:
        """Send control lines (``punch 1001``) and return the answers; fails on an error."""
        with socket.create_connection(("127.0.0.1", self.control_port), timeout=60) as link:
            answers_file = link.makefile("r")
            replies = []
            for line in lines:
                link.sendall(f"{line}\n".encode())
                replies.append(answers_file.readline().strip())
                assert replies[-1].startswith("ok"), replies[-1]
            return replies


@contextmanager
def terminal(*arguments: str) -> Iterator[TerminalAt]:
    """Run a simulated terminal as a process of its own."""
    place = TerminalAt(free_port(), free_port())
    command = [sys.executable, "-m", "drivers.simulators.zk", "--port", str(place.port)]
    command += ["--control-port", str(place.control_port), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until("the terminal", lambda: answers(place.control_port), 30)
        yield place
    finally:
        process.terminate()
        process.wait(30)
