"""Write a first settings file from a few answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.settings import load_settings
from sync.errors import DakaError


@dataclass(frozen=True, slots=True)
class NewBox:
    """What an installer knows about a box.

    Attributes:
        terminals: ``NAME=tcp://HOST:4370``.
        pos_folders: ``NAME=MAP:/FOLDER``.
    """

    box_id: str
    org: str
    store_id: str
    zone: str
    data_dir: Path
    mqtt_url: str
    terminals: tuple[str, ...]
    pos_folders: tuple[str, ...]


def write_config(path: Path, new: NewBox) -> None:
    """Write the file if it would be accepted, and never over another.

    Raises:
        DakaError: the file exists or an answer does not hold.
    """
    if path.exists():
        raise DakaError(f"{path} exists already; edit it, or choose another with --config")
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


def _lines(new: NewBox) -> Iterator[str]:
    yield "[box]"
    yield f"id = {_quoted(new.box_id)}"
    yield f"org = {_quoted(new.org)}"
    yield f"store = {_quoted(new.store_id)}"
    yield f"zone = {_quoted(new.zone)}"
    yield f"data_dir = {_quoted(str(new.data_dir))}"
    yield ""
    yield "[mqtt]"
    yield f"url = {_quoted(new.mqtt_url)}"
    for answer in new.terminals:
        name, url = _split(answer, "=", "--terminal NAME=tcp://HOST:4370")
        yield ""
        yield "[[device]]"
        yield f"name = {_quoted(name)}"
        yield 'driver = "zkteco"'
        yield f"url = {_quoted(url)}"
    for answer in new.pos_folders:
        usage = "--pos NAME=MAP:/FOLDER"
        name, rest = _split(answer, "=", usage)
        pos_map, folder = _split(rest, ":", usage)
        yield ""
        yield "[[device]]"
        yield f"name = {_quoted(name)}"
        yield 'driver = "posfile"'
        yield f"folder = {_quoted(folder)}"
        yield f"map = {_quoted(pos_map)}"
        yield "poll_s = 5"


def _split(answer: str, separator: str, usage: str) -> tuple[str, str]:
    left, found, right = answer.partition(separator)
    if not (found and left and right):
        raise DakaError(f"{answer!r} does not hold; usage: {usage}")
    return left, right


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON text is a TOML basic string
