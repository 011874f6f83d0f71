"""What `daka-hq status` and `daka-hq deadletter` print: the database in lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, select

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.store import fleet, problems
from cloud_receiver.store.engine import open_engine, read
from cloud_receiver.store.tables import journal, meta
from sync.errors import DakaError
from sync.heartbeat import DeviceStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloud_receiver.settings import Settings
    from cloud_receiver.store.fleet import BoxView
    from cloud_receiver.words import Words

_TIME = "%Y-%m-%d %H:%M:%SZ"


@contextmanager
def _look(settings: Settings) -> Iterator[Connection]:
    engine = open_engine(settings.database_url)
    try:
        if not _is_made(settings) or not inspect(engine).has_table(meta.name):
            raise DakaError(f"there is no database at {engine.url!r} yet: run daka-hq init")
        with read(engine) as connection:
            yield connection
    finally:
        engine.dispose()


def _is_made(settings: Settings) -> bool:
    """Tell whether a SQLite file is there; looking into one must not make it."""
    prefix, _, path = settings.database_url.partition("sqlite:///")
    return bool(prefix) or Path(path).exists()


def fleet_lines(settings: Settings, words: Words) -> tuple[list[str], bool]:
    """Return how the boxes do, and whether all do well."""
    now_utc_ms = utc_ms(settings.clock.now_utc())
    with _look(settings) as connection:
        boxes = fleet.boxes(connection)
        totals = words.say(
            "totals",
            records=connection.execute(select(func.count()).select_from(journal)).scalar_one(),
            letters=problems.dead_letter_count(connection),
            troubles=problems.trouble_count(connection),
        )
    lines = [totals]
    for box in boxes:
        lines += _box_lines(box, now_utc_ms, words)
    if not boxes:
        lines.append(words.say("no_boxes"))
    is_well = all(
        box.online and all(one.status == DeviceStatus.OK for one in box.devices) for box in boxes
    )
    return lines, is_well


def _box_lines(box: BoxView, now_utc_ms: int, words: Words) -> Iterator[str]:
    silence = words.age(now_utc_ms - box.last_seen_utc_ms)
    presence = words.say("online") if box.online else words.say("offline", age=silence)
    if box.beat is None:
        waiting = box.problem or words.say("silent")
    elif box.oldest_waiting_utc_ms is None:
        waiting = words.say("nothing_waiting")
    else:
        age = words.age(now_utc_ms - box.oldest_waiting_utc_ms)
        waiting = words.say("waiting", count=box.beat.waiting, age=age)
    yield f"{box.box_id} ({box.store_id or '-'}): {presence}; {waiting}"
    for device in box.devices:
        yield words.say(
            "device",
            name=device.name,
            driver=device.driver,
            status=device.status,
            detail=device.detail,
        ).rstrip()


def letter_lines(settings: Settings, limit: int, words: Words) -> list[str]:
    """Return one line a dead letter, the newest first."""
    with _look(settings) as connection:
        letters = problems.dead_letters(connection, limit=limit)
    lines = [
        f"{letter.letter_no}  {instant(letter.received_utc_ms)}  {letter.box_id or '-'}"
        f"  {letter.code}  {letter.raw_bytes} B  {letter.detail}"
        for letter in letters
    ]
    return lines or [words.say("no_letters")]


def letter_bytes(settings: Settings, number: int, words: Words) -> bytes:
    """Return a dead letter as it came.

    Raises:
        DakaError: there is no such number.
    """
    with _look(settings) as connection:
        found = problems.dead_letter_raw(connection, number)
    if found is None:
        raise DakaError(words.say("no_such_letter", number=number))
    return found[1]


def instant(utc_ms: int) -> str:
    """Return an instant for people, in UTC."""
    return datetime.fromtimestamp(utc_ms / 1000, UTC).strftime(_TIME)
