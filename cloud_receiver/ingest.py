"""What came over the wire becomes journal rows, marks and dead letters in one transaction.

`take_in` files any number of messages at once, so that one commit serves many boxes. It
answers with receipts, which are made after the commit and never before (law 3). Whatever
cannot be read is kept raw with a reason and stops nothing behind it (law 10).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cloud_receiver.mail import Mail, Message, sort_mail
from cloud_receiver.store import control, fleet, journal
from cloud_receiver.store.engine import hq_epoch, rotate_hq_epoch, write
from cloud_receiver.store.journal import Entry, LaneKey
from cloud_receiver.store.problems import Letter, bury, is_buried, is_recent, numbers_with_letters
from cloud_receiver.store.sheaves import append_sheaf
from sync import topics
from sync.control import Echo
from sync.envelope import Batch
from sync.heartbeat import Heartbeat
from sync.items import Item, Refused
from sync.presence import BoxState
from sync.receipt import Mark, Receipt, Rejection, merge
from sync.records import Sale, Trouble
from sync.refusal import Refusal
from sync.sheaf import Sheaf
from sync.topics import Lane

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

FACTS_BESIDE_KEY: Final[dict[str, tuple[str, ...]]] = {
    Sale.KIND: (
        "sold_at", "seller_code", "item_code", "quantity_milli", "amount_fen", "original_receipt_id",
    ),
}  # fmt: skip
"""What the source says of a record beyond its natural key: two records of one identity that
differ here contradict each other. The rest is what boxes add, or what some forms leave out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A receipt and the box it is for."""

    box_id: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Intake:
    """What one call of `take_in` did.

    Attributes:
        new_records: how many records the journal did not hold before.
        new_letters: how many dead letters were not there before.
        refusals: batches that cannot be read at all, for the boxes that sent them.
        echoes: words of boxes to be said back: they have been through the database.
        heard_health: heartbeats came in, so a store's feed may be complete now (law 9).
        hq_epoch: identity of the database after the commit.
        has_rotated: the identity is new: boxes are asked to refill the database.
    """

    answers: tuple[Answer, ...]
    refusals: tuple[tuple[str, Refusal], ...]
    echoes: tuple[tuple[str, Echo], ...]
    new_records: int
    new_letters: int
    heard_health: bool
    hq_epoch: str
    has_rotated: bool


def take_in(engine: Engine, org: str, messages: Sequence[Message], now_utc_ms: int) -> Intake:
    """Open messages and file them, see `file_mail`."""
    return file_mail(engine, org, sort_mail(org, messages), now_utc_ms)


def file_mail(engine: Engine, org: str, mail: Mail, now_utc_ms: int) -> Intake:
    """File opened messages in one transaction and return the receipts they have earned.

    Safe to repeat: the same messages again change nothing and earn the same receipts. A box
    that says hello is told its marks.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: nothing was stored and nothing may be acknowledged.
    """
    with write(engine) as connection:
        filing = _Filing(connection, org, now_utc_ms)
        for state in mail.states:
            filing.note_namesake(state)
        filing.file_batches(mail)
        filing.hear(mail)
        filing.letters += mail.letters
        new_letters = bury(connection, filing.letters, now_utc_ms)
    assert connection.closed, "law 3: a receipt is made after the commit"
    return Intake(
        answers=tuple(filing.answers()),
        refusals=tuple(mail.refusals),
        echoes=tuple(mail.echoes),
        new_records=filing.new_records,
        new_letters=new_letters,
        heard_health=bool(mail.beats),
        hq_epoch=filing.hq_epoch,
        has_rotated=filing.has_rotated,
    )


@dataclass(slots=True)
class _Filing:
    """One transaction's work; what it leaves behind is answered when it is committed."""

    connection: Connection
    org: str
    now_utc_ms: int
    hq_epoch: str = field(init=False)
    has_rotated: bool = False
    marks: dict[LaneKey, Mark] = field(default_factory=dict)
    rejected: dict[LaneKey, list[Rejection]] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    new_records: int = 0
    taken: dict[LaneKey, dict[str, Mark]] = field(default_factory=dict)  # by the sender's life
    contested: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.hq_epoch = hq_epoch(self.connection)

    def file_batches(self, mail: Mail) -> None:
        """Append what holds, bury what does not, and move the marks over both."""
        marks = journal.lock_marks(self.connection, mail.batches, self.now_utc_ms)
        strangers = [key.box_id for key, mark in marks.items() if mark == Mark()]
        fleet.meet(self.connection, strangers, self.now_utc_ms)
        entries: list[Entry] = []
        for key, batches in mail.batches.items():
            for number, batch in enumerate(batches):
                if marks[key].meets(batch.first, batch.last):
                    self._compare_records(key, marks[key], batch, batches[:number])
                marks[key] = marks[key].add(batch.first, batch.last)
                taken = self.taken.setdefault(key, {})
                taken[batch.life] = _also(taken.get(batch.life), batch)
                if isinstance(batch.content, Sheaf):
                    self._file_sheaf(key, batch)
                else:
                    entries += self._entries(key, batch)
        new_records = journal.append(self.connection, entries)
        self.new_records += new_records
        if new_records < len(entries):
            self._refuse_conflicts(entries)
        journal.save_marks(self.connection, marks, self.now_utc_ms)
        self.marks |= marks

    def _file_sheaf(self, key: LaneKey, batch: Batch) -> None:
        new_records = append_sheaf(self.connection, key, batch, self.now_utc_ms)
        self.new_records += new_records
        if new_records < len(batch.content):
            self._refuse_conflicts(self._entries(key, batch))

    def answers(self) -> Iterator[Answer]:
        """Yield the receipts: one for each lane and each process that sent something of it."""
        for key, mark in self.marks.items():
            is_contested = key[:2] in self.contested
            for life, taken in self.taken.get(key, {"": _NOTHING}).items():
                rejected = [one for one in self.rejected.get(key, ()) if taken.holds(one.seq)]
                yield Answer(
                    key.box_id,
                    Receipt(
                        epoch=key.epoch,
                        lane=key.lane,
                        mark=mark,
                        rejected=tuple(rejected),
                        hq_epoch=self.hq_epoch,
                        life=life,
                        taken=taken.beyond,
                        is_contested=is_contested,
                    ),
                )

    def _compare_records(
        self, key: LaneKey, before: Mark, batch: Batch, beside: Sequence[Batch]
    ) -> None:
        """Notice numbers that were filed before, or `beside`, with other records.

        Two outboxes are one epoch: both are asked for a new one and send again what they keep.
        """
        again = {
            item.record_id: seq
            for seq, item in batch.numbered
            if item.kind not in NO_CONTEST and before.holds(seq)
        }
        known = journal.known(self.connection, list(again))
        told = {again[record_id] for record_id in again.keys() - known}
        for one in beside:  # what comes twice is no contest
            told -= {seq for seq, item in one.numbered if again.get(item.record_id) == seq}
        told -= {one.seq for one in self.rejected.get(key, ())}
        if told and told - numbers_with_letters(self.connection, *key, told):
            self.contested.add((key.box_id, key.epoch))
            detail = (
                f"{len(told)} numbers from {key.lane} {min(told)} on were given to other records"
                " before: two boxes go by this name, or an outbox was brought back from a copy"
            )
            letter = _contest(key.box_id, key.epoch, detail)
            self.letters.append(replace(letter, topic=topics.up(self.org, key.box_id, key.lane)))

    def _is_contested(self, box_id: str, epoch: str) -> bool:
        if is_buried(self.connection, _contest(box_id, epoch)):
            self.contested.add((box_id, epoch))
        return (box_id, epoch) in self.contested

    def _entries(self, key: LaneKey, batch: Batch) -> list[Entry]:
        box_id, epoch, lane, now_utc_ms = key.box_id, key.epoch, str(key.lane), self.now_utc_ms
        if any(isinstance(item, Refused) for item in batch.items):
            for seq, item in enumerate(batch.items, batch.first):
                if isinstance(item, Refused):
                    self._refuse(key, seq, item.error.code, item.error.detail, item.body)
        make = Entry._make
        return [
            make((item[0], item[1], item[2], box_id, epoch, lane, seq, item[3], now_utc_ms))
            for seq, item in enumerate(batch.items, batch.first)
            if isinstance(item, Item)
        ]

    def _refuse(
        self, key: LaneKey, seq: int, code: str, detail: str, body: str, sameness: str | None = None
    ) -> None:
        self.rejected.setdefault(key, []).append(Rejection(seq, code))
        self.letters.append(
            Letter(
                topic=topics.up(self.org, key.box_id, key.lane),
                code=code,
                detail=detail,
                raw=body.encode(),
                **key._asdict(),
                seq=seq,
                sameness=sameness,
            )
        )

    def _refuse_conflicts(self, entries: Sequence[Entry]) -> None:
        """Refuse records whose identity the journal holds with other facts: the first stays."""
        suspects = [entry for entry in entries if entry.kind in FACTS_BESIDE_KEY]
        kept = journal.bodies(self.connection, [entry.record_id for entry in suspects])
        for entry in suspects:
            stands = kept[entry.record_id]
            is_same = entry.body == stands or not stands  # of an archived one the first stays too
            difference = {} if is_same else _difference(entry.kind, stands, entry.body)
            if difference:
                told = ", ".join(f"{name} {a!r}, now {b!r}" for name, (a, b) in difference.items())
                self._refuse(
                    LaneKey(entry.box_id, entry.epoch, Lane(entry.lane)),
                    entry.seq,
                    "conflict",
                    f"record {entry.record_id} is in the journal with other facts: {told}",
                    entry.body,
                    sameness=f"{entry.record_id} {difference}",
                )

    def hear(self, mail: Mail) -> None:
        """Take what boxes say about themselves; one that says hello is told its marks."""
        for beat, message in mail.beats:
            marks = dict.fromkeys(Lane, Mark())  # of contested numbers nothing can be believed
            if self._is_contested(beat.box_id, beat.epoch):
                self._tell_marks(beat.box_id, beat.epoch)
            else:
                marks = journal.marks_of(self.connection, beat.box_id, beat.epoch)
                self._compare_marks(beat, message, marks)
            text = message.payload.decode()
            fleet.report(self.connection, beat, text, marks, self.now_utc_ms)
        for state in mail.states:
            fleet.greet(self.connection, state, self.now_utc_ms)
            if state.online:
                self._tell_marks(state.box_id, state.epoch)
                self._note_forsaken(state)
        control.note_reports(self.connection, mail.reports)
        control.note_replies(self.connection, mail.replies, self.now_utc_ms)
        fleet.heard_of(self.connection, [box_id for box_id, _ in mail.echoes], self.now_utc_ms)

    def note_namesake(self, state: BoxState) -> None:
        """Notice an outbox that is back after another one of its name sent: no box goes back."""
        last = fleet.epoch_of(self.connection, state.box_id) if state.online else None
        if last in (None, state.epoch):
            return
        was_here, other = (
            journal.last_batch_utc_ms(self.connection, state.box_id, epoch)
            for epoch in (state.epoch, str(last))
        )
        if was_here is not None and other is not None and was_here < other:
            self.letters.append(
                Letter(
                    topic=topics.state(self.org, state.box_id),
                    code="namesake",
                    detail=f"outbox {state.epoch} is back after {last}: two boxes go by this name,"
                    " or an older card was put in again",
                    raw=b"",
                    box_id=state.box_id,
                    epoch=state.epoch,
                    sameness=" ".join(sorted([state.epoch, str(last)])),
                )
            )

    def _note_forsaken(self, state: BoxState) -> None:
        """Take a box's word that its old epoch is another's too, and tell whoever goes by it.

        The box found our marks beyond its own numbers. The other outbox cannot notice: the
        numbers we hold of the epoch may be the first one's records where it believes its own.
        """
        detail = (
            f"the box holds less of {state.forsaken} than headquarters and has a new epoch:"
            " its outbox was brought back from a copy, or two boxes go by this name"
        )
        letter = _contest(state.box_id, state.forsaken, detail)
        if state.forsaken and not is_buried(self.connection, letter):
            topic = topics.state(self.org, state.box_id)
            self.letters.append(replace(letter, topic=topic))
            self.contested.add((state.box_id, state.forsaken))
            self._tell_marks(state.box_id, state.forsaken)

    def _tell_marks(self, box_id: str, epoch: str) -> None:
        self._is_contested(box_id, epoch)
        for lane, mark in journal.marks_of(self.connection, box_id, epoch).items():
            self.marks[LaneKey(box_id, epoch, lane)] = mark

    def _compare_marks(self, beat: Heartbeat, message: Message, marks: dict[Lane, Mark]) -> None:
        """Notice that this database forgot what it had receipted: it was restored.

        A box that counts more as settled than headquarters does makes the database take a
        new identity, and every box sends again what it still has; a box that goes on
        claiming does so only every `RECENT_MS`, for the claim may be true again: after a
        backup that holds the letter about the first one was restored. What boxes no longer have is
        given up by number, and said; `marks` are headquarters' own, and those moved so.
        """
        if beat.hq_epoch != self.hq_epoch:  # its marks are from another database: it will ask
            return
        for lane, health in beat.lanes.items():
            mark = marks[lane]
            if health.through > mark.through:
                told = f"{lane} settled through {health.through}, the journal {mark.through}"
                letter = self._about(beat, message, lane, "ahead", f"{told}: asking for a refill")
                if not self.has_rotated and not is_recent(self.connection, letter, self.now_utc_ms):
                    self.hq_epoch = rotate_hq_epoch(self.connection)
                    self.has_rotated = True
                self.letters.append(replace(letter, sameness=f"{letter.sameness} {self.hq_epoch}"))
                self._tell_marks(beat.box_id, beat.epoch)
            elif health.floor > mark.through:
                told = f"{lane} {mark.through + 1}..{health.floor} have left the box"
                self.letters.append(self._about(beat, message, lane, "gone", told))
                key = LaneKey(beat.box_id, beat.epoch, lane)
                locked = journal.lock_marks(self.connection, [key], self.now_utc_ms)
                self.marks[key] = locked[key].add(1, health.floor)
                marks[lane] = self.marks[key]
                given_up = {key: self.marks[key]}
                journal.save_marks(self.connection, given_up, self.now_utc_ms)

    def _about(
        self, beat: Heartbeat, message: Message, lane: Lane, code: str, detail: str
    ) -> Letter:
        return Letter(
            topic=message.topic,
            code=code,
            detail=detail,
            raw=message.payload,
            box_id=beat.box_id,
            epoch=beat.epoch,
            lane=lane,
            sameness=f"{beat.epoch} {detail}",
        )


NO_CONTEST: Final = frozenset({Trouble.KIND})
"""A trouble may take the number of the record it tells of, which went through after all."""
_NOTHING: Final = Mark()


def _also(taken: Mark | None, batch: Batch) -> Mark:
    """Return `taken` and a batch, all as ranges beyond nought."""
    ranges = [(batch.first, batch.last), *(() if taken is None else taken.beyond)]
    merged = merge(-1, ranges)
    assert merged.through == -1, "numbers begin with 1"
    return merged


def _contest(box_id: str, epoch: str, detail: str = "") -> Letter:
    return Letter(
        topic="",
        code="contested",
        detail=detail,
        raw=b"",
        box_id=box_id,
        epoch=epoch,
        sameness=epoch,
    )


def _difference(kind: str, stands: str, came: str) -> dict[str, tuple[object, object]]:
    old, new = json.loads(stands), json.loads(came)
    return {
        name: (old[name], new[name]) for name in FACTS_BESIDE_KEY[kind] if old[name] != new[name]
    }
