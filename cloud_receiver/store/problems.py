"""What went wrong on the way in: dead letters of headquarters and troubles of the boxes.

A dead letter keeps the bytes as they came, so that whatever was misread today can be read
tomorrow. Both are shown on the problems page, newest first.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from cloud_receiver.store.engine import insert_ignore
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import IS_TROUBLE, dead_letter, journal
from sync.records import Trouble, from_wire

MAX_RAW_BYTES: Final = 1024 * 1024
MAX_DETAIL: Final = 1000
MAX_LETTERS_A_BOX: Final = 10_000
ALL: Final = 2**31
RECENT_MS: Final = 10 * 60_000
OVER: Final = "over"
"""Code of the one letter a box that counts what was not kept for want of room."""
_ALWAYS_KEPT: Final = frozenset({"contested", "namesake", "ahead", "gone"})
_OF_BOX: Final = Question(select(func.count()).where(dead_letter.c.box_id == bindparam("box_id")))
_OF_NOBODY: Final = Question(select(func.count()).where(dead_letter.c.box_id.is_(None)))
_SAME: Final = Question(
    select(dead_letter.c.letter_no).where(
        dead_letter.c.content_sha256 == bindparam("content_sha256")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Bytes that could not be journaled.

    Attributes:
        code: stable key of the reason, see docs/troubleshooting.md.
        raw: the bytes as they came, the whole message or one record's JSON text.
        sameness: what makes two letters one; None: box, code and `raw`.
        box_id, epoch, lane, seq: as far as they are known.
    """

    topic: str
    code: str
    detail: str
    raw: bytes
    box_id: str | None = None
    epoch: str | None = None
    lane: str | None = None
    seq: int | None = None
    sameness: str | None = None

    def content_sha256(self) -> str:
        """Return the hash by which the same poison twice is one letter."""
        digest = sha256(f"{self.box_id}\n{self.code}\n".encode())
        digest.update(self.raw if self.sameness is None else self.sameness.encode())
        return digest.hexdigest()


def bury(connection: Connection, letters: Iterable[Letter], now_utc_ms: int) -> int:
    """Keep letters, each content once and of each box so many; return how many are new.

    What a box sends beyond its share is counted in a letter of its own.
    """
    letters = _within_share(connection, list(letters), now_utc_ms)
    rows = [
        {
            "content_sha256": letter.content_sha256(),
            "box_id": letter.box_id,
            "epoch": letter.epoch,
            "lane": letter.lane,
            "seq": letter.seq,
            "topic": _plain(letter.topic),
            "code": letter.code,
            "detail": _plain(letter.detail)[:MAX_DETAIL],
            "raw": letter.raw[:MAX_RAW_BYTES],
            "received_utc_ms": now_utc_ms,
        }
        for letter in letters
    ]
    return insert_ignore(connection, dead_letter, rows)


def _within_share(connection: Connection, letters: list[Letter], now_utc_ms: int) -> list[Letter]:
    """Return the letters there is room for; count the others."""
    kept: list[Letter] = []
    room: dict[str | None, int] = {}
    over: dict[str | None, int] = {}
    for letter in letters:
        box_id = letter.box_id
        if is_buried(connection, letter):
            continue
        if box_id not in room:
            held = (
                _OF_NOBODY.ask_one(connection)
                if box_id is None
                else _OF_BOX.ask_one(connection, box_id=box_id)
            )
            room[box_id] = MAX_LETTERS_A_BOX - held
        if room[box_id] > 0 or letter.code in _ALWAYS_KEPT:
            room[box_id] -= 1
            kept.append(letter)
        else:
            over[box_id] = over.get(box_id, 0) + 1
    for box_id, count in over.items():
        _count_over(connection, box_id, count, now_utc_ms)
    return kept


def _count_over(connection: Connection, box_id: str | None, count: int, now_utc_ms: int) -> None:
    sign = Letter(topic="", code=OVER, detail="", raw=b"", box_id=box_id, sameness=OVER)
    same = dead_letter.c.content_sha256 == sign.content_sha256()
    before = connection.scalar(select(dead_letter.c.seq).where(same))
    total = count + (before or 0)
    told = {
        "seq": total,
        "detail": f"{total} more were not kept: {MAX_LETTERS_A_BOX} of this box are here already",
        "received_utc_ms": now_utc_ms,
    }
    if before is not None:
        connection.execute(update(dead_letter).where(same).values(told))
        return
    key = {"content_sha256": sign.content_sha256(), "box_id": box_id, "code": OVER}
    connection.execute(insert(dead_letter).values({**key, **told, "topic": "", "raw": b""}))


def exhume(connection: Connection, letter_no: int) -> None:
    """Remove a letter whose content has been read after all."""
    connection.execute(delete(dead_letter).where(dead_letter.c.letter_no == letter_no))


def numbers_with_letters(
    connection: Connection, box_id: str, epoch: str, lane: str, seqs: Collection[int]
) -> set[int]:
    """Return those numbers of a lane whose records are, or were, dead letters."""
    of_lane = (
        (dead_letter.c.box_id == box_id)
        & (dead_letter.c.epoch == epoch)
        & (dead_letter.c.lane == lane)
        & dead_letter.c.seq.in_(seqs)
    )
    return set(connection.scalars(select(dead_letter.c.seq).where(of_lane)))


def is_buried(connection: Connection, letter: Letter) -> bool:
    """Tell whether such a letter is kept already."""
    return _SAME.ask_one(connection, content_sha256=letter.content_sha256()) is not None


def is_recent(connection: Connection, letter: Letter, now_utc_ms: int) -> bool:
    """Tell whether a letter of this code about this outbox came within `RECENT_MS`."""
    query = select(dead_letter.c.letter_no).where(
        dead_letter.c.box_id == letter.box_id,
        dead_letter.c.epoch == letter.epoch,
        dead_letter.c.code == letter.code,
        dead_letter.c.received_utc_ms.between(now_utc_ms - RECENT_MS, now_utc_ms + RECENT_MS),
    )
    return connection.execute(query.limit(1)).first() is not None


def _plain(text: str) -> str:
    """Return text any database takes: nothing unprintable, which includes NUL and surrogates."""
    return text if text.isprintable() else ascii(text)


@dataclass(frozen=True, slots=True)
class BuriedLetter:
    """A dead letter as it is listed; `raw` is fetched on its own."""

    letter_no: int
    box_id: str | None
    epoch: str | None
    lane: str | None
    seq: int | None
    topic: str
    code: str
    detail: str
    raw_bytes: int
    received_utc_ms: int


_LISTED: Final = (
    dead_letter.c.letter_no,
    dead_letter.c.box_id,
    dead_letter.c.epoch,
    dead_letter.c.lane,
    dead_letter.c.seq,
    dead_letter.c.topic,
    dead_letter.c.code,
    dead_letter.c.detail,
    func.length(dead_letter.c.raw).label("raw_bytes"),
    dead_letter.c.received_utc_ms,
)


def dead_letters(
    connection: Connection,
    *,
    before_no: int | None = None,
    limit: int = 50,
    code: str | None = None,
) -> list[BuriedLetter]:
    """Return dead letters, newest first; pass the last one's number for the next page."""
    query = select(*_LISTED).order_by(dead_letter.c.letter_no.desc()).limit(limit)
    if code is not None:
        query = query.where(dead_letter.c.code == code)
    if before_no is not None:
        query = query.where(dead_letter.c.letter_no < before_no)
    return [BuriedLetter(**row) for row in connection.execute(query).mappings()]


def dead_letter_count(connection: Connection) -> int:
    """Return how many dead letters there are."""
    return connection.execute(select(func.count()).select_from(dead_letter)).scalar_one()


def dead_letter_raw(connection: Connection, letter_no: int) -> tuple[BuriedLetter, bytes] | None:
    """Return a dead letter and its bytes, or None if there is no such number."""
    query = select(*_LISTED, dead_letter.c.raw).where(dead_letter.c.letter_no == letter_no)
    found = connection.execute(query).mappings().one_or_none()
    if found is None:
        return None
    row = dict(found)
    raw = bytes(row.pop("raw"))
    return BuriedLetter(**row), raw


@dataclass(frozen=True, slots=True)
class ReportedTrouble:
    """Something a box could not read and kept, as it told headquarters."""

    entry_no: int
    box_id: str
    received_utc_ms: int
    trouble: Trouble


def troubles(
    connection: Connection, *, before_no: int | None = None, limit: int = 50
) -> list[ReportedTrouble]:
    """Return troubles, newest first; pass the last one's number for the next page."""
    columns = (journal.c.entry_no, journal.c.box_id, journal.c.received_utc_ms, journal.c.body)
    query = select(*columns).where(IS_TROUBLE)
    query = query.order_by(journal.c.entry_no.desc()).limit(limit)
    if before_no is not None:
        query = query.where(journal.c.entry_no < before_no)
    return [
        ReportedTrouble(entry_no, box_id, received_utc_ms, _trouble(body))
        for entry_no, box_id, received_utc_ms, body in connection.execute(query)
    ]


def trouble_count(connection: Connection) -> int:
    """Return how many troubles there are."""
    query = select(func.count()).select_from(journal).where(IS_TROUBLE)
    return connection.execute(query).scalar_one()


def _trouble(body: str) -> Trouble:
    record = from_wire(json.loads(body))
    assert isinstance(record, Trouble)
    return record
