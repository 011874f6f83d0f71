"""How long after a touch of the terminal the notice reaches its receiver.

    python -m bench.latency [--punches 200]

The whole path with real processes: simulated terminal, box, Mosquitto, headquarters' journal,
judge, rules, ledger, notice, webhook. Every touch is ten minutes late, so each brings a notice.
Prints p50, p95 and p99 beside the floor: one MQTT round trip and one HTTP request in the same run.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import monotonic, sleep, time
from typing import Final

from bench.rig import STORE, Rig, TerminalAt, rig, terminal, wait_until
from cloud_receiver.demo.stage import answers
from sync.clock import utc_text

ZONE_OFFSET: Final = timedelta(hours=8)
PAUSE_S: Final = 0.15  # a touch at a time, as at a real door
LATE: Final = timedelta(minutes=10)


class Inbox:
    """A webhook receiver that notes when each person's notice came."""

    def __init__(self) -> None:
        self.arrived_s: dict[str, float] = {}
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                inbox.arrived_s.setdefault(body["employee_id"], monotonic())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Inbox:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def run(punches: int) -> list[float]:
    """Return the seconds from each touch to its notice."""
    wall_start = datetime.now(UTC).replace(hour=1, minute=10, second=0, microsecond=0)  # 09:10
    flags = [
        "--wall-start-utc",
        utc_text(wall_start),
        "--real-start-s",
        str(time()),
        "--speed",
        "1",
    ]
    clock = f'[clock]\nwall_start_utc = "{flags[1]}"\nreal_start_s = {flags[3]}\nspeed = 1.0\n'
    with (
        Inbox() as inbox,
        terminal("--serial", "LATE1", "--users", str(punches), *flags) as door,
        _headquarters(door, clock, inbox) as built,
    ):
        _import(built, wall_start, punches)
        for part in ("broker", "hq", "agent"):
            built.start(part)
        wait_until("headquarters", lambda: answers(built.web_port), 60)
        wait_until("the first health of the box", lambda: bool(built.query(_SEEN)[0][0]), 60)
        sleep(2)
        return [_touch(door, inbox, number) for number in range(punches)]


_SEEN: Final = "SELECT count(*) FROM source WHERE status = 'ok'"


@contextmanager
def _headquarters(door: TerminalAt, clock: str, inbox: Inbox) -> Iterator[Rig]:
    with TemporaryDirectory(prefix="daka-secret-") as folder:
        secret = Path(folder) / "webhook-secret"
        secret.write_text("a secret both sides know")
        tables = (
            f'[notify]\nconsole = false\nwebhook_url = "{inbox.url}"\n'
            f'webhook_secret_file = "{secret}"\n\n{clock}'
        )
        with rig(lambda _: door.device + clock, hq_command="run", hq_tables=tables) as built:
            yield built


def _import(built: Rig, wall_start: datetime, people: int) -> None:
    ids = range(1001, 1001 + people)
    day = (wall_start + ZONE_OFFSET).date()
    start = wall_start + ZONE_OFFSET - LATE
    files = {
        "stores": f"store_id,name,zone,scene\n{STORE},Bench,Asia/Shanghai,community\n",
        "employees": "employee_id,name,store_id,language\n"
        + "".join(f"E{number},E{number},{STORE},zh\n" for number in ids),
        "badges": "store_id,device_serial,user_id,employee_id\n"
        + "".join(f"{STORE},*,{number},E{number}\n" for number in ids),
        "roster": "employee_id,work_date,store_id,start,end,target_yuan,subsidy_yuan\n"
        + "".join(f"E{number},{day},{STORE},{start:%H:%M},18:00,100,100\n" for number in ids),
    }
    built.run_hq("init", "--password-file", str(_password(built.folder)))
    for kind, text in files.items():
        path = built.folder / f"{kind}.csv"
        path.write_text(text)
        built.run_hq("import", kind, str(path))


def _password(folder: Path) -> Path:
    path = folder / "password"
    path.write_text("a long enough password")
    return path


def _touch(door: TerminalAt, inbox: Inbox, number: int) -> float:
    who = f"E{1001 + number}"
    touched_s = monotonic()
    door.obey([f"punch {1001 + number}"])
    wait_until(f"the notice of {who}", lambda: who in inbox.arrived_s, 30)
    sleep(PAUSE_S)
    return inbox.arrived_s[who] - touched_s


def main() -> int:
    """Run once and print the distribution in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--punches", type=int, default=200)
    options = parser.parse_args()
    cuts = quantiles([seconds * 1000 for seconds in run(options.punches)], n=100)
    print(
        f"{options.punches} touches, touch to webhook: "
        f"p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
