"""Messages from boxes, decoded and sorted by what they are; what does not hold is a letter.

Pure: all decoding is done here, before a transaction is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cloud_receiver.store.journal import LaneKey
from cloud_receiver.store.problems import Letter
from sync import topics
from sync.control import Echo, Reply, Reported, decode_echo, decode_reply, decode_reported
from sync.envelope import Batch, decode_batch
from sync.errors import WireError
from sync.heartbeat import Heartbeat, decode_heartbeat
from sync.presence import BoxState, decode_box_state
from sync.refusal import Refusal, checksum_of


class Message(NamedTuple):
    """A message as the broker delivered it."""

    topic: str
    payload: bytes


@dataclass(slots=True)
class Mail:
    """Messages by what they are; `beats` keep their text, which is stored verbatim."""

    batches: dict[LaneKey, list[Batch]] = field(default_factory=dict)
    beats: list[tuple[Heartbeat, Message]] = field(default_factory=list)
    states: list[BoxState] = field(default_factory=list)
    reports: list[tuple[str, Reported]] = field(default_factory=list)
    replies: list[tuple[str, Reply]] = field(default_factory=list)
    echoes: list[tuple[str, Echo]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    refusals: list[tuple[str, Refusal]] = field(default_factory=list)

    def add(self, later: Mail) -> None:
        """Put what came later behind what is here."""
        for key, batches in later.batches.items():
            self.batches.setdefault(key, []).extend(batches)
        self.beats += later.beats
        self.states += later.states
        self.reports += later.reports
        self.replies += later.replies
        self.echoes += later.echoes
        self.letters += later.letters
        self.refusals += later.refusals


def sort_mail(org: str, messages: Sequence[Message]) -> Mail:
    """Decode and sort messages for an organisation; none is lost, none raises."""
    mail = Mail()
    for message in messages:
        try:
            _sort_one(mail, org, message)
        except WireError as error:
            mail.letters.append(letter_of(message, error.code, error.detail))
            mail.refusals += refusals_of(org, message, error.code)
    return mail


def letter_of(message: Message, code: str, detail: str) -> Letter:
    """Return the dead letter of a whole message."""
    try:
        box_id = topics.box_of(message.topic)
    except WireError:
        box_id = None
    return Letter(topic=message.topic, code=code, detail=detail, raw=message.payload, box_id=box_id)


def refusals_of(org: str, message: Message, code: str) -> list[tuple[str, Refusal]]:
    """Return what to tell the box whose batch this cannot be; nothing for other messages."""
    try:
        up = topics.parse_up(message.topic)
    except WireError:
        return []
    if up.org != org:
        return []
    return [(up.box_id, Refusal(checksum_of(message.payload), code))]


def _sort_one(mail: Mail, org: str, message: Message) -> None:
    box_id = topics.box_of(message.topic)
    if message.topic == topics.state(org, box_id):
        if not message.payload:  # a retained state that was cleared by hand
            return
        state = decode_box_state(message.payload)
        _insist("box", state.box_id, box_id)
        mail.states.append(state)
    elif message.topic == topics.health(org, box_id):
        beat = decode_heartbeat(message.payload)
        _insist("box", beat.box_id, box_id)
        mail.beats.append((beat, message))
    elif message.topic == topics.reported(org, box_id):
        mail.reports.append((box_id, decode_reported(message.payload)))
    elif message.topic == topics.reply(org, box_id):
        mail.replies.append((box_id, decode_reply(message.payload)))
    elif message.topic == topics.echo(org, box_id, "up"):
        mail.echoes.append((box_id, decode_echo(message.payload)))
    else:
        up = topics.parse_up(message.topic)
        _insist("org", up.org, org)
        batch = decode_batch(message.payload)
        _insist("box", batch.box_id, up.box_id)
        _insist("lane", batch.lane, up.lane)
        key = LaneKey(batch.box_id, batch.epoch, batch.lane)
        mail.batches.setdefault(key, []).append(batch)


def _insist(code: str, found: str, expected: str) -> None:
    if found != expected:
        raise WireError(code, f"{code} {found!r} where {expected!r} is expected")
