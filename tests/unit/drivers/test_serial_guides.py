"""The guide pages of the serial drivers are true: examples load, every code is explained."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from drivers.registry import open_driver
from drivers.serialline.settings import profile_names
from sync.clock import SystemClock

ROOT = Path(__file__).parents[3]
KINDS = ("anviz", "serialline", "fingermodule")
_CODE = re.compile(r"(?:Error|Rejected|Strange)\(\s*(?:code=)?\"([a-z_]+)\"|\bcode=\"([a-z_]+)\"")


def guide(kind: str) -> str:
    return (ROOT / f"docs/drivers/{kind}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_are_settings_that_load(kind: str) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", guide(kind), re.DOTALL)
    for count in range(1, len(blocks) + 1):
        (device,) = tomllib.loads("\n".join(blocks[:count]))["device"]
        if count > 1:
            del device["profile"]  # the second block describes a device of its own
        clock = SystemClock.of_this_boot()
        open_driver(kind, device, "guide", clock, "Asia/Shanghai").close()


@pytest.mark.parametrize("kind", KINDS)
def test_every_code_the_driver_gives_is_explained(kind: str) -> None:
    sources = "".join(path.read_text() for path in (ROOT / "drivers" / kind).glob("*.py"))
    codes = {first or second for first, second in _CODE.findall(sources)}
    assert len(codes) >= 5
    assert [code for code in sorted(codes) if f"`{code}`" not in guide(kind)] == []


def test_every_shipped_profile_is_listed() -> None:
    for name in profile_names():
        assert f"`{name}`" in guide("serialline")
