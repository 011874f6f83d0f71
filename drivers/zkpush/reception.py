"""Answer what terminals ask and take what they post; a receipt is given for stored records only."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from drivers.contract import Rejected
from drivers.zkpush.commands import CommandBook, results_of
from drivers.zkpush.handover import Handover, Post
from drivers.zkpush.handshake import door_block, option_block, registry_code, time_answer
from drivers.zkpush.layouts import (
    LINE_TABLES,
    count_lines,
    holds_body_parts,
    lines_of,
    whole_lines,
)
from drivers.zkpush.requests import Request
from drivers.zkpush.settings import ZkPushSettings
from drivers.zkpush.terminals import PushTerminal
from sync.clock import Clock

MAX_STRANGERS: Final = 100
COME_BACK: Final = 503
_LOGS: Final = frozenset(("operlog", "userinfo", "idcard", "errorlog", "options", "rtstate"))
_BODIES: Final = frozenset(("attphoto", "biodata", "biophoto", "fdata", "templatev10", "userpic"))
_SERIAL: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and its text."""

    status: int
    text: str


_LATER: Final = Answer(COME_BACK, "come back later\n")


class Reception:
    """Serve every terminal of the store; called from their connections' threads.

    Attributes:
        terminals: by serial as the settings write it.
    """

    def __init__(
        self, settings: ZkPushSettings, clock: Clock, zone: ZoneInfo, handover: Handover
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = zone
        self._handover = handover
        self._lock = threading.Lock()
        self._strangers: dict[str, str] = {}
        self._reported: set[str] = set()
        self.nameless = 0
        first_id = int(clock.now_utc().timestamp()) % 1_000_000_000
        self.terminals = {
            serial: PushTerminal(serial=serial, book=CommandBook(first_id))
            for serial in settings.serials
        }
        self._by_upper = {serial.upper(): item for serial, item in self.terminals.items()}

    def answer(self, request: Request, peer: str) -> Answer:
        """Return the answer to a request from the address `peer`."""
        if not request.path.startswith("/iclock"):
            return Answer(404, "terminals push to /iclock\n")
        if request.method not in ("GET", "POST", "HEAD"):
            return Answer(405, "GET or POST\n")
        serial = request.query.get("sn", "")
        if not _SERIAL.fullmatch(serial):
            self.nameless += 1
            return Answer(400, "SN is missing or is no serial\n")
        terminal = self._by_upper.get(serial.upper())
        if terminal is None:
            self._note_stranger(serial, peer)
            return _LATER
        with self._lock:
            terminal.heard(self._clock.monotonic_s())
        return self._served(request, terminal)

    def new_strangers(self) -> tuple[Rejected, ...]:
        """Return a trouble for each terminal that pushes here and is not of this store."""
        with self._lock:
            new = [serial for serial in self._strangers if serial not in self._reported]
            self._reported.update(new)
            return tuple(_unclaimed(serial, self._strangers[serial]) for serial in new)

    def strangers(self) -> list[str]:
        """Return the serials that push here and are not of this store."""
        with self._lock:
            return sorted(self._strangers)

    def dropped(self) -> Counter[str]:
        """Return what was posted and not kept, by kind."""
        with self._lock:
            return sum((item.dropped for item in self.terminals.values()), Counter())

    def is_told_out(self) -> bool:
        """Tell whether every terminal of the store has told all it holds."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            return all(item.is_told_out(now_s) for item in self.terminals.values())

    def _served(self, request: Request, terminal: PushTerminal) -> Answer:
        name = request.path.removeprefix("/iclock").strip("/")
        match name:
            case "cdata" if request.method == "POST":
                return self._take_post(request, terminal, request.query.get("table", "").lower())
            case "cdata":
                return self._greet(request, terminal)
            case "getrequest":
                return self._tell_commands(request, terminal)
            case "devicecmd":
                return self._take_results(request, terminal)
            case "querydata":
                return self._take_table(request, terminal)
            case "fdata":
                return self._drop(terminal, {"photos": 1})
            case "registry":
                return Answer(200, f"RegistryCode={registry_code(terminal.serial)}")
            case "push":
                return Answer(200, door_block(terminal.serial, self._settings.delay_s))
            case "ping" | "rtdata" | "exchange":
                return Answer(200, "OK")
            case _:
                return self._keep(request, terminal, f"to {request.path}")

    def _greet(self, request: Request, terminal: PushTerminal) -> Answer:
        now = self._clock.now_utc()
        query = request.query
        if query.get("type", "").lower() == "time":
            return Answer(200, time_answer(now, self._zone))
        if "options" not in query and "table" in query:
            return Answer(200, "OK")
        with self._lock:
            terminal.restarted(self._clock.monotonic_s())
        if query.get("devicetype", "").lower() == "acc":
            return Answer(200, door_block(terminal.serial, self._settings.delay_s))
        return Answer(200, option_block(terminal.serial, self._settings.delay_s, now, self._zone))

    def _tell_commands(self, request: Request, terminal: PushTerminal) -> Answer:
        with self._lock:
            if request.query.get("info"):
                terminal.take_info(request.query["info"])
            terminal.polled(
                self._clock.monotonic_s(), self._local_now(), self._settings.reread_days
            )
            return Answer(200, terminal.book.tell())

    def _take_results(self, request: Request, terminal: PushTerminal) -> Answer:
        with self._lock:
            for command, result in terminal.book.take(results_of(request.body)):
                if result.code not in ("0", ""):
                    terminal.told["refused"] = f"{command.split()[0]} ({result.code[:10]})"
                if "attlogsum" in result.fields:
                    terminal.told["counted"] = result.fields["attlogsum"][:10]
        return Answer(200, "OK")

    def _take_table(self, request: Request, terminal: PushTerminal) -> Answer:
        """Answer a table of people or templates: its name and count, else it comes for ever."""
        name = request.query.get("tablename", "")[:40] or "table"
        self._drop(terminal, {f"{name} lines": _line_count(request.body)})
        return Answer(
            200, f"{name}={request.query.get('count', '')[:10] or _line_count(request.body)}"
        )

    def _take_post(self, request: Request, terminal: PushTerminal, table: str) -> Answer:
        if table in LINE_TABLES or (not table and not holds_body_parts(request.body)):
            return self._take_lines(request, terminal, table or "attlog")
        if table == "tabledata":
            return self._take_table(request, terminal)
        if table in _BODIES:
            return self._drop(terminal, {"photos" if "photo" in table else "biometrics": 1})
        if table in _LOGS:
            return self._drop(terminal, count_lines(request.body))
        return self._keep(request, terminal, f"of table {table}")

    def _take_lines(self, request: Request, terminal: PushTerminal, table: str) -> Answer:
        """Store touches, then say so; of a body that broke off the whole lines, and say no."""
        body = request.body if request.is_whole else whole_lines(request.body)
        if not body.strip():
            return Answer(200, "OK") if request.is_whole else _LATER
        is_stored = self._submit(terminal, Post(terminal.serial, table, table, body))
        if not is_stored or not request.is_whole:
            return _LATER
        return Answer(200, f"OK: {_line_count(body)}")

    def _keep(self, request: Request, terminal: PushTerminal, what: str) -> Answer:
        """Keep a post nobody understands, unless it may hold a face or a finger."""
        if holds_body_parts(request.body):
            return self._drop(terminal, {"biometrics": 1})
        if not request.body or self._submit(
            terminal, Post(terminal.serial, "", f"a post {what}", request.body)
        ):
            return Answer(200, "OK")
        return _LATER

    def _submit(self, terminal: PushTerminal, post: Post) -> bool:
        is_stored = self._handover.submit(post, self._settings.commit_s)
        with self._lock:
            terminal.owes = not is_stored
        return is_stored

    def _drop(self, terminal: PushTerminal, kinds: dict[str, int] | Counter[str]) -> Answer:
        with self._lock:
            terminal.dropped.update(kinds)
        return Answer(200, "OK")

    def _note_stranger(self, serial: str, peer: str) -> None:
        with self._lock:
            if len(self._strangers) < MAX_STRANGERS:
                self._strangers.setdefault(serial, peer)

    def _local_now(self) -> datetime:
        return self._clock.now_utc().astimezone(self._zone).replace(tzinfo=None)


def _line_count(body: bytes) -> int:
    return sum(1 for _ in lines_of(body))


def _unclaimed(serial: str, peer: str) -> Rejected:
    return Rejected(
        position=f"terminal {serial}",
        code="unclaimed",
        detail=f"Terminal {serial} at {peer} pushes to this box and is not among its serials. It is "
        "told to come back and keeps its records. Add it to serials, or correct its server address.",
        raw=serial.encode(),
    )
