"""What is shipped with goes with our licence."""

from __future__ import annotations

import pytest

from bench.audit import Package, shipped


def test_every_licence_of_what_is_shipped_goes_with_ours() -> None:
    found = {one.name.lower(): one for one in shipped()}
    assert {"pyserial", "nicegui", "starlette"} <= found.keys(), "what those need is found too"
    assert "pytest" not in found
    assert [one for one in found.values() if not one.is_compatible] == []


@pytest.mark.parametrize("licence", ["GPL-2.0-only", "Proprietary", "none declared", "SSPL-1.0"])
def test_others_are_named(licence: str) -> None:
    assert not Package("x", "1", licence).is_compatible
