"""The folder a till exports to: listed and read, and nothing else."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, Final

from drivers.errors import LinkDownError, RefusedError
from drivers.files.bookmarks import (
    HEAD_BYTES,
    TAIL_BYTES,
    Bookmark,
    FileState,
    short_sha,
)

GZIP: Final = ".gz"
ZIP: Final = ".zip"
_PASSED_OVER: Final = (".", "~$")  # hidden files, and the lock a spreadsheet leaves


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether a file's name fits one of the patterns, whatever its case."""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def _is_export(name: str, patterns: Sequence[str]) -> bool:
    if name.startswith(_PASSED_OVER):
        return False
    lower = name.lower()
    return lower.endswith(ZIP) or matches(name.removesuffix(GZIP), patterns)


def list_exports(folder: Path, patterns: Sequence[str]) -> list[FileState]:
    """Return the exports of a folder, least recently changed first; sub-folders are not entered.

    Every ``.zip`` counts: its members have the names that matter.

    Raises:
        LinkDownError: the folder is not there, or the share behind it does not answer.
        RefusedError: it may not be read.
    """
    states: list[FileState] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if _is_export(entry.name, patterns):
                    found = _state(entry)
                    if found:
                        states.append(found)
    except PermissionError as error:
        raise RefusedError(
            "folder_denied", f"{folder} may not be read", "Give the agent's user read access to it."
        ) from error
    except OSError as error:
        raise LinkDownError(
            "no_folder",
            f"{folder} cannot be listed: {error.strerror}",
            "Check that the folder exists, or that the share it stands on is mounted.",
        ) from error
    return sorted(states, key=lambda state: (state.mtime_ns, state.name))


def _state(entry: os.DirEntry[str]) -> FileState | None:
    try:
        status = entry.stat()
    except FileNotFoundError:
        return None  # gone between listing and looking
    if not stat.S_ISREG(status.st_mode):
        return None  # a pipe would block the reader
    return FileState(entry.name, status.st_size, status.st_mtime_ns, status.st_ino)


def shown_name(name: str) -> str:
    """Return a file's name as records may carry it: printable, at most 100 characters."""
    text = name.encode(errors="replace").decode()
    return "".join(char if char.isprintable() else "?" for char in text)[:100]


def _part(file: BinaryIO, start: int, end: int) -> str:
    return short_sha(os.pread(file.fileno(), max(end - start, 0), start))


def bookmark(
    file: BinaryIO, state: FileState, offset: int, ignored_head_bytes: int, *, waits: bool
) -> Bookmark:
    """Return the bookmark for a file that was read to `offset`.

    Args:
        ignored_head_bytes: bytes at the beginning that change while the file only grows.
        waits: it ends in the middle of a line.
    """
    return Bookmark(
        size=state.size,
        mtime_ns=state.mtime_ns,
        inode=state.inode,
        offset=offset,
        head_sha=_part(file, ignored_head_bytes, min(HEAD_BYTES, offset)),
        tail_sha=_part(file, max(offset - TAIL_BYTES, ignored_head_bytes), offset),
        waits=waits,
    )


def has_same_beginning(file: BinaryIO, mark: Bookmark, ignored_head_bytes: int) -> bool:
    """Tell whether what was read is still there, as far as its head and tail show."""
    state = FileState("", mark.size, mark.mtime_ns, mark.inode)
    return bookmark(file, state, mark.offset, ignored_head_bytes, waits=mark.waits) == mark
