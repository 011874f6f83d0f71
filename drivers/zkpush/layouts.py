"""What terminals post: attendance lines, door events, and what must not be kept; pure.

An attendance line is positional: user id, time, state, verification, workcode and more
whose meaning differs. A door event names its fields. Templates, faces and photos are
counted and forgotten (law 8), as are user lines, which carry passwords.

Source: ZKTeco PUSH SDK HTTP protocol 3.2.0 and 2.4.x, and published captures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from drivers.contract import PunchRow, Rejected
from drivers.occurrences import Occurrences
from sync.records import MAX_TEXT, STATE_UNKNOWN, is_clean_text

LINE_TABLES: Final = ("attlog", "rtlog")
"""Tables whose lines are touches."""
MAX_KEPT_BYTES: Final = 64 * 1024
"""Of a post nobody understands so much is kept."""
_NOT_TOLD: Final = 255
_MAX_CODE: Final = 255
_LAST_OPENING_EVENT: Final = 19
"""Door events up to here let somebody in; later ones refuse, alarm or are the door's own."""
_BOM: Final = b"\xef\xbb\xbf"
_WHEN: Final = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])"
_TIME: Final = re.compile(_WHEN)
_LINE: Final = re.compile(rf" *([^\t]*?)[\t ]+{_WHEN}(?:([\t ])(.*))?", re.DOTALL)
_KEYED: Final = re.compile(r"\s*(?:pin|time|cardno|datetime)\s*=", re.IGNORECASE)
_CODE: Final = re.compile(r"[0-9]{1,3}")
_BITS: Final = re.compile(r"[01]{16}")
_BODY_PARTS: Final = re.compile(
    rb"\b(?:tmp|template|content|photo|picture|fp|face|bio\w*)\s*=|\xff\xd8\xff", re.IGNORECASE
)
_REMEDY: Final = "it is kept as it came. Enter the punch by hand if one is missing that day."
_PROBLEMS: Final = {
    "columns": "is no attendance record",
    "user_id": "has no user id a person can have typed",
    "impossible_time": "has no time that exists",
    "code": "has a state or verification that is no number from 0 to 255",
    "encoding": "holds NUL bytes or is no text",
    "no_user": "names a card and no person",
    "door_event": "is a door event that let nobody in",
}


class LineReader:
    """Turn the lines of one post into punches.

    Equal touches of one second are numbered within the post. A terminal that got no receipt
    posts them again and gives the same numbers; two posts with an equal touch each cannot
    be told from that and count once.

    Attributes:
        device_events: lines about the door itself, which are nobody's touch.
    """

    def __init__(self) -> None:
        self._occurrences = Occurrences()
        self.device_events = 0

    def read(self, raw: bytes) -> PunchRow | Rejected | None:
        """Return what one line says; None when it says nothing about a person."""
        text = _text_of(raw)
        if text is None:
            return _rejected("encoding", raw)
        row = self._keyed(text) if _KEYED.match(text) else self._positional(text)
        if isinstance(row, str):
            return _rejected(row, raw)
        return row

    def _positional(self, text: str) -> PunchRow | str:
        found = _LINE.fullmatch(text)
        if found is None:
            has_fields = text.count("\t") > 0 or len(text.split()) > 1
            return "impossible_time" if has_fields else "columns"
        user_id, day, clock, separator, rest = found.groups()
        fields = [field.strip() for field in (rest or "").split(separator)] if rest else []
        return self._row(user_id.strip(), day, clock, [*fields, "", "", ""])

    def _keyed(self, text: str) -> PunchRow | str | None:
        fields = keyed_fields(text)
        user_id = fields.get("pin", "")
        event = fields.get("event", "")
        if user_id in ("", "0"):
            if fields.get("cardno", "0") not in ("", "0"):
                return "no_user"
            self.device_events += 1
            return None
        if event.isdecimal() and int(event) > _LAST_OPENING_EVENT:
            return "door_event"
        time = _TIME.fullmatch(fields.get("time") or fields.get("datetime", ""))
        if time is None:
            return "impossible_time"
        state = fields.get("inoutstatus", fields.get("status", ""))
        verify = fields.get("verifytype", fields.get("verify", fields.get("verified", "")))
        if _BITS.fullmatch(verify):
            verify = ""  # a mask of methods, which no code can tell
        return self._row(user_id, time[1], time[2], [state, verify, fields.get("workcode", "")])

    def _row(self, user_id: str, day: str, clock: str, fields: list[str]) -> PunchRow | str:
        if not _is_id(user_id):
            return "user_id"
        if not _exists(day):
            return "impossible_time"
        state, verify = _code(fields[0], STATE_UNKNOWN), _code(fields[1], _NOT_TOLD)
        if state is None or verify is None:
            return "code"
        workcode = fields[2] if fields[2] not in ("0", "null") else ""
        if len(workcode) > MAX_TEXT or (workcode and not is_clean_text(workcode)):
            return "columns"
        when = f"{day}T{clock}"
        occurrence = self._occurrences.number(when, user_id, state, verify)
        return PunchRow(user_id, when, state, verify, occurrence, workcode)


def lines_of(body: bytes) -> Iterator[bytes]:
    """Yield the lines that say something, whatever ends them."""
    start = len(_BOM) if body.startswith(_BOM) else 0
    for line in re.finditer(rb"[^\r\n]+", body[start:] if start else body):
        if line[0].strip(b" \t\0"):
            yield line[0]


def whole_lines(body: bytes) -> bytes:
    """Return the body up to its last line end: what a broken transfer surely told."""
    return body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]


def keyed_fields(text: str) -> dict[str, str]:
    """Return ``name=value`` pairs between TABs, or between commas where there is no TAB.

    >>> keyed_fields("PIN=7\\ttime=x")
    {'pin': '7', 'time': 'x'}
    """
    fields: dict[str, str] = {}
    for part in text.split("\t" if "\t" in text else ","):
        name, _, value = part.partition("=")
        plain = value.strip()
        fields.setdefault(name.strip().lower(), "" if plain == "null" else plain)
    return fields


def count_lines(body: bytes) -> Counter[str]:
    """Count an operation log by what each line is about, and keep nothing else of it."""
    words = (line[:40].split(None, 1)[0] for line in lines_of(body))
    return Counter(_known_word(word) for word in words)


def _known_word(word: bytes) -> str:
    text = word.decode("ascii", "replace").upper()
    return text if text in _OPERATIONS else "OTHER"


_OPERATIONS: Final = frozenset(
    [
        "USER",
        "OPLOG",
        "FP",
        "FACE",
        "FINGERTMP",
        "FVEIN",
        "BIODATA",
        "BIOPHOTO",
        "USERPIC",
        "IDCARD",
        "ERRORLOG",
    ]
)


def holds_body_parts(body: bytes) -> bool:
    """Tell whether a post may hold a face, a finger or a photo, which must not be kept."""
    return bool(_BODY_PARTS.search(body))


def kept_raw(what: str, body: bytes) -> Rejected:
    """Return a post nobody understands, as trouble."""
    return Rejected(
        position=what[:MAX_TEXT],
        code="unknown_post",
        detail=f"The terminal sent {what[:MAX_TEXT]}, which is not known here; it is kept as it "
        "came. Nothing needs to be done unless punches are missing.",
        raw=body[:MAX_KEPT_BYTES],
    )


def counted_text(counts: Mapping[str, int]) -> str:
    """Return counters for people to read."""
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def batches(
    items: Iterable[PunchRow | Rejected | None], size: int
) -> Iterator[tuple[list[PunchRow], list[Rejected]]]:
    """Yield what lines said, at most `size` of them at a time."""
    punches: list[PunchRow] = []
    rejected: list[Rejected] = []
    for item in items:
        if isinstance(item, PunchRow):
            punches.append(item)
        elif item is not None:
            rejected.append(item)
        if len(punches) + len(rejected) >= size:
            yield punches, rejected
            punches, rejected = [], []
    if punches or rejected:
        yield punches, rejected


def _text_of(raw: bytes) -> str | None:
    raw = raw.rstrip(b"\0")
    if b"\0" in raw:
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _is_id(text: str) -> bool:
    is_typed = is_clean_text(text) and text.isprintable() and " " not in text
    return is_typed and len(text) <= MAX_TEXT and text != "null"


def _code(text: str, not_told: int) -> int | None:
    if text in ("", "null"):
        return not_told
    return int(text) if _CODE.fullmatch(text) and int(text) <= _MAX_CODE else None


@lru_cache(maxsize=4096)
def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _rejected(code: str, raw: bytes) -> Rejected:
    return Rejected(
        position="attendance log",  # the same line pushed again is the same trouble
        code=code,
        detail=f"A line the terminal pushed {_PROBLEMS[code]}; {_REMEDY}",
        raw=raw,
    )
