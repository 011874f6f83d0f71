"""Whose data folders are: closed to others, and what root makes in them is the service's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o750
"""Mode of a data folder: what it holds of people is nobody's business on the machine."""
_ROOT: Final = 0


def hand_over(what: Path, owner_of: Path) -> None:
    """Give a file or folder, and all in it that root made, to whoever owns a folder.

    Does nothing for anybody but root, who alone can.
    """
    if os.geteuid() != _ROOT or not what.exists():
        return
    owner = owner_of.stat()
    if owner.st_uid == _ROOT:
        return
    for path in (what, *(what.rglob("*") if what.is_dir() else ())):
        if path.lstat().st_uid == _ROOT:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
