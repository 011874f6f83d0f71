"""The settings of a folder with USB exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from drivers.keys import Keys
from sync.records import is_clean_text

_SERIAL: Final = "the number on the terminal's label"
_TERMINALS: Final = "a table of device numbers and serials, such as { 1 = 'CKUH1', 2 = 'CKUH2' }"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttlogSettings:
    """One folder.

    Attributes:
        folder: absolute.
        source: names the folder in every reading; the same after the box is replaced.
        pattern: the file names to read.
        serial: the terminal of files whose name carries no serial.
        terminals: serials by the device number in the file name, where several share a folder.
        sole: no network reads these terminals, so an empty folder proves nothing: the
            driver never says that it is complete, and absence waits for a person.
        settle_s: real seconds a file must rest before a last line without newline is taken.
    """

    folder: Path
    source: str
    pattern: str = "*_attlog.dat"
    serial: str = ""
    terminals: Mapping[str, str] = field(default_factory=dict)
    sole: bool = False
    settle_s: float = 10.0

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> AttlogSettings:
        """Read the device's table.

        Raises:
            DakaError: names the key and what is allowed.
        """
        keys = Keys(table, where)
        folder = Path(keys.text("folder", "the absolute path of the folder with the exports"))
        if not folder.is_absolute():
            raise keys.wrong("folder", "an absolute path")
        terminals = keys.mapping("terminals", _TERMINALS)
        for number, serial in terminals.items():
            if not number.isdecimal() or type(serial) is not str or not is_clean_text(serial):
                raise keys.wrong("terminals", _TERMINALS)
        settings = cls(
            folder=folder,
            source=keys.text("source", "a name for this folder", folder.name),
            pattern=keys.text("pattern", "a pattern of file names", "*_attlog.dat"),
            serial=keys.text("serial", _SERIAL, ""),
            terminals={str(int(number)): serial for number, serial in terminals.items()},
            sole=keys.flag("sole", default=False),
            settle_s=keys.seconds("settle_s", 0, 3600, 10),
        )
        keys.finish()
        return settings
