"""The peers stand beside our benchmarks only where somebody installed them."""

from __future__ import annotations

from pathlib import Path

from bench.peers import thingsboard


def test_a_peer_that_is_not_installed_measures_nothing(tmp_path: Path) -> None:
    assert thingsboard.drain(1, tmp_path) is None


def test_an_environment_without_the_gateway_counts_as_not_installed(tmp_path: Path) -> None:
    python = tmp_path / "thingsboard" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    assert thingsboard.drain(1, tmp_path) is None
