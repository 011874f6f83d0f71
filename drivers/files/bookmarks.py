"""Where reading stands in each file of a folder, as the cursor keeps it; pure.

The files touched last have a bookmark each; older ones that were read to their end leave
only a short fingerprint. A lost bookmark means reading a file again, which changes
nothing, so forgetting is always safe and the cursor stays small.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b, sha256
from typing import Any, Final

MAX_BOOKMARKS: Final = 32
HEAD_BYTES: Final = 4096
TAIL_BYTES: Final = 1024
_DONE_CHARS: Final = 12  # 72 bits: two of 5,000 files look alike once in 10^14 folders


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as the folder lists it."""

    name: str
    size: int
    mtime_ns: int
    inode: int

    @property
    def fingerprint(self) -> str:
        """Return what stands for this state of the file among those read to the end."""
        text = f"{self.name}\0{self.size}\0{self.mtime_ns}"
        digest = blake2b(text.encode(errors="surrogateescape"), digest_size=9).digest()
        return b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a file was read and what it looked like then.

    Attributes:
        offset: bytes read.
        head_sha, tail_sha: of the first `HEAD_BYTES` and the last `TAIL_BYTES` before
            `offset`; empty for a file that is only ever read whole.
        waits: the file ended in the middle of a line that may still be completed.
    """

    size: int
    mtime_ns: int
    inode: int
    offset: int
    head_sha: str
    tail_sha: str
    waits: bool

    def is_of(self, state: FileState) -> bool:
        """Tell whether the file is unchanged since."""
        return (self.size, self.mtime_ns, self.inode) == (state.size, state.mtime_ns, state.inode)

    def may_have_grown(self, state: FileState) -> bool:
        """Tell whether `state` may be the same file with more behind it.

        A file of the same size with another date was rewritten, as was one under another inode.
        """
        grown = state.size > self.size or self.is_of(state)
        return bool(self.head_sha) and grown and self.inode == state.inode


def short_sha(data: bytes) -> str:
    """Return the form in which a bookmark keeps the hash of some bytes."""
    return sha256(data).hexdigest()[:16]


class Bookmarks:
    """The bookmarks of a folder.

    Args:
        cursor: as `cursor` returned it; None to begin anew.
        digest: of the map; under another map everything is read anew.
    """

    def __init__(self, cursor: Mapping[str, Any] | None, digest: str) -> None:
        self._digest = digest
        self._marks: dict[str, Bookmark] = {}
        self._done: set[str] = set()
        if cursor and cursor.get("map") == digest:
            names = [field.name for field in fields(Bookmark)]
            self._marks = {
                name: Bookmark(*(mark[key] for key in names))
                for name, mark in cursor["files"].items()
            }
            done = cursor["done"]
            self._done = {done[i : i + _DONE_CHARS] for i in range(0, len(done), _DONE_CHARS)}

    def of(self, name: str) -> Bookmark | None:
        """Return the bookmark of a file."""
        return self._marks.get(name)

    def is_read(self, state: FileState) -> bool:
        """Tell whether the file was read to its end and is unchanged since."""
        mark = self._marks.get(state.name)
        if mark is not None:
            return mark.is_of(state) and not mark.waits
        return state.fingerprint in self._done

    def put(self, name: str, mark: Bookmark) -> None:
        """Set the bookmark of a file."""
        self._marks[name] = mark

    def settle(self, states: Iterable[FileState]) -> None:
        """Keep what is worth keeping at the end of a pass over `states`, oldest first.

        Bookmarks of vanished files go once there are too many; fingerprints at once.
        """
        states = list(states)
        present = {state.name for state in states}
        spare = len(self._marks) - MAX_BOOKMARKS
        vanished = [name for name in self._marks if name not in present]
        for name in vanished[: max(spare, 0)]:
            del self._marks[name]
        self._done &= {state.fingerprint for state in states}
        for state in states:
            if len(self._marks) <= MAX_BOOKMARKS:
                break
            if state.name in self._marks and self.is_read(state):
                del self._marks[state.name]
                self._done.add(state.fingerprint)

    def cursor(self) -> dict[str, Any]:
        """Return the cursor: plain JSON, a few kilobytes."""
        return {
            "map": self._digest,
            "files": {name: asdict(mark) for name, mark in self._marks.items()},
            "done": "".join(sorted(self._done)),
        }
