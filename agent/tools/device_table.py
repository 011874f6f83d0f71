"""Write a ``[[device]]`` table for people to paste into their settings file."""

from __future__ import annotations

import json
from collections.abc import Mapping


def device_table(values: Mapping[str, str | int]) -> str:
    """Return the table as TOML; a JSON text is a TOML basic string, a whole number is one too."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(["[[device]]", *lines]) + "\n"
