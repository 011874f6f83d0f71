"""One day of one person on the schedule page: its editor, the day it makes, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from cloud_receiver.domain.schedule import RosterDay
from cloud_receiver.domain.templates import hours_text, part
from cloud_receiver.domain.workday import Shift
from cloud_receiver.exchange import fields
from cloud_receiver.exchange.roster_lines import not_here
from cloud_receiver.store import assignments, names, organisation, roster_history, shifts
from cloud_receiver.store.enrolment import RosterEntry, nothing
from cloud_receiver.store.roster_history import RosterVersion
from cloud_receiver.store.shifts import TemplateVersion
from cloud_receiver.web.form_sheet import save_or_close
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import date_text, local_minute
from cloud_receiver.web.schedule_grid import hours
from cloud_receiver.web.texts import Words
from sync.errors import DakaError

KEEP, REST, OWN, NONE = "keep", "rest", "own", "none"
_TEMPLATE: Final = "shift:"
_VERSIONS: Final = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a person as it stands; `day` is None where nothing is rostered."""

    employee_id: str
    name: str
    home: str
    work_date: str
    day: RosterDay | None
    versions: tuple[RosterVersion, ...]

    @property
    def entry(self) -> RosterEntry:
        """Return the entry that brings the day back as it is, also to nothing being planned."""
        day = self.day
        return RosterEntry(
            employee_id=self.employee_id,
            work_date=self.work_date,
            store_id=day.store_id if day else self.home,
            shifts=day.shifts if day else (),
            target_fen=day.target_fen if day else 0,
            subsidy_fen=day.subsidy_fen if day else 0,
            is_planned=day is not None,
        )


def cell_of(connection: Connection, address: str) -> Cell | None:
    """Return the day an address (``employee/date``) is about, None when there is no such."""
    employee_id, _, work_date = address.rpartition("/")
    person = next((one for one in names.people(connection) if one.employee_id == employee_id), None)
    try:
        fields.day("work_date", work_date)
    except DakaError:
        return None
    if person is None:
        return None
    sites = organisation.sites(connection)
    days = organisation.rosters(connection, [employee_id], work_date, work_date, sites)
    versions = roster_history.history(connection, employee_id, work_date, work_date)
    return Cell(
        employee_id, person.name, person.store_id, work_date,
        days.get(employee_id, {}).get(work_date), tuple(versions[-_VERSIONS:]),
    )  # fmt: skip


def changed(connection: Connection, cell: Cell, form: Mapping[str, str]) -> RosterEntry:
    """Return the day as a form wants it; its amounts stay.

    Raises:
        DakaError: there is no such store or shift, or the hours are none.
    """
    zones = {site.store_id: site.zone for site in organisation.sites(connection).values()}
    store_id = form.get("store", "")
    zone = zones[fields.one_of("store_id", store_id, zones, "门店", "store")]
    choice = form.get("shift", "")
    if choice == NONE:
        if cell.day is None:
            return cell.entry
        return nothing(cell.employee_id, cell.day)
    laid: tuple[Shift, ...] = ()
    if choice == KEEP and cell.day is not None:
        laid = tuple(replace(one, store_id=store_id, zone=zone) for one in cell.day.shifts)
    elif choice == OWN:
        start, end = (fields.clock(name, form.get(name, "")) for name in ("start", "end"))
        if start == end:
            zh, en = "上班与下班时间相同", "start and end are the same"
            raise fields.CellError("end", zh, en)
        laid = (replace(part(f"{start}-{end}", start, end), store_id=store_id, zone=zone),)
    elif choice.startswith(_TEMPLATE):
        known = shifts.in_force(connection)
        named = choice.removeprefix(_TEMPLATE)
        laid = known[fields.one_of("shift", named, known, "班次", "shift")].template.at(
            store_id, zone
        )
    if laid and assignments.gone(connection, [(cell.employee_id, cell.work_date)]):
        raise not_here(cell.employee_id, cell.work_date)
    return replace(cell.entry, store_id=store_id, shifts=laid, is_planned=True)


def cell_form(
    cell: Cell,
    templates: Sequence[TemplateVersion],
    shops: Sequence[names.Store],
    words: Words,
) -> Markup:
    """Return the editor of a day, and who made its last versions."""
    day = date_text(cell.work_date, words.language)
    title = words("edit", who=cell.name, day=day)
    stands = cell.entry
    now = hours_text(stands.shifts) if stands.shifts else words("rest")
    options = [el("option", words("keep", hours=now), value=KEEP)] if cell.day else []
    options += [
        el("option", f"{one.template.name} {hours_text(one.template.shifts)}",
           value=f"{_TEMPLATE}{one.template.shift_id}")
        for one in templates
    ]  # fmt: skip
    options += [el("option", words("rest"), value=REST), el("option", words("own"), value=OWN)]
    options.append(el("option", words("no_plan"), value=NONE, selected=cell.day is None))
    stores = [
        el("option", shop.name, value=shop.store_id, selected=shop.store_id == stands.store_id)
        for shop in shops
    ]
    first = stands.shifts[0] if stands.shifts else None

    def clock(name: str, value: str) -> Markup:
        box = el("input", type="time", name=name, value=value)
        return el("label", words(name), box, class_="field own-hours")

    form = el(
        "form",
        el("label", words("shift"), el("select", options, name="shift", data_focus=True),
           class_="field"),
        clock("start", first.start if first else "09:00"),
        clock("end", first.end if first else "18:00"),
        el("label", words("store"), el("select", stores, name="store"), class_="field"),
        save_or_close(words.language),
        class_="stack tight", data_submit="set",
    )  # fmt: skip
    zones = {shop.store_id: shop.zone for shop in shops}
    zone = zones.get(stands.store_id, "UTC")
    made = [
        el("li", words("version", n=one.version, author=one.author,
                       at=local_minute(one.created_utc_ms, zone)),
           " · ", hours(one.day, words))
        for one in reversed(cell.versions)
    ]  # fmt: skip
    return el("section", el("h2", title), form, el("ul", made, class_="small muted plain"),
              class_="sheet", role="dialog", aria_label=title,
              data_key=f"cell/{cell.employee_id}/{cell.work_date}")  # fmt: skip
