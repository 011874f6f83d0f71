"""Compressed exports (.gz, .zip) as streams of their members, bounded."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO, Final, cast

from drivers.errors import MalformedError, RefusedError
from drivers.files.folder import GZIP, ZIP, matches

MAX_UNPACKED_BYTES: Final = 2 * 1024**3
MAX_HELD_BYTES: Final = 64 * 1024**2
MAX_MEMBERS: Final = 1000
_DAMAGE: Final = (
    *(zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, struct.error, EOFError),
    *(ValueError, LookupError, ArithmeticError),  # from places and sizes that are no such thing
)


def is_archive(name: str) -> bool:
    """Tell whether a file is read through its archive."""
    return name.lower().endswith((GZIP, ZIP))


@contextmanager
def _classed(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise MalformedError(
            "bad_archive", f"{name} cannot be unpacked: {error}", "Copy or export it again."
        ) from error
    except (RuntimeError, NotImplementedError) as error:
        raise RefusedError(
            "closed_archive", f"{name} cannot be unpacked: {error}", "Pack it without a password."
        ) from error


class Bounded:
    """A stream that refuses to unpack more than `left` bytes."""

    def __init__(self, stream: BinaryIO, name: str, left: int) -> None:
        self._stream = stream
        self._name = name
        self._left = left

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; none at the end.

        Raises:
            RefusedError: the archive holds more than it may, or is encrypted.
            MalformedError: it is damaged.
        """
        with _classed(self._name):
            data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise RefusedError("too_large", f"{self._name} unpacks to too much", "Split it.")
        return data

    def held(self) -> BytesIO:
        """Return everything in memory, for a form that must be read back and forth."""
        self._left = min(self._left, MAX_HELD_BYTES)
        return BytesIO(b"".join(iter(lambda: self.read(1024 * 1024), b"")))


def members(file: BinaryIO, name: str, patterns: Sequence[str]) -> Iterator[tuple[str, Bounded]]:
    """Yield the name and the stream of each export in an archive.

    Raises:
        MalformedError: it is damaged.
        RefusedError: it is encrypted or unpacks to too much.
    """
    with _classed(name):
        if name.lower().endswith(GZIP):
            inner = name[: -len(GZIP)]
            with gzip.open(file) as stream:
                yield inner, Bounded(cast("BinaryIO", stream), name, MAX_UNPACKED_BYTES)
            return
        with zipfile.ZipFile(file) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > MAX_MEMBERS:
                raise RefusedError("too_large", f"{name} holds {len(entries)} files", "Split it.")
            for entry in entries:
                inner = entry.filename.rsplit("/", 1)[-1]
                if matches(inner, patterns):
                    with archive.open(entry) as member:
                        yield inner, Bounded(cast("BinaryIO", member), name, MAX_UNPACKED_BYTES)
