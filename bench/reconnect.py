"""How long a fleet waits for its receipts when all boxes come back in the same instant.

    python -m bench.reconnect [--boxes 1000] [--records 20] [--runs 3]

The worst moment of a fleet: the line of a whole region returns, and no box spreads its
connecting as real ones do. Real Mosquitto, the real receiver on SQLite; the boxes are MQTT
clients that share a process, each with a connection, a birth, a subscription and a batch of
its own. Measured from the common start to each box's receipt. The floor in the same run: as
many clients that connect, subscribe and hear an echo of their own message from the broker.
"""

from __future__ import annotations

import argparse
import resource
import selectors
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench.ingest import PUNCH
from bench.rig import ORG, Rig, rig, wait_until
from sync import topics
from sync.envelope import encode_batch, encode_body
from sync.presence import BoxState, encode_box_state
from sync.receipt import decode_receipt
from sync.records import to_wire
from sync.topics import Lane

TARGET_P99_S = 5.0
PATIENCE_S = 120.0
FILES = 8192
EPOCH = "e1"


@dataclass(slots=True)
class Box:
    """One client.

    Attributes:
        heard: tells of a message whether it is the one that is waited for.
        done_s: since the start; None: it still waits.
    """

    client: Client
    listens_to: str
    says: list[tuple[str, bytes, bool]]
    heard: Callable[[bytes], bool]
    began_s: float = field(default_factory=monotonic)
    done_s: float | None = None

    def connect(self, port: int) -> None:
        """Begin; what follows is said from the callbacks."""
        self.client.on_connect = lambda client, *_: client.subscribe(self.listens_to, 1)
        self.client.on_subscribe = self._speak
        self.client.on_message = self._hear
        self.client.connect("127.0.0.1", port, keepalive=60)

    def _speak(self, client: Client, *_: Any) -> None:
        for topic, payload, retain in self.says:
            client.publish(topic, payload, qos=1, retain=retain)

    def _hear(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if self.done_s is None and self.heard(bytes(message.payload)):
            self.done_s = monotonic() - self.began_s


def box(number: int, records: int) -> Box:
    """Return a box with a batch of its own to deliver."""
    box_id = f"box-{number:04}"
    punches = [
        replace(PUNCH, device_serial=f"SN{number:06}", user_id=str(1000 + i), store_id=f"s{number}")
        for i in range(records)
    ]
    batch = encode_batch(
        box_id, EPOCH, Lane.PUNCH, 1, [encode_body(to_wire(punch)) for punch in punches]
    )
    birth = BoxState(
        box_id=box_id,
        online=True,
        nonce=f"{number:016}",
        version="bench",
        epoch=EPOCH,
        heads={Lane.PUNCH: records},
        config_hash="bench",
        at_utc=PUNCH.received_at_utc,
    )
    return Box(
        _client(box_id),
        topics.receipt(ORG, box_id),
        [
            (topics.state(ORG, box_id), encode_box_state(birth), True),
            (topics.up(ORG, box_id, Lane.PUNCH), batch, False),
        ],
        lambda payload: decode_receipt(payload).mark.through >= records,
    )


def echo(number: int) -> Box:
    """Return a client that talks to itself."""
    topic = f"bench/echo/{number}"
    return Box(_client(f"echo-{number}"), topic, [(topic, b"x", False)], lambda _: True)


def _client(name: str) -> Client:
    return Client(
        CallbackAPIVersion.VERSION2,
        name,
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
    )


def together(boxes: list[Box], port: int) -> list[float]:
    """Let all boxes connect at once and return how long each waited, sorted.

    The connections are opened one after the other and as fast as one process can; everything
    after that is as the sockets have it.
    """
    began_s = monotonic()
    with selectors.DefaultSelector() as ready:
        for one in boxes:
            one.began_s = began_s
            one.connect(port)
            ready.register(one.client.socket(), selectors.EVENT_READ, one)
            _turn(ready, 0.0)
        while any(one.done_s is None for one in boxes):
            assert monotonic() < began_s + PATIENCE_S, "boxes were left without a receipt"
            _turn(ready, 0.5)
    waits_s = sorted(one.done_s for one in boxes if one.done_s is not None)
    for one in boxes:
        one.client.disconnect()
    return waits_s


def _turn(ready: selectors.BaseSelector, timeout_s: float) -> None:
    for key, _ in ready.select(timeout_s):
        one: Box = key.data
        one.client.loop_read()
        while one.client.want_write():
            one.client.loop_write()


def run(built: Rig, count: int, records: int) -> tuple[list[float], list[float]]:
    """Return the waits of the boxes and of the floor."""
    built.start("broker")
    built.start("hq")
    wait_until("headquarters to subscribe", lambda: _is_answered(built, records), 60)
    floor = together([echo(number) for number in range(count)], built.broker_port)
    waits = together([box(number, records) for number in range(count)], built.broker_port)
    assert built.journaled() == (count + 1) * records, "the journal holds other than was sent"
    return waits, floor


def _is_answered(built: Rig, records: int) -> bool:
    """Tell whether a first box gets its receipt; the fleet does not measure the start."""
    first = box(9999, records)
    with selectors.DefaultSelector() as ready:
        first.connect(built.broker_port)
        ready.register(first.client.socket(), selectors.EVENT_READ, first)
        until_s = monotonic() + 2.0
        while first.done_s is None and monotonic() < until_s:
            _turn(ready, 0.1)
    first.client.disconnect()
    return first.done_s is not None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--boxes", type=int, default=1000)
    parser.add_argument("--records", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most), most))
    for _ in range(options.runs):
        with rig(lambda _: "") as built:
            waits, floor = run(built, options.boxes, options.records)
        p50, p99 = (statistics.quantiles(waits, n=100)[at] for at in (49, 98))
        floor_p99 = statistics.quantiles(floor, n=100)[98]
        print(
            f"{options.boxes} boxes with {options.records} records each at once: receipt p50"
            f" {p50:.2f} s, p99 {p99:.2f} s, last {waits[-1]:.2f} s;"
            f" {p99 / TARGET_P99_S:.2f} of the target of {TARGET_P99_S:.0f} s;"
            f" an echo from the broker p99 {floor_p99:.2f} s, ratio {p99 / floor_p99:.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
