"""Fingerprint modules of both families that behave, and misbehave by name."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from drivers.fingermodule.codes import Confirmation, Ef01, Gt511, Gt511Error
from drivers.fingermodule.frames import (
    DEFAULT_ADDRESS,
    GT511_DEVICE,
    Packet,
    PacketDecoder,
    PacketKind,
    Word,
    WordDecoder,
    encode_packet,
    encode_word,
)

NOBODY: Final = -1
"""A finger that is not enrolled."""

FAULTS: Final = {
    "junk_prefix": "25 bytes of debug text before every image answer, as an R311 sends",
    "bad_sum_once": "the next answer has a wrong checksum",
    "lost_answer_once": "the next answer is lost",
    "wrong_kind": "a data packet and an end packet before every answer",
    "other_address": "answers with another address",
    "length_lies": "a packet of length 0 and one of length FFFFh before every answer",
    "messy": "the finger gives no usable image",
    "restarts": "forgets the password between two questions",
}
_R311_TEXT: Final = bytes.fromhex("e3d0d6b53d36342c205765743d33322c204472793d3332200a")
_OTHER_ADDRESS: Final = 0x00000042


class _Sensor:
    """What both families have: enrolled pages and perhaps a finger on the glass."""

    def __init__(self, pages: frozenset[int], faults: frozenset[str]) -> None:
        unknown = faults - FAULTS.keys()
        assert not unknown, f"no such fault of a fingerprint module: {unknown}"
        self.pages = pages
        self.faults = set(faults)
        self.finger: int | None = None
        self.looks = 0
        self._visitors: deque[int] = deque()
        self._is_visited = False

    def place(self, page: int | None) -> None:
        """Put the finger enrolled at `page` on the glass, or take it away with None."""
        self.finger = page

    def queue(self, pages: Iterable[int]) -> None:
        """Let these fingers come one after the other, one for each look, then none."""
        self._visitors.extend(pages)

    def _look(self) -> bool:
        """Tell whether a finger is on the glass at this look."""
        self.looks += 1
        if self._visitors:
            self.finger = self._visitors.popleft()
            self._is_visited = True
        elif self._is_visited:
            self.finger, self._is_visited = None, False
        return self.finger is not None

    def speak(self) -> bytes:
        """Say nothing: modules only answer."""
        return b""

    def _happens(self, fault: str) -> bool:
        is_on = fault in self.faults
        self.faults.discard(fault)
        return is_on


class Ef01Simulator(_Sensor):
    """A module of the EF01 family."""

    def __init__(
        self,
        pages: frozenset[int] = frozenset(),
        *,
        password: int = 0,
        capacity: int = 200,
        faults: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(pages, faults)
        self._password = password
        self._capacity = capacity
        self._is_verified = False
        self._decoder = PacketDecoder()

    def hear(self, data: bytes) -> bytes:
        """Answer commands; an incomplete one is never answered."""
        return b"".join(
            self._answer(packet)
            for packet in self._decoder.feed(data)
            if packet.kind == PacketKind.COMMAND and packet.address == DEFAULT_ADDRESS
        )

    def _answer(self, packet: Packet) -> bytes:
        command = packet.content[0]
        content = self._reply(command, packet.content[1:])
        address = _OTHER_ADDRESS if "other_address" in self.faults else DEFAULT_ADDRESS
        said = encode_packet(Packet(address, PacketKind.ACK, content))
        if self._happens("lost_answer_once"):
            return b""
        if self._happens("bad_sum_once"):
            said = said[:-1] + bytes((said[-1] ^ 1,))
        if "wrong_kind" in self.faults:
            kinds = (PacketKind.DATA, PacketKind.END_OF_DATA)
            said = b"".join(encode_packet(Packet(address, kind, b"\0")) for kind in kinds) + said
        if "length_lies" in self.faults:
            lie = b"\xef\x01" + DEFAULT_ADDRESS.to_bytes(4, "big") + b"\x07"
            said = lie + b"\0\0" + lie + b"\xff\xff" + said
        if "junk_prefix" in self.faults and command == Ef01.TAKE_IMAGE:
            said = _R311_TEXT + said
        return said

    def _reply(self, command: int, data: bytes) -> bytes:
        ok = bytes((Confirmation.OK,))
        if command == Ef01.VERIFY_PASSWORD:
            self._is_verified = int.from_bytes(data, "big") == self._password
            return ok if self._is_verified else bytes((Confirmation.WRONG_PASSWORD,))
        if not self._is_verified or self._happens("restarts"):
            self._is_verified = False
            return bytes((Confirmation.PASSWORD_FIRST,))
        if command == Ef01.READ_PARAMETERS:
            return ok + bytes(4) + self._capacity.to_bytes(2, "big") + bytes(10)
        if command == Ef01.COUNT_TEMPLATES:
            return ok + len(self.pages).to_bytes(2, "big")
        if command == Ef01.TAKE_IMAGE:
            return ok if self._look() else bytes((Confirmation.NO_FINGER,))
        if command == Ef01.IMAGE_TO_FEATURES:
            return b"\x06" if "messy" in self.faults else ok
        if command == Ef01.SEARCH and self.finger in self.pages:
            assert self.finger is not None
            return ok + self.finger.to_bytes(2, "big") + (111).to_bytes(2, "big")
        return bytes((Confirmation.NOT_FOUND, 0, 0, 0, 0))


class Gt511Simulator(_Sensor):
    """A module of the GT-511 family."""

    def __init__(
        self, pages: frozenset[int] = frozenset(), *, faults: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(pages, faults)
        self._is_lit = False
        self._decoder = WordDecoder()

    def hear(self, data: bytes) -> bytes:
        """Answer commands."""
        return b"".join(self._answer(word) for word in self._decoder.feed(data))

    def _answer(self, word: Word) -> bytes:
        is_done, parameter = self._reply(word)
        if self._happens("lost_answer_once"):
            return b""
        answer = Gt511.DONE if is_done else Gt511.NOT_DONE
        said = encode_word(Word(GT511_DEVICE, parameter, answer))
        if self._happens("bad_sum_once"):
            said = said[:-1] + bytes((said[-1] ^ 1,))
        return said

    def _reply(self, word: Word) -> tuple[bool, int]:
        if word.word == Gt511.LIGHT:
            self._is_lit = bool(word.parameter)
        if word.word == Gt511.COUNT_TEMPLATES:
            return True, len(self.pages)
        if word.word == Gt511.IS_PRESSED:
            is_pressed = self._look() and self._is_lit
            return True, 0 if is_pressed else Gt511Error.NOT_PRESSED
        if word.word == Gt511.CAPTURE and "messy" in self.faults:
            return False, Gt511Error.BAD_FINGER
        if word.word == Gt511.IDENTIFY and self.finger not in self.pages:
            return False, Gt511Error.NOT_IDENTIFIED
        if word.word == Gt511.IDENTIFY:
            assert self.finger is not None
            return True, self.finger
        return True, 0
