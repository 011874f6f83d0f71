"""ThingsBoard Gateway as a peer of the box: the same drain, measured beside ours.

    python -m bench.peers.thingsboard --install
    python -m bench.peers.thingsboard [--records 100000]

What is measured and why it is fair: `bench/peers/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final

import psutil

from bench.peers.thingsboard_server import serving
from bench.rig import processor_s, wait_until
from cloud_receiver.demo.broker import broker_command
from cloud_receiver.demo.stage import answers, free_port

HOW: Final = "python -m bench.peers.thingsboard --install"
PEERS: Final = Path(__file__).resolve().parents[2] / "var" / "peers"
VERSION: Final = "3.8.5"
PORTION: Final = 5000  # fed at once, so that its queues in memory do not count as its need
_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PeerDrain:
    """One run of the peer.

    Attributes:
        rate: records a second from the first row in the server's table to the last.
        rss_mb: its largest resident memory while it drained.
        total_s: from the broker's start, reconnecting included, to the last row.
        processor_us: what a record cost the gateway's process while it drained, in microseconds.
    """

    version: str
    rate: float
    rss_mb: float
    total_s: float
    processor_us: float


def drain(records: int, folder: Path) -> PeerDrain | None:
    """Measure the gateway installed under `folder`; None when it is not installed there."""
    assert records > 0
    if not (folder / "thingsboard" / "bin" / "thingsboard-gateway").exists():
        return None
    with TemporaryDirectory(prefix="daka-peer-") as place:
        return _drain(records, _python(folder), Path(place))


def _drain(records: int, python: Path, place: Path) -> PeerDrain:
    port, oracle, buffer = free_port(), place / "server.db", place / "data" / "data.db"
    with _gateway(python, port, place) as gateway:
        with _broker(port, place), serving(port, oracle):
            # Its storage takes nothing before its first connection, so one punch goes through.
            _feed(gateway, 1)
            wait_until("the first punch", lambda: _newest(oracle) == 1, 120)
            wait_until("its empty buffer", lambda: _held(buffer) == 0, 30)
        for fed in range(0, records, PORTION):
            _feed(gateway, min(PORTION, records - fed))
            held = min(fed + PORTION, records)
            wait_until(f"{held} punches on its disk", lambda held=held: _held(buffer) == held, 60)
        process, rss = psutil.Process(gateway.pid), 0

        def is_beyond(row: int) -> bool:
            nonlocal rss
            rss = max(rss, process.memory_info().rss)
            return _newest(oracle) > row

        began_s = monotonic()
        with _broker(port, place), serving(port, oracle):
            wait_until("the first row of the drain", lambda: is_beyond(1), 180)
            first_s, spent_s = monotonic(), processor_s(process)
            wait_until("the last row of the drain", lambda: is_beyond(records), 300)
            ended_s = monotonic()
            cost_us = (processor_s(process) - spent_s) / records * 1e6
        rate = records / (ended_s - first_s)
        return PeerDrain(_version(python), rate, rss / _MEGABYTE, ended_s - began_s, cost_us)


@contextmanager
def _broker(port: int, place: Path) -> Iterator[None]:
    with _process(broker_command(port, place)[1], place / "broker.log"):
        wait_until("the broker", lambda: answers(port), 20)
        yield


@contextmanager
def _gateway(python: Path, port: int, place: Path) -> Iterator[subprocess.Popen[bytes]]:
    for name, content in _settings(port, place).items():
        (place / name).write_text(json.dumps(content), encoding="utf-8")
    program = Path(__file__).with_name("thingsboard_box.py")
    command = [str(python), str(program), str(place / "tb_gateway.json")]
    with _process(command, place / "gateway.log") as process:
        yield process


def _settings(port: int, place: Path) -> dict[str, dict[str, object]]:
    """Return the gateway's files: its defaults, its sqlite storage, nothing it could talk to else."""
    connector = {"type": "bench", "name": "bench", "class": "PunchConnector"}
    return {
        "tb_gateway.json": {
            "thingsboard": {
                "host": "127.0.0.1",
                "port": port,
                "remoteShell": False,
                "remoteConfiguration": False,
                "statistics": {"enable": False, "enableCustom": False},
                "security": {"accessToken": "bench"},
            },
            "storage": {"type": "sqlite", "data_file_path": f"{place / 'data'}{os.sep}"},
            "grpc": {"enabled": False},
            "connectors": [{**connector, "configuration": "bench.json"}],
        },
        "bench.json": {"id": "bench", "name": "bench"},
        "logs.json": {"version": 1, "disable_existing_loggers": False},
    }


@contextmanager
def _process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("ab") as out,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=out, stderr=out, cwd=log.parent
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def _feed(gateway: subprocess.Popen[bytes], punches: int) -> None:
    assert gateway.stdin is not None
    gateway.stdin.write(f"{punches}\n".encode())
    gateway.stdin.flush()


def _held(buffer: Path) -> int:
    return _ask(buffer, "SELECT count(*) FROM messages")


def _newest(oracle: Path) -> int:
    return _ask(oracle, "SELECT coalesce(max(no), 0) FROM punch")


def _ask(database: Path, question: str) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        return int(connection.execute(question).fetchone()[0])


def _python(folder: Path) -> Path:
    return folder / "thingsboard" / "bin" / "python"


def _version(python: Path) -> str:
    question = "from importlib.metadata import version; print(version('thingsboard-gateway'))"
    return subprocess.check_output([python, "-c", question], text=True).strip()


def install(folder: Path) -> None:
    """Install the gateway into a virtual environment of its own under `folder`."""
    subprocess.run([sys.executable, "-m", "venv", folder / "thingsboard"], check=True)
    pip = [_python(folder), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, f"thingsboard-gateway=={VERSION}"], check=True)


def main() -> int:
    """Install the gateway or measure it once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--records", type=int, default=100_000)
    options = parser.parse_args()
    if options.install:
        install(PEERS)
        return 0
    measured = drain(options.records, PEERS)
    if measured is None:
        print(f"ThingsBoard Gateway is not installed here ({HOW})")
        return 1
    print(
        f"ThingsBoard Gateway {measured.version}, {options.records} records: "
        f"{measured.rate:,.0f}/s, {measured.total_s:.2f} s since the broker's start, "
        f"{measured.rss_mb:.1f} MB, {measured.processor_us:.1f} us of its processor time a record; load average {os.getloadavg()[0]:.1f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
