"""The settings of a fingerprint module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from drivers.fingermodule.frames import DEFAULT_ADDRESS
from drivers.keys import Keys
from drivers.transports import LinkUrl
from sync.records import is_clean_text

_MAX_U32: Final = 0xFFFFFFFF
_MAX_PAGE: Final = 0xFFFF
_EMPLOYEES: Final = "page numbers and the user ids they belong to, e.g. { 17 = '1042' }"


class Family(StrEnum):
    """Which command set the module speaks."""

    EF01 = "ef01"
    GT511 = "gt511"


DEFAULT_BAUDS: Final = {Family.EF01: "57600", Family.GT511: "9600"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerModuleSettings:
    """One module on a UART.

    Attributes:
        serial: names the module in every record; it tells none, so use the one on its label.
        address, password: of the EF01 family.
        employees: page number to user id; a page without one becomes ``page-17`` when there
            are any, else its number is the user id.
        page_offset: what the module adds to a page number when it finds it (R551: 1).
        scan_s: time between two looks at the sensor, 3 to 5 in a second.
        debounce_s: the same finger within this time is the same touch.
    """

    link: LinkUrl
    serial: str
    family: Family = Family.EF01
    address: int = DEFAULT_ADDRESS
    password: int = 0
    employees: Mapping[int, str] = field(default_factory=dict)
    page_offset: int = 0
    scan_s: float = 0.25
    debounce_s: float = 5.0
    answer_timeout_s: float = 1.0

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> FingerModuleSettings:
        """Read the device's table.

        Raises:
            DakaError: names the key and what is allowed.
        """
        keys = Keys(table, where)
        family = Family(keys.choice("family", Family, Family.EF01))
        settings = cls(
            link=_at_default_baud(keys.link("url", "serial:///dev/ttyUSB0?baud=57600"), family),
            serial=keys.text("serial", "the number on the module's label, unique in the company"),
            family=family,
            address=keys.whole("address", 0, _MAX_U32, DEFAULT_ADDRESS),
            password=keys.whole("password", 0, _MAX_U32, 0),
            employees=_employees(keys),
            page_offset=keys.whole("page_offset", 0, 1, 0),
            scan_s=keys.seconds("scan_s", 0.2, 0.34, 0.25),
            debounce_s=keys.seconds("debounce_s", 0, 600, 5.0),
            answer_timeout_s=keys.seconds("answer_timeout_s", 0.1, 10, 1.0),
        )
        keys.finish()
        return settings

    def user_id(self, page: int) -> str:
        """Return the user id of a page, made so that it is nobody else's by accident."""
        page -= self.page_offset
        if not self.employees:
            return str(page)
        return self.employees.get(page, f"page-{page}")


def _at_default_baud(link: LinkUrl, family: Family) -> LinkUrl:
    """Return the link at the family's factory speed when the URL names none."""
    if link.scheme != "serial" or "baud" in link.options:
        return link
    return replace(link, options={**link.options, "baud": DEFAULT_BAUDS[family]})


def _employees(keys: Keys) -> dict[int, str]:
    employees: dict[int, str] = {}
    for page_text, user_id in keys.mapping("employees", _EMPLOYEES).items():
        is_page = page_text.isascii() and page_text.isdigit() and int(page_text) <= _MAX_PAGE
        if not is_page or type(user_id) is not str or not is_clean_text(user_id):
            raise keys.wrong("employees", _EMPLOYEES)
        employees[int(page_text)] = user_id
    return employees
