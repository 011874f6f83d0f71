"""A conversation with a module of the GT-511 family."""

from __future__ import annotations

from drivers.errors import MalformedError
from drivers.fingermodule.codes import Gt511, Gt511Error, gt511_words
from drivers.fingermodule.frames import GT511_DEVICE, Word, WordDecoder, encode_word
from drivers.fingermodule.session import ATTEMPTS, Hit, Line, Sight, silent
from drivers.fingermodule.settings import FingerModuleSettings
from drivers.transports import MonotonicS, Transport


class Gt511Module:
    """A module of the GT-511 family."""

    def __init__(
        self, transport: Transport, monotonic_s: MonotonicS, settings: FingerModuleSettings
    ) -> None:
        self._line = Line(transport, monotonic_s)
        self._decoder = WordDecoder()
        self._timeout_s = settings.answer_timeout_s

    @property
    def heard(self) -> bytes:
        """What the line carried since the last question."""
        return self._line.heard

    def greet(self, timeout_s: float) -> bool:
        """Open the module, which it always answers."""
        return self._answer(Gt511.OPEN, 0, timeout_s) is not None

    def hello(self) -> dict[str, str]:
        """Open the module and switch on the light without which it sees nothing."""
        for command, parameter in ((Gt511.OPEN, 0), (Gt511.LIGHT, 1)):
            answer = self._ask(command, parameter)
            if answer.word != Gt511.DONE:
                raise MalformedError(
                    "module_failed",
                    f"The module cannot be made ready: {gt511_words(answer.parameter)}",
                    "Switch it off and on. If it goes on, replace it.",
                )
        facts = {"family": "GT-511"}
        count = self._ask(Gt511.COUNT_TEMPLATES, 0)
        if count.word == Gt511.DONE:
            facts["enrolled"] = str(count.parameter)
        return facts

    def look(self) -> Hit | Sight:
        """Ask whether a finger is there, take its image, identify it."""
        pressed = self._ask(Gt511.IS_PRESSED, 0)
        if pressed.word != Gt511.DONE or pressed.parameter != 0:
            return Sight.NO_FINGER
        captured = self._ask(Gt511.CAPTURE, 0)
        if captured.word != Gt511.DONE:
            is_gone = captured.parameter == Gt511Error.NOT_PRESSED
            return Sight.NO_FINGER if is_gone else Sight.UNREADABLE
        found = self._ask(Gt511.IDENTIFY, 0)
        if found.word == Gt511.DONE:
            return Hit(found.parameter, 0)
        is_unknown = found.parameter in (Gt511Error.NOT_IDENTIFIED, Gt511Error.LIBRARY_EMPTY)
        return Sight.UNKNOWN_FINGER if is_unknown else Sight.UNREADABLE

    def _ask(self, command: Gt511, parameter: int) -> Word:
        for _ in range(ATTEMPTS):
            answer = self._answer(command, parameter, self._timeout_s)
            if answer is not None:
                return answer
        raise silent(f"command {command:02X}h", self.heard)

    def _answer(self, command: Gt511, parameter: int, timeout_s: float) -> Word | None:
        request = encode_word(Word(GT511_DEVICE, parameter, command))
        return self._line.ask(
            request,
            self._decoder,
            lambda word: word.word in (Gt511.DONE, Gt511.NOT_DONE),
            timeout_s,
        )
