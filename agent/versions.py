"""Versions of the agent side by side on a box, and the one that is in use.

``ROOT/versions/NAME`` is a virtual environment of its own, ``ROOT/current`` points to the one
in use. Switching is one rename, so that a power cut leaves the old one or the new one.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from sync.errors import DakaError

KEEP: Final = 2
_WHEEL = re.compile(r"daka-(?P<version>[0-9][0-9A-Za-z.+!]*)-py3-none-any\.whl")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A version that can be installed.

    Attributes:
        name: of its folder; two builds of one version differ.
    """

    path: Path
    version: str
    name: str

    @classmethod
    def at(cls, path: Path) -> Wheel:
        """Look at a wheel.

        Raises:
            DakaError: it cannot be read, is damaged, or is none of Daka's.
        """
        found = _WHEEL.fullmatch(path.name)
        if found is None:
            raise DakaError(f"{path.name} is no wheel of Daka (daka-VERSION-py3-none-any.whl)")
        try:
            with zipfile.ZipFile(path) as archive:
                damaged = archive.testzip()
            digest = sha256(path.read_bytes()).hexdigest()
        except (OSError, zipfile.BadZipFile) as error:
            raise DakaError(f"{path} cannot be read: {error}") from error
        if damaged is not None:
            raise DakaError(f"{path} is damaged at {damaged}: copy it again")
        version = found["version"]
        return cls(path.absolute(), version, f"{version}-{digest[:8]}")


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions under a root folder."""

    root: Path

    def folder(self, name: str) -> Path:
        """Return the environment of a version."""
        return self.root / "versions" / name

    @property
    def current(self) -> str | None:
        """Return the version in use, None when there is none yet."""
        link = self.root / "current"
        return link.readlink().name if link.is_symlink() else None

    def switch(self, name: str) -> None:
        """Use another version from the next start on."""
        assert self.folder(name).is_dir(), "only what is installed can be used"
        draft = self.root / ".current.new"
        draft.unlink(missing_ok=True)
        draft.symlink_to(Path("versions") / name)
        draft.rename(self.root / "current")

    def remove(self, name: str) -> None:
        """Delete a version that is not in use."""
        assert name != self.current, "the version in use stays"
        shutil.rmtree(self.folder(name), ignore_errors=True)

    def prune(self) -> list[str]:
        """Delete all but the newest `KEEP` and the one in use; return what went."""
        folders = sorted(
            (self.root / "versions").iterdir(), key=lambda path: path.stat().st_mtime, reverse=True
        )
        gone = [path.name for path in folders[KEEP:] if path.name != self.current]
        for name in gone:
            self.remove(name)
        return gone
