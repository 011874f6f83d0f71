"""A conversation with a module of the EF01 family."""

from __future__ import annotations

from typing import Final

from drivers.errors import MalformedError, RefusedError
from drivers.fingermodule.codes import Confirmation, Ef01, ef01_words
from drivers.fingermodule.frames import Packet, PacketDecoder, PacketKind, encode_packet
from drivers.fingermodule.session import ATTEMPTS, Hit, Line, Sight, silent
from drivers.fingermodule.settings import FingerModuleSettings
from drivers.transports import MonotonicS, Transport

_HIT_BYTES: Final = 5  # confirmation, page u16, score u16
_PARAMETERS_BYTES: Final = 17  # confirmation and sixteen bytes, the capacity at 5
_CHARACTER_BUFFER: Final = b"\x01"
_FALLBACK_CAPACITY: Final = 1000


class Ef01Module:
    """A module of the EF01 family."""

    def __init__(
        self, transport: Transport, monotonic_s: MonotonicS, settings: FingerModuleSettings
    ) -> None:
        self._line = Line(transport, monotonic_s)
        self._decoder = PacketDecoder()
        self._settings = settings
        self._capacity = _FALLBACK_CAPACITY
        self._strange_address: int | None = None

    @property
    def heard(self) -> bytes:
        """What the line carried since the last question."""
        return self._line.heard

    def greet(self, timeout_s: float) -> bool:
        """Ask for the password check, which every module answers."""
        return self._answer(Ef01.VERIFY_PASSWORD, self._password(), 1, timeout_s) is not None

    def hello(self) -> dict[str, str]:
        """Verify the password and learn how many pages there are."""
        answer = self._ask(Ef01.VERIFY_PASSWORD, self._password(), 1)
        if answer[0] != Confirmation.OK:
            raise RefusedError(
                "password",
                f"The module does not accept the password: {ef01_words(answer[0])}",
                "Write the module's password into its settings: password = ...",
            )
        parameters = self._ask(Ef01.READ_PARAMETERS, b"", 1)
        if parameters[0] == Confirmation.OK and len(parameters) >= _PARAMETERS_BYTES:
            self._capacity = int.from_bytes(parameters[5:7], "big") or _FALLBACK_CAPACITY
        facts = {"family": "EF01", "capacity": str(self._capacity)}
        count = self._ask(Ef01.COUNT_TEMPLATES, b"", 1)
        if count[0] == Confirmation.OK and len(count) >= 3:
            facts["enrolled"] = str(int.from_bytes(count[1:3], "big"))
        return facts

    def look(self) -> Hit | Sight:
        """Take an image, turn it into features, search the library."""
        code = self._ask(Ef01.TAKE_IMAGE, b"", 1)[0]
        if code == Confirmation.NO_FINGER:
            return Sight.NO_FINGER
        if code != Confirmation.OK:
            return self._unreadable(code)
        code = self._ask(Ef01.IMAGE_TO_FEATURES, _CHARACTER_BUFFER, 1)[0]
        if code != Confirmation.OK:
            return self._unreadable(code)
        span = b"\0\0" + self._capacity.to_bytes(2, "big")
        answer = self._ask(Ef01.SEARCH, _CHARACTER_BUFFER + span, _HIT_BYTES)
        if answer[0] == Confirmation.NOT_FOUND:
            return Sight.UNKNOWN_FINGER
        if answer[0] != Confirmation.OK:
            return self._unreadable(answer[0])
        page, score = int.from_bytes(answer[1:3], "big"), int.from_bytes(answer[3:5], "big")
        return Hit(page, score)

    def _unreadable(self, code: int) -> Sight:
        if code in (Confirmation.PASSWORD_FIRST, Confirmation.WRONG_PASSWORD):
            raise MalformedError(
                "module_restarted",
                f"The module forgot us: {ef01_words(code)}",
                "It probably lost power for a moment; it is greeted again. Check its supply.",
            )
        return Sight.UNREADABLE

    def _password(self) -> bytes:
        return self._settings.password.to_bytes(4, "big")

    def _ask(self, command: Ef01, data: bytes, ok_bytes: int) -> bytes:
        for _ in range(ATTEMPTS):
            answer = self._answer(command, data, ok_bytes, self._settings.answer_timeout_s)
            if answer is not None:
                return answer
        if self._strange_address is not None:
            raise RefusedError(
                "address",
                f"A module with address {self._strange_address:08X}h answers, not "
                f"{self._settings.address:08X}h",
                f"Write its address into its settings: address = 0x{self._strange_address:08X}",
            )
        raise silent(f"command {command:02X}h", self.heard)

    def _answer(self, command: Ef01, data: bytes, ok_bytes: int, timeout_s: float) -> bytes | None:
        """Return the content of the acknowledgement of one question.

        Args:
            ok_bytes: how long it is at least when it says OK; shorter ones answer an
                earlier question.
        """

        def fits(packet: Packet) -> bool:
            if packet.kind != PacketKind.ACK:
                return False
            if packet.address != self._settings.address:
                self._strange_address = packet.address
                return False
            return packet.content[0] != Confirmation.OK or len(packet.content) >= ok_bytes

        content = bytes((command,)) + data
        request = encode_packet(Packet(self._settings.address, PacketKind.COMMAND, content))
        packet = self._line.ask(request, self._decoder, fits, timeout_s)
        return packet.content if packet else None
