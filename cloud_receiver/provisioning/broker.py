"""Mosquitto's settings: TLS with certificates on both sides, and least privilege by topic.

The user name is the name in the client's certificate, so a box can neither read nor write
what belongs to another: its topics carry its name. Written for Mosquitto 2.0 and later.
"""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine

from cloud_receiver.provisioning.admission import note_issued, revocation_list
from cloud_receiver.provisioning.authority import Authority, Role, private_pem
from cloud_receiver.store.engine import write
from sync.secret_file import write_secret
from sync.topics import ROOT

BROKER_NAME: Final = "broker"
_MOSQUITTO_USER: Final = "mosquitto"


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """Where the pieces are: one folder, readable by the broker's user alone."""

    folder: Path

    @property
    def settings(self) -> Path:
        """Return what Mosquitto is started with, or includes from its ``conf.d``."""
        return self.folder / "daka.conf"

    @property
    def revoked(self) -> Path:
        """Return the list of certificates that are good no longer."""
        return self.folder / "revoked.pem"


def settings_text(folder: Path, port: int) -> str:
    """Return Mosquitto's settings."""
    return f"""\
# Written by daka-hq broker-config. Boxes and receivers come in with certificates only.
per_listener_settings false
listener {port}
cafile {folder}/authority.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.key
crlfile {folder}/revoked.pem
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file {folder}/acl
# without it small packets wait for each other: eight times slower
set_tcp_nodelay true
# nothing is kept here: boxes keep every record until headquarters has committed it
persistence false
max_inflight_messages 64
max_queued_messages 10000
message_size_limit 1100000
"""


def acl_text(org: str, receivers: tuple[str, ...]) -> str:
    """Return who may do what: a box only under its own name, a receiver only for its part.

    A pattern's ``%u`` is the name in the certificate; receivers are named one by one.
    """
    own = f"{ROOT}/{org}/%u"
    lines = [
        "# a box: %u is the name in its certificate",
        f"pattern write {own}/up/#",
        f"pattern readwrite {own}/state",
        f"pattern write {own}/health",
        f"pattern read {own}/down/#",
        f"pattern read {ROOT}/{org}/_hq/+/state",
    ]
    for receiver in receivers:
        lines += [
            "",
            f"user {receiver_name(receiver)}",
            f"topic read {ROOT}/{org}/+/up/#",
            f"topic read {ROOT}/{org}/+/state",
            f"topic read {ROOT}/{org}/+/health",
            f"topic write {ROOT}/{org}/+/down/#",
            f"topic readwrite {ROOT}/{org}/_hq/{receiver}/state",
        ]
    return "\n".join(lines) + "\n"


def receiver_name(receiver_id: str) -> str:
    """Return the name in a receiver's certificate; no box can be called so."""
    return f"_hq-{receiver_id}"


def write_broker(
    engine: Engine,
    authority: Authority,
    files: BrokerFiles,
    *,
    org: str,
    hosts: tuple[str, ...],
    port: int,
    receivers: tuple[str, ...],
    now_utc: datetime,
) -> None:
    """Write everything Mosquitto needs, and a certificate for each receiver.

    Safe to repeat: keys that are there stay, so that nobody has to be let in again.
    """
    files.folder.mkdir(parents=True, exist_ok=True)
    (files.folder / "authority.pem").write_text(authority.pem)
    if not (files.folder / "broker.pem").exists():
        _issue(engine, authority, files.folder / "broker", BROKER_NAME, Role.BROKER, hosts, now_utc)
    for receiver in receivers:
        at = authority.folder / f"receiver-{receiver}"
        if not at.with_suffix(".pem").exists():
            _issue(engine, authority, at, receiver_name(receiver), Role.RECEIVER, (), now_utc)
    (files.folder / "acl").write_text(acl_text(org, receivers))
    (files.folder / "acl").chmod(0o600)
    files.settings.write_text(settings_text(files.folder, port))
    write_revoked(engine, authority, files, now_utc)
    _hand_over(files.folder)


def _hand_over(folder: Path) -> None:
    """Give the files to Mosquitto's user: it opens them after it has given up being root."""
    if os.geteuid() == 0 and _MOSQUITTO_USER in {user.pw_name for user in pwd.getpwall()}:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, _MOSQUITTO_USER, _MOSQUITTO_USER)


def write_revoked(
    engine: Engine, authority: Authority, files: BrokerFiles, now_utc: datetime
) -> None:
    """Write the list of revoked certificates; the broker reads it when it is told to reload."""
    files.revoked.write_bytes(revocation_list(engine, authority, now_utc))


def _issue(
    engine: Engine,
    authority: Authority,
    at: Path,
    subject: str,
    role: Role,
    hosts: tuple[str, ...],
    now_utc: datetime,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issued = authority.issue(key.public_key(), subject, role, now_utc, hosts)
    with write(engine) as connection:
        note_issued(connection, issued, subject, role, "broker-config", now_utc)
    write_secret(at.with_suffix(".key"), private_pem(key))
    at.with_suffix(".pem").write_text(issued.pem)
