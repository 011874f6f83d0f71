"""Frappe HRMS's exports: Employee Checkin, Attendance, Shift Assignment and Employee as CSV.

Source: frappe/hrms, the doctypes' labels and field names (employee_checkin.json,
attendance.json, shift_assignment.json); an export's headings are the labels, of a template
the field names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cloud_receiver.domain.results import DayStatus
from cloud_receiver.exchange.headed import HeadedLine, headed, ours
from cloud_receiver.exchange.sheets import Sheet, read_sheet

_PERSON: Final = ("Employee", "employee")
_TIME: Final = ("Time", "time")
_DATE: Final = ("Attendance Date", "attendance_date")
_SHIFT: Final = ("Shift Type", "shift_type")
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
