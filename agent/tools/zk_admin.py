"""Ask a ZKTeco terminal through pyzk; a program of its own (ADR 0007).

It reads one request as JSON from standard input and writes one answer as JSON to standard
output. It imports only the standard library and pyzk, and no module of Daka imports it.

    {"do": "info", "host": "192.168.1.201", "port": 4370, "comm_key": 0, "udp": false,
     "timeout_s": 10, "encoding": "utf-8"}

``do`` is info, users, count, clock or set_clock; the last wants ``when``, a local wall
time. Passwords, cards and templates are left out of every answer.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from datetime import datetime
from typing import Any

from zk import ZK
from zk.const import USER_ADMIN
from zk.exception import ZKError, ZKErrorConnection, ZKNetworkError

Json = dict[str, Any]


def info(terminal: Any, _: Json) -> Json:
    """Return what the terminal says it is."""
    return {
        "serial": terminal.get_serialnumber(),
        "model": terminal.get_device_name(),
        "firmware": terminal.get_firmware_version(),
        "platform": terminal.get_platform(),
        "mac": terminal.get_mac(),
    }


def users(terminal: Any, _: Json) -> list[Json]:
    """Return the people it knows, without what proves who they are."""
    return [
        {
            "user_id": user.user_id,
            "name": user.name,
            "number": user.uid,
            "is_admin": user.privilege == USER_ADMIN,
        }
        for user in terminal.get_users()
    ]


def count(terminal: Any, _: Json) -> Json:
    """Return how full it says it is."""
    terminal.read_sizes()
    return {
        "records": terminal.records,
        "records_capacity": terminal.rec_cap,
        "users": terminal.users,
        "users_capacity": terminal.users_cap,
        "fingers": terminal.fingers,
        "fingers_capacity": terminal.fingers_cap,
    }


def clock(terminal: Any, _: Json) -> Json:
    """Return its wall time."""
    return {"time": terminal.get_time().isoformat()}


def set_clock(terminal: Any, request: Json) -> Json:
    """Set its wall time; return what it then says."""
    terminal.set_time(datetime.fromisoformat(request["when"]))
    return clock(terminal, request)


ACTIONS = {act.__name__: act for act in (info, users, count, clock, set_clock)}


def answer(request: Json) -> Json:
    """Return what pyzk got, or why it got nothing."""
    client = ZK(
        request["host"],
        port=request["port"],
        timeout=request["timeout_s"],
        password=request["comm_key"],
        force_udp=request["udp"],
        ommit_ping=True,  # a ping proves nothing where ICMP is filtered
        encoding=request["encoding"],
    )
    try:
        terminal = client.connect()
        try:
            return {"found": ACTIONS[request["do"]](terminal, request)}
        finally:
            terminal.disconnect()
    except (ZKError, OSError) as error:
        return {"trouble": trouble_of(error), "detail": str(error)}


def trouble_of(error: Exception) -> str:
    """Return the kind of trouble: unauthorised, error (it answers so) or no_answer."""
    if "Unauthenticated" in str(error):
        return "unauthorised"
    silent = (OSError, ZKNetworkError, ZKErrorConnection)
    return "no_answer" if isinstance(error, silent) else "error"


def main() -> None:
    """Answer one request."""
    with redirect_stdout(sys.stderr):  # pyzk prints its warnings
        found = answer(json.load(sys.stdin))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
