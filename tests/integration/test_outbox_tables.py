"""A new outbox is made by a process of its own, and complete when that ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from agent.outbox_view import OutboxView
from sync.topics import Lane


def test_the_tables_of_a_new_outbox_are_made_by_a_process_of_its_own(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.db"
    subprocess.run([sys.executable, "-P", "-m", "agent.schema", str(outbox)], check=True)
    view = OutboxView(outbox)
    counts = view.counts()
    view.close()
    assert counts.heads == dict.fromkeys(Lane, 0)
    assert counts.epoch
