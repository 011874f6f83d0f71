"""Parquet files of the archive: written whole or not at all, and believed only after being read back.

A file has its name, which is made of its content, when all of it is on the disk. Beside what is
needed to bring rows back exactly, a day has every fact of the catalogue as a column of its own, for
back-tests and for Spark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import msgspec
import polars as pl

from cloud_receiver.domain import day_texts
from cloud_receiver.domain.facts import CATALOGUE
from cloud_receiver.domain.rules import NATIVE_TYPES
from cloud_receiver.store import sheaves, tables
from cloud_receiver.store.disk import sha256_of, sync
from sync.errors import DakaError

JOURNAL: Final = str(tables.journal.name)
FACTS: Final = str(tables.day_fact.name)
KINDS: Final = (JOURNAL, FACTS)
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    JOURNAL: sheaves.COLUMNS,
    FACTS: tuple(tables.day_fact.columns.keys()),
}
MANIFEST: Final = "manifest.json"
_WRITING: Final = ".writing-"
_ROWS_A_GROUP: Final = 20_000
_TYPES: Final = {int: pl.Int64, str: pl.String, bool: pl.Boolean}
_TYPED_FACTS: Final = tuple(
    name for name, fact in CATALOGUE.items() if not fact.of_period and name not in COLUMNS[FACTS]
)

Rows = Sequence[tuple[Any, ...]]


class ArchiveError(DakaError):
    """A file of the archive is not there or not what was written."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file on the disk.

    Attributes:
        file: its path below the archive's folder.
        rows_sha256: of what the rows say, however a file holds them.
    """

    file: str
    rows: int
    sha256: str
    rows_sha256: str


def rows_sha256(rows: Iterable[tuple[Any, ...]]) -> str:
    """Return the digest of what rows say, in their order."""
    digest = sha256()
    for row in rows:
        for value in row:
            text = str(value).encode()
            digest.update(b"%d:%b" % (len(text), text))
    return digest.hexdigest()


def write(
    folder: Path,
    kind: str,
    month: str,
    part_no: int,
    rows: Rows,
    on_the_way: Callable[[str], None] = lambda _stage: None,
) -> Written:
    """Write rows to a file, read it back and compare, then give it its name.

    Args:
        rows: whole rows of the table, in the order of its columns.
        on_the_way: called after each stage; a test ends the process there.

    Raises:
        ArchiveError: what was read back is not what was written.
    """
    place = folder / kind / f"month={month}"
    place.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # what it holds is about persons
    draft = place / f"{_WRITING}{token_hex(8)}"
    _frame(kind, rows).write_parquet(draft, row_group_size=_ROWS_A_GROUP)
    sync(draft)
    on_the_way("drafted")
    told = rows_sha256(rows)
    if rows_sha256(_rows(kind, draft)) != told:
        raise ArchiveError(f"{draft} does not read as it was written; is the disk sound?")
    digest = sha256_of(draft)
    name = f"{part_no:04}-{digest[:16]}.parquet"
    draft.rename(place / name)
    sync(place)
    on_the_way("named")
    return Written(f"{kind}/month={month}/{name}", len(rows), digest, told)


def read(folder: Path, kind: str, file: str, sha256_hex: str) -> list[tuple[Any, ...]]:
    """Return the rows of a file.

    Raises:
        ArchiveError: it is not there, or not what was written.
    """
    return _rows(kind, sound(folder, file, sha256_hex))


def sound(folder: Path, file: str, sha256_hex: str) -> Path:
    """Return the path of a file that is as it was written.

    Raises:
        ArchiveError: it is not there, or not what was written.
    """
    path = folder / file
    try:
        found = sha256_of(path)
    except OSError as error:
        raise ArchiveError(
            f"{path} of the archive cannot be read ({error.strerror}): put the archive back there, "
            "or name its place in [archive] folder and run daka-hq archive verify"
        ) from error
    if found != sha256_hex:
        raise ArchiveError(f"{path} of the archive is not what was written: bring a copy back")
    return path


def facts(path: Path, names: Sequence[str], first_date: str, last_date: str) -> pl.DataFrame:
    """Return some facts of a file's days; what a file of an older version lacks has its default."""
    days = pl.scan_parquet(path, hive_partitioning=False)
    there = days.collect_schema().names()
    wanted = [
        pl.col(name) if name in there else pl.lit(CATALOGUE[name].default).alias(name)
        for name in names
    ]
    types = {name: NATIVE_TYPES[CATALOGUE[name].type] for name in names}
    chosen = days.filter(pl.col("work_date").is_between(pl.lit(first_date), pl.lit(last_date)))
    return chosen.select(wanted).cast(dict(types)).collect()  # type: ignore[arg-type]


def days_of(path: Path, employee_id: str) -> list[dict[str, Any]]:
    """Return the rows of a person's days in a file, by date."""
    own = pl.scan_parquet(path, hive_partitioning=False).filter(
        pl.col("employee_id") == employee_id
    )
    return own.select(COLUMNS[FACTS]).sort("work_date").collect().to_dicts()


def last_scheduled(path: Path) -> list[dict[str, str]]:
    """Return date and facts of each person's last scheduled day in a file."""
    days = pl.scan_parquet(path, hive_partitioning=False).filter("scheduled").sort("work_date")
    last = days.group_by("employee_id").agg(pl.last("work_date", "facts"))
    return last.sort("employee_id").collect().to_dicts()


def bodies(path: Path) -> dict[int, str]:
    """Return the body of every journal row of a file, by its number."""
    frame = pl.read_parquet(path, columns=["entry_no", "body"], hive_partitioning=False)
    return dict(frame.rows())


def put_manifest(folder: Path, parts: Iterable[Mapping[str, Any]]) -> None:
    """Write beside the files what each holds, for who reads them without the database."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{_WRITING}{token_hex(8)}"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(list(parts)), indent=1))
    sync(draft)
    draft.rename(folder / MANIFEST)
    sync(folder)


def listed(folder: Path, kind: str) -> list[Path]:
    """Return the files of a kind that the manifest names; other files in the folder do not count.

    Raises:
        ArchiveError: there is no manifest, or a file is not what was written.
    """
    try:
        parts = msgspec.json.decode((folder / MANIFEST).read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise ArchiveError(f"{folder} has no {MANIFEST} that can be read: {error}") from error
    return [sound(folder, one["file"], one["sha256"]) for one in parts if one["kind"] == kind]


def drop_drafts(folder: Path) -> None:
    """Remove what a run that was ended had begun to write."""
    for draft in folder.rglob(f"{_WRITING}*"):
        draft.unlink()


def _frame(kind: str, rows: Rows) -> pl.DataFrame:
    table = tables.metadata.tables[kind]
    types = {column.name: _TYPES[column.type.python_type] for column in table.columns}
    types = {name: types[name] for name in COLUMNS[kind]}
    frame = pl.DataFrame(list(rows), schema=types, orient="row")
    if kind != FACTS:
        return frame
    told = [day_texts.read(*texts)[0] for texts in frame.select("facts", "evidence").rows()]
    if not all(told):
        who, date = frame.row(told.index({}), named=False)[:2]
        raise ArchiveError(
            f"what is stored of {who} on {date} cannot be read, so {date[:7]} is not archived: "
            "run daka-hq rebuild, then archive again"
        )
    typed = {
        name: [day.get(name, CATALOGUE[name].default) for day in told] for name in _TYPED_FACTS
    }
    kinds = {name: NATIVE_TYPES[CATALOGUE[name].type] for name in _TYPED_FACTS}
    return frame.hstack(pl.DataFrame(typed, schema=kinds))


def _rows(kind: str, path: Path) -> list[tuple[Any, ...]]:
    columns = list(COLUMNS[kind])
    return pl.read_parquet(path, columns=columns, hive_partitioning=False).select(columns).rows()
