"""What both sides are told about the broker: where it is and how to be let in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sync.broker import parse_broker
from sync.settings_table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """The broker and how to be let in.

    Attributes:
        password: what `password_file` holds, without the line's end; None: no password.
        ca_file: whose certificates are trusted; None: those the machine trusts.
        key_file: of `cert_file`; None: it stands beside the certificate.
    """

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None
    ca_file: Path | None
    cert_file: Path | None
    key_file: Path | None


def read_mqtt(table: Table) -> MqttSettings:
    """Read ``[mqtt]``; what belongs to one side alone is left to it."""
    broker = parse_broker(table.broker("url"))
    password = table.content("password_file")
    return MqttSettings(
        host=broker.host,
        port=broker.port,
        tls=broker.tls,
        username=table.text("username", "a text", "") or None,
        password=None if password is None else password.decode().rstrip("\r\n"),
        ca_file=table.file("ca_file"),
        cert_file=table.file("cert_file"),
        key_file=table.file("key_file"),
    )
