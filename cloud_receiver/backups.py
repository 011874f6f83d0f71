"""Backups of headquarters: a folder with a copy of the database, its description and, if wanted,
the certificate authority.

The secret that signs sessions is left out on purpose: after a restore everybody logs in anew,
so that nobody is back who was logged out after the backup.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from cloud_receiver.store.copies import Holding, copy_database, holding_of, replaced
from cloud_receiver.store.disk import sha256_of, sync
from cloud_receiver.store.engine import open_engine, read, rotate_hq_epoch, upgrade, write
from cloud_receiver.web.sessions import forget_secret
from sync.clock import utc_text
from sync.errors import DakaError
from sync.ownership import hand_over

if TYPE_CHECKING:
    from cloud_receiver.settings import Settings

DESCRIPTION: Final = "backup.json"
AUTHORITY: Final = "authority"
_UNFINISHED: Final = ".unfinished"


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is.

    Attributes:
        sha256: of every file, by its path in the folder.
        holding: what the database held.
    """

    org: str
    made_at_utc: str
    database: str
    sha256: dict[str, str]
    holding: Holding


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore did.

    Attributes:
        aside: where the database is now that was replaced; empty: there was none.
    """

    description: Description
    aside: str
    has_authority: bool


def back_up(settings: Settings, folder: Path, now_utc: datetime, *, authority: bool) -> Description:
    """Write a backup into a new folder, check it, and return its description.

    The folder has its name only once everything in it is on the disk.

    Raises:
        DakaError: the folder is there, or the copy could not be made or does not hold.
    """
    unfinished = folder.with_name(folder.name + _UNFINISHED)
    if folder.exists():
        raise DakaError(f"{folder} is there already: a backup goes into a folder of its own")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        copy = copy_database(settings.database_url, unfinished)
        if authority and settings.authority_dir.is_dir():
            shutil.copytree(settings.authority_dir, unfinished / AUTHORITY)
        description = Description(
            org=settings.org,
            made_at_utc=utc_text(now_utc),
            database=copy.file.name,
            sha256={name: sha256_of(unfinished / name) for name in _files(unfinished)},
            holding=copy.holding,
        )
        encoded = msgspec.json.format(msgspec.json.encode(description))
        (unfinished / DESCRIPTION).write_bytes(encoded)
        for name in _files(unfinished):
            sync(unfinished / name)
        unfinished.rename(folder)
        sync(folder.parent)
    except OSError as error:
        raise DakaError(f"the backup {folder} could not be written: {error}") from error
    return description


def restore(settings: Settings, folder: Path, now_utc: datetime, *, replace: bool) -> Restored:
    """Make a backup the database of headquarters, under a new identity so that boxes refill it.

    Raises:
        DakaError: the backup is damaged, or there is a database that may not be replaced.
    """
    description = _described(folder)
    if description.org != settings.org:
        raise DakaError(f"{folder} is a backup of {description.org!r}, not of {settings.org!r}")
    file, stamp = folder / description.database, now_utc.strftime("%Y%m%dt%H%M%Sz")
    with replaced(settings.database_url, file, stamp, replace=replace) as aside:
        engine = open_engine(settings.database_url)
        try:
            with read(engine) as connection:
                found = holding_of(connection)
            if found != description.holding:
                raise DakaError(f"{file} holds {found}, and not {description.holding}")
            upgrade(engine)
            with write(engine) as connection:
                rotate_hq_epoch(connection)
        finally:
            engine.dispose()
        has_authority = _restore_authority(settings, folder, stamp)
    forget_secret(settings.data_dir)
    hand_over(settings.data_dir, settings.data_dir)
    return Restored(description=description, aside=aside, has_authority=has_authority)


def _described(folder: Path) -> Description:
    try:
        description = msgspec.json.decode((folder / DESCRIPTION).read_bytes(), type=Description)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise DakaError(f"{folder} is no finished backup: {error}") from error
    for name, sha256 in description.sha256.items():
        try:
            found = sha256_of(folder / name)
        except OSError as error:
            raise DakaError(f"{folder / name} cannot be read: {error.strerror}") from error
        if found != sha256:
            raise DakaError(f"{folder / name} is not the file that was backed up: it is damaged")
    return description


def _restore_authority(settings: Settings, folder: Path, stamp: str) -> bool:
    kept, target = folder / AUTHORITY, settings.authority_dir
    if not kept.is_dir():
        return False
    if target.exists():
        target.rename(target.with_name(f"{target.name}.replaced_{stamp}"))
    shutil.copytree(kept, target)
    target.chmod(0o700)
    return True


def _files(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())
