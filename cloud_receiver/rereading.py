"""Dead letters read once more: after an upgrade, what was unreadable may be a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cloud_receiver.ingest import take_in
from cloud_receiver.mail import Message, sort_mail
from cloud_receiver.store import problems
from cloud_receiver.store.engine import read, write
from cloud_receiver.store.problems import BuriedLetter
from sync.envelope import encode_batch
from sync.items import Refused
from sync.topics import Lane

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOT_MESSAGES: Final = frozenset(
    {"conflict", "contested", "namesake", "ahead", "gone", problems.OVER}
)
"""Letters that tell of something; there is nothing in them to be read again."""


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of one letter.

    Attributes:
        code, detail: why it still cannot be read; None: it could, and is no letter any more.
    """

    letter_no: int
    new_records: int
    code: str | None = None
    detail: str = ""

    @property
    def is_read(self) -> bool:
        """Tell whether it could be read."""
        return self.code is None


def numbers_of(engine: Engine, code: str) -> list[int]:
    """Return the numbers of all letters of one reason, oldest first."""
    with read(engine) as connection:
        letters = problems.dead_letters(connection, limit=problems.ALL, code=code)
    return sorted(letter.letter_no for letter in letters)


def reread(engine: Engine, org: str, letter_no: int, now_utc_ms: int) -> Reread | None:
    """Read a letter again as if it came now; None: there is no such letter.

    What can be read is filed and the letter removed; what cannot stays as it is.
    """
    with read(engine) as connection:
        found = problems.dead_letter_raw(connection, letter_no)
    if found is None:
        return None
    letter, raw = found
    if letter.code in NOT_MESSAGES:
        return Reread(letter_no, 0, letter.code, letter.detail)
    message = _message(letter, raw)
    trouble = _trouble(org, message)
    if trouble is not None:
        return Reread(letter_no, 0, *trouble)
    intake = take_in(engine, org, [message], now_utc_ms)
    with write(engine) as connection:
        problems.exhume(connection, letter_no)
    return Reread(letter_no, intake.new_records)


def _message(letter: BuriedLetter, raw: bytes) -> Message:
    """Return the message a letter was, or the record it was as a batch of one."""
    if letter.seq is None or letter.box_id is None or letter.lane is None:
        return Message(letter.topic, raw)
    epoch = letter.epoch or "unknown"
    body = raw.decode("utf-8", "replace")
    payload = encode_batch(letter.box_id, epoch, Lane(letter.lane), letter.seq, [body])
    return Message(letter.topic, payload)


def _trouble(org: str, message: Message) -> tuple[str, str] | None:
    mail = sort_mail(org, [message])
    for letter in mail.letters:
        return letter.code, letter.detail
    for batches in mail.batches.values():
        for batch in batches:
            for item in batch.items:
                if isinstance(item, Refused):
                    return item.error.code, item.error.detail
    return None
