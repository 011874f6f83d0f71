"""Secrets that headquarters makes for itself: files in the data folder, outside database and backups."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_bytes
from typing import Final

SECRET_BYTES: Final = 32


def load(path: Path) -> bytes:
    """Return the secret of a file, made at the first call, readable by its owner only."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) == SECRET_BYTES:
            return secret
        path.unlink()  # a crash while it was written: nothing can have been signed with it
        return load(path)
    secret = token_bytes(SECRET_BYTES)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
    return secret
