"""Headquarters put together: its parts, their threads, signals and the order of stopping.

A part that crashes is logged and run again; the only broad except of the process is here.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final

from cloud_receiver.dispatcher import Dispatcher
from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.intake import IntakeLoop
from cloud_receiver.mqtt_link import MqttLink, Presence
from cloud_receiver.opening import Opener
from cloud_receiver.store import webhooks
from cloud_receiver.store.engine import hq_epoch, open_engine, read, upgrade, write
from sync import topics
from sync.clock import SystemClock, utc_text
from sync.memory import collect_rarely
from sync.ownership import PRIVATE, hand_over
from sync.presence import ReceiverState, encode_receiver_state
from sync.service_manager import Pulse, Watchdog, notify

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cloud_receiver.channels.notifier import Courier
    from cloud_receiver.provisioning.admission import Doorkeeper
    from cloud_receiver.settings import Settings

RESTART_AFTER_S: Final = 1.0
START_WITHIN_S: Final = 30.0
STOP_WITHIN_S: Final = 15.0
TURN_S: Final = 0.0005
"""How long a computing thread keeps the interpreter while another wants it. The opener computes all
the time in a drain, and the intake comes back from the database every fraction of a millisecond; a
thread that draws a page keeps the one that sends waiting at every message to a browser."""
LOOK_FOR_SIGNALS_S: Final = 0.25
PATIENCE_S: Final = 300.0
"""The longest a single flush may take, a rebuild after an upgrade included."""
_log = logging.getLogger(__name__)


class Part(StrEnum):
    """What a process of headquarters can do; one process may do all."""

    INGEST = "ingest"
    EVALUATE = "evaluate"
    NOTIFY = "notify"
    WEB = "web"


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """Open headquarters' database, bring it up to date and let go of it at the end."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    engine = open_engine(settings.database_url)
    try:
        upgrade(engine)
        yield engine
    finally:
        engine.dispose()
        hand_over(settings.data_dir, settings.data_dir)


def bring_rules_in(settings: Settings, engine: Engine) -> None:
    """Add the shipped rules to the database, and new versions of those nobody has changed."""
    from cloud_receiver.store.rulebook import publish_shipped

    with write(engine) as connection:
        publish_shipped(connection, utc_ms(settings.clock.now_utc()))


def run(settings: Settings, parts: Iterable[Part]) -> int:
    """Run parts of headquarters until SIGTERM or SIGINT; return the process's exit code."""
    collect_rarely()
    sys.setswitchinterval(TURN_S)
    told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    with database(settings) as engine:
        wanted = frozenset(parts)
        loops = _loops(settings, engine, wanted)
        watchdog, manager = Watchdog(SystemClock.of_this_boot()), os.environ.get("NOTIFY_SOCKET")
        threads = [
            SupervisedThread(loop, told_to_stop, watchdog.feeder(loop.name, PATIENCE_S))
            for loop in loops
        ]
        for thread in threads:
            thread.start()
            thread.wait_until_up(told_to_stop)
        _log.info("hq_started parts=%s", ",".join(sorted(wanted)))
        notify(manager, "READY=1")
        # in slices: Polars' own SIGINT handler restarts a wait, and Python would not get its turn
        while not told_to_stop.wait(LOOK_FOR_SIGNALS_S):
            watchdog.report(manager)
        notify(manager, "STOPPING=1")
        for thread in reversed(threads):
            thread.end()
    gave_up = [thread.name for thread in threads if thread.has_given_up]
    _log.info("hq_stopped gave_up=%s", ",".join(gave_up) or "none")
    return 1 if gave_up else 0


# ---- threads ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loop:
    """What a thread runs.

    Attributes:
        run: returns when its event is set; may raise.
        wake: makes it look at the event at once.
        is_up: set by a loop that wants the process to itself until then.
    """

    name: str
    run: Callable[[threading.Event], None]
    wake: Callable[[], None] = lambda: None
    is_up: threading.Event | None = None


class SupervisedThread:
    """A loop in a thread of its own, run again whenever it crashes or ends by itself.

    Args:
        give_up: set when the loop asks the process to end (SystemExit), as the web does
            when its address is taken.
        feed: called whenever the loop looks at its stop event; the watchdog wants to know.
    """

    def __init__(
        self, loop: Loop, give_up: threading.Event, feed: Callable[[], None] = lambda: None
    ) -> None:
        self.name = loop.name
        self.has_given_up = False
        self._loop = loop
        self._give_up = give_up
        self._stop = Pulse(feed)
        self._thread = threading.Thread(target=self._supervise, name=loop.name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait_until_up(self, told_to_stop: threading.Event) -> None:
        """Wait for a loop that wants to start alone, at most `START_WITHIN_S`."""
        is_up = self._loop.is_up
        deadline_s = monotonic() + START_WITHIN_S
        while is_up is not None and not is_up.wait(LOOK_FOR_SIGNALS_S):
            if told_to_stop.is_set() or monotonic() > deadline_s:
                return

    def end(self) -> None:
        """Tell the loop to stop and wait for it, at most `STOP_WITHIN_S`."""
        self._stop.set()
        self._loop.wake()
        self._thread.join(STOP_WITHIN_S)
        if self._thread.is_alive():
            _log.error("part_does_not_stop name=%s within_s=%.0f", self.name, STOP_WITHIN_S)

    def _supervise(self) -> None:
        while not self._stop.is_set():
            try:
                self._loop.run(self._stop)
            except SystemExit as error:
                _log.critical("part_gave_up name=%s code=%s", self.name, error.code)
                self.has_given_up = True
                self._give_up.set()
                return
            except Exception:  # noqa: BLE001 - the one place: said, then tried again
                _log.exception("part_crashed name=%s", self.name)
            else:
                if not self._stop.is_set():
                    _log.error("part_ended_by_itself name=%s", self.name)
            self._stop.wait(RESTART_AFTER_S)


# ---- wiring: a process imports the parts it runs and no other -----------------------------


def _loops(settings: Settings, engine: Engine, parts: frozenset[Part]) -> list[Loop]:
    """Return the loops of these parts in starting order; they are stopped in reverse.

    The link comes before the intake and goes after it, so that what is committed is still
    receipted.
    """
    couriers = _couriers(settings, engine) if Part.NOTIFY in parts else {}
    loops = [Loop(f"courier-{name}", one.run, one.wake) for name, one in couriers.items()]
    if Part.NOTIFY in parts:
        from cloud_receiver.channels.subscriptions import Subscriptions

        master = webhooks.master_key(settings.data_dir)
        loops.append(Loop("webhooks", Subscriptions(engine, settings.clock, master).run))
        loops += _listeners(settings, engine)
    on_new: Callable[[], None] = _nobody_waits
    if Part.EVALUATE in parts:
        from cloud_receiver.evaluate import Evaluator
        from cloud_receiver.judgement import Terms

        bring_rules_in(settings, engine)
        terms = Terms(channels=settings.notify.channels, groups=settings.notify.groups)
        wake_couriers = partial(_wake_all, couriers)
        evaluator = Evaluator(engine, settings.clock, terms, on_judged=wake_couriers)
        loops.append(Loop("evaluator", evaluator.run, evaluator.wake))
        on_new = evaluator.wake
    if Part.INGEST in parts:
        link, opener, intake = _receiver(settings, engine, on_new)
        dispatcher = Dispatcher(engine, settings.org, settings.clock, link.publish)
        loops = [
            Loop("link", link.run, link.wake),
            *loops,
            Loop("opener", opener.run),
            Loop("intake", intake.run),
            Loop("dispatcher", dispatcher.run),
        ]
    if Part.WEB in parts:
        from cloud_receiver.channels.wiring import quotas
        from cloud_receiver.web.app import serve
        from cloud_receiver.web.frame import Outside

        # NiceGUI looks through all objects while it starts, which breaks tuples that other
        # threads are building (SystemError from CPython): nothing else runs meanwhile
        listening = threading.Event()
        doorkeeper = _doorkeeper(settings, engine)
        boxes = settings.boxes
        notify_by = settings.notify
        outside = Outside(
            channels=notify_by.channels, groups=notify_by.groups, quotas=quotas(notify_by),
            box_web=boxes.web, box_broker=boxes.broker, appeals=settings.appeals,
        )  # fmt: skip
        web = partial(
            serve, settings, engine, settings.clock, listening=listening, doorkeeper=doorkeeper,
            outside=outside,
        )  # fmt: skip
        loops.insert(0, Loop("web", web, is_up=listening))
    return loops


def _doorkeeper(settings: Settings, engine: Engine) -> Doorkeeper | None:
    """Return who lets boxes in, None while `daka-hq broker-config` has not been run."""
    from cloud_receiver.provisioning.admission import Doorkeeper
    from cloud_receiver.provisioning.authority import Authority

    broker = settings.boxes.broker
    if not broker or not (settings.authority_dir / "authority.key").exists():
        return None
    return Doorkeeper(engine, Authority(settings.authority_dir), settings.org, broker)


def _nobody_waits() -> None:
    """Stand where an evaluator would be woken: in another process, which looks by itself."""


def _wake_all(couriers: Mapping[str, Courier]) -> None:
    for courier in couriers.values():
        courier.wake()


def _couriers(settings: Settings, engine: Engine) -> dict[str, Courier]:
    from cloud_receiver.channels.notifier import Courier
    from cloud_receiver.channels.wiring import notifiers

    made = notifiers(settings.notify, engine, settings.clock)
    return {one.channel: Courier(engine, one, settings.clock) for one in made}


def _listeners(settings: Settings, engine: Engine) -> list[Loop]:
    """Return who hears what people write to the robot, where that is wanted."""
    dingtalk = settings.notify.dingtalk
    if dingtalk is None or not dingtalk.stream:
        return []
    from cloud_receiver.channels.wiring import dingtalk_app
    from cloud_receiver.dingtalk_listener import DingTalkListener

    app = dingtalk_app(dingtalk, engine, settings.clock)
    channels = settings.notify.channels
    listener = DingTalkListener(engine, dingtalk, app, settings.clock, channels, settings.appeals)
    return [Loop("dingtalk-stream", listener.run)]


def _receiver(
    settings: Settings, engine: Engine, on_new: Callable[[], None]
) -> tuple[MqttLink, Opener, IntakeLoop]:
    with read(engine) as connection:
        epoch = hq_epoch(connection)
    link = MqttLink(
        settings.mqtt,
        f"{settings.org}-hq-{settings.receiver_id}",
        _filters(settings),
        presence(settings, epoch),
        settings.clock,
    )
    opener = Opener(settings.org, link.inbox)
    intake = IntakeLoop(
        engine,
        settings.org,
        settings.clock,
        link.inbox,
        link,
        on_new,
        lambda epoch: link.announce(presence(settings, epoch)),
    )
    return link, opener, intake


def _filters(settings: Settings) -> list[str]:
    """Return what the receiver subscribes to; a group shares batches and nothing else.

    Brokers keep retained states from shared subscriptions, and states are cheap to hear twice.
    """
    shards = None if settings.shards is None else list(settings.shards)
    group = settings.share
    return [
        f"$share/{group}/{name}" if group and "/up/" in name else name
        for name in topics.hq_filters(settings.org, shards)
    ]


def presence(settings: Settings, epoch: str) -> Presence:
    """Return what a receiver says of itself while the database has this identity."""
    at_utc = utc_text(settings.clock.now_utc())
    birth, death = (
        encode_receiver_state(
            ReceiverState(online=online, hq_epoch=epoch, at_utc=at_utc, reads_sheaves=True)
        )
        for online in (True, False)
    )
    return Presence(topics.hq_state(settings.org, settings.receiver_id), birth, death)
