"""Ask a ZKTeco terminal what only its administration knows, through pyzk.

pyzk runs as a program of its own with a deadline (ADR 0005, 0007): whatever it does, the
command ends in an answer or a sentence.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from drivers.errors import BusyError, LinkDownError, MalformedError, RefusedError
from drivers.transports import LinkUrl

_PROGRAM: Final = Path(__file__).with_name("zk_admin.py")
_START_S: Final = 10.0
"""How long Python may take to start on a small box."""
_HALF_A_SECOND: Final = timedelta(milliseconds=500)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalAddress:
    """Where a terminal is and how it lets us in.

    Attributes:
        encoding: of the names on it; terminals do not say which.
        timeout_s: how long it may be silent.
    """

    link: LinkUrl
    comm_key: int = 0
    encoding: str = "utf-8"
    timeout_s: float = 10.0


def ask(address: TerminalAddress, question: str, when: datetime | None = None) -> Any:
    """Return what the terminal answers to ``info``, ``users``, ``count``, ``clock``, ``set_clock``.

    Args:
        when: the local wall time to set.

    Raises:
        DriverError: classed by what to do.
    """
    request = {
        "do": question,
        "host": address.link.host,
        "port": address.link.port,
        "udp": address.link.is_datagram,
        "comm_key": address.comm_key,
        "timeout_s": address.timeout_s,
        "encoding": address.encoding,
        "when": when and when.isoformat(timespec="seconds"),
    }
    place = address.link.place
    command = [sys.executable, "-I", "-W", "ignore", str(_PROGRAM)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, its request on standard input
            command,
            input=json.dumps(request),
            capture_output=True,
            encoding="utf-8",
            timeout=3 * address.timeout_s + _START_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LinkDownError(
            "timeout", f"{place} kept pyzk waiting", "Try again, or read it with probe."
        ) from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MalformedError(
            "pyzk",
            f"{place}: pyzk cannot make sense of this terminal: {last}",
            "Daka's own reader may: try daka-agent probe.",
        )
    answer = json.loads(done.stdout)
    if "trouble" in answer:
        raise _classed(answer["trouble"], answer["detail"], address)
    return answer["found"]


def clock_offset(told: str, asked: datetime, answered: datetime) -> timedelta:
    """Return terminal minus box time; a terminal tells whole seconds, so half of one is added.

    Args:
        asked, answered: local wall time of the store before and after the question.
    """
    return datetime.fromisoformat(told) + _HALF_A_SECOND - (asked + (answered - asked) / 2)


def _classed(
    trouble: str, detail: str, address: TerminalAddress
) -> LinkDownError | RefusedError | BusyError:
    place = address.link.place
    if trouble == "unauthorised":
        return RefusedError(
            "unauthorised",
            f"{place} refuses Comm Key {address.comm_key}",
            "Give --comm-key the key in its menu (Comm. > PC Connection).",
        )
    if trouble == "no_answer":
        return LinkDownError(
            "no_answer",
            f"{place} does not answer ({detail})",
            "Check its power, cable and address, and that no other program holds it.",
        )
    return BusyError(
        "device_error",
        f"{place} answers with an error ({detail})",
        "daka-agent probe may say why; else try again.",
    )
