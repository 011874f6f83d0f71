"""A shop with one simulated terminal, and drivers that read it over real sockets."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from drivers.contract import Cursor, PunchRow, Reading
from drivers.simulators.zk import standard_log
from drivers.simulators.zk_server import ZkSimulator
from drivers.simulators.zk_terminal import Terminal, encode_record, people_named
from drivers.zkteco.driver import ZktecoDriver
from drivers.zkteco.layouts import time_word
from drivers.zkteco.settings import ZktecoSettings
from sync.clock import SystemClock

ZONE = "Asia/Shanghai"
CLOCK = SystemClock.of_this_boot()
USER_IDS = [str(1001 + number) for number in range(20)]


@dataclass
class Shop:
    """One terminal and whoever reads it."""

    terminal: Terminal
    simulator: ZkSimulator
    _exit: ExitStack

    def driver(self, *, scheme: str = "tcp", zone: str = ZONE, **settings: Any) -> ZktecoDriver:
        table = {
            "url": f"{scheme}://127.0.0.1:{self.simulator.port}",
            "answer_timeout_s": 0.5,
            **settings,
        }
        driver = ZktecoDriver(ZktecoSettings.from_table(table, "test"), CLOCK, zone)
        self._exit.callback(driver.close)
        return driver

    def read(self, cursor: Cursor | None = None, **settings: Any) -> list[Reading]:
        return list(self.driver(**settings).read(cursor))

    def fill(self, count: int) -> None:
        self.terminal.fill(standard_log(self.terminal, count, self.terminal.now_local()))

    def add(self, user_id: str, when: str, state: int = 0, verify: int = 1) -> None:
        """Append a record as if touched then, without the event."""
        stamp = datetime.fromisoformat(when)
        with self.terminal.lock:
            self.terminal.log += encode_record(
                self.terminal.layout, 0, user_id, time_word(stamp), state, verify
            )

    def add_raw(self, record: bytes) -> None:
        assert len(record) == self.terminal.layout
        with self.terminal.lock:
            self.terminal.log += record


OpenShop = Callable[..., Shop]


@pytest.fixture
def open_shop() -> Iterator[OpenShop]:
    zone = ZoneInfo(ZONE)
    with ExitStack() as exit_stack:

        def open_shop(
            records: int = 0,
            *,
            one_client: bool = False,
            packet_bytes: int = 0x10000,
            port: int = 0,
            **terminal_fields: Any,
        ) -> Shop:
            terminal = Terminal(
                **{
                    "now_utc": CLOCK.now_utc,
                    "local_of": lambda utc: utc.astimezone(zone).replace(tzinfo=None),
                    "people": people_named(USER_IDS),
                    **terminal_fields,
                }
            )
            simulator = exit_stack.enter_context(
                ZkSimulator(terminal, one_client=one_client, packet_bytes=packet_bytes, port=port)
            )
            shop = Shop(terminal, simulator, exit_stack)
            shop.fill(records)
            return shop

        yield open_shop


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop()


@pytest.fixture
def punches() -> Callable[[list[Reading]], list[PunchRow]]:
    return lambda readings: [row for reading in readings for row in reading.punches]
