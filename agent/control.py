"""What headquarters asks of the box and what the box answers; belongs to the uplink's thread.

The same command is done once and answered as often as it comes, for headquarters asks
until it hears an answer. What takes long is done by somebody else, who calls `answer`.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from agent import replay, tuning
from agent.outbox_view import OutboxView
from agent.replay import Replay
from agent.settings import Settings
from agent.storage import StorageError
from agent.tuning import Tuning
from agent.writer import Writer
from sync import control, topics
from sync.clock import parse_utc, utc_text
from sync.control import Action, Command, Desired, Outcome, Reply, Reported
from sync.errors import DakaError
from sync.topics import Lane

MAX_REMEMBERED: Final = 100
_log = logging.getLogger("daka.control")


class RefusedCommandError(DakaError):
    """A command does not hold, or this box cannot do it."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Who does what takes long.

    Attributes:
        reread: (device, since or None, done): has a device read from its start; `done` is
            called from the device's thread with a sentence, or with an error.
        diagnose: returns what the box knows of itself.
    """

    reread: Callable[[str, date | None, Callable[[str | DakaError], None]], None]
    diagnose: Callable[[], Mapping[str, Any]]


class Control:
    """See the module.

    Args:
        wake: makes the uplink look here; from any thread.
    """

    def __init__(
        self,
        settings: Settings,
        writer: Writer,
        tuned: Tuning,
        hands: Hands,
        wake: Callable[[], None],
    ) -> None:
        self._names = settings.box.org, settings.box.box_id
        self._clock = settings.clock
        self._writer = writer
        self._tuning = tuned
        self._hands = hands
        self._wake = wake
        self._outgoing: deque[tuple[str, bytes]] = deque(maxlen=MAX_REMEMBERED)
        self._seen: OrderedDict[str, Reply | None] = OrderedDict()
        self._replays: deque[Replay] = deque()

    @property
    def filters(self) -> list[str]:
        """Return what is to be subscribed to."""
        return [topics.desired(*self._names), topics.command(*self._names)]

    def greet(self) -> None:
        """Say which settings are in force; at the start of each connection."""
        self._report(self._tuning.desired.version, "")

    def hear(self, topic: str, payload: bytes) -> bool:
        """Take a message; False: it is not for here.

        Raises:
            WireError: it does not hold.
        """
        if topic == topics.desired(*self._names):
            if payload:
                self._wish(control.decode_desired(payload))
        elif topic == topics.command(*self._names):
            self._obey(control.decode_command(payload))
        else:
            return False
        return True

    def next_message(self, view: OutboxView, epoch: str) -> tuple[str, bytes] | None:
        """Return the next message to publish; answers go before replayed records.

        To be asked for only when the one before is confirmed or its connection gone.
        """
        if self._outgoing:
            return self._outgoing.popleft()
        while self._replays:
            under_way = self._replays[0]
            batch = None if under_way.is_over else under_way.next_batch(view, *self._names, epoch)
            if batch is not None:
                return batch
            self._replays.popleft()
            outcome = Outcome.DONE if under_way.is_over else Outcome.FAILED
            told = f"{under_way.sent} records of lane {under_way.lane} sent again"
            self.answer(under_way.command_id, outcome, told, {"sent": under_way.sent})
            return self._outgoing.popleft()
        return None

    def confirmed(self) -> None:
        """Note that the broker has taken the last message."""
        if self._replays:
            self._replays[0].confirmed()

    def answer(
        self, command_id: str, outcome: Outcome, detail: str, result: Mapping[str, Any]
    ) -> None:
        """Send the answer to a command as soon as there is a connection; from any thread."""
        reply = Reply(
            command_id=command_id,
            outcome=outcome,
            detail=detail[: control.MAX_REASON],
            result=result,
            at_utc=utc_text(self._clock.now_utc()),
        )
        self._seen[command_id] = reply
        self._outgoing.append((topics.reply(*self._names), control.encode(reply)))
        self._wake()

    # ---- settings -------------------------------------------------------------------------

    def _wish(self, desired: Desired) -> None:
        against = control.refusal_of(desired.settings)
        refusal = str(against) if against else ""
        if not refusal and desired != self._tuning.desired:
            try:
                text = tuning.text(desired)
                self._writer.call(lambda outbox: outbox.keep(tuning.META_KEY, text))
            except StorageError as error:
                refusal = str(error)
            else:
                self._tuning.take(desired)
                days = int(self._tuning.settings()["retention_days"])
                self._writer.call(lambda outbox: outbox.room.retain(days))
        if refusal:
            _log.warning("settings_refused version=%d reason=%r", desired.version, refusal)
        else:
            _log.info("settings_taken version=%d", desired.version)
        self._report(desired.version, refusal)

    def _report(self, version: int, reason: str) -> None:
        report = Reported(
            version=version,
            reason=reason,
            settings=self._tuning.settings(),
            at_utc=utc_text(self._clock.now_utc()),
        )
        self._outgoing.append((topics.reported(*self._names), control.encode(report)))

    # ---- commands -------------------------------------------------------------------------

    def _obey(self, command: Command) -> None:
        if command.command_id in self._seen:
            if (reply := self._seen[command.command_id]) is not None:
                self._outgoing.append((topics.reply(*self._names), control.encode(reply)))
            return
        self._seen[command.command_id] = None
        while len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)
        _log.info("command id=%s action=%s", command.command_id, command.action)
        if self._clock.now_utc() > parse_utc(command.expires_utc):
            told = f"it expired at {command.expires_utc}"
            self.answer(command.command_id, Outcome.EXPIRED, told, {})
            return
        try:
            self._do(command)
        except RefusedCommandError as error:
            self.answer(command.command_id, Outcome.REFUSED, str(error), {})

    def _do(self, command: Command) -> None:
        match command.action:
            case Action.REREAD:
                self._reread(command)
            case Action.REPLAY:
                self._replay(command)
            case Action.DIAGNOSE:
                found = self._hands.diagnose()
                self.answer(command.command_id, Outcome.DONE, "", found)
            case _:
                known = ", ".join(Action)
                raise RefusedCommandError(f"this agent knows no {command.action!r}, but {known}")

    def _reread(self, command: Command) -> None:
        device, since_text = command.arguments.get("device"), command.arguments.get("since")
        if type(device) is not str:
            raise RefusedCommandError("device: the name of a device is expected")
        try:
            since = date.fromisoformat(since_text) if since_text else None
        except (TypeError, ValueError) as error:
            raise RefusedCommandError(f"since = {since_text!r} is no date") from error

        def done(told: str | DakaError) -> None:
            outcome = Outcome.FAILED if isinstance(told, DakaError) else Outcome.DONE
            self.answer(command.command_id, outcome, str(told), {})

        self._hands.reread(device, since, done)

    def _replay(self, command: Command) -> None:
        asked = command.arguments
        lane, first, last = asked.get("lane"), asked.get("first"), asked.get("last")
        if lane not in set(Lane) or type(first) is not int or type(last) is not int:
            raise RefusedCommandError(f"lane, first, last: {lane!r}, {first!r}, {last!r}")
        if refusal := replay.refusal_of(Lane(lane), first, last, self._writer.counts):
            raise RefusedCommandError(refusal)
        self._replays.append(Replay(command.command_id, Lane(lane), first, last))
