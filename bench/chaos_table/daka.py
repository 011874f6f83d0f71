"""The box and headquarters in the scenarios of the table."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.meter import Meter, metered
from bench.rig import Rig, TerminalAt, terminal, wait_until

NAME = "Daka"
FIRST_USER = 100_000
TAKEN_WITHIN_S = 90.0
_CALM = ("the agent is running", "nothing waiting", "connected to headquarters;")


class Daka:
    """A box with one terminal; a record is a touch of it, each by somebody else."""

    name = NAME
    keeps_log = False

    def __init__(self, rig: Rig, door: TerminalAt, line: Meter) -> None:
        self.line, self._rig, self._door = line, rig, door
        self.store = rig.folder / "box"
        self._fed = 0
        self._up: set[str] = set()
        settings = rig.agent_settings.read_text(encoding="utf-8")
        settings = settings.replace(f":{rig.broker_port}", f":{line.port}")
        rig.agent_settings.write_text(
            f"{settings}[limits]\nmin_free_mb = 0\nmax_db_mb = 64\n\n", encoding="utf-8"
        )

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the agent."""
        self._rig.start("agent", environment)
        self._up.add("agent")

    def kill(self) -> None:
        """Kill the agent."""
        self._kill("agent")

    def pid(self) -> int | None:
        """Return the agent's process."""
        with suppress(KeyError):
            return self._rig.pid("agent")
        return None

    def raise_hq(self) -> None:
        """Start broker and headquarters."""
        for part in ("broker", "hq"):
            if part not in self._up:
                self._rig.start(part)
                self._up.add(part)

    def kill_receiver(self) -> None:
        """Kill headquarters."""
        self._kill("hq")

    def kill_broker(self) -> None:
        """Kill the broker; headquarters finds the next one by itself."""
        self._kill("broker")

    def _kill(self, part: str) -> None:
        self._rig.kill(part)
        self._up.remove(part)

    def feed(self, records: int) -> None:
        """Let people touch the terminal; the box takes what its disk allows."""
        users = range(FIRST_USER + self._fed, FIRST_USER + self._fed + records)
        self._door.obey(f"punch {user}" for user in users)
        self._fed += records
        with suppress(TimeoutError):  # a full box leaves the rest in the terminal
            wait_until("the box", self._has_taken_all, TAKEN_WITHIN_S)

    def _has_taken_all(self) -> bool:
        told = self._status("--json")
        has_taken = told.startswith("{") and json.loads(told)["captured"] >= self._fed
        return has_taken or "no room" in self._status()

    def poison(self) -> None:
        """Put a record into a till's export that is no text."""
        folder = self._rig.folder / "pos"
        folder.mkdir()
        (folder / "till.csv").write_bytes(
            b"Register,Receipt,Line,Sold at,Cashier,Item,Quantity,Amount,Type,Original receipt\n"
            b"\xff\xfe\x00\x81,,\xff\n"
        )

    def arrived(self) -> int:
        """Return the rows of the journal."""
        return self._rig.journaled()

    def arrivals(self) -> list[int]:
        """Return the people in the journal, in the order their touches came."""
        if not self._rig.hq_database.exists():
            return []
        bodies = [json.loads(text) for _, text in self._rig.texts()]
        return [int(body["user_id"]) - FIRST_USER for body in bodies if "user_id" in body]

    def said(self) -> str:
        """Return the sentences of `daka-agent status` that tell of trouble."""
        lines = [line for line in self._status().splitlines() if not line.startswith(_CALM)]
        return "; ".join(
            line.split("; no receipt")[0]
            for line in lines
            if not line.startswith("room for") and ": ok, read" not in line
            and "MB of room" not in line
            and (" captured, " not in line or "0 in quarantine" not in line)
        )  # fmt: skip

    def _status(self, *options: str) -> str:
        command = [sys.executable, "-m", "agent", "status", "--lang", "en", *options]
        command += ["--config", str(self._rig.agent_settings)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@contextmanager
def standing(folder: Path) -> Iterator[Daka]:
    """Yield a box whose headquarters is up and which is not started yet."""
    with terminal("--serial", "T1", "--users", "5") as door:
        tills = f'[[device]]\nname = "tills"\ndriver = "posfile"\nfolder = "{folder / "pos"}"\n'
        devices = f'{door.device}{tills}map = "generic_en"\npoll_s = 1\n\n'
        rig = Rig(folder, door.device if not folder.name.endswith("S7") else devices)
        with metered(rig.broker_port) as line:
            box = Daka(rig, door, line)
            try:
                box.raise_hq()
                yield box
            finally:
                rig.close()
