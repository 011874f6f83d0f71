"""Where the shipped `config/` files are, in a checkout and in an installed environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sync.errors import DakaError


def config_dir() -> Path:
    """Return the folder of the shipped configuration (rules, POS maps, examples).

    ``DAKA_CONFIG`` overrides; then the checkout this file stands in; then
    ``share/daka/config`` of the environment.

    Raises:
        DakaError: none of them exists.
    """
    named = os.environ.get("DAKA_CONFIG")
    beside = Path(__file__).resolve().parent.parent / "config"
    installed = Path(sys.prefix) / "share" / "daka" / "config"
    candidates = [Path(named)] if named else [beside, installed]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    tried = ", ".join(str(candidate) for candidate in candidates)
    raise DakaError(f"shipped configuration not found (tried {tried}); set DAKA_CONFIG to it")
