"""How the address of the broker is written in the settings of both sides."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import urlsplit

BROKER_FORMS: Final = "mqtt://host[:1883] or mqtts://host[:8883]"
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


class BrokerAddress(NamedTuple):
    """Where the broker listens, and whether it speaks TLS."""

    host: str
    port: int
    tls: bool


def parse_broker(text: str) -> BrokerAddress:
    """Take the address of a broker apart.

    Raises:
        ValueError: it is none of `BROKER_FORMS`.

    >>> parse_broker("mqtts://hq.example")
    BrokerAddress(host='hq.example', port=8883, tls=True)
    """
    url = urlsplit(text)
    port = url.port
    if url.scheme not in _PORTS or not url.hostname or url.path.strip("/") or url.username:
        raise ValueError(f"no broker's address: {text!r}")
    return BrokerAddress(url.hostname, port or _PORTS[url.scheme], url.scheme == "mqtts")
