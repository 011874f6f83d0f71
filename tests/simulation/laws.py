"""The laws as they can be seen on the disks, checked after every step of a history."""

from __future__ import annotations

import json
from functools import lru_cache

from agent.storage import place
from cloud_receiver.ingest import NO_CONTEST
from cloud_receiver.store.engine import read
from cloud_receiver.store.sheaves import Kept, texts
from sync.errors import WireError
from sync.items import Item, read_item
from sync.receipt import Mark, common, merge
from sync.topics import Lane
from tests.simulation.box import Box
from tests.simulation.headquarters import Database
from tests.simulation.machines import LawBrokenError

DAMAGED = "damaged"
_UNREAD = '%"code":"unreadable"%'


class Laws:
    """Remembers what journals held and boxes counted as settled."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.journaled_ever = {DAMAGED}
        self.newest_entry = 0
        self.settled: dict[tuple[int, str, str], Mark] = {}
        self._written: dict[tuple[int, str, str], list[object]] = {}
        self._checked: dict[int, tuple[object, ...]] = {}
        self._noted_changes = -1
        self._numbered: dict[tuple[object, ...], str] = {}

    def forget_database(self) -> None:
        """It is another one now."""
        self.newest_entry, self._noted_changes = 0, -1
        self._numbered.clear()

    def forget_box(self, box: Box) -> None:
        """Its disk is another one now."""
        self.settled = {key: mark for key, mark in self.settled.items() if key[0] != id(box)}
        self._written.clear()

    def check_box(self, box: Box) -> None:
        """Laws 1, 2 and 3 on the disk: counted, there before its cursor, settled by receipt."""
        if self._checked.get(id(box)) == box.state:  # what was checked is all there is
            return
        self._checked[id(box)] = box.state
        done = box.done()
        (known,) = box.rows("SELECT count(*) FROM identity")[0]
        if known < done:
            raise LawBrokenError(f"law 2: {box.box_id} read {done} records and knows {known}")
        meta = dict(box.rows("SELECT key, value FROM meta"))
        lanes = box.rows("SELECT lane, head, through, beyond FROM lane")
        numbers = sum(head for _, head, _, _ in lanes)
        if int(meta["captured"]) != numbers + int(meta["quarantined"]):
            raise LawBrokenError(
                f"law 1: {box.box_id} captured {meta['captured']}, numbers {numbers}"
            )
        for lane, _, *written in lanes:
            key = id(box), meta["epoch"], lane
            if self._written.get(key) != written:
                self._written[key] = written
                through, beyond = written
                mark = merge(through, [(low, high) for low, high in json.loads(beyond)])
                self._check_settled(box, meta["epoch"], lane, mark)

    def _check_settled(self, box: Box, epoch: str, lane: str, mark: Mark) -> None:
        """Law 3: what a box newly counts as settled has been in a journal."""
        key = (id(box), epoch, lane)
        before = self.settled.get(key, Mark())
        self.settled[key] = mark
        for low, high in _ranges(mark):
            if common(merge(0, [(low, high)]), before) == merge(0, [(low, high)]):
                continue
            low = max(low, before.through + 1)
            nought = place(Lane(lane), 0)
            rows = box.rows(
                "SELECT place - ?, body FROM record WHERE place BETWEEN ? AND ?",
                nought, nought + low, nought + high,
            )  # fmt: skip
            for seq, body in rows:
                if not before.holds(seq) and identity_of(body) not in self.journaled_ever:
                    raise LawBrokenError(
                        f"law 3: {box.box_id} settled {lane} {seq} of {epoch}, which no journal held"
                    )

    def recorded(self, box: Box) -> set[str]:
        """Return the identities a box holds: in the end all that its devices recorded (law 2)."""
        found = [identity_of(body) for (body,) in box.rows("SELECT body FROM record")]
        expected = set(found) - {DAMAGED}
        held = sum(source.held for source in box.sources) - found.count(DAMAGED)
        assert len(expected) == held, f"law 2: {box.box_id} has {len(expected)} of {held}"
        return expected

    def expected(self, box: Box) -> set[str]:
        """Return what a box recorded and headquarters must have in the end."""
        return self.recorded(box) - self._needless(box)

    def _needless(self, box: Box) -> set[str]:
        """Return troubles a box put where it cannot read a record that headquarters has.

        The record was damaged after it was filed, but before its receipt came. A headquarters that is
        restored to between the two holds the number and asks for no refill of it.
        """
        epoch = box.writer.counts.epoch
        found = set()
        for number, body in box.rows("SELECT place, body FROM record WHERE body LIKE ?", _UNREAD):
            lane = max(
                (one for one in Lane if place(one, 0) < number), key=lambda one: place(one, 0)
            )
            if (box.box_id, epoch, lane.value, number - place(lane, 0)) in self._numbered:
                found.add(identity_of(body))
        return found

    def note_journal(self) -> None:
        """Remember what any headquarters ever held."""
        if self._database.changes == self._noted_changes:
            return
        self._noted_changes = self._database.changes
        for entry_no, record_id, kind, *number in self._database.rows(
            "SELECT entry_no, record_id, kind, box_id, epoch, lane, seq FROM journal"
            " WHERE entry_no > ? ORDER BY entry_no", self.newest_entry,
        ):  # fmt: skip
            self.newest_entry = entry_no
            self.journaled_ever.add(record_id)
            if kind not in NO_CONTEST:
                first = self._numbered.setdefault(tuple(number), record_id)
                if first != record_id:
                    self._check_contested(*number)

    def _check_contested(self, box_id: str, epoch: str, lane: str, seq: int) -> None:
        """Law 4, two outboxes that are one: of a number given twice there is a letter."""
        noticed = self._database.rows(
            "SELECT 1 FROM dead_letter WHERE box_id = ? AND epoch = ?"
            " AND (code = 'contested' OR lane = ? AND seq = ?)", box_id, epoch, lane, seq,
        )  # fmt: skip
        if not noticed:
            raise LawBrokenError(
                f"law 4: {box_id} gave {lane} {seq} of {epoch} to two records and nobody noticed"
            )

    def contested(self) -> set[tuple[str, str]]:
        """Return the boxes and epochs that headquarters found to be two outboxes."""
        query = "SELECT box_id, epoch FROM dead_letter WHERE code = 'contested'"
        return set(self._database.rows(query))

    def journaled_texts(self) -> list[tuple[str, str]]:
        """Return the journal's identities and texts; each text must be its identity's."""
        rows = self._database.rows("SELECT record_id, seq, body, sheaf_no FROM journal")
        with read(self._database.engine) as connection:
            told = texts(connection, [Kept(*row[1:]) for row in rows])
        journaled = [(row[0], text) for row, text in zip(rows, told, strict=True)]
        for record_id, text in journaled:
            if identity_of(text) != record_id:
                raise LawBrokenError(f"law 4: {record_id} is filed with the text {text}")
        return journaled


@lru_cache(2**16)
def identity_of(body: str) -> str:
    """Return the identity of a record; a damaged one is known by its damaged text."""
    try:
        item, _ = read_item(body, 0)
    except WireError:
        return DAMAGED
    assert isinstance(item, Item), item
    return item.record_id


def _ranges(mark: Mark) -> list[tuple[int, int]]:
    return [*([(1, mark.through)] if mark.through else []), *mark.beyond]
