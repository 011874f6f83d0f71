"""The thread that talks to headquarters: it alone owns the publisher and the link.

Everything it does follows from the publisher's actions; what it cannot do now it will be
told to do again, since only a receipt ends the telling.
"""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from agent import mqtt_link
from agent.actions import Action, Reconnect, Renew, Replace, Rewind, Send, Settle
from agent.beats import Beats
from agent.control import Control, Hands
from agent.health import LinkReport
from agent.ingest import Arrival, Origin
from agent.mqtt_link import LinkError, MqttLink, Will
from agent.outbox_view import OutboxView
from agent.parcel import Packing
from agent.publisher import Publisher
from agent.rival import Rival
from agent.schedule import reconnect_delay_s
from agent.settings import Settings
from agent.storage import FORSAKEN, StorageError
from agent.tuning import Tuning
from agent.writer import Writer
from sync import topics
from sync.clock import utc_text
from sync.envelope import MAX_DECODED_BYTES
from sync.errors import WireError
from sync.presence import BoxState, decode_receiver_state, encode_box_state
from sync.receipt import decode_receipt
from sync.refusal import Refusal, checksum_of, decode_refusal

ANSWER_S: Final = 5.0
"""A broker that takes the connection but does not let us in within this time is left."""
STEADY_S: Final = 30.0
"""A connection that lasted this long was a good one; shorter ones count as failures."""
TICK_S: Final = 1.0
MAX_CHECKSUMS: Final = 64
"""Of so many batches last sent headquarters may say that it cannot read them."""
_MAX_BODY_CHARS: Final = MAX_DECODED_BYTES // 4
_log = logging.getLogger("daka.uplink")


@dataclass(slots=True)
class _Attempt:
    """How the connecting goes."""

    failures: int = 0
    next_s: float = 0.0
    opened_s: float | None = None
    subscribed: bool = False


class Uplink:
    """See the module.

    Args:
        heartbeat: returns the bytes to publish as health, given the state of the link.
        tuned: the settings headquarters may change.
        hands: do what headquarters asks for.
        on_progress: called at each turn of the loop, for the watchdog.
    """

    def __init__(
        self,
        settings: Settings,
        version: str,
        writer: Writer,
        heartbeat: Callable[[LinkReport], bytes],
        tuned: Tuning,
        hands: Hands,
        on_progress: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._version = version
        self._writer = writer
        self._heartbeat = heartbeat
        self._on_progress = on_progress
        self._clock = settings.clock
        self._random = Random(secrets.randbits(64))  # noqa: S311 - spreads a fleet, hides nothing
        self._wake_here, self._wake_there = socket.socketpair()
        self._wake_here.setblocking(False)
        self._wake_there.setblocking(False)
        self._stopping = False
        self._beats = Beats()
        self._told_trouble = ""
        self._report = LinkReport()
        self._rival = Rival(topics.state(*self._names))
        self._tuning = tuned
        self._control = Control(settings, writer, tuned, hands, self.notify)
        self._control_no: int | None = None  # the message of it that is not acknowledged yet

    # ---- for other threads ------------------------------------------------------------------

    def notify(self) -> None:
        """Say that the outbox has changed; from any thread, never blocks."""
        with suppress(BlockingIOError):  # full: it will wake up anyway
            self._wake_there.send(b"x")

    def beat_soon(self) -> None:
        """Have a heartbeat sent without waiting for its turn; from any thread."""
        self._beats.ask()
        self.notify()

    def stop(self) -> None:
        """Ask the loop to say goodbye and end; from any thread."""
        self._stopping = True
        self.notify()

    def crashed(self, error: BaseException) -> None:
        """Note that the loop died of a defect and will be started again."""
        self._report = replace(self._report, is_up=False, trouble=f"crashed: {error!r}")

    # ---- the thread -------------------------------------------------------------------------

    def run(self) -> None:
        """Send until `stop`."""
        link = MqttLink(self._settings.mqtt, self._settings.box.box_id)
        self._begin(OutboxView(self._settings.box.outbox), link)
        try:
            while not self._stopping:
                self._turn()
                self._on_progress()
            self._link.close(topics.state(*self._names), self._state(online=False), self._wake_here)
        finally:
            self._link.drop()
            self._view.close()

    def _begin(self, view: OutboxView, link: MqttLink) -> None:
        self._view = view
        self._link = link
        self._packing = Packing(self._names[1])
        self._tokens: dict[int, int] = {}
        self._checksums: dict[int, int] = {}
        self._attempt = _Attempt()
        self._report = replace(self._report, is_up=False)
        self._beats = Beats()
        self._start_publisher()

    def _turn(self) -> None:
        now_s = self._clock.monotonic_s()
        self._notice_appended(now_s)
        self._connect_if_due(now_s)
        self._act(self._publisher.step(now_s))
        self._beat_if_due(now_s)
        self._speak()
        for event in self._link.wait(self._wait_s(), self._wake_here):
            self._take(event, self._clock.monotonic_s())
        with suppress(BlockingIOError):
            self._wake_here.recv(4096)

    def _wait_s(self) -> float:
        now_s = self._clock.monotonic_s()
        wake_s = self._publisher.wake_s(now_s)
        return max(0.0, min(TICK_S, TICK_S if wake_s is None else wake_s - now_s))

    def _start_publisher(self) -> None:
        counts = self._writer.counts
        self._epoch = counts.epoch
        self._life = secrets.token_hex(6)
        self._forsaken = self._writer.call(lambda outbox: outbox.kept(FORSAKEN)) or ""
        self._publisher = Publisher(counts.epoch, counts.lanes, self._random.random, self._life)

    def _notice_appended(self, now_s: float) -> None:
        for lane, state in self._writer.counts.lanes.items():
            self._publisher.appended(lane, state.head, now_s)
            self._publisher.released(lane, state.floor)

    # ---- connecting -------------------------------------------------------------------------

    @property
    def _names(self) -> tuple[str, str]:
        return self._settings.box.org, self._settings.box.box_id

    def _state(self, *, online: bool) -> bytes:
        return encode_box_state(
            BoxState(
                box_id=self._settings.box.box_id,
                online=online,
                nonce=self._nonce,
                version=self._version,
                epoch=self._epoch,
                heads=self._writer.counts.heads,
                config_hash=self._settings.config_hash,
                at_utc=self._connect_utc,
                forsaken=self._forsaken,
            )
        )

    def _connect_if_due(self, now_s: float) -> None:
        attempt = self._attempt
        if attempt.opened_s is not None:
            if not attempt.subscribed and now_s >= attempt.opened_s + ANSWER_S:
                self._lose(f"no answer from the broker for {ANSWER_S:.0f} s", now_s)
            return
        if now_s < attempt.next_s:
            return
        self._nonce = self._rival.nonce()
        self._connect_utc = utc_text(self._clock.now_utc())
        attempt.opened_s = now_s
        try:
            self._link.open(Will(topics.state(*self._names), self._state(online=False)))
        except LinkError as error:
            self._lose(str(error), now_s)

    def _lose(self, reason: str, now_s: float) -> None:
        attempt = self._attempt
        self._rival.pushed_off(reason, now_s)
        steady = attempt.subscribed and now_s >= (attempt.opened_s or now_s) + STEADY_S
        failures = 0 if steady else attempt.failures
        pause_s = reconnect_delay_s(failures, self._random.random())
        self._attempt = _Attempt(failures + 1, now_s + pause_s)
        self._publisher.disconnected()
        self._packing.forget()
        self._tokens.clear()
        self._control_no = None
        self._link.drop()
        if attempt.subscribed or reason != self._report.trouble:
            _log.warning("link_lost reason=%r retry_s=%.1f", reason, pause_s)
        self._report = replace(self._report, is_up=False, trouble=reason)
        self._beats.ask()

    # ---- events in, actions out -------------------------------------------------------------

    def _take(self, event: mqtt_link.Event, now_s: float) -> None:
        match event:
            case mqtt_link.Connected():
                self._receive_maximum = event.receive_maximum
                self._link.subscribe(
                    [
                        topics.receipt(*self._names),
                        topics.refusal(*self._names),
                        topics.state(*self._names),
                        topics.hq_state_filter(self._names[0]),
                        *self._control.filters,
                    ]
                )
            case mqtt_link.Subscribed():
                self._welcome(event, now_s)
            case mqtt_link.Lost():
                self._lose(event.reason, now_s)
            case mqtt_link.Received():
                self._hear(event, now_s)
            case mqtt_link.Published():
                self._answer(event, now_s)

    def _welcome(self, event: mqtt_link.Subscribed, now_s: float) -> None:
        """Receipts can be heard from now on: the box is born and sending starts."""
        if event.refused:
            self._lose(f"the broker refuses our subscriptions: {event.refused}", now_s)
            return
        self._attempt.subscribed = True
        self._link.publish(topics.state(*self._names), self._state(online=True), retain=True)
        self._publisher.connected(now_s, self._receive_maximum)
        self._report = replace(self._report, is_up=True, trouble="")
        self._beats.ask_at_once(now_s)  # before a twin of this name takes the session
        self._beat_if_due(now_s)
        self._control.greet()
        _log.info("link_up epoch=%s", self._epoch)

    def _hear(self, event: mqtt_link.Received, now_s: float) -> None:
        try:
            if event.topic == topics.receipt(*self._names):
                receipt = decode_receipt(event.payload)
                self._report = replace(
                    self._report, last_receipt_utc=utc_text(self._clock.now_utc()), trouble=""
                )
                self._publisher.receipt(receipt, now_s)
            elif event.topic == topics.refusal(*self._names):
                self._take_refusal(decode_refusal(event.payload), now_s)
            elif self._rival.hear(
                event.topic, event.payload, {self._epoch, self._forsaken}, now_s
            ) or self._control.hear(event.topic, event.payload):
                return
            elif event.payload:
                state = decode_receiver_state(event.payload)
                receiver_id = event.topic.split("/")[-2]
                self._packing.heard(receiver_id, state)
                self._publisher.receiver(receiver_id, state.online, state.hq_epoch, now_s)
                self._report = self._report.heard(is_hq_there=self._publisher.has_receiver)
            self._act(self._publisher.step(now_s))
        except WireError as error:
            _log.warning("message_ignored topic=%s error=%r", event.topic, str(error))

    def _take_refusal(self, refusal: Refusal, now_s: float) -> None:
        """Find the batch headquarters cannot read; none: it was damaged on the way, not here."""
        token = self._checksums.pop(refusal.checksum, None)
        if token is not None:
            _log.warning("batch_unreadable code=%s", refusal.code)
            told = f"headquarters cannot read a batch: {refusal.code}"
            self._report = replace(self._report, trouble=told)
            self._publisher.unreadable(token, refusal.code, now_s)

    def _speak(self) -> None:
        """Publish what the control has to say, one message at a time."""
        if self._control_no is None and self._attempt.subscribed:
            message = self._control.next_message(self._view, self._epoch)
            if message is not None:
                self._control_no = self._link.publish(*message)

    def _answer(self, event: mqtt_link.Published, now_s: float) -> None:
        if event.message_no == self._control_no:
            self._control_no = None
            self._control.confirmed()
            self.notify()
            return
        token = self._tokens.pop(event.message_no, None)
        if token is None:  # a birth or a heartbeat
            return
        if not event.refused:
            self._publisher.acknowledged(token)
            return
        self._publisher.refused(token, now_s)
        if event.refused != self._report.trouble:
            _log.warning("batch_refused reason=%r", event.refused)
            self._report = replace(self._report, trouble=event.refused)

    def _act(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Send():
                    self._send(action)
                case Settle():
                    self._writer.settle(action)
                case Rewind():
                    _log.warning(
                        "headquarters_restored lane=%s refill_from=%d",
                        action.lane,
                        action.through + 1,
                    )
                case Renew():
                    self._renew(action)
                    return  # what else was due was due for the old epoch
                case Replace():
                    self._replace(action)
                case Reconnect():
                    self._lose(action.reason, self._clock.monotonic_s())

    def _send(self, send: Send) -> None:
        lane = send.lane
        bodies = self._view.claim(lane, send.first, send.limit, _MAX_BODY_CHARS)
        if not bodies:
            floor = self._writer.counts.lanes[lane].floor
            if send.first > floor:
                raise StorageError(f"record {send.first} of lane {lane} is not in the outbox")
            self._publisher.shortened(send.token, 0)
            self._publisher.released(lane, floor)
            return
        payload, count = self._packing.pack(self._epoch, lane, send.first, bodies, self._life)
        if count < send.limit:
            self._publisher.shortened(send.token, count)
        number = self._link.publish(topics.up(*self._names, lane), payload)
        self._tokens[number] = send.token
        self._checksums[checksum_of(payload)] = send.token
        while len(self._checksums) > MAX_CHECKSUMS:
            del self._checksums[next(iter(self._checksums))]

    def _replace(self, action: Replace) -> None:
        box = self._settings.box
        _log.error(
            "record_unreadable lane=%s seq=%d code=%s: in quarantine, a trouble goes in its place",
            action.lane,
            action.seq,
            action.code,
        )
        origin, arrival = Origin(box.box_id, "agent", box.store_id), Arrival.now(self._clock)
        self._writer.call(
            lambda outbox: outbox.replace(action.lane, action.seq, action.code, origin, arrival)
        )

    def _renew(self, action: Renew) -> None:
        _log.error(
            "%s lane=%s headquarters_holds=%d head=%d: starting a new epoch",
            "epoch_contested" if action.is_contested else "outbox_restored",
            action.lane,
            action.claimed,
            self._writer.counts.lanes[action.lane].head,
        )
        self._writer.call(lambda outbox: outbox.renew_epoch())
        self._start_publisher()
        self._lose("the outbox has a new epoch", self._clock.monotonic_s())

    def _beat_if_due(self, now_s: float) -> None:
        every_s = self._tuning.whole("heartbeat_s", self._settings.box.heartbeat_s)
        is_due = self._beats.take(now_s, every_s)
        if not is_due and self._report.trouble == self._told_trouble:
            return
        self._told_trouble = self._report.trouble
        payload = self._heartbeat(replace(self._report, has_rival=self._rival.is_met(now_s)))
        if is_due and self._attempt.subscribed:  # else it is for the status file alone
            self._link.publish(topics.health(*self._names), payload)
