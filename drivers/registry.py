"""The drivers there are: an explicit table, each imported only when a device asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from drivers.contract import Driver
from sync.clock import Clock
from sync.errors import ToldError

Factory = Callable[[Any, Clock, str], Driver]
"""(settings, clock, the store's IANA zone) -> a driver, made without I/O."""


class Kind(NamedTuple):
    """One kind of device: how its table of the configuration is read, how it is driven."""

    settings: Any
    """Has ``from_table(table, where)``, which raises `DakaError` naming key and allowed values."""
    factory: Factory


def _zkteco() -> Kind:
    from drivers.zkteco.driver import ZktecoDriver
    from drivers.zkteco.settings import ZktecoSettings

    return Kind(ZktecoSettings, ZktecoDriver)


def _posfile() -> Kind:
    from drivers.posfile.driver import PosFileDriver
    from drivers.posfile.settings import PosFileSettings

    return Kind(PosFileSettings, PosFileDriver)


def _zkpush() -> Kind:
    from drivers.zkpush.driver import ZkPushDriver
    from drivers.zkpush.settings import ZkPushSettings

    return Kind(ZkPushSettings, ZkPushDriver)


def _attlogfile() -> Kind:
    from drivers.attlogfile.driver import AttlogFileDriver
    from drivers.attlogfile.settings import AttlogSettings

    return Kind(AttlogSettings, AttlogFileDriver)


def _anviz() -> Kind:
    from drivers.anviz.driver import AnvizDriver
    from drivers.anviz.settings import AnvizSettings

    return Kind(AnvizSettings, AnvizDriver)


def _serialline() -> Kind:
    from drivers.serialline.driver import SerialLineDriver
    from drivers.serialline.settings import SerialLineSettings

    return Kind(SerialLineSettings, SerialLineDriver)


def _fingermodule() -> Kind:
    from drivers.fingermodule.driver import FingerModuleDriver
    from drivers.fingermodule.settings import FingerModuleSettings

    return Kind(FingerModuleSettings, FingerModuleDriver)


KINDS: Final[Mapping[str, Callable[[], Kind]]] = {
    "zkteco": _zkteco,
    "zkpush": _zkpush,
    "attlogfile": _attlogfile,
    "posfile": _posfile,
    "anviz": _anviz,
    "serialline": _serialline,
    "fingermodule": _fingermodule,
}


def kind_of(name: str, where: str) -> Kind:
    """Return the kind of device a settings table names.

    Raises:
        DakaError: there is no such kind; names the file, the table and the kinds there are.
    """
    load = KINDS.get(name)
    if load is None:
        known = ", ".join(KINDS)
        raise ToldError(
            f"{where}:driver = {name!r};应是其中之一:{known}",
            f"{where}: driver = {name!r}; it must be one of {known}",
        )
    return load()


def open_driver(name: str, table: Mapping[str, Any], where: str, clock: Clock, zone: str) -> Driver:
    """Return the driver of a device, without I/O.

    Args:
        table: the device's table as TOML gave it.
        where: how errors name that table.
        zone: the store's time zone (IANA).

    Raises:
        DakaError: the kind or a key is wrong.
    """
    kind = kind_of(name, where)
    return kind.factory(kind.settings.from_table(table, where), clock, zone)
