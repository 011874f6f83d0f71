"""Headquarters' connection to the broker: paho, fenced in.

One thread, `run`, owns the connection and runs its network loop, so there is no network
thread that could die unseen; callbacks only enqueue. Other threads hand over what is to be
sent and take arrivals from a bounded inbox: while it is full the socket is not read, and
the broker waits. A message is acknowledged when whoever took it says so, after the commit.
Each connection has a client of its own, so nothing of an old one is ever sent again.
"""

from __future__ import annotations

import logging
import select
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from secrets import SystemRandom
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from tenacity import Retrying, retry_if_exception_type, wait_random_exponential
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from cloud_receiver.acknowledgements import Acknowledgements
from cloud_receiver.inbox import Arrival, Inbox
from cloud_receiver.mail import Message
from sync.errors import DakaError
from sync.mqtt_client import make_client

if TYPE_CHECKING:
    import threading

    from paho.mqtt.reasoncodes import ReasonCode
    from tenacity import RetryCallState

    from sync.clock import Clock
    from sync.mqtt_settings import MqttSettings

KEEPALIVE_S: Final = 30
CONNECT_TIMEOUT_S: Final = 10.0
RECEIVE_MAXIMUM: Final = 4096
"""What a broker holds back beyond it stands in one row, light mail behind heavy."""
MAX_PACKET_BYTES: Final = 2 * 1024 * 1024
FAREWELL_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 30
_V5: Final = MQTTProtocolVersion.MQTTv5
_V311: Final = MQTTProtocolVersion.MQTTv311
_log = logging.getLogger(__name__)


class LinkError(DakaError):
    """The broker cannot be reached, does not let us in, or the connection is lost."""


class Presence(NamedTuple):
    """A retained topic, what is said there on each connection, and what when we are gone."""

    topic: str
    birth: bytes
    death: bytes


class _Publication(NamedTuple):
    topic: str
    payload: bytes
    retain: bool


class MqttLink:
    """One connection after another to one broker; see the module.

    Args:
        filters: what to subscribe to, with QoS 1.
    """

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        filters: Sequence[str],
        presence: Presence,
        clock: Clock,
    ) -> None:
        self.inbox = Inbox()
        self._settings = settings
        self._clock = clock
        self._client_id = client_id
        self._filters = list(filters)
        self._presence = presence
        self._outgoing: deque[_Publication | Arrival] = deque()
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._version = _V5
        self._owed = Acknowledgements()
        self._connection_no = 0
        self._client: Client | None = None
        self._is_in = False
        self._is_subscribed = False
        self._lost = ""

    # ---- any thread --------------------------------------------------------------------

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """Publish with QoS 1 if connected; what is lost with a connection is not repeated."""
        self._hand_over(_Publication(topic, payload, retain))

    def announce(self, presence: Presence) -> None:
        """Say something else on the presence topic, now and on every later connection."""
        self._presence = presence
        self._hand_over(_Publication(presence.topic, presence.birth, retain=True))

    def acknowledge(self, arrival: Arrival) -> None:
        """Tell the broker that a message is dealt with, if it came by this connection."""
        self._hand_over(arrival)

    def wake(self) -> None:
        """Make the link look up from waiting, as when it is told to stop."""
        with suppress(BlockingIOError):  # it has been woken often enough
            self._waker.send(b"\0")

    def _hand_over(self, item: _Publication | Arrival) -> None:
        self._outgoing.append(item)
        if len(self._outgoing) == 1:  # else it has not finished sending and will find this too
            self.wake()

    # ---- the link's own thread ---------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Stay connected until `stop` is set, then say goodbye; `wake` makes it notice at once."""
        attempts = Retrying(
            retry=retry_if_exception_type(LinkError),
            wait=wait_random_exponential(multiplier=0.5, max=_LONGEST_PAUSE_S),
            stop=stop_when_event_set(stop),
            sleep=sleep_using_event(stop),
            before_sleep=_report_wait,
            reraise=True,
        )
        try:
            while not stop.is_set():
                try:
                    attempts(self._connect)
                    self._serve(stop)
                except LinkError as error:
                    _log.warning("broker_lost %s", error)
                    self._version = _V5  # first, each time
                    stop.wait(SystemRandom().uniform(0.05, 1.0))  # a fleet must not come in step
            self._say_goodbye()
        finally:
            self._drop()

    def _connect(self) -> None:
        self._drop()
        self._connection_no += 1
        self._client = client = self._make_client()
        try:
            client.connect(
                self._settings.host,
                self._settings.port,
                keepalive=KEEPALIVE_S,
                properties=self._wishes(),
            )
        except (OSError, ValueError) as error:
            raise LinkError(f"{self._where} cannot be reached: {error}") from error
        try:
            self._step_until(lambda: self._is_in)
        except LinkError:
            self._version = _V311 if self._version is _V5 else _V5
            raise
        client.subscribe([(name, 1) for name in self._filters])
        self._step_until(lambda: self._is_subscribed)
        self._send(_Publication(self._presence.topic, self._presence.birth, retain=True))
        _log.info("broker_connected %s version=%s", self._where, self._version.name)

    def _step_until(self, done: Callable[[], bool]) -> None:
        deadline_s = self._clock.monotonic_s() + CONNECT_TIMEOUT_S
        while not done():
            left_s = deadline_s - self._clock.monotonic_s()
            if left_s <= 0:
                raise LinkError(f"{self._where} gives no answer for {CONNECT_TIMEOUT_S:.0f} s")
            self._step(left_s)

    def _serve(self, stop: threading.Event) -> None:
        while not stop.is_set():
            while self._outgoing:
                self._send(self._outgoing.popleft())
            self._step(1.0)

    def _send(self, item: _Publication | Arrival) -> None:
        assert self._client is not None, "sending is for an open connection"
        if isinstance(item, _Publication):
            self._client.publish(item.topic, item.payload, qos=1, retain=item.retain)
        elif item.message_no and item.connection_no == self._connection_no:
            for message_no in self._owed.settle(item.message_no):
                self._client.ack(message_no, 1)

    def _step(self, timeout_s: float) -> None:
        """Run the network until something happens or time is up.

        Raises:
            LinkError: the connection is lost.
        """
        client = self._client
        sock = None if client is None else client.socket()
        if client is None or sock is None:
            raise LinkError(self._lost or f"{self._where}: the connection is closed")
        readers: list[Any] = [self._woken]
        if self.inbox.has_room:
            readers.append(sock)
        pending = sock in readers and isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        writers = [sock] if client.want_write() else []
        readable, writable, _ = select.select(readers, writers, [], 0 if pending else timeout_s)
        if self._woken in readable:
            self._woken.recv(4096)
        if writable:
            self._check(client.loop_write())
        if pending or sock in readable:
            self._check(client.loop_read())
        self._check(client.loop_misc())

    def _check(self, code: MQTTErrorCode) -> None:
        if self._lost:
            raise LinkError(self._lost)
        if code not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_AGAIN):
            raise LinkError(f"{self._where}: {code.name}")

    def _say_goodbye(self) -> None:
        """Send what is still to be sent and the retained farewell, as far as the broker listens."""
        if self._client is None or not self._is_subscribed:
            return
        try:
            while self._outgoing:
                self._send(self._outgoing.popleft())
            farewell = self._client.publish(
                self._presence.topic, self._presence.death, qos=1, retain=True
            )
            self._check(farewell.rc)
            deadline_s = self._clock.monotonic_s() + FAREWELL_S
            while not farewell.is_published() and self._clock.monotonic_s() < deadline_s:
                self._step(0.1)
            self._client.disconnect()
        except LinkError as error:
            _log.info("broker_gone_before_farewell %s", error)

    def _drop(self) -> None:
        """Forget the connection and what came by it: unacknowledged, it will come again."""
        client, self._client = self._client, None
        self.inbox.forget()
        self._owed.forget()
        self._is_in = self._is_subscribed = False
        self._lost = ""
        self._outgoing.clear()
        if client is not None and (sock := client.socket()) is not None:
            client.on_disconnect = None
            sock.close()

    @property
    def _where(self) -> str:
        return f"broker {self._settings.host}:{self._settings.port}"

    def _make_client(self) -> Client:
        client = make_client(
            self._settings, self._client_id, self._version, CONNECT_TIMEOUT_S, manual_ack=True
        )
        client.suppress_exceptions = True
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.will_set(self._presence.topic, self._presence.death, qos=1, retain=True)
        return client

    def _wishes(self) -> Properties | None:
        """Bound what the broker may send before we acknowledge; MQTT 3.1.1 cannot say it."""
        if self._version is not _V5:
            return None
        wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wishes.ReceiveMaximum = RECEIVE_MAXIMUM
        wishes.MaximumPacketSize = MAX_PACKET_BYTES
        return wishes

    # ---- callbacks: they note and enqueue, nothing else ----------------------------------

    def _on_connect(
        self,
        _client: Client,
        _data: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._lost = f"{self._where} refuses: {reason}"
        else:
            self._is_in = True

    def _on_disconnect(
        self,
        _client: Client,
        _data: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._lost = self._lost or f"{self._where}: {reason}"

    def _on_subscribe(
        self,
        _client: Client,
        _data: Any,
        _message_no: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [
            f"{name}: {reason}"
            for name, reason in zip(self._filters, reasons, strict=False)
            if reason.is_failure
        ]
        if refused:
            self._lost = f"{self._where} refuses a subscription (see its ACL): {', '.join(refused)}"
        self._is_subscribed = not refused

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "(the topic is no UTF-8)"
        if message.qos:
            self._owed.owe(message.mid)
        arrival = Arrival(Message(topic, bytes(message.payload)), self._connection_no, message.mid)
        self.inbox.put(arrival)


def _report_wait(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.warning("broker_away attempt=%d %s", state.attempt_number, error)
