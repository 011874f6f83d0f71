"""The settings of a POS folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.keys import Keys
from drivers.posfile.dialects import PosMap, load_map
from sync.errors import DakaError, within


@dataclass(frozen=True, slots=True, kw_only=True)
class PosFileSettings:
    """One folder.

    Attributes:
        folder: absolute.
        dialect: the declared map, with the branch filled in.
        source: names the folder in every reading; the same after the box is replaced.
        names: patterns of the file names to read; the map's own when none are given.
        settle_s: real seconds a file must rest before a last line without newline, a
            workbook or an archive is taken as finished; 0 takes them at once.
    """

    folder: Path
    dialect: PosMap
    source: str
    names: tuple[str, ...]
    settle_s: float = 10.0

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> PosFileSettings:
        """Read the device's table and the map it names.

        Raises:
            DakaError: names the key and what is allowed.
        """
        keys = Keys(table, where)
        folder = Path(keys.text("folder", "the absolute path of the folder with the exports"))
        if not folder.is_absolute():
            raise keys.wrong("folder", "an absolute path")
        map_name = keys.text("map", "the name of a shipped map or the absolute path of your own")
        branch = keys.text("branch", "what stands for this store in the export", "")
        source = keys.text("source", "a name for this folder", folder.name)
        names = keys.texts("names", "a list of patterns such as '*.csv'")
        settle_s = keys.seconds("settle_s", 0, 3600, 10)
        keys.finish()
        try:
            dialect = load_map(map_name).at_branch(branch)
        except DakaError as error:
            raise within(f"{where}: map", error) from error
        return cls(
            folder=folder,
            dialect=dialect,
            source=source,
            names=names or dialect.names,
            settle_s=settle_s,
        )
