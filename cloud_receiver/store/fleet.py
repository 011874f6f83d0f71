"""The fleet: what boxes say about themselves and their devices, and what is believed of it.

A device's feed counts as complete up to an instant only once the journal holds all the
box had read by then (law 9): the box names the lanes' heads of that moment, headquarters
compares them with its own marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection, RowMapping, bindparam, delete, false, select, true, update

from cloud_receiver.domain.scopes import ChangeKind
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import boots, change_feed, feed_history
from cloud_receiver.store.dirty import SALES_DRIVERS
from cloud_receiver.store.engine import insert_ignore, upsert_rows
from cloud_receiver.store.projection import redate
from cloud_receiver.store.questions import Question
from cloud_receiver.store.tables import box, source
from sync.clock import parse_utc
from sync.errors import DakaError, WireError
from sync.heartbeat import DeviceHealth, Heartbeat, decode_heartbeat
from sync.presence import BoxState
from sync.receipt import Mark
from sync.topics import Lane

_UNREAD = "?"  # leads the source_id of a device that was never read: its name stands in


def meet(connection: Connection, box_ids: Iterable[str], now_utc_ms: int) -> None:
    """Note boxes that were never heard of; those that are known stay as they are."""
    rows = [
        {
            "box_id": box_id,
            "online": True,
            "health": "",
            "first_seen_utc_ms": now_utc_ms,
            "last_seen_utc_ms": now_utc_ms,
        }
        for box_id in sorted(set(box_ids))
    ]
    insert_ignore(connection, box, rows)


def heard_of(connection: Connection, box_ids: Iterable[str], now_utc_ms: int) -> None:
    """Note that boxes were heard of just now."""
    for box_id in sorted(set(box_ids)):
        meet(connection, [box_id], now_utc_ms)
        _HEARD.do(connection, box_id=box_id, last_seen_utc_ms=now_utc_ms)


def greet(connection: Connection, state: BoxState, now_utc_ms: int) -> None:
    """Take a box's birth or death; a death of an earlier connection changes nothing."""
    if not state.online:
        if _DIED.do(connection, box_id=state.box_id, nonce=state.nonce):
            _tell_systems(connection, state.box_id, now_utc_ms, online=False)
        return
    if _note_online(connection, state.box_id, now_utc_ms) is None:
        meet(connection, [state.box_id], now_utc_ms)
    _GREETED.do(
        connection,
        box_id=state.box_id,
        nonce=state.nonce,
        version=state.version,
        epoch=state.epoch,
        last_seen_utc_ms=now_utc_ms,
    )


def epoch_of(connection: Connection, box_id: str) -> str | None:
    """Return the outbox a box spoke of last."""
    epoch: str | None = _EPOCH.ask_one(connection, box_id=box_id)
    return epoch


def _note_online(connection: Connection, box_id: str, now_utc_ms: int) -> bool | None:
    """Tell systems of a box that was not online; return whether it was, None: it is not known."""
    before: bool | None = _ONLINE.ask_one(connection, box_id=box_id)
    if not before:
        _tell_systems(connection, box_id, now_utc_ms, online=True)
    return before


def _tell_systems(connection: Connection, box_id: str, now_utc_ms: int, *, online: bool) -> None:
    document = {"box_id": box_id, "online": online}
    change_feed.tell(connection, ChangeKind.BOX_STATE, [(box_id, document)], now_utc_ms)


def report(
    connection: Connection,
    beat: Heartbeat,
    text: str,
    marks: Mapping[Lane, Mark],
    now_utc_ms: int,
) -> None:
    """Take a heartbeat, `text` verbatim; `marks` are headquarters' own for its epoch."""
    row = {
        "box_id": beat.box_id,
        "store_id": beat.store_id,
        "version": beat.version,
        "epoch": beat.epoch,
        "online": True,
        "health": text,
        "first_seen_utc_ms": now_utc_ms,
        "last_seen_utc_ms": now_utc_ms,
    }
    _note_online(connection, beat.box_id, now_utc_ms)
    upsert_rows(connection, box, list(row), [tuple(row.values())], keep=("first_seen_utc_ms",))
    if boots.note(connection, beat.box_id, beat.boot_id, beat.boottime_ms, now_utc_ms):
        redate(connection, beat.box_id, now_utc_ms)
    known = {row[0]: _Stood(*row[1:]) for row in _STOOD.ask(connection, box_id=beat.box_id)}
    rows = [_source_row(beat.box_id, device, marks, known) for device in beat.devices]
    reported = {row.source_id: row for row in rows}  # of two that go by one name the last
    gone = known.keys() - reported.keys()
    keeps_up = not gone and all(
        row.source_id in known and known[row.source_id].keeps_up(row, now_utc_ms)
        for row in reported.values()
    )
    with nullcontext() if keeps_up else feed_history.noted(connection, now_utc_ms):
        upsert_rows(connection, source, _SourceRow._fields, list(reported.values()))
        if gone:
            connection.execute(
                delete(source).where(source.c.box_id == beat.box_id, source.c.source_id.in_(gone))
            )


def retire(
    connection: Connection, box_id: str, source_id: str, now_utc_ms: int, *, undo: bool = False
) -> str:
    """Take a source out of service, or back into it; return its store.

    A store's feed no longer waits for a retired source. It may still send.

    Raises:
        DakaError: the box has no such source.
    """
    this = (source.c.box_id == box_id) & (source.c.source_id == source_id)
    store_id = connection.scalar(select(source.c.store_id).where(this))
    if store_id is None:
        listed = select(source.c.source_id).where(source.c.box_id == box_id)
        known = ", ".join(sorted(connection.scalars(listed))) or "none"
        raise DakaError(f"box {box_id!r} has no source {source_id!r}; it has {known}")
    retired_utc_ms = None if undo else now_utc_ms
    with feed_history.noted(connection, now_utc_ms):
        connection.execute(update(source).where(this).values(retired_utc_ms=retired_utc_ms))
    return str(store_id)


_THIS_BOX: Final = box.c.box_id == bindparam("box_id")
_EPOCH: Final = Question(select(box.c.epoch).where(_THIS_BOX))
_ONLINE: Final = Question(select(box.c.online).where(_THIS_BOX))
_HEARD: Final = Question(
    update(box).where(_THIS_BOX).values(last_seen_utc_ms=bindparam("last_seen_utc_ms"))
)
_DIED: Final = Question(
    update(box)
    .where(_THIS_BOX, box.c.nonce == bindparam("nonce"), box.c.online)
    .values(online=false())
)
_GREETED: Final = Question(
    update(box)
    .where(_THIS_BOX)
    .values(online=true())
    .values({name: bindparam(name) for name in ("nonce", "version", "epoch", "last_seen_utc_ms")})
)
_STOOD: Final = Question(
    select(
        source.c.source_id, source.c.store_id, source.c.complete_utc_ms, source.c.retired_utc_ms
    ).where(source.c.box_id == bindparam("box_id"))
)


class _SourceRow(NamedTuple):
    """What a heartbeat says of a device; the fields are the table's columns."""

    box_id: str
    source_id: str
    name: str
    store_id: str
    driver: str
    status: str
    detail: str
    last_read_utc_ms: int | None
    complete_utc_ms: int | None
    clock_offset_ms: int | None
    device_records: int | None


class _Stood(NamedTuple):
    """A source before a heartbeat."""

    store_id: str
    complete_utc_ms: int | None
    retired_utc_ms: int | None

    def keeps_up(self, row: _SourceRow, now_utc_ms: int) -> bool:
        """Tell whether the heartbeat cannot do anything to the store's feed that is worth a look."""
        if row.store_id != self.store_id:
            return False
        stays = row.complete_utc_ms == self.complete_utc_ms or self.retired_utc_ms is not None
        was_near = now_utc_ms - (self.complete_utc_ms or 0) <= feed_history.BEHIND_MS
        return stays or was_near or row.driver in SALES_DRIVERS


def _source_row(
    box_id: str,
    device: DeviceHealth,
    marks: Mapping[Lane, Mark],
    known: Mapping[str, _Stood],
) -> _SourceRow:
    source_id = device.source_id or f"{_UNREAD}{device.name}"
    stood = known.get(source_id)
    return _SourceRow(
        box_id=box_id,
        source_id=source_id,
        name=device.name,
        store_id=device.store_id,
        driver=device.driver,
        status=device.status,
        detail=device.detail,
        last_read_utc_ms=_ms(device.last_read_utc),
        complete_utc_ms=_believed_complete(device, marks, stood.complete_utc_ms if stood else None),
        clock_offset_ms=device.clock_offset_ms,
        device_records=device.device_records,
    )


def _believed_complete(
    device: DeviceHealth, marks: Mapping[Lane, Mark], believed_utc_ms: int | None
) -> int | None:
    said_utc_ms = _ms(device.complete_utc)
    if said_utc_ms is None:
        return believed_utc_ms
    if any(marks[lane].through < head for lane, head in device.complete_lane_heads.items()):
        return believed_utc_ms
    return max(said_utc_ms, believed_utc_ms or 0)


def _ms(instant: str | None) -> int | None:
    return None if instant is None else utc_ms(parse_utc(instant))


# ---- what the fleet page shows ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceView:
    """A device as its box last reported it; see `tables.source`."""

    source_id: str | None
    name: str
    store_id: str
    driver: str
    status: str
    detail: str
    last_read_utc_ms: int | None
    complete_utc_ms: int | None
    clock_offset_ms: int | None
    device_records: int | None
    retired_utc_ms: int | None


@dataclass(frozen=True, slots=True)
class BoxView:
    """A box as it is shown.

    Attributes:
        beat: its last heartbeat with the counters of law 1; None: it never sent one.
        oldest_waiting_utc_ms: capture time of the oldest record not settled; None: none waits.
        problem: why `beat` cannot be shown although there was one; usually empty.
    """

    box_id: str
    store_id: str | None
    version: str | None
    online: bool
    first_seen_utc_ms: int
    last_seen_utc_ms: int
    beat: Heartbeat | None
    oldest_waiting_utc_ms: int | None
    problem: str
    devices: Sequence[SourceView]


def boxes(connection: Connection) -> list[BoxView]:
    """Return every box with its devices, by box id."""
    devices: dict[str, list[SourceView]] = {}
    for row in connection.execute(select(source).order_by(source.c.name)).mappings():
        fields = dict(row)
        box_id = fields.pop("box_id")
        if fields["source_id"].startswith(_UNREAD):
            fields["source_id"] = None
        devices.setdefault(box_id, []).append(SourceView(**fields))
    rows = connection.execute(select(box).order_by(box.c.box_id)).mappings()
    return [_box_view(row, tuple(devices.get(row["box_id"], ()))) for row in rows]


def _box_view(row: RowMapping, devices: Sequence[SourceView]) -> BoxView:
    beat, problem = _last_beat(str(row["health"]))
    return BoxView(
        box_id=row["box_id"],
        store_id=row["store_id"],
        version=row["version"],
        online=row["online"],
        first_seen_utc_ms=row["first_seen_utc_ms"],
        last_seen_utc_ms=row["last_seen_utc_ms"],
        beat=beat,
        oldest_waiting_utc_ms=_ms(beat.oldest_waiting_utc) if beat else None,
        problem=problem,
        devices=devices,
    )


def _last_beat(text: str) -> tuple[Heartbeat | None, str]:
    if not text:
        return None, ""
    try:
        return decode_heartbeat(text.encode()), ""
    except WireError as error:  # stored by a version that read it otherwise
        return None, str(error)
