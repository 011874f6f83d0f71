"""The commands of daka-agent, as typed, and terminals on the loopback for them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from agent.cli import app
from drivers.simulators.zk import standard_log
from drivers.simulators.zk_server import ZkSimulator
from drivers.simulators.zk_terminal import Terminal, people_named
from sync.clock import SystemClock

SHANGHAI = ZoneInfo("Asia/Shanghai")
Run = Callable[..., Result]
OpenTerminal = Callable[..., ZkSimulator]


@pytest.fixture
def run() -> Run:
    """Run a command in this process: ``run("probe", "front door")``, in English."""

    def run(*arguments: object, answer: str = "", lang: str = "en") -> Result:
        return CliRunner(env={"LC_ALL": lang}).invoke(app, [*map(str, arguments)], input=answer)

    return run


@pytest.fixture
def open_terminal() -> Iterator[OpenTerminal]:
    """Put a simulated ZKTeco terminal on the loopback: ``open_terminal(records, host=...)``."""
    with ExitStack() as stack:

        def open_terminal(
            records: int = 0, *, host: str = "127.0.0.1", port: int = 0, **fields: Any
        ) -> ZkSimulator:
            fields.setdefault("people", people_named([str(1001 + n) for n in range(5)]))
            terminal = Terminal(
                now_utc=SystemClock.of_this_boot().now_utc,
                local_of=lambda utc: utc.astimezone(SHANGHAI).replace(tzinfo=None),
                **fields,
            )
            terminal.fill(standard_log(terminal, records, terminal.now_local()))
            return stack.enter_context(ZkSimulator(terminal, host=host, port=port))

        yield open_terminal
