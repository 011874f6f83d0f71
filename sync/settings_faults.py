"""All that is wrong with a file of settings, told at once, with the lines where it stands.

Readers of settings stop at the first mistake, which keeps them plain. To find the others a wrong
key is taken out, or given a value it may have, and the table is read again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any, Final

from sync.errors import DakaError, ToldError, told
from sync.settings_table import SettingError, Table

_HEADING: Final = re.compile(r"\s*(\[\[?)\s*([\w.\-\" ]+?)\s*\]\]?\s*(#.*)?")
_KEY: Final = re.compile(r'\s*"?([\w-]+)"?\s*=')
_SAMPLES: Final[tuple[object, ...]] = (
    "x", 1, "/x", "mqtt://x", "https://x", "UTC", "2026-01-01T00:00:00Z", "tcp://x:4370",
    "serial:///dev/x", True, ("x",), (1,), {"x": "x"},
)  # fmt: skip
"""What most keys may be, one or the other; tried for what is missing."""


@dataclass(frozen=True, slots=True)
class Places:
    """On which line of a file each table begins, and each of its keys stands.

    Attributes:
        lines: by the identity of a table of the document: by key, and by "" its heading.
    """

    lines: dict[int, Mapping[str, int]] = field(default_factory=dict)

    def share(self, table: object, part: object) -> None:
        """Let a part of a table stand where the table does."""
        self.lines[id(part)] = self.lines.get(id(table), {})

    def line_of(self, table: object, key: str) -> int | None:
        """Return the line of a key, its table's when it is missing, None when neither is known."""
        known = self.lines.get(id(table), {})
        return known.get(key, known.get(""))


def places_of(text: str, document: Mapping[str, Any]) -> Places:
    """Return the places of what a document was read from; what cannot be found is left out."""
    found: dict[int, dict[str, int]] = {}
    counted: dict[tuple[str, ...], int] = {}
    here: dict[str, int] = found.setdefault(id(document), {})
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := _HEADING.fullmatch(line):
            path = tuple(part.strip(' "') for part in heading[2].split("."))
            if heading[1] == "[[":
                counted[path] = counted.get(path, -1) + 1
            here = found.setdefault(id(_table_at(document, path, counted)), {})
            here.setdefault("", number)
        elif key := _KEY.match(line):
            here.setdefault(key[1], number)
    return Places(dict(found))


def _table_at(
    document: Mapping[str, Any], path: tuple[str, ...], counted: Mapping[tuple[str, ...], int]
) -> object:
    """Return the table a heading opens; the last one counted of an array of tables."""
    at: Any = document
    for depth, name in enumerate(path, start=1):
        at = at.get(name) if isinstance(at, Mapping) else None
        if isinstance(at, list):
            number = counted.get(path[:depth], 0)
            at = at[number] if number < len(at) else None
    return at


@dataclass(slots=True)
class Faults:
    """What is wrong with a file, found reader by reader."""

    path: object
    places: Places = field(default_factory=Places)
    found: list[tuple[int, ToldError]] = field(default_factory=list)

    def look_at_tables(
        self,
        document: dict[str, Any],
        readers: Mapping[str, Callable[[Table], object]],
        unknown: Callable[[str], ToldError],
        *,
        needed: Iterable[str],
        others: Iterable[str] = (),
    ) -> None:
        """Note all that is wrong with the tables of a document.

        Args:
            readers: of each table by name, the way it is read.
            unknown: says that a table is none.
            needed: tables of which all that they need is told where they are missing.
            others: tables that are looked at elsewhere.
        """
        for name in sorted(document.keys() - readers.keys() - set(others)):
            self.note(unknown(name), self.places.line_of(document[name], ""))
        for name in needed:
            document.setdefault(name, {})
        for name, reader in readers.items():
            self.look(partial(_whole, reader, document.get(name), f"{self.path}, [{name}]"))

    def look(self, read: Callable[[], object]) -> None:
        """Note all that a reader refuses; it is called again with each wrong key mended.

        Args:
            read: raises at the first mistake; reads the same tables each time.
        """
        seen: dict[tuple[str, str], Iterator[object]] = {}
        while True:
            try:
                read()
            except SettingError as error:
                at = (error.where, error.key)
                if at not in seen:
                    self.note(error)
                    seen[at] = iter((None, *_SAMPLES, str(self.path)))  # this file can be read
                if not _mended(error, seen[at]):
                    return
            except DakaError as error:
                if not seen:  # else it may be about what was put in for a trial
                    self.note(error)
                return
            else:
                return

    def note(self, error: DakaError, line: int | None = None) -> None:
        """Note a mistake, with its line where that is known."""
        zh, en = told(error, "zh"), told(error, "en")
        if isinstance(error, SettingError):
            line = self.places.line_of(error.content, error.key)
        at = ("", "") if line is None else (f"(第 {line} 行)", f" (line {line})")
        self.found.append((line or 0, ToldError(zh + at[0], en + at[1])))

    def settle(self) -> None:
        """Refuse the file if anything was found.

        Raises:
            ToldError: names every mistake.
        """
        in_order = [error for _, error in sorted(self.found, key=itemgetter(0))]
        if len(in_order) == 1:
            raise in_order[0]
        if in_order:
            zh = self._listed(one.zh for one in in_order)
            en = self._listed(one.en for one in in_order)
            raise ToldError(
                f"{self.path} 有 {len(in_order)} 处要改:{zh}",
                f"{self.path}: {len(in_order)} mistakes:{en}",
            )

    def _listed(self, texts: Iterable[str]) -> str:
        place = re.compile(rf"{re.escape(str(self.path))}(, |: |:)")
        return "".join(f"\n- {place.sub('', text, count=1)}" for text in texts)


def _whole(reader: Callable[[Table], object], content: object, where: str) -> None:
    table = Table(content, where)
    reader(table)
    table.finish()


def _mended(error: SettingError, samples: Iterator[object]) -> bool:
    """Put the next thing into a key that was refused; False: there is nothing left to try."""
    try:
        sample = next(samples)
    except StopIteration:
        return False
    if sample is None:
        error.content.pop(error.key, None)
    else:
        error.content[error.key] = list(sample) if isinstance(sample, tuple) else deepcopy(sample)
    return True
