"""A wrong setting is named, with what is allowed; a misspelt one is not ignored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from drivers.anviz.settings import AnvizSettings
from drivers.fingermodule.settings import FingerModuleSettings
from sync.errors import DakaError

ANVIZ = {"name": "door", "driver": "anviz", "poll_s": 60, "url": "tcp://192.168.1.9"}
FINGER = {"url": "serial:///dev/ttyUSB0", "serial": "M-1"}


@pytest.mark.parametrize(
    ("read", "table", "named", "allowed"),
    [
        (AnvizSettings.from_table, {"url": "192.168.1.9"}, "url", "tcp"),
        (AnvizSettings.from_table, {"url": 5}, "url", "tcp://host:5010"),
        (AnvizSettings.from_table, {**ANVIZ, "device_id": -1}, "device_id", "0 to 4294967295"),
        (AnvizSettings.from_table, {**ANVIZ, "device_id": True}, "device_id", "whole number"),
        (AnvizSettings.from_table, {**ANVIZ, "record_epoch": "1970"}, "epoch", "2000-01-02"),
        (AnvizSettings.from_table, {**ANVIZ, "set_clock": "yes"}, "set_clock", "true or false"),
        (AnvizSettings.from_table, {**ANVIZ, "answer_timeout_s": 0}, "timeout", "0.1 to 60"),
        (AnvizSettings.from_table, {**ANVIZ, "devise_id": 1}, "devise_id", "device_id"),
        (AnvizSettings.from_table, {}, "url", "is missing"),
        (FingerModuleSettings.from_table, {**FINGER, "serial": "a\nb"}, "serial", "label"),
        (FingerModuleSettings.from_table, {**FINGER, "family": "r307"}, "family", "ef01, gt511"),
        (FingerModuleSettings.from_table, {**FINGER, "employees": {"x": "1"}}, "employees", "page"),
        (FingerModuleSettings.from_table, {**FINGER, "employees": {"1": 7}}, "employees", "page"),
        (FingerModuleSettings.from_table, {**FINGER, "employees": []}, "employees", "page"),
        (FingerModuleSettings.from_table, {**FINGER, "scan_s": 3}, "scan_s", "0.2 to 0.34"),
    ],
)
def test_the_error_names_place_key_and_what_is_allowed(
    read: Callable[[dict[str, Any], str], object], table: dict[str, Any], named: str, allowed: str
) -> None:
    with pytest.raises(DakaError) as caught:
        read(table, "agent.toml, device 'door'")
    for part in ("agent.toml, device 'door'", named, allowed):
        assert part in str(caught.value)


def test_the_agents_own_keys_are_left_to_the_agent() -> None:
    settings = AnvizSettings.from_table(ANVIZ, "test")
    assert (settings.link.port, settings.device_id) == (5010, 1)
