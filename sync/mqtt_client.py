"""A paho client as both sides want it: not connected yet, never reconnecting by itself."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from sync.mqtt_settings import MqttSettings


def make_client(
    access: MqttSettings,
    client_id: str,
    version: MQTTProtocolVersion,
    connect_timeout_s: float,
    *,
    manual_ack: bool = False,
) -> Client:
    """Return a client that can be let in.

    Raises:
        OSError: a certificate file does not hold.
    """
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=version,
        reconnect_on_failure=False,
        manual_ack=manual_ack,
    )
    client.connect_timeout = connect_timeout_s
    client.on_socket_open = _without_delay
    if access.username is not None:
        client.username_pw_set(access.username, access.password)
    if access.tls:
        client.tls_set(
            ca_certs=_path(access.ca_file),
            certfile=_path(access.cert_file),
            keyfile=_path(access.key_file),
        )
    return client


def _without_delay(_client: Client, _data: Any, sock: Any) -> None:
    """Send small packets at once; Nagle against delayed ACKs made a drain eight times slower."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _path(file: Path | None) -> str | None:
    return None if file is None else str(file)
