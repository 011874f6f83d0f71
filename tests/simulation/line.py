"""A broker and lines to it that lose, double, delay, reorder, freeze and forget."""

from __future__ import annotations

import heapq
import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

from paho.mqtt.client import topic_matches_sub

from agent import mqtt_link
from agent.mqtt_link import Connected, LinkError, Lost, Published, Received, Subscribed, Will
from tests.simulation.machines import World


@dataclass
class Weather:
    """How bad the lines are just now."""

    loss: float = 0.0
    doubling: float = 0.0
    damage: float = 0.0
    delay_s: float = 0.0


FAIR = Weather()
BITS = (0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7)
"""Mostly low ones: a digit becomes another digit, and the text stays one that can be read."""
FOUL = (
    FAIR,
    Weather(loss=0.2, doubling=0.2, delay_s=2.0),
    Weather(loss=0.2, doubling=0.2, delay_s=0.2),
    Weather(loss=0.5, doubling=0.1),
    Weather(damage=0.3, delay_s=8.0),  # hardly a connection comes about
    Weather(damage=0.3, delay_s=0.2),
)


@dataclass(eq=False)
class Session:
    """One connection, as the broker sees it."""

    client_id: str
    will: Will
    filters: tuple[str, ...] = ()
    inbox: list[tuple[float, int, mqtt_link.Event]] = field(default_factory=list)
    is_open: bool = True
    is_frozen: bool = False

    def due(self, now_s: float) -> list[mqtt_link.Event]:
        events = []
        while self.inbox and self.inbox[0][0] <= now_s and not self.is_frozen:
            events.append(heapq.heappop(self.inbox)[2])
        return events


class Broker:
    """Keeps retained messages until it forgets; promises nothing else.

    Args:
        is_v5: it says when nobody listens; one of MQTT 3.1.1 acknowledges everything.
    """

    def __init__(self, world: World, chance: random.Random, *, is_v5: bool) -> None:
        self.world, self.chance, self.is_v5 = world, chance, is_v5
        self.weather = Weather()
        self.is_up = True
        self.unreachable: set[str] = set()
        self._retained: dict[str, bytes] = {}
        self._sessions: dict[str, Session] = {}
        self.told = 0

    def connect(self, client_id: str, will: Will) -> Session:
        if not self.is_up or client_id in self.unreachable:
            raise LinkError("the broker cannot be reached")
        if client_id in self._sessions:
            self.lose(self._sessions[client_id], "session taken over")
        session = Session(client_id, will)
        self._sessions[client_id] = session
        return session

    def subscribe(self, session: Session, filters: list[str]) -> None:
        session.filters = tuple(filters)
        self.tell(session, Subscribed(""))
        for topic, payload in self._retained.items():
            if any(_matches(name, topic) for name in filters):
                self._carry(session, topic, payload)

    def publish(self, session: Session | None, topic: str, payload: bytes, *, retain: bool) -> str:
        """Deliver and return why it went nowhere, as a PUBACK of MQTT 5 does."""
        if retain:
            self._retained[topic] = payload
        takers = self._takers(topic)
        for taker in takers:
            if self.chance.random() >= self.weather.loss:
                self._carry(taker, topic, payload)
            if self.chance.random() < self.weather.doubling:
                self._carry(taker, topic, payload)
        return "" if takers or not self.is_v5 or retain else "No matching subscribers"

    def _takers(self, topic: str) -> list[Session]:
        sessions = self._sessions.values()
        takers = [session for session in sessions if _take(session.filters, topic)[0]]
        sharing = [session for session in sessions if _take(session.filters, topic)[1]]
        return [*takers, *([self.chance.choice(sharing)] if sharing else [])]

    def _carry(self, session: Session, topic: str, payload: bytes) -> None:
        if payload and "/up/" in topic and self.chance.random() < self.weather.damage:
            payload = self._damaged(payload)
        self.tell(session, Received(topic, payload))

    def _damaged(self, payload: bytes) -> bytes:
        """Return a message cut short, or with one to three bits turned over."""
        if self.chance.random() < 0.3:
            return payload[: self.chance.randrange(len(payload))]
        spoilt = bytearray(payload)
        for place in self.chance.choices(range(len(spoilt)), k=self.chance.choice((1, 1, 2, 3))):
            spoilt[place] ^= 1 << self.chance.choice(BITS)
        return bytes(spoilt)

    def tell(self, session: Session, event: mqtt_link.Event) -> None:
        self.told += 1
        due_s = self.world.now_s + self.chance.random() * self.weather.delay_s
        heapq.heappush(session.inbox, (due_s, self.told, event))

    def lose(self, session: Session, reason: str, *, with_will: bool = True) -> None:
        """End a connection; whoever is at its other end hears so at once."""
        if not session.is_open:
            return
        session.is_open = session.is_frozen = False
        session.inbox = [(0.0, 0, Lost(reason))]
        if self._sessions.get(session.client_id) is session:
            del self._sessions[session.client_id]
            if with_will:
                self.publish(None, session.will.topic, session.will.payload, retain=True)

    def cut(self, client_id: str) -> None:
        if client_id in self._sessions:
            self.lose(self._sessions[client_id], "cut off")

    def freeze(self, client_id: str) -> None:
        """Leave a connection open in name only."""
        if client_id in self._sessions:
            self._sessions[client_id].is_frozen = True

    def die(self) -> None:
        """Forget everything, as a killed broker does."""
        self.is_up = False
        self._retained.clear()
        for session in list(self._sessions.values()):
            self.lose(session, "the broker died", with_will=False)


@lru_cache(2**14)
def _take(filters: tuple[str, ...], topic: str) -> tuple[bool, bool]:
    """Tell whether a session is given what is published there: for itself, and as one of many."""
    matching = [name.startswith("$share") for name in filters if _matches(name, topic)]
    return False in matching, True in matching


@cache
def _matches(name: str, topic: str) -> bool:
    pattern = name.split("/", 2)[2] if name.startswith("$share") else name
    return topic_matches_sub(pattern, topic)


class BoxLine:
    """What the box's uplink takes for its `MqttLink`."""

    def __init__(self, broker: Broker, client_id: str) -> None:
        self._broker, self._client_id = broker, client_id
        self._session: Session | None = None
        self._number = 0
        self._published: list[tuple[str, bytes]] = []

    def open(self, will: Will) -> None:
        self.drop()
        self._session = self._broker.connect(self._client_id, will)
        self._broker.tell(self._session, Connected(65535))

    def subscribe(self, filters: list[str]) -> None:
        if self._session is not None:
            self._broker.subscribe(self._session, filters)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        assert self._session is not None
        self._number += 1
        session = self._session
        if session.is_open and not session.is_frozen:
            refused = self._broker.publish(session, topic, payload, retain=retain)
            self._broker.tell(session, Published(self._number, refused))
        return self._number

    def wait(self, _timeout_s: float, _wake: socket.socket) -> Iterator[mqtt_link.Event]:
        session = self._session
        if session is not None:
            for event in session.due(self._broker.world.now_s):
                if self._session is session:
                    yield event

    def drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._broker.lose(session, "dropped")

    def close(self, topic: str, farewell: bytes, _wake: socket.socket) -> None:
        if self._session is not None:
            self.publish(topic, farewell, retain=True)
            self._broker.lose(self._session, "goodbye", with_will=False)
            self._session = None
