"""As much of a ThingsBoard server as its gateway needs, with SQLite as the durable oracle."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

_REQUESTS: Final = "v1/devices/me/rpc/request/"
_REPLIES: Final = "v1/devices/me/rpc/response/"
_TELEMETRY: Final = "v1/gateway/telemetry"
# What a server without rate limits answers; the gateway sends nothing before it knows.
_LIMITS: Final = {"maxPayloadSize": 65536, "maxInflightMessages": 100, "rateLimits": {}}


@contextmanager
def serving(port: int, database: Path, *, keeps_all: bool = False) -> Iterator[None]:
    """Answer the gateway and commit its punches to `database` until the block ends.

    Each message is one commit (WAL, synchronous=FULL); a punch that comes twice is kept once.

    Args:
        keeps_all: keep it twice, to be counted, and keep the session with the broker.
    """
    unique = "" if keeps_all else "UNIQUE"
    with closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as kept:
        kept.execute("PRAGMA journal_mode=WAL")
        kept.execute("PRAGMA synchronous=FULL")
        kept.execute(
            f"CREATE TABLE IF NOT EXISTS punch (no INTEGER PRIMARY KEY, text TEXT {unique})"
        )
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="server" if keeps_all else "",
            clean_session=not keeps_all,
        )
        client.on_socket_open = lambda _, __, link: link.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )
        client.on_message = lambda _, __, message: _take(client, kept, message)
        listening = Event()
        client.on_subscribe = lambda *_: listening.set()
        client.connect("127.0.0.1", port)
        client.subscribe([(f"{_REQUESTS}+", 1), (_TELEMETRY, 1)])
        client.loop_start()
        try:
            assert listening.wait(10), "the broker did not confirm the subscription"
            yield
        finally:
            client.disconnect()
            client.loop_stop()


def _take(client: Client, kept: sqlite3.Connection, message: MQTTMessage) -> None:
    body = json.loads(message.payload)
    if message.topic == _TELEMETRY:
        texts = [(entry["values"]["punch"],) for entries in body.values() for entry in entries]
        kept.execute("BEGIN IMMEDIATE")
        kept.executemany("INSERT OR IGNORE INTO punch (text) VALUES (?)", texts)
        kept.execute("COMMIT")
    elif body["method"] == "getSessionLimits":
        client.publish(message.topic.replace(_REQUESTS, _REPLIES), json.dumps(_LIMITS), qos=1)
