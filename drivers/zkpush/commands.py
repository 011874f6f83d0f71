"""Commands for one terminal, told when it asks for them, and what it said about each; pure.

There is no command that deletes anything: ``CLEAR LOG`` cannot be made here.

Source: ZKTeco PUSH SDK HTTP protocol 3.2.0 and 2.4.x, and published captures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

MAX_COMMANDS: Final = 200
MAX_REPLY_BYTES: Final = 40 * 1024
_REBOOT: Final = "REBOOT"
_QUERY: Final = "DATA QUERY ATTLOG"
_PAIR: Final = re.compile(r"([A-Za-z]+)=([^&\n\r]*)")


def query(start: datetime, end: datetime) -> str:
    """Return the command that has the punches of a period pushed again."""
    return f"{_QUERY} {_period(start, end)}"


def verify_sum(start: datetime, end: datetime) -> str:
    """Return the command that has the punches of a period counted."""
    return f"VERIFY SUM ATTLOG {_period(start, end)}"


def reboot() -> str:
    """Return the command that restarts the terminal."""
    return _REBOOT


def info() -> str:
    """Return the command that has the terminal tell its counts."""
    return "INFO"


def _period(start: datetime, end: datetime) -> str:
    return f"StartTime={start:%Y-%m-%d %H:%M:%S}\tEndTime={end:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Result:
    """What a terminal said about a command: 0 is processed, which is not yet done well."""

    command_id: str
    code: str
    fields: dict[str, str]


class CommandBook:
    """The commands of one terminal.

    Args:
        first_id: higher than any id of an earlier run, so that late results are not mixed up.
    """

    def __init__(self, first_id: int) -> None:
        self._next_id = first_id
        self._waiting: list[str] = []
        self._told: dict[str, str] = {}

    @property
    def awaits_query(self) -> bool:
        """Tell whether a period was asked for and its end not reported."""
        asked = (*self._waiting, *self._told.values())
        return any(command.startswith(_QUERY) for command in asked)

    def add(self, *commands: str) -> None:
        """Queue commands; one that waits already is not queued twice."""
        for command in commands:
            if command not in self._waiting:
                self._waiting.append(command)

    def tell(self) -> str:
        """Return the reply to a terminal that asks: its commands, REBOOT last, or ``OK``."""
        self._waiting.sort(key=lambda command: command == _REBOOT)
        reply = ""
        for told, command in enumerate(self._waiting):
            line = f"C:{self._next_id}:{command}\n"
            if told == MAX_COMMANDS or len(reply) + len(line) > MAX_REPLY_BYTES:
                del self._waiting[:told]
                return reply
            self._told[str(self._next_id)] = command
            self._next_id += 1
            reply += line
        self._waiting.clear()
        return reply or "OK"

    def take(self, results: Iterator[Result]) -> list[tuple[str, Result]]:
        """Return each result with the command it is of; results of nobody are left out."""
        taken = []
        for result in results:
            command = self._told.pop(result.command_id, None)
            if command is not None:
                taken.append((command, result))
        return taken

    def forget(self) -> None:
        """Give up waiting: the terminal restarted or never answers."""
        self._waiting.clear()
        self._told.clear()


def results_of(body: bytes) -> Iterator[Result]:
    """Yield the results in a body, one a line or one field a line."""
    text = body.decode("utf-8", "replace")
    for part in re.split(r"(?=(?:^|(?<=[\n\r&]))ID=)", text):
        fields = {name.lower(): value.strip() for name, value in _PAIR.findall(part)}
        if "id" in fields:
            yield Result(fields["id"], fields.get("return", ""), fields)
