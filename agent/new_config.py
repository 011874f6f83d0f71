"""Write a first settings file from a few answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent.settings import load_settings
from sync.errors import DakaError

Table = Mapping[str, str | int]
"""Keys and values of a TOML table."""


@dataclass(frozen=True, slots=True)
class NewBox:
    """What an installer knows about a box.

    Attributes:
        mqtt: the ``[mqtt]`` table; empty values are left out.
        devices: ``[[device]]`` tables.
        web: headquarters' pages, where certificates are renewed; empty: no certificate.
    """

    box_id: str
    org: str
    store_id: str
    zone: str
    data_dir: Path
    mqtt: Table
    devices: tuple[Table, ...] = field(default=())
    web: str = ""


def write_config(path: Path, new: NewBox) -> None:
    """Write the file if it would be accepted, and never over another.

    Raises:
        DakaError: the file exists or an answer does not hold.
    """
    refuse_existing(path)
    text = "\n".join(_lines(new)) + "\n"
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        load_settings(draft)
        draft.rename(path)
    except OSError as error:
        raise DakaError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def refuse_existing(path: Path) -> None:
    """Make sure that nothing would be written over.

    Raises:
        DakaError: the file exists.
    """
    if path.exists():
        raise DakaError(f"{path} exists already; edit it, or choose another with --config")


def terminal_table(answer: str) -> Table:
    """Return the device table for ``NAME=tcp://HOST:4370``.

    Raises:
        DakaError: the answer does not hold.
    """
    name, url = _split(answer, "=", "--terminal NAME=tcp://HOST:4370")
    return {"name": name, "driver": "zkteco", "url": url}


def pos_table(answer: str) -> Table:
    """Return the device table for ``NAME=MAP:/FOLDER``.

    Raises:
        DakaError: the answer does not hold.
    """
    usage = "--pos NAME=MAP:/FOLDER"
    name, rest = _split(answer, "=", usage)
    pos_map, folder = _split(rest, ":", usage)
    return {"name": name, "driver": "posfile", "folder": folder, "map": pos_map, "poll_s": 5}


def _lines(new: NewBox) -> Iterator[str]:
    box: dict[str, str | int] = {
        "id": new.box_id,
        "org": new.org,
        "store": new.store_id,
        "zone": new.zone,
        "data_dir": str(new.data_dir),
    }
    yield from _table("[box]", box)
    yield from _table("[mqtt]", {key: value for key, value in new.mqtt.items() if value != ""})
    if new.web:
        yield from _table("[identity]", {"web": new.web})
    for device in new.devices:
        yield from _table("[[device]]", device)


def _table(head: str, content: Table) -> Iterator[str]:
    yield head
    for key, value in content.items():
        yield f"{key} = {json.dumps(value, ensure_ascii=False)}"  # a JSON text is a TOML string
    yield ""


def _split(answer: str, separator: str, usage: str) -> tuple[str, str]:
    left, found, right = answer.partition(separator)
    if not (found and left and right):
        raise DakaError(f"{answer!r} does not hold; usage: {usage}")
    return left, right
