"""Frappe HRMS's exports: Employee Checkin, Attendance, Shift Type, Shift Assignment, Employee.

Source: frappe/hrms, the doctypes' labels and field names (employee_checkin.json,
attendance.json, shift_type.json, shift_assignment.json); an export's headings are the labels, of a template
the field names.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cloud_receiver.domain.results import DayStatus
from cloud_receiver.exchange.headed import HeadedLine, headed, ours
from cloud_receiver.exchange.sheets import Sheet, read_sheet

_PERSON: Final = ("Employee", "employee")
_TIME: Final = ("Time", "time")
_DATE: Final = ("Attendance Date", "attendance_date")
_SHIFT: Final = ("Shift Type", "shift_type")
_START: Final = ("Start Time", "start_time")
_BASIS: Final = ("Working Hours Calculation Based On", "working_hours_calculation_based_on")
_SETTINGS: Final = {
    "grace_min": ("Late Entry Grace Period", "late_entry_grace_period"),
    "early_grace_min": ("Early Exit Grace Period", "early_exit_grace_period"),
    "on_before_min": (
        "Begin check-in before shift start time (in minutes)",
        "begin_check_in_before_shift_start_time",
    ),
    "off_after_min": (
        "Allow check-out after shift end time (in minutes)",
        "allow_check_out_after_shift_end_time",
    ),
}
_THRESHOLDS: Final = {
    "half_day_below_min": (
        "Working Hours Threshold for Half Day", "working_hours_threshold_for_half_day",
    ),
    "absent_below_min": (
        "Working Hours Threshold for Absent", "working_hours_threshold_for_absent",
    ),
}  # fmt: skip
_NOT_IN_IDS: Final = re.compile(r"[\s,,;;::*×/]+")
_DECIMAL: Final = re.compile(r"\d{1,2}(\.\d+)?")
_TIME_OF_DAY: Final = re.compile(r"(\d{1,2}):(\d{2})(?::00(?:\.0+)?)?")
_STATES: Final = {"IN": "0", "OUT": "1"}
_STATUSES: Final = {
    "Present": DayStatus.NORMAL.value,
    "Work From Home": DayStatus.NORMAL.value,
    "Absent": DayStatus.ABSENTEEISM.value,
    "On Leave": DayStatus.LEAVE.value,
    "Half Day": DayStatus.HALF_DAY.value,
}


def punches(path: Path) -> Sheet:
    """Read Employee Checkin: Employee, Time, Log Type, Location / Device ID."""
    rows = [
        (
            line.number,
            (
                line.first(*_PERSON),
                line.first(*_TIME),
                _STATES.get(line.first("Log Type", "log_type").upper(), ""),
            ),
        )
        for line in headed(read_sheet(path), _TIME, path.name)
    ]
    return ours(("employee_id", "time", "state"), rows)


def results(path: Path) -> Sheet:
    """Read Attendance: Attendance Date, Status, Late Entry, Early Exit; it knows no minutes."""
    rows = [
        (line.number, (line.first(*_PERSON), line.first(*_DATE)[:10], _status(line)))
        for line in headed(read_sheet(path), _DATE, path.name)
    ]
    return ours(("employee_id", "work_date", "status"), rows)


def _status(line: HeadedLine) -> str:
    text = line.first("Status", "status")
    status = _STATUSES.get(text, text)
    if status == DayStatus.NORMAL:
        if line.first("Late Entry", "late_entry") == "1":
            return DayStatus.LATE.value
        if line.first("Early Exit", "early_exit") == "1":
            return DayStatus.EARLY.value
    return status


def shifts(path: Path) -> Sheet:
    """Read Shift Type: hours, windows, graces and thresholds, which it keeps in hours.

    Whether lateness is marked at all is for rules here; a grace is taken as it stands.
    """
    rows = []
    for line in headed(read_sheet(path), _START, path.name):
        name = line.first("ID", "Name", "name")
        hours = f"{_clock(line.first(*_START))}-{_clock(line.first('End Time', 'end_time'))}"
        settings = [f"{own}={line.first(*theirs)}" for own, theirs in _SETTINGS.items()
                    if line.first(*theirs)]  # fmt: skip
        settings += [f"{own}={_minutes(line.first(*theirs))}" for own, theirs in _THRESHOLDS.items()
                     if line.first(*theirs)]  # fmt: skip
        if line.first(*_BASIS).startswith("Every"):
            settings.append("hours=pairs")
        rows.append((line.number, (_NOT_IN_IDS.sub("_", name), name, hours, " ".join(settings))))
    return ours(("shift_id", "name", "hours", "settings"), rows)


def _clock(text: str) -> str:
    """Return ``9:00:00`` as ``09:00``; what is no time of day is handed on."""
    found = _TIME_OF_DAY.fullmatch(text)
    return f"{int(found[1]):02d}:{found[2]}" if found else text


def _minutes(hours: str) -> str:
    """Return decimal hours as minutes; what is no number is handed on."""
    return str(round(float(hours) * 60)) if _DECIMAL.fullmatch(hours) else hours


def roster(path: Path) -> Sheet:
    """Read Shift Assignment: Shift Type, Start Date, End Date; inactive ones are passed over."""
    rows = []
    for line in headed(read_sheet(path), _SHIFT, path.name):
        if line.first("Status", "status") != "Inactive":
            first = line.first("Start Date", "start_date")[:10]
            last = line.first("End Date", "end_date")[:10]
            rows.append((line.number, (line.first(*_PERSON), first, last, line.first(*_SHIFT))))
    return ours(("employee_id", "from", "to", "shift"), rows)


def employees(path: Path) -> Sheet:
    """Read Employee: ID, Full Name, Branch (the store), Status."""
    rows = []
    for line in headed(read_sheet(path), ("Full Name", "employee_name"), path.name):
        active = "是" if line.first("Status", "status") in ("", "Active") else "否"
        person = line.first("ID", "name", *_PERSON)
        name, branch = line.first("Full Name", "employee_name"), line.first("Branch", "branch")
        rows.append((line.number, (person, name, branch, active)))
    return ours(("employee_id", "name", "store_id", "active"), rows)
