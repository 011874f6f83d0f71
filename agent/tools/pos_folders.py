"""Look through folders for POS exports: which shipped map reads a file, or what one would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from agent.tools.found import Found
from drivers.posfile.dbf import DbfError
from drivers.posfile.dialects import Branch, Constant, FileFormat, PosMap, load_map, shipped_maps
from drivers.posfile.fields import HeaderError
from drivers.posfile.learn import SAMPLE_BYTES, propose
from drivers.posfile.parse import Parsed, Parser
from sync.errors import DakaError

MAX_FILES: Final = 200
"""Files looked at in one root, the newest first."""
_ENDINGS: Final = frozenset((".csv", ".tsv", ".txt", ".json", ".jsonl", ".dbf", ".log"))
_ANY_BRANCH: Final = "-"


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a map reads a sample."""

    name: str
    posmap: PosMap
    sales: int
    rejected: int


def find_exports(root: Path) -> list[Found]:
    """Return what in and under `root` looks like a POS export, one entry a folder.

    Raises:
        DakaError: there is no such folder.
    """
    if not root.is_dir():
        raise DakaError(f"{root} is no folder")
    found: dict[Path, Found] = {}
    for file in _newest_files(root):
        if file.parent not in found:
            told = _told(file)
            if told is not None:
                found[file.parent] = told
    return list(found.values())


def _newest_files(root: Path) -> list[Path]:
    dated = [
        (path.stat().st_mtime, path)
        for path in root.rglob("*")
        if path.suffix.lower() in _ENDINGS and path.is_file()
    ]
    return [path for _, path in sorted(dated, reverse=True)[:MAX_FILES]]


def _told(file: Path) -> Found | None:
    try:
        with file.open("rb") as opened:
            sample = opened.read(SAMPLE_BYTES)
    except OSError as error:
        return Found(place=str(file), what="pos_unreadable", values={"why": error.strerror})
    best = max(_fits(file.name, sample), key=lambda fit: (fit.sales, -fit.rejected), default=None)
    if best is not None and best.sales > best.rejected:
        return _known(file, best)
    proposal = propose(file.name, sample)
    if not proposal.rows:
        return None
    advice = f"daka-agent pos learn {file} --write my-map.toml"
    values = {"rows": len(proposal.rows), "notes": " ".join(proposal.notes)}
    return Found(place=str(file), what="pos_learn", values=values, advice=advice)


def _known(file: Path, fit: _Fit) -> Found:
    folder = str(file.absolute().parent)
    table: dict[str, str | int] = {
        "name": "tills", "driver": "posfile", "folder": folder, "map": fit.name
    }  # fmt: skip
    what = "pos_known"
    if _needs_branch(fit.posmap):
        what, table["branch"] = "pos_known_branch", "?"
    values = {"map": fit.name, "sales": fit.sales, "rejected": fit.rejected}
    return Found(place=str(file), what=what, values=values, table=table)


def _fits(name: str, sample: bytes) -> Iterator[_Fit]:
    for map_name in shipped_maps():
        posmap = load_map(map_name)
        is_named_so = any(fnmatchcase(name.lower(), one.lower()) for one in posmap.names)
        if not is_named_so or posmap.format is FileFormat.XLSX:
            continue
        try:
            parsed: Parsed = Parser(_of_all_branches(posmap), name).feed(sample)
        except (HeaderError, DbfError):
            continue
        yield _Fit(map_name, posmap, len(parsed.sales), len(parsed.rejected))


def _needs_branch(posmap: PosMap) -> bool:
    return posmap.only_branch or any(isinstance(one, Branch) for one in posmap.origin.values())


def _of_all_branches(posmap: PosMap) -> PosMap:
    origin = {
        field: Constant(_ANY_BRANCH) if isinstance(one, Branch) else one
        for field, one in posmap.origin.items()
    }
    return replace(posmap, origin=origin, only_column="", only_values=(), only_branch=False)
