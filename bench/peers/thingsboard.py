"""ThingsBoard Gateway as a peer of the box: the same drain, measured beside ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOW: Final = "python -m bench.peers.thingsboard --install"


@dataclass(frozen=True, slots=True)
class PeerDrain:
    """One run of the peer: records a second until they are durable, and its largest memory."""

    version: str
    rate: float
    rss_mb: float


def drain(records: int, folder: Path) -> PeerDrain | None:
    """Measure the gateway installed under `folder`; None when it is not installed there."""
    assert records > 0
    if not (folder / "thingsboard" / "bin" / "python").exists():
        return None
    raise NotImplementedError("the gateway is installed, but its run is not written yet")
