"""Settings say what is wrong and what is allowed; the registry loads what is asked for."""

import subprocess
import sys

import pytest

from drivers.registry import KINDS, kind_of, open_driver
from drivers.zkteco.settings import ZktecoSettings
from sync.clock import SystemClock
from sync.errors import DakaError

WHERE = "agent.toml, device 'front door'"


def test_a_table_gives_settings_with_their_defaults() -> None:
    settings = ZktecoSettings.from_table(
        {"name": "door", "driver": "zkteco", "poll_s": 60, "url": "tcp://10.0.0.9"}, WHERE
    )
    assert (settings.link.host, settings.link.port) == ("10.0.0.9", 4370)
    assert (settings.comm_key, settings.live) == (0, True)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, "url is missing; it must be tcp://host:4370 or udp://host:4370"),
        ({"url": "serial:///dev/ttyUSB0"}, "url = .* it must be tcp://host:4370"),
        ({"url": "tcp://h:1", "comm_key": 1_000_000}, "comm_key .* whole number, 0 to 999999"),
        ({"url": "tcp://h:1", "comm_key": "12"}, "comm_key = '12'; it must be a whole number"),
        ({"url": "tcp://h:1", "live": "yes"}, "live = 'yes'; it must be true or false"),
        ({"url": "tcp://h:1", "comkey": 5}, "unknown key 'comkey'; known: .*comm_key"),
    ],
)
def test_a_wrong_key_is_named_with_its_place_and_what_is_allowed(
    table: dict[str, object], says: str
) -> None:
    with pytest.raises(DakaError, match=f"front door.*{says}"):
        ZktecoSettings.from_table(table, WHERE)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_the_table_can_be_loaded(name: str) -> None:
    kind = kind_of(name, WHERE)
    assert callable(kind.factory)
    assert callable(kind.settings.from_table)


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(DakaError, match="driver = 'zk'; it must be one of zkteco"):
        kind_of("zk", WHERE)


def test_a_driver_is_opened_by_its_table() -> None:
    table = {"driver": "zkteco", "url": "tcp://127.0.0.1:1"}
    clock = SystemClock.of_this_boot()
    driver = open_driver("zkteco", table, WHERE, clock, "Asia/Shanghai")
    assert driver.capabilities.repair
    driver.close()


def test_the_registry_imports_no_driver_before_it_is_asked_for() -> None:
    code = (
        "import sys, drivers.registry;"
        "print([m for m in sys.modules if m.startswith('drivers.') and m.count('.') == 2])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
