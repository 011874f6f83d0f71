"""What root makes for a service belongs to the service."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sync.ownership import hand_over

SOMEBODY = 64_000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_made_in_a_services_folder_is_the_services(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    inner = folder / "identity"
    inner.mkdir(parents=True)
    (inner / "box.pem").write_text("a key")
    (inner / "of-another").write_text("kept")
    os.chown(inner / "of-another", SOMEBODY + 1, SOMEBODY + 1)
    hand_over(inner, folder)
    assert inner.stat().st_uid == 0, "root's own folders stay root's"
    os.chown(folder, SOMEBODY, SOMEBODY)
    hand_over(inner, folder)
    owners = {path.name: path.stat().st_uid for path in (inner, *inner.iterdir())}
    assert owners == {"identity": SOMEBODY, "box.pem": SOMEBODY, "of-another": SOMEBODY + 1}
    hand_over(folder / "not there", folder)
