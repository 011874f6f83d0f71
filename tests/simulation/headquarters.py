"""Headquarters: the real intake on a real database, in memory, with receivers side by side."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count
from typing import Any

from sqlalchemy import event

from agent.mqtt_link import LinkError, Lost, Received, Subscribed, Will
from cloud_receiver.inbox import Arrival, Inbox
from cloud_receiver.intake import IntakeLoop
from cloud_receiver.mail import Message
from cloud_receiver.opening import Opener
from cloud_receiver.store.engine import open_engine, upgrade
from sync import topics
from sync.presence import ReceiverState, encode_receiver_state
from tests.simulation.box import ORG
from tests.simulation.line import Broker, Session
from tests.simulation.machines import (
    Fuse,
    FusedConnection,
    LawBrokenError,
    MachineClock,
    PowerCutError,
    World,
)

A_TURN_MESSAGES = (2, 16, 64)
A_COMMIT_RECORDS = (10, 4000)
LEFT_FOR_LATER = 0.4


class Database:
    """Headquarters' database: its power may fail at any statement, and backups be restored.

    Made once a process, emptied for each history.
    """

    def __init__(self) -> None:
        self.fuse = Fuse()
        self._raw = sqlite3.connect(":memory:", factory=FusedConnection, cached_statements=500)
        # hundreds of tables, few rows: with small pages a backup is small
        self._raw.executescript("PRAGMA page_size=1024; CREATE TABLE t (a); DROP TABLE t")
        self._raw.fuse = self.fuse
        self.engine = open_engine("sqlite://")
        event.listen(self.engine, "do_connect", lambda *_: self._raw)
        upgrade(self.engine)
        self._empty = self.backup()

    def make(self, name: str) -> None:
        """Begin with nothing but an identity; the simulation's names repeat with its seed."""
        self.fuse.put_out()
        self.restore(self._empty)
        self._raw.execute("UPDATE meta SET value = ? WHERE key = 'hq_epoch'", (name,))

    def backup(self) -> bytes:
        return bytes(self._raw.serialize())

    def restore(self, content: bytes) -> None:
        """Write a backup over what is there, page by page.

        Not `deserialize` into the connection in use: once that connection has asked `json_each`,
        the process may die of it (seen with SQLite 3.40).
        """
        with closing(sqlite3.connect(":memory:")) as copy:
            copy.deserialize(content)
            copy.backup(self._raw)

    def hq_epoch(self) -> str:
        return str(self.rows("SELECT value FROM meta WHERE key = 'hq_epoch'")[0][0])

    def rows(self, sql: str, *values: object) -> list[Any]:
        """Look at the disk as no process can: past the fuse."""
        return sqlite3.Connection.execute(self._raw, sql, values).fetchall()

    @property
    def changes(self) -> int:
        """How many rows were ever written: a look at the same number shows the same."""
        return self._raw.total_changes

    def journaled(self) -> set[str]:
        rows = self.rows("SELECT record_id FROM journal")
        found = {record_id for (record_id,) in rows}
        assert len(found) == len(rows), "law 4: a record is in the journal twice"
        return found


@cache
def database() -> Database:
    return Database()


class SteppedOpener(Opener):
    """The opener without its thread."""

    def turn(self, most_messages: int) -> None:
        """Open what there is, as far as it may be ahead of the intake."""
        for _ in range(most_messages):
            arrival = self._inbox.next_closed(0.0)
            if arrival is None:
                return
            self._inbox.put_opened(self._open(arrival))


@dataclass
class Receiver:
    """One receiver process: its link, its opener and its intake."""

    receiver_id: str
    database: Database
    broker: Broker
    world: World
    chance: random.Random
    filters: list[str]
    loop_class: type[IntakeLoop] = IntakeLoop
    opener_class: type[SteppedOpener] = SteppedOpener
    session: Session | None = None
    is_on: bool = False
    outbound: Fuse = field(default_factory=Fuse)
    _connection_no: int = 0
    _acknowledged: dict[bool, tuple[int, int]] = field(default_factory=dict)

    def start(self) -> None:
        self.is_on = True
        self.outbound.put_out()
        self.database.fuse.put_out()
        self.inbox = Inbox()
        self.opener = self.opener_class(ORG, self.inbox)
        self.loop = self.loop_class(
            self.database.engine,
            ORG,
            MachineClock(self.world),
            self.inbox,
            self,
            _nobody,
            self.announce,
        )

    def kill(self) -> None:
        """End as SIGKILL does, with all that was opened; the broker tells of it."""
        self.is_on = False
        if self.session is not None:
            self.broker.lose(self.session, "killed")
            self.session = None

    def turn(self) -> None:
        if not self.is_on:
            return
        try:
            self._connect()
            self._receive()
        except LinkError:
            self._drop()
        try:
            self._work()
        except PowerCutError:
            self.kill()

    def _connect(self) -> None:
        if self.session is None:
            self.session = self.broker.connect(
                self.receiver_id, Will(self._topic, self._state("gone", online=False))
            )
            self._connection_no += 1
            self._message_nos = {is_light: count(1) for is_light in (False, True)}
            self.broker.subscribe(self.session, self.filters)
            self.announce(self.database.hq_epoch())

    def _receive(self) -> None:
        assert self.session is not None
        for one in self.session.due(self.world.now_s):
            if isinstance(one, Lost):
                raise LinkError("lost")
            if isinstance(one, Received):
                arrival = Arrival(Message(one.topic, one.payload), self._connection_no, 0)
                number = next(self._message_nos[arrival.is_light])
                self.inbox.put(arrival._replace(message_no=number))
            else:
                assert isinstance(one, Subscribed)

    def _drop(self) -> None:
        """Forget the connection and what came by it, as the link does; not what was opened."""
        self.session = None
        self.inbox.forget()

    def _work(self) -> None:
        """Let opener and intake run in turn, as threads do; at times some is left for later."""
        while len(self.inbox) and self.chance.random() >= LEFT_FOR_LATER:
            self.opener.turn(self.chance.choice(A_TURN_MESSAGES))
            self.loop._file(self.inbox.take(self.chance.choice(A_COMMIT_RECORDS), 0.0))

    # ---- the side of the link the intake needs -----------------------------------------------

    def publish(self, topic: str, payload: bytes) -> None:
        self.outbound.burn()
        if self.session is not None:
            self.broker.publish(self.session, topic, payload, retain=False)

    def acknowledge(self, arrival: Arrival) -> None:
        """Expect light and heavy mail each in the order it came, each message once."""
        self.outbound.burn()
        connection_no, message_no = self._acknowledged.get(arrival.is_light, (0, 0))
        due = message_no + 1 if arrival.connection_no == connection_no else 1
        if arrival.message_no != due:
            raise LawBrokenError(
                f"message {arrival.message_no} acknowledged out of turn, {due} was due"
            )
        self._acknowledged[arrival.is_light] = arrival.connection_no, arrival.message_no

    def announce(self, epoch: str) -> None:
        if self.session is not None:
            state = self._state(epoch, online=True)
            self.broker.publish(self.session, self._topic, state, retain=True)

    @property
    def _topic(self) -> str:
        return topics.hq_state(ORG, self.receiver_id)

    def _state(self, epoch: str, *, online: bool) -> bytes:
        at_utc = "2026-11-23T00:00:00.000Z"
        return encode_receiver_state(
            ReceiverState(online=online, hq_epoch=epoch, at_utc=at_utc, reads_sheaves=True)
        )


def _nobody() -> None:
    """Stand where the evaluator would be woken."""


def filters_of(manner: str, number: int, receivers: int) -> list[str]:
    """Return what a receiver subscribes to: ``alone``, ``share`` or ``shards``."""
    if manner == "shards":
        return topics.hq_filters(ORG, [n for n in range(topics.SHARDS) if n % receivers == number])
    group = partial("$share/hq/{}".format) if manner == "share" else str
    return [group(name) if "/up/" in name else name for name in topics.hq_filters(ORG)]
