"""A conversation with one terminal: ask, wait for its answer, repeat what got lost.

On RS-485 our own bytes come back, answers collide, and two terminals may answer to one
number. Whatever is not the answer to the question asked is told apart here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drivers.anviz.frames import Command, Frame, FrameDecoder, Return, encode
from drivers.anviz.layouts import MAX_RECORDS_PER_PACKET, split_packet
from drivers.errors import BusyError, LinkDownError, MalformedError, RefusedError
from drivers.strangers import SAMPLE_BYTES, describe_stranger
from drivers.transports import MonotonicS, SilentError, Transport

ATTEMPTS: Final = 3
MAX_HINTS: Final = 1000
READ_BYTES: Final = 4096
DRAIN_S: Final = 0.02
AFTER_DAMAGE_S: Final = 0.3
"""A damaged frame was probably the answer: wait this much longer, not the whole timeout."""
SECOND_ANSWER_S: Final = 0.15
"""A second terminal with the same number answers within this time or collides."""
_NEXT, _ALL, _NEW, _REPEAT = 0x00, 0x01, 0x02, 0x10  # first byte of a download request


class Session:
    """Speak TC_B over an open transport.

    Args:
        is_shared_line: RS-232, RS-485 or a serial server, where others may answer too.

    Attributes:
        hints: raw records that came in real time (DF); whoever reads them takes them off.
    """

    def __init__(
        self,
        transport: Transport,
        monotonic_s: MonotonicS,
        device_id: int,
        timeout_s: float,
        *,
        is_shared_line: bool,
    ) -> None:
        self._transport = transport
        self._monotonic_s = monotonic_s
        self._device_id = device_id
        self._timeout_s = timeout_s
        self._is_shared_line = is_shared_line
        self._decoder = FrameDecoder()
        self._request = b""
        self._heard = b""  # since that request, for the diagnosis
        self._owed_answers = 0  # questions asked again whose first answer may still come
        self.hints: set[bytes] = set()

    def ask(self, command: Command, data: bytes = b"") -> Frame:
        """Return the answer to a question that may be asked twice without harm.

        Raises:
            LinkDownError: nobody answered. BusyError: the terminal said FAIL.
            MalformedError: only damaged answers came. RefusedError: two terminals answered.
        """
        for _ in range(ATTEMPTS):
            answer = self._exchange(command, data)
            if answer is not None:
                return self._accepted(answer)
        raise self._unanswered(command)

    def ask_alone(self, command: Command) -> Frame:
        """Ask, and make sure that only one terminal answers to this number."""
        answer = self.ask(command)
        if self._is_shared_line:
            self._listen(self._monotonic_s() + SECOND_ANSWER_S)
        return answer

    def download(self, amount: int, *, only_new: bool) -> Iterator[tuple[bytes, ...]]:
        """Yield exactly `amount` raw records from the oldest on, packet by packet.

        Raises:
            MalformedError: the terminal ended early: its log changed while it was read.
        """
        done, previous = 0, b""
        while done < amount:
            wanted = min(MAX_RECORDS_PER_PACKET, amount - done)
            first = _NEW if only_new else _ALL
            previous = self._packet(_NEXT if done else first, wanted, previous)
            records = split_packet(previous) or ()
            if not 1 <= len(records) <= wanted:
                raise MalformedError(
                    "log_changed",
                    f"The terminal announced {amount} records; after {done} it gave "
                    f"{len(records)} where {wanted} were asked for",
                    "Nothing is lost; the log is read again.",
                )
            yield records
            done += len(records)

    def clear_new(self, amount: int) -> bool:
        """Tell the terminal that its `amount` oldest new records are stored.

        Sent once: repeated after a lost answer it would clear records nobody has read.
        Returns False when the terminal cannot do it.

        Raises:
            LinkDownError, MalformedError: it is unknown whether it was done.
        """
        answer = self._exchange(Command.CLEAR_NEW, bytes((2,)) + amount.to_bytes(3, "big"))
        if answer is None:
            raise self._unanswered(Command.CLEAR_NEW)
        return answer.return_code == Return.SUCCESS

    def listen(self, deadline_s: float) -> None:
        """Take what the terminal says on its own, once; answers its pings.

        Raises:
            SilentError: it said nothing before `deadline_s`.
        """
        for frame in self._decoder.feed(self._transport.read(READ_BYTES, deadline_s)):
            self._spontaneous(frame)

    def _packet(self, parameter: int, wanted: int, previous: bytes) -> bytes:
        """Return the next whole download packet, never `previous` again.

        When no answer came it is unknown whether the question or the answer was lost, so
        the terminal is asked to repeat: the same packet again means the question was lost.
        """
        asked = parameter
        for _ in range(2 * ATTEMPTS):
            is_late = previous if asked == _NEXT else b""
            answer = self._exchange(Command.DOWNLOAD, bytes((asked, wanted)), is_late)
            if answer is None:
                asked = _REPEAT if parameter == _NEXT else parameter
            elif answer.return_code == Return.EMPTY:
                return b"\0"
            elif answer.data == previous:
                asked = _NEXT
            elif split_packet(self._accepted(answer).data) is None:
                asked = _REPEAT  # its count byte lies: the packet was cut or mixed
            else:
                return answer.data
        raise self._unanswered(Command.DOWNLOAD)

    def _exchange(self, command: Command, data: bytes, is_late: bytes = b"") -> Frame | None:
        """Send one question; None when no good answer came in time.

        Args:
            is_late: answers with this data belong to an earlier question.
        """
        self._drain()
        self._request = encode(Frame(self._device_id, command, data))
        self._heard = b""
        deadline_s = self._monotonic_s() + self._timeout_s
        damaged_before = self._decoder.damaged_frames
        self._transport.write(self._request, deadline_s)
        is_over = False
        while not is_over:
            try:
                received = self._transport.read(READ_BYTES, deadline_s)
                self._heard = (self._heard + received)[:SAMPLE_BYTES]
                frames = self._decoder.feed(received)
            except SilentError:
                is_over = True
                frames = self._decoder.give_up()
            answers = [
                answer
                for answer in self._answers(frames, command)
                if not is_late or answer.data != is_late
            ]
            if answers:
                self._refuse_second(answers[1:])
                return answers[0]
            if self._decoder.damaged_frames > damaged_before:
                damaged_before = self._decoder.damaged_frames
                deadline_s = min(deadline_s, self._monotonic_s() + AFTER_DAMAGE_S)
        self._owed_answers += 1
        return None

    def _answers(self, frames: list[Frame], command: int) -> list[Frame]:
        """Return those frames that answer `command`; handle or ignore the others."""
        answers = []
        for frame in frames:
            is_ours = self._device_id in (0, frame.device_id)
            if frame.is_answer and is_ours and frame.command == command:
                answers.append(frame)
            else:
                self._spontaneous(frame)
        return answers

    def _spontaneous(self, frame: Frame) -> None:
        if frame.is_answer and frame.command == Command.PUNCHED:
            if len(self.hints) < MAX_HINTS:
                self.hints.add(frame.data)
        elif frame.command == Command.PING and not frame.is_answer:
            pong = encode(Frame(frame.device_id, Command.PONG, b""))
            self._transport.write(pong, self._monotonic_s() + self._timeout_s)
        elif frame.is_answer and self._device_id in (0, frame.device_id):
            self._refuse_second([frame])
        # the rest is our own echo, or the talk of other terminals with other hosts

    def _refuse_second(self, extra: list[Frame]) -> None:
        """Take an unasked answer as late, if one is owed; else somebody else gave it."""
        for _ in extra:
            if self._owed_answers == 0:
                raise RefusedError(
                    "two_devices",
                    f"Two terminals answer to device number {self._device_id}",
                    "Give each terminal on the line its own number in its menu.",
                )
            self._owed_answers -= 1

    def _drain(self) -> None:
        """Take what is still on the line, so that it is not taken for the next answer."""
        if self._is_shared_line or self._owed_answers:
            self._listen(self._monotonic_s() + DRAIN_S)

    def _listen(self, deadline_s: float) -> None:
        try:
            while True:
                self.listen(deadline_s)
        except SilentError:
            for frame in self._decoder.give_up():
                self._spontaneous(frame)

    def _accepted(self, answer: Frame) -> Frame:
        if answer.return_code == Return.SUCCESS:
            return answer
        raise BusyError(
            "device_failed",
            f"The terminal answered {answer.return_code:02X}h to {answer.command:02X}h",
            "It is asked again later. If it goes on, restart the terminal.",
        )

    def _unanswered(self, command: Command) -> LinkDownError | MalformedError:
        heard = self._heard
        if not heard:
            return LinkDownError(
                "timeout",
                f"Device number {self._device_id} does not answer {command:02X}h",
                "Check power, cable, baud rate and the device number in its menu.",
            )
        if heard == self._request:
            return LinkDownError(
                "echo_only",
                f"The line returns our own bytes, device number {self._device_id} says nothing",
                "Check wires A and B of the RS-485 line and the device number.",
            )
        return MalformedError(
            "garbled",
            f"No whole answer from device number {self._device_id}; the line carries "
            f"{describe_stranger(heard)}",
            "Check baud rate, cable, termination, and that no other program uses the line.",
        )
