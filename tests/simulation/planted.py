"""Mistakes planted on purpose, to see that the simulation finds them. Not part of the product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from unittest.mock import ANY, patch

from sqlalchemy import Connection

from agent import mqtt_link
from agent.actions import Settle
from agent.capture import Capture, Stored
from agent.outbox import Outbox
from agent.uplink import Uplink
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.inbox import Arrival
from cloud_receiver.ingest import _Filing
from cloud_receiver.intake import IntakeLoop
from cloud_receiver.mail import sort_mail
from cloud_receiver.store import journal
from cloud_receiver.store.engine import write
from cloud_receiver.store.journal import Entry
from tests.simulation.headquarters import SteppedOpener
from tests.simulation.simulation import Product

_APPEND = journal.append


class SettlesOnPuback(Uplink):
    """Takes the broker's word for headquarters', as gateways commonly do."""

    def _answer(self, event: mqtt_link.Published, now_s: float) -> None:
        token = self._tokens.get(event.message_no)
        flight = None if token is None else self._publisher._flights.get(token)
        super()._answer(event, now_s)
        if flight is None or event.refused:
            return
        work = self._publisher._lanes[flight.lane]
        mark = work.state.mark.add(flight.first, flight.last)
        hq_epoch = work.state.hq_epoch or "unknown"
        work.state = replace(work.state, mark=mark, hq_epoch=hq_epoch)
        self._writer.settle(Settle(flight.lane, mark, (), hq_epoch))


class BelievesEveryReceipt(Uplink):
    """Settles by receipts for what another process of its name sent."""

    def _start_publisher(self) -> None:
        super()._start_publisher()
        self._publisher._life = ANY


class CursorFirst(Outbox):
    """Commits the cursor, then the records it says were read."""

    def put(self, capture: Capture) -> Stored:
        super().put(replace(capture, rows=(), pieces=()))
        return super().put(capture)


class MarkFirst(IntakeLoop):
    """Moves the marks in a transaction of their own, before the records are filed."""

    def _file(self, group: Sequence[Arrival]) -> None:
        mail = sort_mail(self._org, [arrival.message for arrival in group])
        now_utc_ms = utc_ms(self._clock.now_utc())
        with write(self._engine) as connection:
            marks = journal.lock_marks(connection, mail.batches, now_utc_ms)
            for key, batches in mail.batches.items():
                for batch in batches:
                    marks[key] = marks[key].add(batch.first, batch.last)
            journal.save_marks(connection, marks, now_utc_ms)
        super()._file(group)


class CountsAfterwards(Outbox):
    """Commits what was captured, then how many that makes."""

    def put(self, capture: Capture) -> Stored:
        self._later: str | None = None
        stored = super().put(capture)
        if self._later is not None:
            super()._set_meta("captured", self._later)
        return stored

    def _set_meta(self, key: str, value: str) -> None:
        if key == "captured":
            self._later = value
        else:
            super()._set_meta(key, value)


class FilesAgain(IntakeLoop):
    """Gives a record that comes again another identity."""

    def _file(self, group: Sequence[Arrival]) -> None:
        with patch.object(journal, "append", _append_again):
            super()._file(group)


def _append_again(connection: Connection, entries: Sequence[Entry]) -> int:
    known = journal.known(connection, [entry.record_id for entry in entries])
    return _APPEND(connection, [
        entry._replace(record_id=entry.record_id[::-1]) if entry.record_id in known else entry
        for entry in entries
    ])  # fmt: skip


class OpensDamaged(SteppedOpener):
    """Believes whatever bytes arrive."""

    def _open(self, arrival: Arrival) -> Arrival:
        with patch("sync.envelope._checksum", lambda *_: ANY):
            return super()._open(arrival)


class TakesDamaged(IntakeLoop):
    """Believes them of light mail too, which it opens itself."""

    def _file(self, group: Sequence[Arrival]) -> None:
        with patch("sync.envelope._checksum", lambda *_: ANY):
            super()._file(group)


class AsksForNoRefill(IntakeLoop):
    """Does not notice that the database was restored from a backup."""

    def _file(self, group: Sequence[Arrival]) -> None:
        with patch.object(_Filing, "_compare_marks"):
            super()._file(group)


class ComparesNoRecords(IntakeLoop):
    """Has no contest check: whose number came first is not asked."""

    def _file(self, group: Sequence[Arrival]) -> None:
        with patch.object(_Filing, "_compare_records"):
            super()._file(group)


class OpensSideBySide(SteppedOpener):
    """Opens two messages at a time; the later one may be open first."""

    def turn(self, most_messages: int) -> None:
        pair = [self._inbox.next_closed(0.0), self._inbox.next_closed(0.0)]
        for arrival in reversed(pair):
            if arrival is not None:
                self._inbox.put_opened(self._open(arrival))
        super().turn(most_messages)


PLANTED = {
    "counter committed separately": (Product(outbox=CountsAfterwards), "law 1"),
    "cursor committed separately": (Product(outbox=CursorFirst), "law 2"),
    "settle on PUBACK": (Product(uplink=SettlesOnPuback), "law 3"),
    "receipts for another process believed": (Product(uplink=BelievesEveryReceipt), "law 3"),
    "checksum not compared": (
        Product(opener=OpensDamaged, loop=TakesDamaged),
        "(law [34]|not deliv)",
    ),
    "a record that comes again filed again": (Product(loop=FilesAgain), "law 4"),
    "mark advanced before the commit": (Product(loop=MarkFirst), "nothing was copied, yet"),
    "restored database not noticed": (Product(loop=AsksForNoRefill), "not delivered"),
    "no contest check": (Product(loop=ComparesNoRecords), "law 4: box-. gave"),
    "opened side by side": (Product(opener=OpensSideBySide), "message . acknowledged out of turn"),
}
"""What was planted, and the beginning of what is found."""
