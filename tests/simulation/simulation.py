"""Many boxes, a broker and headquarters under every misfortune; one seed is one history.

Everything that decides is the product's own: outbox, writer, publisher, uplink, intake and
both databases. Simulated are time, devices, the power and the line. After a stretch of
misfortunes everything is mended, and then all that was ever recorded must be in the journal
once. The laws are checked on the way (architecture, section 1).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from unittest.mock import patch

from agent.outbox import Outbox
from agent.uplink import Uplink
from cloud_receiver.intake import IntakeLoop
from tests.simulation.box import Box, Source
from tests.simulation.headquarters import Receiver, SteppedOpener, database, filters_of
from tests.simulation.laws import Laws
from tests.simulation.line import FAIR, FOUL, Broker
from tests.simulation.machines import Fuse, LawBrokenError, PowerCutError, World

STEPS = 40
MAX_BOXES = 4
WELL_BEGUN = 0.8
MEND_STEPS = 900
PAUSES_S = (0.02, 0.1, 0.3, 0.3, 1.0, 4.0, 20.0)
BUSY_PAUSE_S, LONGEST_PAUSE_S = 0.1, 20.0
PORTIONS = (1, 5, 25)


@dataclass(frozen=True)
class Product:
    """What is tried; the tests plant mistakes here to see them found."""

    uplink: type[Uplink] = Uplink
    outbox: type[Outbox] = Outbox
    loop: type[IntakeLoop] = IntakeLoop
    opener: type[SteppedOpener] = SteppedOpener


@dataclass
class Simulation:
    """One history."""

    seed: int
    product: Product = field(default_factory=Product)
    trace: list[str] = field(default_factory=list)
    digest: str = ""
    portion: int = 0

    def __post_init__(self) -> None:
        self.chance = chance = random.Random(self.seed)
        self.world = World()
        self.broker = Broker(self.world, chance, is_v5=chance.random() < 0.7)
        self.broker.weather = chance.choice(FOUL)
        self.database = database()
        self.laws = Laws(self.database)
        self.copies: list[tuple[Box, bytes]] = []
        self.numbers_given_twice = self.is_damaged = False
        self._numbers = count(1)
        receivers = chance.choice((1, 1, 2, 3))
        manner = "alone" if receivers == 1 else chance.choice(("share", "shards"))
        self.receivers = [
            Receiver(f"hq-{number}", self.database, self.broker, self.world, chance,
                     filters_of(manner, number, receivers), self.product.loop,
                     self.product.opener)
            for number in range(receivers)
        ]  # fmt: skip
        self.boxes = [self._box(f"box-{number}") for number in range(chance.choice((1, 2, 2, 3)))]

    def _token(self, _bytes: int = 8) -> str:
        return f"{next(self._numbers):016x}"

    def _box(self, box_id: str, devices: str = "") -> Box:
        sources = [Source(f"{devices or box_id}-{name}", is_till=name == "till", history=name == "old")
                   for name in ("door", "till", "old")]  # fmt: skip
        for source in sources:
            source.held = self.chance.randrange(30)
        return Box(box_id, self.broker, self.world, self.chance, self._token, sources,
                   self.product.uplink, self.product.outbox)  # fmt: skip

    # ---- the history ------------------------------------------------------------------------

    def run(self) -> None:
        """Play the whole history.

        Raises:
            LawBrokenError: with the seed that shows it again.
        """
        try:
            with self._repeatable():
                self.database.make(self._token())
                self.backups = [self.database.backup()]
                if self.chance.random() < WELL_BEGUN:
                    self.box_boots()
                    self.receiver_starts()
                for _ in range(STEPS):
                    self.misfortune()
                    self.step(self.chance.choice(PAUSES_S))
                self.weather_lasts()
                self.mend()
                self.digest = self._digest()
        except AssertionError as error:
            raise LawBrokenError(f"seed {self.seed}, {len(self.trace)} events: {error}") from error
        finally:
            for box in self.boxes:
                box.lose_power()
                box.disk.close()

    @contextmanager
    def _repeatable(self) -> Iterator[None]:
        """Let every identity come from the seed."""
        with (
            patch("secrets.token_hex", self._token),
            patch("cloud_receiver.store.engine.token_hex", self._token),
        ):
            yield

    def step(self, pause_s: float) -> None:
        self.world.now_s += pause_s
        for box in self.boxes:
            self._box_turn(box)
        for receiver in self.receivers:
            self.world.turn_of = receiver.receiver_id
            was_on = receiver.is_on
            receiver.turn()
            self.laws.note_journal()
            if was_on and not receiver.is_on:
                self._note(f"{receiver.receiver_id} loses power")

    def _box_turn(self, box: Box) -> None:
        if not box.is_on:
            return
        self.world.turn_of = box.box_id
        try:
            for source in box.unread():
                box.read(source, self.portion or self.chance.choice(PORTIONS))
            box.turn()
        except PowerCutError:
            self._note(f"{box.box_id} loses power")
            box.lose_power()
        self.laws.check_box(box)

    def _note(self, what: str) -> None:
        self.world.turn_of = ""
        self.trace.append(f"{self.world.now_s:9.2f} {what}")

    def _digest(self) -> str:
        """Return what two runs of one seed must share."""
        rows = sorted(self.laws.journaled_texts())
        return sha256(json.dumps([self.trace, rows]).encode()).hexdigest()

    # ---- misfortunes --------------------------------------------------------------------------

    def misfortune(self) -> None:
        """Let something happen; much of it is good."""
        happenings: tuple[tuple[Callable[[], str | None], int], ...] = (
            (self.people_come, 6),
            (self.box_boots, 4),
            (self.box_dies, 2),
            (self.box_will_die, 3),
            (self.line_breaks, 3),
            (self.weather_changes, 4),
            (self.broker_dies, 1),
            (self.broker_returns, 3),
            (self.receiver_starts, 4),
            (self.receiver_will_die, 3),
            (self.headquarters_is_backed_up, 2),
            (self.headquarters_is_restored, 1),
            (self.clock_jumps, 1),
            (self.everything_is_read_again, 1),
            (self.outbox_is_lost, 1),
            (self.record_is_damaged, 1),
            (self.outbox_is_copied, 2),
            (self.outbox_is_brought_back, 1),
            (self.box_is_cloned, 1),
        )
        acts, weights = zip(*happenings, strict=True)
        act = self.chance.choices(acts, weights)[0]
        self._note(act.__name__)
        if about := act():
            self.trace[-1] += f" {about}"

    def people_come(self) -> str:
        source = self.chance.choice(self.chance.choice(self.boxes).sources)
        records = self.chance.choice((1, 1, 3, 40, 150))
        source.held += records
        return f"{source.name} +{records}"

    def box_boots(self) -> None:
        for box in self.boxes:
            if not box.is_on:
                box.boot()
                self.laws.check_box(box)

    def box_dies(self) -> str:
        box = self.chance.choice(self.boxes)
        box.lose_power()
        return box.box_id

    def box_will_die(self) -> str:
        box = self.chance.choice(self.boxes)
        return f"{box.box_id} {self._light(box.fuse, 30)}"

    def _light(self, fuse: Fuse, most: int) -> str:
        """Let power fail within so many statements, before or after one."""
        statements, is_after = self.chance.randrange(1, most), self.chance.random() < 0.5
        fuse.light(statements, is_after=is_after)
        return f"{'after' if is_after else 'before'} statement {statements}"

    def line_breaks(self) -> str:
        box = self.chance.choice(self.boxes)
        manner = self.chance.randrange(4)
        if manner == 0:
            self.broker.cut(box.box_id)
        elif manner == 1:
            self.broker.freeze(box.box_id)
        elif manner == 2:
            self.broker.cut(box.box_id)
            self.broker.unreachable.add(box.box_id)
        else:
            self.broker.unreachable.clear()
        return f"{box.box_id} {('cut', 'frozen', 'cut and away', 'all are back')[manner]}"

    def weather_changes(self) -> str:
        self.broker.weather = self.chance.choice(FOUL)
        return str(self.broker.weather)

    def broker_dies(self) -> None:
        self.broker.die()

    def broker_returns(self) -> None:
        self.broker.is_up = True

    def receiver_starts(self) -> None:
        for receiver in self.receivers:
            if not receiver.is_on:
                receiver.start()

    def receiver_will_die(self) -> str:
        receiver = self.chance.choice(self.receivers)
        if self.chance.random() < 0.5:
            messages = self.chance.randrange(1, 6)
            receiver.outbound.light(messages, is_after=False)
            return f"{receiver.receiver_id} before message {messages}"
        return f"whichever is at work {self._light(self.database.fuse, 40)}"

    def headquarters_is_backed_up(self) -> str:
        self.backups.append(self.database.backup())
        return f"backup {len(self.backups) - 1}"

    def headquarters_is_restored(self) -> str:
        for receiver in self.receivers:
            receiver.kill()
        number = self.chance.randrange(len(self.backups))
        self.database.restore(self.backups[number])
        self.laws.forget_database()
        return f"from backup {number}"

    def clock_jumps(self) -> str:
        box = self.chance.choice(self.boxes)
        box.clock.jump_s = self.chance.choice((0.0, 3600.0, -86400.0, -5.0 * 365 * 86400, 86400.0))
        return f"{box.box_id} to {box.clock.jump_s:+.0f} s"

    def everything_is_read_again(self) -> str:
        box = self.chance.choice(self.boxes)
        if box.is_on:
            try:
                for source in box.sources:
                    box.read(source, 1, from_start=True)
            except PowerCutError:
                box.lose_power()
        return box.box_id

    def outbox_is_lost(self) -> str:
        """The disk was damaged: a new outbox, and every device is read again."""
        box = self.chance.choice(self.boxes)
        box.lose_power()
        box.disk.close()
        box.format_disk()
        return box.box_id

    def record_is_damaged(self) -> str:
        """A bad sector, say: a record is no JSON any more."""
        box = self.chance.choice(self.boxes)
        rows = [] if box.disk.in_transaction else box.rows("SELECT place FROM record")
        if rows:
            self.is_damaged = True
            box.rows(
                "UPDATE record SET body = substr(body, 1, length(body) / 2)"
                " WHERE place = ?", *self.chance.choice(rows),
            )  # fmt: skip
        return box.box_id

    def outbox_is_copied(self) -> str:
        box = self.chance.choice(self.boxes)
        if not box.is_on or not box.disk.in_transaction:
            self.copies.append((box, box.disk.serialize()))
        return box.box_id

    def outbox_is_brought_back(self) -> str:
        """An old copy of its disk is put into a box."""
        if not self.copies:
            return "none"
        self.numbers_given_twice = True
        box, content = self.chance.choice(self.copies)
        box.lose_power()
        box.disk.close()
        box.format_disk(content)
        self.laws.forget_box(box)
        return box.box_id

    def box_is_cloned(self) -> str:
        """A copied disk goes into a second machine, which reads devices of its own too.

        Both go on at once, so that they give the same numbers to different people.
        """
        if len(self.boxes) == MAX_BOXES or not self.copies:
            return "none"
        self.numbers_given_twice = True
        box, content = self.chance.choice(self.copies[-2:])
        twin = self._box(box.box_id, f"twin{len(self.boxes)}")
        twin.sources = [*box.sources, *twin.sources]
        twin.disk.close()
        twin.format_disk(content)
        self.boxes.append(twin)
        self.box_boots()
        for source in self.chance.choices([*box.sources, *twin.sources], k=4):
            source.held += self.chance.choice((1, 3, 40))
        return box.box_id

    # ---- the end ------------------------------------------------------------------------------

    def weather_lasts(self) -> None:
        """Let all machines run for a while on lines as they are."""
        self._note("weather_lasts")
        for _ in range(self.chance.choice((0, 10, 20))):
            self.broker_returns()
            self.box_boots()
            self.receiver_starts()
            self.step(self.chance.choice(PAUSES_S))

    def mend(self) -> None:
        """Let everything work again and wait until all is delivered."""
        self._note("mended")
        self.portion = 200
        self.broker.weather = FAIR
        self.broker.unreachable.clear()
        self.broker_returns()
        for box in self.boxes:
            box.fuse.put_out()
            self.broker.cut(box.box_id)
        self.box_boots()
        for receiver in self.receivers:
            receiver.kill()
            receiver.start()
        pause_s = BUSY_PAUSE_S
        for _ in range(MEND_STEPS):
            told = self.broker.told
            self.step(pause_s)
            if self.broker.told != told:
                pause_s = BUSY_PAUSE_S
            elif self._is_delivered():
                return
            else:
                pause_s = min(pause_s * 4, LONGEST_PAUSE_S)
        waiting = {box.box_id: str(box.writer.counts) for box in self.boxes}
        lacking = sorted(self._expected() - self.database.journaled())
        raise LawBrokenError(
            f"not delivered: {waiting}; {len(lacking)} not in the journal;"
            f" contested: {self.laws.contested()}"
        )

    def _is_delivered(self) -> bool:
        if any(box.unread() for box in self.boxes):
            return False
        if any(box.writer.counts.waiting for box in self.boxes):
            return False
        found = self.database.journaled()
        expected = self._expected()
        if not expected <= found:
            return False
        extra = found - expected
        assert self.is_damaged or not extra, (
            f"law 4: {len(extra)} records in the journal that nobody recorded"
        )
        contested = self.laws.contested()
        assert self.numbers_given_twice or not contested, f"nothing was copied, yet {contested}"
        return not any((box.box_id, box.writer.counts.epoch) in contested for box in self.boxes)

    def _expected(self) -> set[str]:
        """Return the identity of everything any source ever held."""
        return set().union(*[self.laws.expected(box) for box in self.boxes])
