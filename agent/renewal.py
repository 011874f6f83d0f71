"""Keep the box's certificate fresh: looks now and then, and renews before it ends.

The looking is a loop of the agent; the renewing is a process of its own, ``python -m
agent.renewal``, which loads the heavy library and ends.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sync.clock import SystemClock
from sync.errors import DakaError

LOOK_EVERY_S: Final = 6 * 3600.0
PATIENCE_S: Final = 120.0
_log = logging.getLogger("daka.renewal")


class Renewal:
    """The loop that looks.

    Args:
        address: of headquarters' pages.
        on_progress: called when it looked; the watchdog wants to know.
    """

    def __init__(
        self, address: str, identity: Path, authority: Path, on_progress: Callable[[], None]
    ) -> None:
        self._command = [
            sys.executable, "-P", "-m", "agent.renewal", address, str(identity), str(authority)
        ]  # fmt: skip
        self._on_progress = on_progress

    def run(self, stop: threading.Event) -> None:
        """Look until told to stop; what goes wrong is said and tried again at the next look."""
        while not stop.is_set():
            self._look()
            self._on_progress()
            stop.wait(LOOK_EVERY_S)

    def _look(self) -> None:
        try:
            done = subprocess.run(  # noqa: S603 - our own module
                self._command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            _log.warning("renewal_failed error=%s", error)
            return
        told = (done.stdout or done.stderr).strip()
        if done.returncode:
            _log.warning("renewal_failed error=%s", told)
        elif told:
            _log.info("renewed %s", told)


def main(arguments: list[str]) -> int:
    """Renew when it is due; return the exit code."""
    from agent.enrolment import life_of, renew

    parser = argparse.ArgumentParser(prog="agent.renewal", description=main.__doc__)
    parser.add_argument("address", help="of headquarters' pages")
    parser.add_argument("identity", type=Path, help="the file with key and certificate")
    parser.add_argument("authority", type=Path, help="the authority's certificate")
    parser.add_argument("--now", action="store_true", help="even if it is not due")
    given = parser.parse_args(arguments)
    try:
        is_due = life_of(given.identity).is_due(SystemClock.of_this_boot().now_utc())
        if is_due or given.now:
            life = renew(given.address, given.identity, given.authority)
            sys.stdout.write(f"until={life.not_after_utc:%Y-%m-%d}\n")
    except DakaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
