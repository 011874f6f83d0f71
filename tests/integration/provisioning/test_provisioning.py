"""From a claim code to a box that delivers over TLS, and that no box touches another's topics."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from paho.mqtt.reasoncodes import ReasonCode
from sqlalchemy import Engine

from agent.enrolment import IDENTITY, life_of
from bench.rig import terminal, wait_until
from cloud_receiver.store.engine import open_engine, read, sqlite_url
from cloud_receiver.store.tables import journal
from sync import topics
from sync.enrolment import ENROL_PATH, RENEW_PATH
from sync.topics import Lane
from tests.integration.provisioning.conftest import ORG, Secured

ALLOWED, REFUSED = 0, 0x87
PATIENCE_S = 30.0


class Client:
    """A client of the broker that somebody else wrote, holding a box's certificate."""

    def __init__(self, secured: Secured, folder: Path) -> None:
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=folder.name, protocol=mqtt.MQTTv5
        )
        self.client.tls_set(ca_certs=str(folder / "authority.pem"), certfile=str(folder / IDENTITY))
        self.answers: dict[int, ReasonCode] = {}
        self.heard: list[str] = []
        self.connected = threading.Event()
        self.client.on_connect = self._on_connect
        self.client.on_publish = lambda _c, _u, mid, reason, _p: self.answers.update({mid: reason})
        self.client.on_subscribe = lambda _c, _u, mid, reasons, _p: self.answers.update(
            {mid: reasons[0]}
        )
        self.client.on_message = lambda _c, _u, message: self.heard.append(message.topic)
        self.client.connect("localhost", secured.broker_port, keepalive=30)
        self.client.loop_start()

    def _on_connect(self, *_: object) -> None:
        self.connected.set()

    def publish(self, topic: str) -> int:
        mid = self.client.publish(topic, b"{}", qos=1).mid
        return self._answer(mid)

    def subscribe(self, topic: str) -> int:
        mid = self.client.subscribe(topic, qos=1)[1]
        assert mid is not None
        return self._answer(mid)

    def _answer(self, mid: int) -> int:
        wait_until("the broker's answer", lambda: mid in self.answers, PATIENCE_S)
        return self.answers[mid].value

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_a_box_is_let_in_once_and_delivers_over_tls(secured: Secured) -> None:
    address = secured.claim("box-101", "S002")
    folder = secured.folder / "box-101"
    said = secured.agent("enrol", address, "--folder", str(folder), "--lang", "en")
    assert 'store = "S002"' in said
    assert (folder / IDENTITY).stat().st_mode & 0o777 == 0o600
    again = secured.agent("enrol", address, "--folder", str(folder / "thief"), fails=True)
    assert "claim_used" in again
    tables = said[said.index("[box]") :].replace("[mqtt]", f'data_dir = "{folder}"\n[mqtt]')
    with terminal("--serial", "T101", "--user-ids", "1001") as door:
        (folder / "agent.toml").write_text(f"{tables}\n{door.device}")
        secured.start(
            "agent", [sys.executable, "-m", "agent", "run", "--config", str(folder / "agent.toml")]
        )
        try:
            door.obey(["punch 1001"])
            engine = open_engine(sqlite_url(secured.folder / "hq" / "hq.db"))
            wait_until("the punch", lambda: _count(engine) == 1, 60)
            engine.dispose()
        finally:
            secured.stop("agent")


def _count(engine: Engine) -> int:
    with read(engine) as connection:
        return len(connection.execute(journal.select().where(journal.c.kind == "punch")).all())


def test_a_box_can_neither_read_nor_write_what_is_anothers(secured: Secured) -> None:
    box = Client(secured, secured.enrol("box-102"))
    other = secured.enrol("box-103").name
    assert box.publish(topics.up(ORG, "box-102", Lane.PUNCH)) == ALLOWED
    assert box.publish(topics.state(ORG, "box-102")) == ALLOWED
    assert box.publish(topics.health(ORG, "box-102")) == ALLOWED
    assert box.subscribe(topics.receipt(ORG, "box-102")) in (ALLOWED, 1)
    assert box.subscribe(topics.hq_state_filter(ORG)) in (ALLOWED, 1)
    for forbidden in (
        topics.up(ORG, other, Lane.PUNCH),
        topics.state(ORG, other),
        topics.health(ORG, other),
        topics.receipt(ORG, other),
        topics.receipt(ORG, "box-102"),
        topics.hq_state(ORG, "hq-1"),
        topics.up("rival", "box-102", Lane.PUNCH),
    ):
        assert box.publish(forbidden) == REFUSED, forbidden
    # a filter may be asked for; what it would bring never comes
    for filter_ in (f"daka/v1/{ORG}/#", topics.receipt(ORG, other), "#"):
        box.subscribe(filter_)
    spy_target = Client(secured, secured.folder / other)
    assert spy_target.publish(topics.up(ORG, other, Lane.PUNCH)) == ALLOWED
    assert box.publish(topics.health(ORG, "box-102")) == ALLOWED  # a round trip later
    assert [topic for topic in box.heard if f"/{other}/" in topic] == []
    spy_target.close()
    box.close()


def test_nobody_comes_in_without_a_certificate(secured: Secured) -> None:
    folder = secured.enrol("box-104")
    assert not _comes_in(secured, folder / "authority.pem", None)


def test_a_renewed_box_has_a_new_key_and_the_old_one_is_good_meanwhile(secured: Secured) -> None:
    folder = secured.enrol("box-105")
    before = (folder / IDENTITY).read_bytes()
    old = secured.folder / "old" / "box-105"
    old.mkdir(parents=True)
    for name in (IDENTITY, "authority.pem"):
        (old / name).write_bytes((folder / name).read_bytes())
    command = ("agent.renewal", secured.web, str(folder / IDENTITY), str(folder / "authority.pem"))
    assert _module(*command) == ""  # not due: nothing happens
    assert (folder / IDENTITY).read_bytes() == before
    assert "until=" in _module(*command, "--now")
    after = (folder / IDENTITY).read_bytes()
    keys = [x509.load_pem_x509_certificates(pem)[0].public_key() for pem in (before, after)]
    assert keys[0] != keys[1]
    for place in (folder, old):
        client = Client(secured, place)
        assert client.connected.wait(PATIENCE_S)
        client.close()


def test_a_revoked_box_is_shut_out_and_cannot_renew(secured: Secured) -> None:
    folder = secured.enrol("box-106")
    told = secured.hq(
        "certificate", "revoke", "box-106", "--why", "stolen",
        "--folder", str(secured.broker_folder), "--lang", "en",
    )  # fmt: skip
    assert "1 certificate(s) of box-106" in told
    secured.stop("broker")
    secured.start_broker()
    client = Client(secured, secured.enrol("box-107"))
    assert client.connected.wait(PATIENCE_S)
    client.close()
    assert not _comes_in(secured, folder / "authority.pem", folder / IDENTITY)
    said = secured.agent("renew", "--config", str(_settings(secured, folder)), fails=True)
    assert "certificate_revoked" in said
    assert "revoked: stolen" in secured.hq("certificate", "list", "--lang", "en")


def test_withdrawn_expired_and_unknown_codes_say_so(secured: Secured) -> None:
    first = secured.claim("box-108")
    secured.claim("box-108")  # a second code for the same box replaces the first
    said = secured.agent("enrol", first, "--folder", str(secured.folder / "x"), fails=True)
    assert "claim_withdrawn" in said
    unknown = f"{secured.web}{ENROL_PATH}#ABCDE-FGHJK-LMNPQ-RSTUV-WXYZ2"
    said = secured.agent("enrol", unknown, "--folder", str(secured.folder / "x"), fails=True)
    assert "claim_unknown" in said
    listed = secured.hq("claim", "list", "--lang", "en")
    assert "withdrawn" in listed
    assert "used" in listed


@pytest.fixture(autouse=True)
def _long_lived(secured: Secured) -> None:
    """Certificates of these tests are fresh: nothing renews by itself meanwhile."""
    for identity in secured.folder.glob(f"box-*/{IDENTITY}"):
        assert life_of(identity).left(life_of(identity).not_before_utc).days > 300


def _comes_in(secured: Secured, authority: Path, identity: Path | None) -> bool:
    """Tell whether the broker lets a client in before it hangs up or says nothing for 5 s."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.tls_set(ca_certs=str(authority), certfile=str(identity) if identity else None)
    came_in = threading.Event()
    client.on_connect = lambda *_: came_in.set()
    try:
        client.connect("localhost", secured.broker_port)
        for _ in range(50):
            if came_in.is_set() or client.loop(0.1) != mqtt.MQTT_ERR_SUCCESS:
                break
    except ssl.SSLError:
        return False
    return came_in.is_set()


def _module(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _settings(secured: Secured, folder: Path) -> Path:
    path = folder / "agent.toml"
    path.write_text(
        f'[box]\nid = "{folder.name}"\norg = "{ORG}"\nstore = "S001"\nzone = "Asia/Shanghai"\n'
        f'data_dir = "{folder}"\n[mqtt]\nurl = "mqtts://localhost:{secured.broker_port}"\n'
        f'ca_file = "{folder / "authority.pem"}"\ncert_file = "{folder / IDENTITY}"\n'
        f'[identity]\nweb = "{secured.web}"\n'
    )
    return path


def test_init_takes_the_claim_and_the_doctor_finds_the_chain_to_headquarters_sound(
    secured: Secured,
) -> None:
    config = secured.folder / "box-init" / "agent.toml"
    said = secured.agent(
        "init", "--unattended", "--claim", secured.claim("box-init"), "--config", str(config),
        "--data-dir", str(secured.folder / "box-init" / "data"), "--lang", "en",
    )  # fmt: skip
    assert "claimed: box box-init of store S001" in said
    assert "the broker lets this box in" in said
    examined = secured.agent("doctor", "--config", str(config), "--json", fails=True)  # no device
    verdicts = {line["check"]: line["verdict"] for line in json.loads(examined)["lines"]}
    chain = ("dns", "tcp", "tls", "certificate", "connect", "acl_own", "acl_other", "receiver")
    assert {check: verdicts[check] for check in (*chain, "echo")} == dict.fromkeys(
        (*chain, "echo"), "pass"
    )
    assert verdicts["device"] == "fail"


# the last one: it uses up what this address may ask in a minute
def test_the_open_door_answers_junk_and_large_bodies_calmly(secured: Secured) -> None:
    assert httpx.get(secured.web + ENROL_PATH).status_code == 200
    assert httpx.post(secured.web + ENROL_PATH, content=b"junk").status_code == 403
    assert httpx.post(secured.web + RENEW_PATH, content=b"x" * 100_000).status_code == 413
    answers_seen = {
        httpx.post(secured.web + ENROL_PATH, content=b"junk").status_code for _ in range(40)
    }
    assert answers_seen == {403, 429}
