"""ThingsBoard Gateway with its sqlite storage in the scenarios of the table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from bench.chaos_table.score import Score
from bench.peers import thingsboard as peer
from bench.peers.thingsboard_server import serving
from bench.rig import wait_until
from cloud_receiver.demo.stage import free_port

NAME = "ThingsBoard Gateway 3.8.5"
QUIET_S = 20.0


class Place:
    """Where one run of the gateway lives."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.python = peer._python(peer.PEERS)
        self.oracle, self.buffer = folder / "server.db", folder / "data" / "data.db"

    def load(self, gateway: peer.subprocess.Popen[bytes], records: int) -> None:
        """Let it connect once, as its storage demands, then fill it without a broker."""
        with peer._broker(self.port, self.folder), serving(self.port, self.oracle):
            peer._feed(gateway, 1)
            wait_until("the first", lambda: peer._newest(self.oracle) == 1, 120)
            wait_until("its empty buffer", lambda: peer._held(self.buffer) == 0, 60)
        peer._feed(gateway, records)
        wait_until("its disk", lambda: peer._held(self.buffer) == records, 120)

    def score(self, records: int, first: int) -> Score:
        """Wait until nothing has come for a while; `first` rows were there before."""
        seen, since_s = -1, monotonic()
        while monotonic() - since_s < QUIET_S:
            newest = self._rows()
            if newest != seen:
                seen, since_s = newest, monotonic()
            sleep(0.2)
        return Score(records, seen - first, seen - first)

    def _rows(self) -> int:
        return peer._ask(self.oracle, "SELECT count(*) FROM punch") if self.oracle.exists() else 0


def _in_place(play: Callable[[Place, int], Score]) -> Callable[[int], Score]:
    def scenario(records: int) -> Score:
        with TemporaryDirectory(prefix="daka-gateway-") as folder:
            return play(Place(Path(folder)), records)

    return scenario


@_in_place
def s1(place: Place, records: int) -> Score:
    with peer._gateway(place.python, place.port, place.folder) as gateway:
        place.load(gateway, records)
        with peer._broker(place.port, place.folder), serving(place.port, place.oracle):
            return place.score(records, 1)


@_in_place
def s2(place: Place, records: int) -> Score:
    """Booted without a line, fed, power off before the first connection."""
    with peer._gateway(place.python, place.port, place.folder) as gateway:
        sleep(5)
        peer._feed(gateway, records)
        sleep(10)
    with (
        peer._broker(place.port, place.folder),
        serving(place.port, place.oracle),
        peer._gateway(place.python, place.port, place.folder),
    ):
        return place.score(records, 0)


@_in_place
def s3(place: Place, records: int) -> Score:
    with peer._gateway(place.python, place.port, place.folder) as gateway:
        place.load(gateway, records)
    with peer._broker(place.port, place.folder), serving(place.port, place.oracle):
        for _ in range(3):
            with peer._gateway(place.python, place.port, place.folder):
                sleep(4)
        with peer._gateway(place.python, place.port, place.folder):
            return place.score(records, 1)


@_in_place
def s4(place: Place, records: int) -> Score:
    with peer._gateway(place.python, place.port, place.folder) as gateway:
        place.load(gateway, records)
        with peer._broker(place.port, place.folder), serving(place.port, place.oracle):
            wait_until("something", lambda: peer._newest(place.oracle) > 1, 120)
        sleep(1)
        with peer._broker(place.port, place.folder), serving(place.port, place.oracle):
            return place.score(records, 1)


@_in_place
def s5(place: Place, records: int) -> Score:
    """The server is away while the broker takes what the gateway sends."""
    with (
        peer._gateway(place.python, place.port, place.folder) as gateway,
        peer._broker(place.port, place.folder),
    ):
        with serving(place.port, place.oracle):
            peer._feed(gateway, 1)
            wait_until("the first", lambda: peer._newest(place.oracle) == 1, 120)
        peer._feed(gateway, records)
        sleep(15)
        with serving(place.port, place.oracle):
            return place.score(records, 1)
