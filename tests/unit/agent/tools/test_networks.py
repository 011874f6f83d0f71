"""Only private networks this machine stands in are looked at, and none that is too large."""

from ipaddress import IPv4Network

import pytest

from agent.tools.networks import attached_networks, chosen_network, own_networks
from sync.errors import DakaError

ROUTES = """\
Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0101A8C0	0003	0	0	100	00000000	0	0	0
eth0	0001A8C0	00000000	0001	0	0	100	00FFFFFF	0	0	0
eth0	0000FEA9	00000000	0001	0	0	1000	0000FFFF	0	0	0
wg0	0000080A	0101A8C0	0003	0	0	0	0000FFFF	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
"""
OWN = [IPv4Network("192.168.1.0/24")]


def test_attached_networks_are_those_that_need_no_gateway() -> None:
    assert attached_networks(ROUTES) == [
        IPv4Network("192.168.1.0/24"),
        IPv4Network("172.17.0.0/16"),
    ]


@pytest.mark.parametrize("text", ["192.168.1.0/24", "192.168.1.128/25", "127.0.0.0/28"])
def test_a_network_of_our_own_may_be_looked_at(text: str) -> None:
    assert chosen_network(text, OWN) == IPv4Network(text)


def test_an_address_inside_it_names_it() -> None:
    assert chosen_network("192.168.1.17/24", OWN) == IPv4Network("192.168.1.0/24")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("shop", "write it as"),
        ("192.168.1.0/33", "write it as"),
        ("8.8.8.0/24", "private"),
        ("fe80::/120", "private"),
        ("127.0.0.0/16", "at most a /22"),
        ("192.168.2.0/24", "does not stand in it"),
        ("192.168.0.0/22", "does not stand in it"),
    ],
)
def test_others_are_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(DakaError, match=why):
        chosen_network(text, OWN)


def test_our_own_networks_are_private_and_bearable() -> None:
    for network in own_networks():
        assert network.is_private
        assert network.num_addresses <= 1024
