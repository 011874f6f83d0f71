"""What the box knows of itself, for whoever helps from afar; no secret leaves with it.

A value is a secret if its key says so. It is left out where it stands and wherever else it
turns up, be it in the log. Records are counted, never shown.
"""

from __future__ import annotations

import io
import json
import platform
import re
import sqlite3
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from agent.settings import Settings
from agent.status import status_of
from agent.storage import connect_read_only
from sync.clock import utc_text
from sync.control import MAX_RESULT_CHARS
from sync.errors import DakaError

LOG_LINES: Final = 500
HIDDEN: Final = "***"
_SECRET_KEY: Final = re.compile(
    r"pass|secret|token|comm_key|private|credential|pin$", re.IGNORECASE
)
_SHORTEST: Final = 4
"""A shorter secret is left out where it stands; looked for elsewhere it would hit by chance."""
_TABLES: Final = ("record", "identity", "quarantine", "rejection", "source")


def diagnosis_of(settings: Settings, version: str) -> dict[str, Any]:
    """Return versions, settings, health, database and recent log as one JSON object."""
    found = {
        "versions": {
            "daka": version,
            "python": sys.version.split()[0],
            "sqlite": sqlite3.sqlite_version,
            "platform": platform.platform(),
        },
        "at_utc": utc_text(settings.clock.now_utc()),
        "config_hash": settings.config_hash,
        "settings": settings.document,
        "status": _told(lambda: status_of(settings).to_json()),
        "database": _told(lambda: _database(settings)),
        "log": _recent(settings.box.log_file),
    }
    hidden: dict[str, Any] = _without(found, frozenset(_secrets(settings)))
    return hidden


def within(found: dict[str, Any], longest_chars: int = MAX_RESULT_CHARS) -> dict[str, Any]:
    """Return a diagnosis that is short enough to travel: the oldest of the log goes first."""
    room = longest_chars - len(json.dumps({**found, "log": []}))
    kept: list[str] = []
    for line in reversed(found["log"]):
        room -= len(json.dumps(line)) + 2
        if room < 0:
            break
        kept.insert(0, line)
    return {**found, "log": kept}


def write_bundle(settings: Settings, version: str, to: Path) -> None:
    """Write a diagnosis as a ``tar.gz`` of readable files.

    Raises:
        DakaError: it cannot be written.
    """
    found = diagnosis_of(settings, version)
    log = "\n".join(found.pop("log")) + "\n"
    files = {f"{name}.json": json.dumps(part, ensure_ascii=False, indent=2)
             for name, part in found.items()}  # fmt: skip
    try:
        with tarfile.open(to, "x:gz") as bundle:
            for name, content in {**files, "log.txt": log}.items():
                data = content.encode()
                member = tarfile.TarInfo(f"daka-diagnosis/{name}")
                member.size, member.mode = len(data), 0o600
                member.mtime = int(settings.clock.now_utc().timestamp())
                bundle.addfile(member, io.BytesIO(data))
    except OSError as error:
        raise DakaError(f"{to} cannot be written: {error.strerror}") from error


def _told(part: Any) -> Any:
    """Return a part, or why there is none: a diagnosis is for boxes that are not well."""
    try:
        return part()
    except (DakaError, sqlite3.Error, OSError) as error:
        return {"trouble": str(error)}


def _database(settings: Settings) -> dict[str, Any]:
    path = settings.box.outbox
    connection = connect_read_only(path)
    try:
        rows = {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - our own names
            for name in _TABLES
        }
        pages = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "user_version")
        }
    finally:
        connection.close()
    files = {file.name: file.stat().st_size for file in sorted(path.parent.glob("outbox.db*"))}
    return {"rows": rows, **pages, "files": files}


def _recent(log_file: Path) -> list[str]:
    lines: list[str] = []
    for file in (log_file.with_name(f"{log_file.name}.1"), log_file):
        try:
            lines += file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
    return lines[-LOG_LINES:]


def _secrets(settings: Settings) -> Iterator[str]:
    """Yield every secret that is long enough to be looked for."""
    password = settings.mqtt.password or ""
    for value in (password, *_secret_values(settings.document)):
        if len(value) >= _SHORTEST:
            yield value


def _secret_values(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _secret_values(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _secret_values(inner, key)
    elif _is_secret(key):
        yield str(value)


def _is_secret(key: str) -> bool:
    return bool(_SECRET_KEY.search(key)) and not key.endswith("_file")


def _without(value: Any, secrets: frozenset[str], key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _without(inner, secrets, name) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without(inner, secrets, key) for inner in value]
    if _is_secret(key):
        return HIDDEN
    if isinstance(value, str):
        for secret in sorted(secrets, key=len, reverse=True):
            value = value.replace(secret, HIDDEN)
    return value if isinstance(value, str | int | float | None) else str(value)
