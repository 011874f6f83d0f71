"""Mistakes planted on purpose, to see that the simulation finds them. Not part of the product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent import mqtt_link
from agent.actions import Settle
from agent.capture import Capture, Stored
from agent.outbox import Outbox
from agent.uplink import Uplink
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.intake import IntakeLoop
from cloud_receiver.mail import sort_mail
from cloud_receiver.mqtt_link import Arrival
from cloud_receiver.store import journal
from cloud_receiver.store.engine import write
from tests.simulation.simulation import Product


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


PLANTED = {
    "settle on PUBACK": Product(uplink=SettlesOnPuback),
    "mark advanced before the commit": Product(loop=MarkFirst),
    "cursor committed separately": Product(outbox=CursorFirst),
}
