"""Settings of a shift as typed on the command line."""

from __future__ import annotations

import pytest

from cloud_receiver.domain.templates import part, settings_text
from cloud_receiver.domain.workday import HoursBasis, LateBasis
from cloud_receiver.exchange.planning_lines import settings_of
from sync.errors import DakaError


def test_settings_become_what_a_shift_holds() -> None:
    read = settings_of(["grace_min=5", "on_after_min=", "late_basis=after_grace", "hours=pairs"])
    assert read == {
        "grace_min": 5, "on_after_min": None,
        "late_basis": LateBasis.AFTER_GRACE, "hours": HoursBasis.PAIRS,
    }  # fmt: skip
    shift = part("早", "09:00", "18:00", **read)
    assert settings_text(shift) == "grace_min=5 late_basis=after_grace hours=pairs"


@pytest.mark.parametrize(
    "text", ["grace=5", "grace_min=five", "start=09:00", "late_basis=never", "x"]
)
def test_what_is_no_setting_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(DakaError, match=f"^settings: {text}: "):
        settings_of([text])
