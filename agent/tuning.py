"""The settings headquarters may change while the agent runs, and what is in force.

The last good wish is kept in the outbox and holds across restarts; a bad one changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from agent.settings import Settings
from sync.control import Desired, refusal_of

META_KEY: Final = "desired"


class Tuning:
    """What is in force; replaced as a whole, so any thread may read it.

    Args:
        kept: the last good wish as `text` wrote it, None before the first.
    """

    def __init__(self, settings: Settings, kept: str | None) -> None:
        self._file: Mapping[str, int] = {
            "heartbeat_s": round(settings.box.heartbeat_s),
            "full_read_hour": settings.box.full_read_hour,
            "retention_days": settings.limits.retention_days,
        }
        self.desired = _read(kept)

    def settings(self) -> dict[str, int]:
        """Return the remote settings in force; `poll_s` only where it is wished."""
        return {**self._file, **self.desired.settings}

    def whole(self, name: str, own: float) -> float:
        """Return a setting: as wished, else `own`, the file's."""
        return self.desired.settings.get(name, own)

    def take(self, desired: Desired) -> None:
        """Put a wish in force.

        The caller has seen to it that `refusal_of` has nothing against it.
        """
        assert not refusal_of(desired.settings), desired
        self.desired = desired


def text(desired: Desired) -> str:
    """Return a wish as it is kept."""
    return json.dumps({"version": desired.version, "settings": dict(desired.settings)})


def _read(kept: str | None) -> Desired:
    """Return the wish that was kept; one that holds no more, after an update, is none."""
    if kept is None:
        return Desired(0, {})
    document = json.loads(kept)
    desired = Desired(document["version"], document["settings"])
    return Desired(0, {}) if refusal_of(desired.settings) else desired
