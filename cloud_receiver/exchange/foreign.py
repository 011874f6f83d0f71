"""Files of other systems, turned into lines of ours with their own line numbers.

Nothing is judged here: what cannot be understood is handed on as it stands, and the reader
of our own lines says what is wrong with it and on which line.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final

from cloud_receiver.exchange import dingtalk, dingtalk_planning, frappe
from cloud_receiver.exchange.headings import ImportKind
from cloud_receiver.exchange.sheets import Sheet, read_sheet
from sync.errors import ToldError


class Form(StrEnum):
    """Whose file it is."""

    DAKA = "daka"
    DINGTALK = "dingtalk"
    FRAPPE = "frappe"


_TRANSLATORS: Final[dict[Form, dict[ImportKind, Callable[[Path], Sheet]]]] = {
    Form.DINGTALK: {
        ImportKind.EMPLOYEES: dingtalk.employees,
        ImportKind.ROSTER: dingtalk.roster,
        ImportKind.PUNCHES: dingtalk.punches,
        ImportKind.RESULTS: dingtalk.results,
        ImportKind.SHIFTS: dingtalk_planning.shifts,
        ImportKind.HOLIDAYS: dingtalk_planning.holidays,
        ImportKind.LEAVES: dingtalk_planning.leaves,
    },
    Form.FRAPPE: {
        ImportKind.EMPLOYEES: frappe.employees,
        ImportKind.ROSTER: frappe.roster,
        ImportKind.PUNCHES: frappe.punches,
        ImportKind.RESULTS: frappe.results,
        ImportKind.SHIFTS: frappe.shifts,
    },
}


def forms_of(kind: ImportKind) -> list[Form]:
    """Return whose files of a kind can be read, our own first."""
    return [Form.DAKA, *(form for form, kinds in _TRANSLATORS.items() if kind in kinds)]


def translated(kind: ImportKind, path: Path, form: Form) -> Sheet:
    """Read a file of any form as a sheet with our headings.

    Raises:
        DakaError: the file cannot be read, or that system has no such export.
    """
    if form is Form.DAKA:
        return read_sheet(path)
    translator = _TRANSLATORS[form].get(kind)
    if translator is None:
        kinds = ", ".join(_TRANSLATORS[form])
        raise ToldError(
            f"格式 {form} 只有 {kinds};{kind} 请用本系统的表头",
            f"--format {form} knows {kinds}; bring {kind} in with our own headings",
        )
    return translator(path)
