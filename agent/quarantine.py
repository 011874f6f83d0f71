"""Take what could not be read out of the box, for whoever is to find out why."""

from __future__ import annotations

import json
from pathlib import Path

from agent.outbox_view import OutboxView


def export(outbox: Path, folder: Path) -> int:
    """Write each piece as ``N.raw`` and ``N.json`` into `folder` and return how many there are.

    Raises:
        StorageError: there is no outbox.
    """
    view = OutboxView(outbox)
    count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for piece in view.quarantined():
            about = {
                "device": piece.device,
                "source_id": piece.source_id,
                "position": piece.position,
                "code": piece.code,
                "detail": piece.detail,
                "raw_bytes": piece.raw_bytes,
                "captured_utc_ms": piece.captured_utc_ms,
            }
            name = f"{piece.piece_no:06d}"
            (folder / f"{name}.raw").write_bytes(piece.raw)
            (folder / f"{name}.json").write_text(
                json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
            count += 1
    finally:
        view.close()
    return count
