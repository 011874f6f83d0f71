"""Which addresses may be looked at: private networks this machine stands in, and no more."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, ip_network
from pathlib import Path
from typing import Final

from sync.errors import DakaError

SMALLEST_PREFIX: Final = 22
"""A thousand addresses: the largest network one shop has, looked at in half a minute."""
_ROUTES: Final = Path("/proc/net/route")
_LOOPBACK: Final = IPv4Network("127.0.0.0/8")
_DISCARD: Final = 9


def own_networks() -> list[IPv4Network]:
    """Return the private networks this machine stands in; of a large one its own /24.

    Raises:
        DakaError: this machine does not tell its networks.
    """
    try:
        attached = attached_networks(_ROUTES.read_text())
    except OSError as error:
        raise DakaError(f"{_ROUTES} cannot be read: {error.strerror}") from error
    return [_bearable(network) for network in attached if network.is_private]


def attached_networks(routes: str) -> list[IPv4Network]:
    """Return the networks that need no gateway, from the text of ``/proc/net/route``.

    Its addresses are hexadecimal, least significant byte first.
    """
    found = []
    for line in routes.splitlines()[1:]:
        _, destination, gateway, *_, mask, _, _, _ = line.split()
        if int(gateway, 16) == 0 and int(mask, 16) != 0:
            pair = tuple(
                IPv4Address(int(text, 16).to_bytes(4, "little")) for text in (destination, mask)
            )
            network = IPv4Network(f"{pair[0]}/{pair[1]}")
            if not network.is_link_local and network not in found:
                found.append(network)
    return found


def chosen_network(text: str, own: Iterable[IPv4Network]) -> IPv4Network:
    """Return the network a person asked for, if it may be looked at.

    Args:
        own: the networks this machine stands in; its loopback is always one of them.

    Raises:
        DakaError: it is none, too large, public, or somebody else's.
    """
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise DakaError(f"--network {text}: write it as 192.168.1.0/24") from error
    if not isinstance(network, IPv4Network) or not network.is_private:
        raise DakaError(f"--network {text}: only private IPv4 networks are looked at")
    if network.prefixlen < SMALLEST_PREFIX:
        raise DakaError(f"--network {text}: at most a /{SMALLEST_PREFIX} is looked at")
    stands_in = [_LOOPBACK, *own]
    if not any(network.subnet_of(one) for one in stands_in):
        listed = ", ".join(str(one) for one in stands_in)
        raise DakaError(f"--network {text}: this machine does not stand in it, but in {listed}")
    return network


def _bearable(network: IPv4Network) -> IPv4Network:
    if network.prefixlen >= SMALLEST_PREFIX:
        return network
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((str(network[1]), _DISCARD))  # sends nothing; picks our address there
        own_address = probe.getsockname()[0]
    return IPv4Network(f"{own_address}/24", strict=False)
