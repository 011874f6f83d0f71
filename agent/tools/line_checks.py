"""The chain from the box to headquarters' database: name, port, certificates, broker, receiver."""

from __future__ import annotations

import secrets
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final

from cryptography import x509

from agent.settings import Settings
from agent.tools.broker_probe import BrokerProbe
from agent.tools.findings import Checked, failed, passed, skipped
from sync import topics
from sync.control import Echo, decode_echo, encode
from sync.errors import WireError
from sync.mqtt_settings import MqttSettings
from sync.presence import decode_receiver_state
from sync.topics import Lane

CONNECT_S: Final = 5.0
RECEIVER_S: Final = 5.0
ECHO_S: Final = 15.0
EXPIRES_SOON_DAYS: Final = 14
SUCCESS: Final = ("Success", "Granted QoS 1", "No matching subscribers")
NOT_AUTHORIZED: Final = "Not authorized"
_ALL_AFTER_TLS: Final = ("connect", "acl_own", "acl_other", "receiver", "echo")


def check_line(settings: Settings) -> Iterator[Checked]:
    """Yield one line a link, each only if the ones before it hold."""
    mqtt = settings.mqtt
    place = {"host": mqtt.host, "port": mqtt.port}
    try:
        found = socket.getaddrinfo(mqtt.host, mqtt.port, type=socket.SOCK_STREAM)
    except OSError as error:
        yield failed("dns", "dns_fails", "dns_remedy", why=error, **place)
        yield from (skipped(check, "not_reached") for check in ("tcp", "tls", *_ALL_AFTER_TLS))
        return
    addresses = ", ".join(dict.fromkeys(str(one[4][0]) for one in found))
    yield passed("dns", "dns_holds", addresses=addresses, **place)
    try:
        with socket.create_connection((mqtt.host, mqtt.port), CONNECT_S) as sock:
            yield passed("tcp", "tcp_holds", **place)
            secured = list(_check_tls(mqtt, sock))
    except OSError as error:
        yield failed("tcp", "tcp_fails", "tcp_remedy", why=error, **place)
        yield from (skipped(check, "not_reached") for check in ("tls", *_ALL_AFTER_TLS))
        return
    yield from secured
    if any(one.remedy and one.check == "tls" for one in secured):
        yield from (skipped(check, "not_reached") for check in _ALL_AFTER_TLS)
        return
    yield from _check_broker(settings)


# ---- certificates -------------------------------------------------------------------------


def _check_tls(mqtt: MqttSettings, sock: socket.socket) -> Iterator[Checked]:
    if not mqtt.tls:
        yield skipped("tls", "no_tls")
        return
    try:
        context = ssl.create_default_context(cafile=mqtt.ca_file)
        if mqtt.cert_file is not None:
            context.load_cert_chain(mqtt.cert_file, mqtt.key_file)
        with context.wrap_socket(sock, server_hostname=mqtt.host) as secured:
            found = secured.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError as error:
        is_young = "not yet valid" in error.verify_message
        remedy = "clock_remedy" if is_young else "tls_remedy"
        yield failed("tls", "tls_fails", remedy, why=error.verify_message, host=mqtt.host)
        return
    except OSError as error:
        yield failed("tls", "tls_fails", "tls_remedy", why=error, host=mqtt.host)
        return
    assert found is not None, "a verified peer has shown a certificate"
    yield _dated("tls", x509.load_der_x509_certificate(found), "broker")
    if mqtt.cert_file is not None:
        own = x509.load_pem_x509_certificate(mqtt.cert_file.read_bytes())
        yield _dated("certificate", own, "box")


def _dated(check: str, certificate: x509.Certificate, whose: str) -> Checked:
    until = certificate.not_valid_after_utc
    days = (until - datetime.now(UTC)).days
    told: dict[str, Any] = {"until": f"{until:%Y-%m-%d}", "days": days, "whose": whose}
    if days < EXPIRES_SOON_DAYS:
        return failed(check, "expires_soon", "renew_remedy", **told)
    return passed(check, "certificate_holds", **told)


# ---- the broker and who listens behind it -------------------------------------------------


def _check_broker(settings: Settings) -> Iterator[Checked]:
    mqtt, box = settings.mqtt, settings.box
    probe = BrokerProbe(mqtt, f"{box.box_id}-doctor")
    try:
        refusal = probe.connect()
    except OSError as error:
        refusal = str(error)
    if refusal:
        yield failed("connect", "connect_refused", "connect_remedy", why=refusal, box=box.box_id)
        yield from (skipped(check, "not_reached") for check in _ALL_AFTER_TLS[1:])
        return
    try:
        yield passed("connect", "connect_holds", version="5" if probe.is_v5 else "3.1.1")
        own = _check_own(probe, settings)
        yield own
        yield _check_other(probe, settings)
        receiver = _check_receiver(probe, settings)
        yield receiver
        cannot_come = own.remedy or receiver.remedy
        yield skipped("echo", "not_reached") if cannot_come else _check_echo(probe, settings)
    finally:
        probe.close()


def _check_own(probe: BrokerProbe, settings: Settings) -> Checked:
    """See that the box may speak where it must, and listen there too."""
    org, box_id = settings.box.org, settings.box.box_id
    topic = topics.echo(org, box_id, "up")
    heard = probe.subscribe(topics.echo(org, box_id, "down"))
    said = probe.publish(topic, encode(Echo("doctor")))
    why = next((one for one in (heard, said) if one not in SUCCESS), "")
    if why != "":
        return failed("acl_own", "own_refused", "acl_remedy", why=why or "-", topic=topic)
    return passed("acl_own", "own_allowed", topic=topic)


def _check_other(probe: BrokerProbe, settings: Settings) -> Checked:
    """See that the box may not speak for another one."""
    if not probe.is_v5:
        return skipped("acl_other", "no_reasons")
    other = f"not-{settings.box.box_id}"[:64]
    topic = topics.up(settings.box.org, other, Lane.PUNCH).replace("/punch", "/probe")
    said = probe.publish(topic, b"")
    if said != NOT_AUTHORIZED:
        return failed("acl_other", "other_allowed", "acl_remedy", topic=topic, why=said or "-")
    return passed("acl_other", "other_refused", topic=topic)


def _check_receiver(probe: BrokerProbe, settings: Settings) -> Checked:
    probe.subscribe(topics.hq_state_filter(settings.box.org))

    def is_online(topic: str, payload: bytes) -> bool:
        try:
            return "/_hq/" in topic and decode_receiver_state(payload).online
        except WireError:
            return False

    if probe.heard(is_online, RECEIVER_S):
        return passed("receiver", "receiver_online")
    return failed("receiver", "receiver_away", "receiver_remedy", org=settings.box.org)


def _check_echo(probe: BrokerProbe, settings: Settings) -> Checked:
    """Send a word through headquarters' database and wait for it."""
    org, box_id = settings.box.org, settings.box.box_id
    echo = Echo(secrets.token_hex(8))
    down = topics.echo(org, box_id, "down")

    def is_mine(topic: str, payload: bytes) -> bool:
        try:
            return topic == down and decode_echo(payload) == echo
        except WireError:
            return False

    began_s = monotonic()
    probe.publish(topics.echo(org, box_id, "up"), encode(echo))
    if probe.heard(is_mine, ECHO_S):
        return passed("echo", "echo_came", ms=round((monotonic() - began_s) * 1000))
    return failed("echo", "echo_lost", "receiver_remedy", seconds=f"{ECHO_S:.0f}", org=org)
