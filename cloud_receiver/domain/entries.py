"""What is entered at headquarters: phone check-ins, supervisors' records, corrections, leave.

Entries stand in the same journal as what boxes send and are as immutable: a mistake is
corrected by another entry. Each is strict data, checked wherever it comes from, and carries
either the id its form gave it (`client_id`) or is the same as any other of equal content.
"""

from __future__ import annotations

import json
import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from cloud_receiver.domain.touches import Place
from cloud_receiver.domain.workday import AFTER_LAST_DATE, FIRST_DATE, CheckType
from sync.errors import ToldError
from sync.identity import identity_of

HQ_BOX_ID: Final = "_hq"
"""Stands in the journal for the box, where headquarters itself is the source."""

MAX_MICRODEG: Final = 180_000_000
MAX_LEAVE_DAYS: Final = 400
BEST_RATING_MILLI: Final = 1000
_CLEAN: Final = r"^[^\x00-\x1f\x7f]*$"
NO_CHARACTER: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""What no keyboard gives and neither PostgreSQL nor a workbook keeps; line ends and tabs may be."""
_LAST_UTC_MS: Final = 4_102_444_800_000  # 2100-01-01

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_CLEAN)]
Note = Annotated[str, msgspec.Meta(max_length=1000)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
UtcMs = Annotated[int, msgspec.Meta(ge=0, le=_LAST_UTC_MS)]
Date = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
Microdeg = Annotated[int, msgspec.Meta(ge=-MAX_MICRODEG, le=MAX_MICRODEG)]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?$")]
ClientId = Annotated[str, msgspec.Meta(max_length=100, pattern=_CLEAN)]


class EntryError(ToldError):
    """An entry cannot be taken in; `field` is empty when it is none alone that is wrong."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(zh, en, field)


class _Entry(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """What every entry carries.

    Attributes:
        client_id: made once by the form or phone for one act; empty: equal content is one act.
    """

    client_id: ClientId = ""


class CheckIn(_Entry, frozen=True, kw_only=True, tag="check_in"):
    """A touch on the phone, 手机打卡. It counts at headquarters' time; a phone's can be set.

    Attributes:
        latitude_microdeg, longitude_microdeg: None when the phone gave no position.
        accuracy_m: radius the phone claims for it.
        is_mock: the phone says that the position is made up.
        photo_sha256: of the arrival photo; empty without one.
        taken_at_utc_ms: what the phone's clock said.
        kept_place: what a position said that is not kept itself (ADR 0019).
    """

    employee_id: Id
    store_id: Id
    latitude_microdeg: Microdeg | None = None
    longitude_microdeg: Microdeg | None = None
    accuracy_m: Annotated[int, msgspec.Meta(ge=0, le=10**7)] | None = None
    is_mock: bool = False
    photo_sha256: Sha256 = ""
    taken_at_utc_ms: UtcMs | None = None
    kept_place: Place | None = None

    def __post_init__(self) -> None:
        """Refuse half a position.

        Raises:
            ValueError: there is a latitude without a longitude, or no id of the phone's.
        """
        if (self.latitude_microdeg is None) != (self.longitude_microdeg is None):
            raise ValueError("latitude and longitude belong together")
        if not self.client_id:
            raise ValueError("a phone names its touch with a client_id")


class Arrival(_Entry, frozen=True, kw_only=True, tag="arrival"):
    """A supervisor's record that somebody came or left, 主管登记.

    Attributes:
        check_type: which end of the shift it is said to be; None: the windows decide.
    """

    employee_id: Id
    store_id: Id
    at_utc_ms: UtcMs
    reason: Reason
    check_type: CheckType | None = None


class CorrectionStyle(StrEnum):
    """Who asked for a correction."""

    CARD = "card"  # 补卡: by the person, approved; has a quota and a time limit
    EDIT = "edit"  # 改签: by the management


class Correction(_Entry, frozen=True, kw_only=True, tag="correction"):
    """A card point said anew, 补卡/改签. Nothing it replaces is lost; all is shown.

    Attributes:
        shift_no: which of the day's shifts, in order of time, from 1.
        at_utc_ms: the instant that counts; None strikes out what it replaces.
        replaces: the record that no longer counts; empty: none in particular.
    """

    employee_id: Id
    work_date: Date
    check_type: CheckType
    reason: Reason
    shift_no: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    style: CorrectionStyle = CorrectionStyle.CARD
    at_utc_ms: UtcMs | None = None
    replaces: Annotated[str, msgspec.Meta(max_length=64, pattern=_CLEAN)] = ""

    def __post_init__(self) -> None:
        """Refuse what corrects nothing.

        Raises:
            ValueError: it has neither an instant nor a record to strike out.
        """
        _check_date("work_date", self.work_date)
        if self.at_utc_ms is None and not self.replaces:
            raise ValueError("a correction gives an instant, or a record to strike out")


class Withdrawal(_Entry, frozen=True, kw_only=True, tag="withdrawal"):
    """Takes back a supervisor's record, a correction, a leave or a feedback, 撤销."""

    record_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    reason: Reason


class Purpose(StrEnum):
    """What an approved absence is for; outing and trip are work done elsewhere."""

    ANNUAL = "annual"
    SICK = "sick"
    PERSONAL = "personal"
    COMPENSATORY = "compensatory"  # 调休
    FAMILY = "family"  # marriage, birth, bereavement
    OTHER = "other"
    OUTING = "outing"  # 外出
    TRIP = "trip"  # 出差

    @property
    def is_work(self) -> bool:
        """Tell whether the time counts as worked."""
        return self in (Purpose.OUTING, Purpose.TRIP)


class Part(StrEnum):
    """Which part of each day a leave covers; halves are of the day's planned time."""

    DAY = "day"
    FIRST_HALF = "first_half"
    SECOND_HALF = "second_half"
    HOURS = "hours"


class Leave(_Entry, frozen=True, kw_only=True, tag="leave"):
    """An approved leave or outing, 请假/外出.

    Attributes:
        first_date, last_date: the work dates it is about, both included.
        from_utc_ms, to_utc_ms: the hours; 0 for days and halves.
    """

    employee_id: Id
    purpose: Purpose
    first_date: Date
    last_date: Date
    part: Part = Part.DAY
    from_utc_ms: UtcMs = 0
    to_utc_ms: UtcMs = 0
    reason: Note = ""

    def __post_init__(self) -> None:
        """Refuse an empty or endless leave.

        Raises:
            ValueError: it ends before it begins, or hours are given without instants.
        """
        first = _check_date("first_date", self.first_date)
        last = _check_date("last_date", self.last_date)
        if not 0 <= (last - first).days <= MAX_LEAVE_DAYS:
            raise ValueError(f"last_date: 0 to {MAX_LEAVE_DAYS} days after first_date")
        if (self.part is Part.HOURS) != (self.from_utc_ms < self.to_utc_ms):
            raise ValueError("hours, and only they, go from an instant to a later one")


class Swap(_Entry, frozen=True, kw_only=True, tag="swap"):
    """Two people exchange what they are rostered for, 调班; it becomes roster versions."""

    employee_id: Id
    work_date: Date
    other_employee_id: Id
    other_work_date: Date
    reason: Note = ""

    def __post_init__(self) -> None:
        """Refuse a swap with oneself on one date.

        Raises:
            ValueError: both sides are the same employee-day.
        """
        _check_date("work_date", self.work_date)
        _check_date("other_work_date", self.other_work_date)
        mine, other = self.employee_id, self.other_employee_id
        if (mine, self.work_date) == (other, self.other_work_date):
            raise ValueError("a swap is between two employee-days")


class Feedback(_Entry, frozen=True, kw_only=True, tag="feedback"):
    """What a customer said, 客户评价.

    Attributes:
        channel, msg_id: where it came from and its id there: the same message is one entry.
        employee_id: empty when it names nobody.
        rating_milli: thousandths of the best rating; None: no rating was given.
        said_utc_ms: when the customer said it.
    """

    channel: Id
    msg_id: Id
    store_id: Id
    said_utc_ms: UtcMs
    employee_id: Annotated[str, msgspec.Meta(max_length=200, pattern=_CLEAN)] = ""
    rating_milli: Annotated[int, msgspec.Meta(ge=0, le=BEST_RATING_MILLI)] | None = None
    tags: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=50)], ...] = ()
    text: Annotated[str, msgspec.Meta(max_length=2000)] = ""


Entry = CheckIn | Arrival | Correction | Withdrawal | Leave | Swap | Feedback
KINDS: Final[dict[str, type[Entry]]] = {
    str(cls.__struct_config__.tag): cls
    for cls in (CheckIn, Arrival, Correction, Withdrawal, Leave, Swap, Feedback)
}


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as the journal holds it: who entered it and when."""

    author: Id
    entered_utc_ms: UtcMs
    entry: Entry


_READ: Final = msgspec.json.Decoder(Entered)


def kind_of(entry: Entry) -> str:
    """Return the kind as the journal names it."""
    return str(type(entry).__struct_config__.tag)


def checked(document: Any) -> Entry:
    """Return the entry a decoded JSON object, or an entry built here, stands for.

    Raises:
        EntryError: it is none, and why.
    """
    try:
        entry: Entry = msgspec.convert(msgspec.to_builtins(document), Entry)
    except msgspec.ValidationError as error:
        told, _, place = str(error).partition(" - at `$")
        field = place.strip(".`")
        raise EntryError(field, f"填写有误:{told}", told) from error
    for name, value in msgspec.to_builtins(entry).items():
        for text in value if isinstance(value, tuple | list) else [value]:
            if isinstance(text, str) and NO_CHARACTER.search(text):
                raise EntryError(name, "含有无法识别的字符", "it has characters that are none")
    return entry


def to_body(entered: Entered) -> str:
    """Return the journal's JSON text."""
    return msgspec.json.encode(entered).decode()


def from_body(body: str) -> Entered:
    """Read what `to_body` wrote."""
    return _READ.decode(body)


def identity(entry: Entry, author: str) -> str:
    """Return the record id: by message, by the form's id, else by content and author."""
    kind = kind_of(entry)
    if isinstance(entry, Feedback):
        return identity_of(kind, (entry.channel, entry.msg_id))
    if entry.client_id:
        who = getattr(entry, "employee_id", author)
        return identity_of(kind, (who, entry.client_id))
    content = json.dumps(msgspec.to_builtins(entry), ensure_ascii=False, sort_keys=True)
    return identity_of(kind, (author, content))


def _check_date(field: str, text: str) -> date:
    found = date.fromisoformat(text)  # ValueError: no such day
    if not FIRST_DATE <= text < AFTER_LAST_DATE:
        raise ValueError(f"{field}: {text} is not between {FIRST_DATE} and {AFTER_LAST_DATE}")
    return found
