"""What of a terminal's log is stored, as the cursor tells it; pure.

Cursor: ``serial``; ``all`` and ``new``, the terminal's counters as they were when the
stored records ended; ``digest`` of the stored records that still carry the "new" mark;
``touches`` to go on numbering equal touches. A cursor without ``all`` stands inside a
pass over the whole log, which cannot be resumed in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from drivers.anviz.layouts import Counters, parse_punch
from drivers.contract import Cursor, PunchRow
from drivers.occurrences import Occurrences

_DIGEST_HEX_DIGITS: Final = 32


def digest_of(records: Sequence[bytes]) -> str:
    """Return the fingerprint of raw records by which they are known again."""
    return sha256(b"".join(records)).hexdigest()[:_DIGEST_HEX_DIGITS]


def still_marked(cursor: Cursor, serial: str, counters: Counters) -> int | None:
    """Return how many stored records still carry the "new" mark.

    None: the counters cannot follow from the cursor, so that everything must be read. A
    full log counts no further, so growing less than the marks is no contradiction; growing
    more, or shrinking, is: somebody else read it, cleared it, or it is another one. Unless
    exactly what came since is marked: then we cleared the marks and died before we noted it.
    """
    if cursor.get("serial") != serial or "all" not in cursor:
        return None
    marked: int = cursor["new"]
    grown: int = counters.all_records - cursor["all"]
    if 0 <= grown <= counters.new_records - marked:
        return marked
    return 0 if grown == counters.new_records else None


class LogPass:
    """Turn the records of one pass into rows, and say where it stands.

    Args:
        amount: records this pass goes over.
        marked_from: index of the first of them that carries the "new" mark.
        is_resumable: False for a pass over the whole log.
        touches: state of the occurrence count before the first record.
    """

    def __init__(
        self,
        serial: str,
        epoch: datetime,
        counters: Counters,
        *,
        amount: int,
        marked_from: int,
        is_resumable: bool,
        touches: Sequence[Any] | None,
    ) -> None:
        assert 0 <= marked_from <= amount
        self._serial = serial
        self._epoch = epoch
        self._all_records = counters.all_records
        self._amount = amount
        self._marked_from = marked_from
        self._is_resumable = is_resumable
        self._occurrences = Occurrences(touches)
        self._marked: list[bytes] = []
        self._done = 0

    @property
    def is_done(self) -> bool:
        """Tell whether every record of the pass was taken."""
        return self._done == self._amount

    def skip(self, records: Sequence[bytes]) -> None:
        """Go over records that are stored already and still carry the mark."""
        self._count(records)

    def take(self, records: Sequence[bytes]) -> list[PunchRow]:
        """Return the rows of the next records."""
        self._count(records)
        return [parse_punch(record, self._epoch, self._occurrences) for record in records]

    def cursor(self) -> dict[str, Any]:
        """Return where the terminal stands once everything taken so far is stored."""
        if not (self._is_resumable or self.is_done):
            return {"serial": self._serial}
        return {
            "serial": self._serial,
            "all": self._all_records - (self._amount - self._done),
            "new": len(self._marked),
            "digest": digest_of(self._marked),
            "touches": self._occurrences.state(),
        }

    def _count(self, records: Sequence[bytes]) -> None:
        first_marked = max(0, self._marked_from - self._done)
        self._marked.extend(records[first_marked:])
        self._done += len(records)
        assert self._done <= self._amount
