"""One connection to the broker that asks what is allowed; for `doctor` and `init`.

It has a client id of its own, so a running agent is not thrown off its connection.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from agent.mqtt_link import CONNECT_TIMEOUT_S
from sync.mqtt_client import make_client
from sync.mqtt_settings import MqttSettings

PATIENCE_S: Final = 5.0
_VERSIONS: Final = (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311)


class BrokerProbe:
    """See the module."""

    def __init__(self, settings: MqttSettings, client_id: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._client: Client | None = None
        self._news = threading.Condition()
        self._connected: ReasonCode | None = None
        self._answers: dict[int, str] = {}
        self._messages: list[tuple[str, bytes]] = []
        self.is_v5 = True

    def connect(self) -> str:
        """Connect, with MQTT 5 if the broker knows it; return why not, or nothing.

        Raises:
            OSError: no connection could be made, or its certificate does not hold.
        """
        refusal = ""
        for version in _VERSIONS:
            self.is_v5 = version is MQTTProtocolVersion.MQTTv5
            self._connected = None
            client = self._client = make_client(
                self._settings, self._client_id, version, CONNECT_TIMEOUT_S
            )
            client.on_connect = self._on_connect
            client.on_publish = self._on_publish
            client.on_subscribe = self._on_subscribe
            client.on_message = self._on_message
            client.connect(self._settings.host, self._settings.port)
            client.loop_start()
            self._wait(lambda: self._connected is not None)
            reason = self._reason()
            if reason is not None and not reason.is_failure:
                return ""
            refusal = str(reason or f"no answer for {PATIENCE_S:.0f} s")
            self.close()
        return refusal

    def publish(self, topic: str, payload: bytes) -> str | None:
        """Publish and return the broker's reason; None: it did not answer."""
        assert self._client is not None
        info = self._client.publish(topic, payload, qos=1)
        return self._answer_to(info.mid) if info.rc is MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def subscribe(self, topic: str) -> str | None:
        """Subscribe and return the broker's reason; None: it did not answer."""
        assert self._client is not None
        code, number = self._client.subscribe(topic, qos=1)
        if code is not MQTTErrorCode.MQTT_ERR_SUCCESS or number is None:
            return None
        return self._answer_to(number)

    def heard(self, is_it: Callable[[str, bytes], bool], patience_s: float) -> bool:
        """Wait until a message came for which `is_it`; tell whether it did."""

        def came() -> bool:
            return any(is_it(topic, payload) for topic, payload in self._messages)

        return self._wait(came, patience_s)

    def close(self) -> None:
        """Leave."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def _reason(self) -> ReasonCode | None:
        return self._connected

    def _answer_to(self, number: int) -> str | None:
        self._wait(lambda: number in self._answers)
        return self._answers.get(number)

    def _wait(self, is_so: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
        deadline_s = monotonic() + patience_s
        with self._news:
            while not is_so() and (left_s := deadline_s - monotonic()) > 0:
                self._news.wait(left_s)
            return is_so()

    def _tell(self, note: Callable[[], None]) -> None:
        with self._news:
            note()
            self._news.notify_all()

    def _on_connect(self, _c: Client, _d: Any, _f: Any, reason: ReasonCode, _p: Any) -> None:
        self._tell(lambda: setattr(self, "_connected", reason))

    def _on_publish(self, _c: Client, _d: Any, number: int, reason: ReasonCode, _p: Any) -> None:
        self._tell(lambda: self._answers.__setitem__(number, str(reason)))

    def _on_subscribe(
        self, _c: Client, _d: Any, number: int, reasons: list[ReasonCode], _p: Any
    ) -> None:
        self._tell(lambda: self._answers.__setitem__(number, str(reasons[0])))

    def _on_message(self, _c: Client, _d: Any, message: MQTTMessage) -> None:
        self._tell(lambda: self._messages.append((message.topic, bytes(message.payload))))
