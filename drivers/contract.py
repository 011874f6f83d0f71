"""What the agent asks of a driver and what a driver gives; pure types, no I/O.

One thread owns a driver. A driver yields `Reading`s; the agent stores the records of one
reading and its cursor in one transaction (law 2) and only then asks for the next one, so
a reading that was yielded but not stored is simply read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

Cursor = Mapping[str, Any]
"""Where a driver stands in its source: a small JSON object only that driver understands."""


class PunchRow(NamedTuple):
    """A touch as the terminal tells it; fields as in `sync.records.Punch`.

    A named tuple, since a log of 100 000 is built of nothing else and it costs a third.
    """

    user_id: str
    device_time: str
    state_code: int
    verify_code: int
    occurrence: int
    workcode: str = ""


class SaleRow(NamedTuple):
    """A till line as the export tells it; fields as in `sync.records.Sale`, always named.

    A named tuple for the same reason as `PunchRow`.
    """

    register_id: str
    receipt_id: str
    line_no: int
    line_kind: str
    sold_at: str
    seller_code: str
    item_code: str
    quantity_milli: int
    amount_fen: int
    original_receipt_id: str
    source_name: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A piece of the source that could not be read: kept raw, shown, never in the way.

    Attributes:
        position: where in the source, for a person: ``line 17``, ``record 2031``.
        code: stable key, documented in docs/troubleshooting.md.
        detail: file, line, field and remedy in one sentence.
        raw: the bytes as they came.
    """

    position: str
    code: str
    detail: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which touches may be lost for good: nobody listened and nothing was kept.

    Attributes:
        from_utc, to_utc: `sync.clock.utc_text` form.
    """

    from_utc: str
    to_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A part of a source, at most a few thousand rows.

    Attributes:
        source_id: the identity of the source: a terminal's serial number, a POS folder.
        cursor: where the driver stands once these rows are stored.
        history: rows are old news (a first read, a repair) and must not delay today's.
        complete: this reading ends a pass over everything the source holds; the source is
            complete up to the moment the pass began. Only the last reading of a pass says so.
        gaps: what `complete` does not vouch for: no later read brings the touches of these
            stretches, and silence within them proves nothing. Told once each.
        clock_offset_ms: device minus box clock, measured at this connection; None: unknown.
        device_records: number of records the device says it holds; None: it does not say.
        device_serial: the terminal these rows are from, where one source brings those of
            several; empty: the source itself.
    """

    source_id: str
    cursor: Cursor
    punches: tuple[PunchRow, ...] = ()
    sales: tuple[SaleRow, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    gaps: tuple[Gap, ...] = ()
    history: bool = False
    complete: bool = False
    clock_offset_ms: int | None = None
    device_records: int | None = None
    device_serial: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What is worth showing about the device: model, firmware, layout, transport."""

    @property
    def terminal(self) -> str:
        """The identity of what was touched; part of a punch's own identity."""
        return self.device_serial or self.source_id


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the agent may expect of a driver.

    Attributes:
        live: `wait` can return early because the device said something.
        repair: `read(None)` re-reads everything the source still holds.
    """

    live: bool
    repair: bool


class Driver(Protocol):
    """One device or folder. Constructed without I/O; every method may be called after an error."""

    capabilities: Capabilities

    def read(self, cursor: Cursor | None) -> Iterator[Reading]:
        """Yield what the source holds beyond `cursor`, oldest first; everything when None.

        Idempotent: the same cursor yields the same rows again, with the same occurrences.
        A partial transfer is an error, never a short result. Rows that cannot be read are
        `Rejected` and the rest goes on.

        Raises:
            DriverError: classed by what to do; the driver has closed the connection.
        """

    def wait(self, timeout_s: float) -> bool:
        """Wait for a hint that `read` will find something; True when there was one.

        A hint is only a hint: silence proves nothing. May return early; returns at the
        latest after `timeout_s`, or at once when another thread calls `close`.

        Raises:
            DriverError: the connection broke; the next `read` reconnects.
        """

    def close(self) -> None:
        """Release the device. Idempotent, never raises, callable from another thread."""
