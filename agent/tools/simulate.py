"""Play a device in the foreground: for trying out settings and for training.

A terminal of the network or a till is the program its simulator brings along. A device of
a line is put on a pseudo-terminal, or on a TCP port, and is told by lines on standard
input what happens to it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from drivers.simulators import (
    anviz,
    attlog,
    fingermodule,
    posfeed,
    serialline,
    zk,
    zk_faults,
    zkpush,
)
from drivers.simulators.line import LINE_FAULTS, Machine, PtyLine, TcpLine
from sync.errors import DakaError

_GAP: Final = timedelta(seconds=37)
_PAGES: Final = frozenset(range(200))

Options = argparse.Namespace


@dataclass(frozen=True, slots=True)
class Play:
    """A kind of device that can be played.

    Attributes:
        about: what it is.
        faults: how it can misbehave, by name.
        run: plays it until it is stopped; is given what follows the kind.
    """

    about: str
    faults: Mapping[str, str]
    run: Callable[[Sequence[str]], int]


class _Touchable(Protocol):
    """A machine of a line, and what a touch does to it."""

    @property
    def machine(self) -> Machine: ...

    def touch(self, who: str) -> None:
        """Let somebody touch it.

        Raises:
            ValueError: this device knows no such person.
        """


class _Anviz:
    def __init__(self, options: Options) -> None:
        self._terminal = anviz.AnvizTerminal(
            _now, serial=options.serial, faults=_own(options.fault, anviz.FAULTS)
        )
        for number in range(options.records):
            at = _now() - _GAP * (options.records - number)
            self._terminal.punch(anviz.record(1001 + number % 5, at), live=False)

    @property
    def machine(self) -> Machine:
        return self._terminal

    def touch(self, who: str) -> None:
        self._terminal.punch(anviz.record(int(who), _now()))


class _AsciiTerminal:
    def __init__(self, options: Options) -> None:
        faults = _own(options.fault, serialline.FAULTS)
        self._terminal = serialline.AsciiTerminal(options.profile, faults=faults)

    @property
    def machine(self) -> Machine:
        return self._terminal

    def touch(self, who: str) -> None:
        self._terminal.touch(who, _now())


class _FingerModule:
    def __init__(self, options: Options) -> None:
        faults = _own(options.fault, fingermodule.FAULTS)
        self._module: fingermodule.Ef01Simulator | fingermodule.Gt511Simulator
        if options.family == "ef01":
            self._module = fingermodule.Ef01Simulator(_PAGES, faults=faults)
        else:
            self._module = fingermodule.Gt511Simulator(_PAGES, faults=faults)

    @property
    def machine(self) -> Machine:
        return self._module

    def touch(self, who: str) -> None:
        self._module.queue([int(who)])


def kinds() -> dict[str, Play]:
    """Return what can be played, by the name of its driver."""
    return {
        "zkteco": Play("ZKTeco terminal, TCP and UDP", zk_faults.FAULTS, zk.main),
        "zkpush": Play("ZKTeco terminal that pushes to this box", zkpush.FAULTS, zkpush.main),
        "attlogfile": Play("export of a terminal to a USB stick", attlog.FAULTS, attlog.main),
        "anviz": Play("Anviz terminal", anviz.FAULTS | LINE_FAULTS, _on_a_line(_Anviz)),
        "serialline": Play(
            "ASCII terminal or card reader of a shipped profile",
            serialline.FAULTS | LINE_FAULTS,
            _on_a_line(_AsciiTerminal),
        ),
        "fingermodule": Play(
            "fingerprint module, EF01 or GT-511",
            fingermodule.FAULTS | LINE_FAULTS,
            _on_a_line(_FingerModule),
        ),
        "posfile": Play("tills that export to a folder", posfeed.FAULTS, posfeed.main),
    }


def list_kinds() -> str:
    """Return every kind and its faults, one a line."""
    lines = []
    for name, one in kinds().items():
        lines.append(f"{name}: {one.about}")
        lines += [f"  {fault:<18}{what}" for fault, what in one.faults.items()]
    return "\n".join(lines)


def play(kind: str, arguments: Sequence[str]) -> int:
    """Play a device until Ctrl-C, SIGTERM or ``quit``; return the exit code.

    Raises:
        DakaError: there is no such kind.
    """
    known = kinds()
    if kind not in known:
        raise DakaError(f"no simulator {kind!r}; there are {', '.join(known)}")
    return known[kind].run(arguments)


def _on_a_line(make: Callable[[Options], _Touchable]) -> Callable[[Sequence[str]], int]:
    return lambda arguments: _play_on_a_line(make(options := _options(arguments)), options)


def _options(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser("daka-agent simulate KIND", description=__doc__)
    own = anviz.FAULTS | serialline.FAULTS | fingermodule.FAULTS
    parser.add_argument("--fault", action="append", default=[], choices=sorted(own | LINE_FAULTS))
    parser.add_argument("--port", type=int, help="TCP on the loopback, 0 takes a free one")
    parser.add_argument("--profile", choices=sorted(serialline.FORMS), default="line")
    parser.add_argument("--family", choices=("ef01", "gt511"), default="ef01")
    parser.add_argument("--serial", default="SIM0000000000001", help="of an Anviz terminal")
    parser.add_argument("--records", type=int, default=0, help="an Anviz terminal begins with")
    return parser.parse_args(arguments)


def _play_on_a_line(device: _Touchable, options: Options) -> int:
    faults = frozenset(options.fault) & LINE_FAULTS.keys()
    line: PtyLine | TcpLine
    if options.port is None:
        line = PtyLine(device.machine, faults)
    else:
        line = TcpLine(device.machine, faults, options.port)
    is_over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_over.set())
    line.start()
    _say(f"listens on {line.url}; type touch WHO, unplug or quit")
    obeying = threading.Thread(target=_obey_stdin, args=(device, line, is_over), daemon=True)
    obeying.start()
    is_over.wait()
    line.stop()
    return 0


def _obey_stdin(device: _Touchable, line: PtyLine | TcpLine, is_over: threading.Event) -> None:
    for text in sys.stdin:
        name, _, who = text.strip().partition(" ")
        if name == "touch" and who:
            try:
                device.touch(who)
                _say(f"ok {who}")
            except (ValueError, OverflowError) as error:
                _say(f"error: {error}")
        elif name in ("unplug", "quit"):
            line.stop()
            _say("ok")
            is_over.set()
        else:
            _say("error: known are touch WHO, unplug, quit")


def _own(faults: Sequence[str], known: Mapping[str, str]) -> frozenset[str]:
    """Return the machine's own faults; those of the line are the line's.

    Raises:
        DakaError: neither has such a fault.
    """
    for name in faults:
        if name not in known and name not in LINE_FAULTS:
            raise DakaError(f"no fault {name!r} of this kind; see daka-agent simulate --list")
    return frozenset(faults) & known.keys()


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)  # noqa: DTZ005 - terminals show local time


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is a program
