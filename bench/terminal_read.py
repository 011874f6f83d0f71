"""Read a ZKTeco terminal: our driver against pyzk, on one simulated terminal's bytes.

    python -m bench.terminal_read [--records 100000] [--long 1000000]

Prints: decoding alone (pyzk's own loop, fed the same bytes without a network), whole reads
over the network, how the time per record grows with the log, what an unchanged log costs,
and the memory a read needs in a process of its own.
"""

import argparse
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from zk import ZK

from drivers.simulators.zk import standard_log
from drivers.simulators.zk_server import ZkSimulator
from drivers.simulators.zk_terminal import Terminal, people_named
from drivers.zkteco.attlog import LogPass
from drivers.zkteco.driver import ZktecoDriver
from drivers.zkteco.settings import ZktecoSettings
from sync.clock import SystemClock

CLOCK = SystemClock.of_this_boot()
ZONE = "Asia/Shanghai"
USERS = 500
CHUNK_BYTES = 0xFFC0
REPEATS = 5


def _terminal(records: int, capacity: int = 10_000_000) -> Terminal:
    zone = ZoneInfo(ZONE)
    terminal = Terminal(
        now_utc=CLOCK.now_utc,
        local_of=lambda utc: utc.astimezone(zone).replace(tzinfo=None),
        people=people_named([str(1001 + number) for number in range(USERS)]),
        capacity=capacity,
    )
    end = terminal.now_local() - timedelta(hours=1)
    terminal.fill(standard_log(terminal, records, end))
    return terminal


def _driver(port: int) -> ZktecoDriver:
    table = {"url": f"tcp://127.0.0.1:{port}", "answer_timeout_s": 60}
    return ZktecoDriver(ZktecoSettings.from_table(table, "bench"), CLOCK, ZONE)


def _best_s(work: Callable[[], object], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        started_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - started_s)
    return min(times)


def _decode(log: bytes) -> int:
    passing = LogPass(len(log), date(2100, 1, 1))
    count = 0
    for at in range(0, len(log), CHUNK_BYTES):
        rows, _ = passing.feed(log[at : at + CHUNK_BYTES])
        count += len(rows)
    return count


def _pyzk_decode(terminal: Terminal) -> Callable[[], int]:
    """Return pyzk's `get_attendance` with the transfer taken out, on the same bytes."""
    client = ZK("127.0.0.1", ommit_ping=True)
    client.records = terminal.records
    buffer = terminal.buffer(terminal.log)
    client.read_sizes = lambda: None
    client.get_users = list
    client.read_with_buffer = lambda *_: (buffer, len(buffer))
    return lambda: len(client.get_attendance())


def _pyzk_read(port: int) -> int:
    client = ZK("127.0.0.1", port=port, timeout=60, ommit_ping=True)
    connection = client.connect()
    try:
        return len(connection.get_attendance())
    finally:
        connection.disconnect()


def _read(driver: ZktecoDriver) -> int:
    return sum(len(reading.punches) for reading in driver.read(None))


def _say(what: str, figure: str) -> None:
    print(f"{what:<58}{figure:>22}", flush=True)


def _peak_mb() -> float:
    """Return the most memory this process ever held; getrusage would count its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _measure_memory(port: int) -> None:
    """Run in a process of its own: read once, keep nothing, print the peak."""
    driver = _driver(port)
    before_mb = _peak_mb()
    count = _read(driver)
    driver.close()
    print(f"{count} {before_mb:.1f} {_peak_mb():.1f}")


def _compare(records: int) -> None:
    terminal = _terminal(records)
    log = bytes(terminal.log)
    assert _decode(log) == records
    ours_s, pyzk_s = _best_s(lambda: _decode(log)), _best_s(_pyzk_decode(terminal), 1)
    _say(f"decode {records} records, ours", f"{ours_s:.3f} s")
    _say(f"decode {records} records, pyzk", f"{pyzk_s:.3f} s")
    _say("ratio", f"{pyzk_s / ours_s:.1f} x")
    with ZkSimulator(terminal) as simulator:
        driver = _driver(simulator.port)
        read_s, pyzk_read_s = _best_s(lambda: _read(driver)), 0.0
        started_s = time.perf_counter()
        assert _pyzk_read(simulator.port) == records
        pyzk_read_s = time.perf_counter() - started_s
        _say(f"read {records} records and {USERS} users, ours", f"{read_s:.3f} s")
        _say(f"read {records} records and {USERS} users, pyzk", f"{pyzk_read_s:.3f} s")
        _say("ratio (both wait for the simulator)", f"{pyzk_read_s / read_s:.1f} x")
        *_, last = driver.read(None)
        exchanges = len(terminal.commands)
        unchanged_s = _best_s(lambda: list(driver.read(last.cursor)))
        exchanges = (len(terminal.commands) - exchanges) // REPEATS
        _say("read of an unchanged log", f"{unchanged_s * 1000:.2f} ms")
        _say("exchanges it takes", str(exchanges))
        terminal.punch("1001")
        started_s = time.perf_counter()
        (new,) = driver.read(last.cursor)
        _say(
            "read of one new punch at the end", f"{(time.perf_counter() - started_s) * 1000:.2f} ms"
        )
        assert len(new.punches) == 1
        driver.close()


def _grow(longest: int) -> None:
    for records in (longest // 100, longest // 10, longest):
        terminal = _terminal(records)
        log = bytes(terminal.log)
        decode_s = _best_s(lambda log=log: _decode(log), 3)
        with ZkSimulator(terminal) as simulator:
            driver = _driver(simulator.port)
            read_s = _best_s(lambda driver=driver: _read(driver), 3)
            driver.close()
            command = [sys.executable, __file__, "--memory-of", str(simulator.port)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        count, before_mb, peak_mb = done.stdout.split()
        assert int(count) == records
        each = f"{decode_s / records * 1e6:.2f} us, {read_s / records * 1e6:.2f} us"
        _say(f"{records} records: decode, read, each", each)
        _say(f"{records} records: memory before, peak", f"{before_mb} MB, {peak_mb} MB")


def main() -> None:
    warnings.simplefilter("ignore", ResourceWarning)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--long", type=int, default=1_000_000)
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        _measure_memory(options.memory_of)
        return
    _compare(options.records)
    _grow(options.long)


if __name__ == "__main__":
    main()
