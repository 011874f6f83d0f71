"""What a connection had to tell ends with it."""

from __future__ import annotations

from agent.mqtt_link import Connected, Lost, MqttLink, Received, Subscribed
from sync.mqtt_settings import MqttSettings

SETTINGS = MqttSettings(
    host="127.0.0.1",
    port=1883,
    tls=False,
    username=None,
    password=None,
    ca_file=None,
    cert_file=None,
    key_file=None,
)


def test_nothing_is_told_of_a_connection_that_was_let_go() -> None:
    link = MqttLink(SETTINGS, "box-1")
    receipt = Received("receipt", b"{}")
    link._events.extend([receipt, Subscribed("")])  # a broker may deliver before it confirms
    told = link._taken()
    assert next(told) == receipt
    link.drop()  # as for a new epoch
    assert list(told) == []


def test_a_lost_connection_tells_what_came_before_and_then_nothing() -> None:
    link = MqttLink(SETTINGS, "box-1")
    link._events.extend([Connected(20), Lost("cut"), Subscribed("")])
    assert list(link._taken()) == [Connected(20), Lost("cut")]
