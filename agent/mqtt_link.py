"""The connection to the broker: paho, fenced in.

One thread owns a link and runs its network loop itself, so there is no network thread that
could die unseen; callbacks only put events on a queue. Each connection has a client of its
own: nothing paho remembers of an old one is ever sent again (the outbox remembers), its
in-flight bookkeeping starts at nought, its session is clean by default, and its own
reconnecting, which knows no jitter, is off. What a publish call returns is ignored; only the PUBACK's reason counts.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, error_string
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sync.errors import DakaError
from sync.mqtt_client import make_client
from sync.mqtt_settings import MqttSettings

KEEPALIVE_S: Final = 30
CONNECT_TIMEOUT_S: Final = 5.0
WILL_DELAY_S: Final = 30
FAREWELL_S: Final = 2.0
LINE_ENDED: Final = "the connection ended without a word: the line is cut or the broker is gone"
DEFAULT_RECEIVE_MAXIMUM: Final = 65535
_NO_SUBSCRIBER: Final = 0x10
_FAILURE: Final = 0x80
_V5: Final = MQTTProtocolVersion.MQTTv5
_V311: Final = MQTTProtocolVersion.MQTTv311


class LinkError(DakaError):
    """The broker cannot be reached, or what it was asked for did not go through."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker let us in."""

    receive_maximum: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker answered a subscription; `refused` names the reason it said no."""

    refused: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is over, or was refused."""

    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message came in."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """The broker answered a publication; `refused` names the reason it went nowhere."""

    message_no: int
    refused: str


Event = Connected | Subscribed | Lost | Received | Published


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when we are gone."""

    topic: str
    payload: bytes


class MqttLink:
    """One connection after another to one broker; see the module."""

    def __init__(self, settings: MqttSettings, client_id: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._version = _V5
        self._v5_works = False
        self._client: Client | None = None
        self._is_up = False
        self._events: deque[Event] = deque()

    def open(self, will: Will) -> None:
        """Connect afresh; a `Connected` or `Lost` follows from `wait`.

        Raises:
            LinkError: no connection could be made.
        """
        self.drop()
        client = self._make_client(will)
        try:
            client.connect(self._settings.host, self._settings.port, keepalive=KEEPALIVE_S)
        except ssl.SSLCertVerificationError as error:
            raise LinkError(
                f"{self._where}: certificate refused: {error.verify_message};"
                " if it is 'not yet valid', the box's clock is wrong: check its time service"
            ) from error
        except (OSError, ValueError) as error:
            raise LinkError(f"{self._where} cannot be reached: {error}") from error
        self._client = client

    def subscribe(self, filters: list[str]) -> None:
        """Subscribe with QoS 1; a `Subscribed` follows."""
        if self._client is not None:
            self._client.subscribe([(name, 1) for name in filters])

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Publish with QoS 1 and return the message's number; a `Published` follows."""
        assert self._client is not None, "publish is for an open link"
        return self._client.publish(topic, payload, qos=1, retain=retain).mid

    def wait(self, timeout_s: float, wake: socket.socket) -> Iterator[Event]:
        """Run the network until something happens, `wake` turns readable or time is up.

        What a connection still had to tell ends with it: nothing is yielded after `drop`.
        """
        sock = None if self._client is None else self._client.socket()
        if self._client is None or sock is None:
            if self._client is not None:  # it went while something was published
                self._note(MQTTErrorCode.MQTT_ERR_CONN_LOST)
            elif not self._events:
                select.select([wake], [], [], timeout_s)
            return self._taken()
        if not self._events and not (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            writers = [sock] if self._client.want_write() else []
            readable, writable, _ = select.select([sock, wake], writers, [], timeout_s)
            if writable:
                self._client.loop_write()
            if sock not in readable:
                self._misc()
                return self._taken()
        self._note(self._client.loop_read())
        self._misc()
        return self._taken()

    def drop(self) -> None:
        """Let go of the connection without a word: the will is for this."""
        client, self._client = self._client, None
        self._events.clear()
        if client is None:
            return
        self._choose_version()
        self._is_up = False
        if (sock := client.socket()) is not None:
            client.on_disconnect = None
            sock.close()

    def _choose_version(self) -> None:
        """Stay with what worked, 5 rather than 3.1.1; where none did, try the other one.

        A broker that knows only 3.1.1 refuses 5, hangs up on it, or never answers.
        """
        if not self._is_up:
            self._version = _V311 if self._is_v5 else _V5
        elif self._is_v5:
            self._v5_works = True
        elif self._v5_works:
            self._version = _V5

    def close(self, topic: str, farewell: bytes, wake: socket.socket) -> None:
        """Publish a retained farewell, wait a little for its PUBACK and disconnect."""
        if self._client is None or not self._is_up:
            self.drop()
            return
        number = self.publish(topic, farewell, retain=True)
        for _ in range(int(FAREWELL_S / 0.1)):
            events = self.wait(0.1, wake)
            if any(
                isinstance(event, Lost)
                or (isinstance(event, Published) and event.message_no == number)
                for event in events
            ):
                break
        if self._client is not None:
            self._client.on_disconnect = None
            self._client.disconnect()
        self.drop()

    @property
    def _where(self) -> str:
        return f"broker {self._settings.host}:{self._settings.port}"

    @property
    def _is_v5(self) -> bool:
        return self._version is _V5

    def _make_client(self, will: Will) -> Client:
        client = make_client(self._settings, self._client_id, self._version, CONNECT_TIMEOUT_S)
        client.suppress_exceptions = True
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        delay = None
        if self._is_v5:
            delay = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
            delay.WillDelayInterval = WILL_DELAY_S
        client.will_set(will.topic, will.payload, qos=1, retain=True, properties=delay)
        return client

    def _misc(self) -> None:
        if self._client is not None:
            self._note(self._client.loop_misc())

    def _note(self, code: MQTTErrorCode) -> None:
        """Make sure that a loop that failed is followed by a `Lost`, whatever paho calls back."""
        failed = code not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_AGAIN)
        if failed and not any(isinstance(event, Lost) for event in self._events):
            self._events.append(Lost(f"{self._where}: {error_string(code)}"))

    def _taken(self) -> Iterator[Event]:
        while self._events:
            event = self._events.popleft()
            if isinstance(event, Lost):
                self.drop()
            yield event

    # ---- callbacks: they enqueue, nothing else ----------------------------------------------

    def _on_connect(
        self,
        _client: Client,
        _data: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._events.append(Lost(f"{self._where} refuses: {reason}"))
            return
        self._is_up = True
        maximum = getattr(properties, "ReceiveMaximum", DEFAULT_RECEIVE_MAXIMUM)
        self._events.append(Connected(maximum))

    def _on_disconnect(
        self,
        _client: Client,
        _data: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        # without a packet that says why, paho's reason is "Unspecified error"
        why = str(reason) if flags.is_disconnect_packet_from_server else LINE_ENDED
        self._events.append(Lost(f"{self._where}: {why}"))

    def _on_subscribe(
        self,
        _client: Client,
        _data: Any,
        _message_no: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = ", ".join(str(reason) for reason in reasons if reason.is_failure)
        self._events.append(Subscribed(refused))

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._events.append(Received(message.topic, bytes(message.payload)))

    def _on_publish(
        self,
        _client: Client,
        _data: Any,
        message_no: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        nowhere = reason.value >= _FAILURE or reason.value == _NO_SUBSCRIBER
        self._events.append(Published(message_no, str(reason) if nowhere else ""))
