"""Our import names are plain words; no other distribution may claim them (ADR 0002)."""

from __future__ import annotations

from importlib.metadata import packages_distributions


def test_no_other_distribution_claims_our_names() -> None:
    owners = packages_distributions()
    for name in ("agent", "drivers", "sync", "cloud_receiver"):
        assert set(owners.get(name, ["daka"])) == {"daka"}, (
            f"{name} is also shipped by {owners[name]}"
        )
