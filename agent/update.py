"""Put a new version of the agent into use, and the old one back when the new one is not well.

The gate is what a person would look at: does the new version report, does its outbox work,
is it connected if the old one was. Records are safe either way: they are in the outbox.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from agent.health import read_status
from agent.settings import Settings
from agent.versions import Versions, Wheel
from sync.errors import DakaError

LOOK_EVERY_S: Final = 0.5
TIMEOUT_S: Final = 900.0
"""The longest an installation may take; a small box with a slow card takes minutes."""

Say = Callable[..., None]
"""(key of a sentence, values) -> tells the person at the box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What is to be done.

    Attributes:
        wheelhouse: folder of the wheels it depends on; nothing is fetched from elsewhere.
        restart: the command that starts the version in use again.
        patience_s: how long the new version may take to be well.
    """

    wheel: Wheel
    wheelhouse: Path
    versions: Versions
    settings: Settings
    config: Path
    restart: Sequence[str]
    patience_s: float


def apply(update: Update, say: Say) -> None:
    """Install, try, switch, watch; go back when it is not well.

    Raises:
        DakaError: the new version is not in use; the message says why, and whether the old is.
    """
    versions, name = update.versions, update.wheel.name
    old = versions.current
    if old == name:
        say("update_is_in_use", version=name)
        return
    say("update_installs", version=name)
    _install(update)
    _try_out(update)
    was_connected = _is_connected(update.settings)
    versions.switch(name)
    say("update_restarts", version=name)
    trouble = _restart(update) or _watch(update, was_connected=was_connected)
    if trouble is None:
        say("update_done", version=name)
        for gone in versions.prune():
            say("update_pruned", version=gone)
        return
    if old is None:
        raise DakaError(f"{name} is not well and there is none to go back to: {trouble}")
    versions.switch(old)
    stuck = _restart(update)
    versions.remove(name)
    back = f"; {old} does not start either: {stuck}" if stuck else f"; {old} is in use again"
    raise DakaError(f"{name} is not well: {trouble}{back}")


def _install(update: Update) -> None:
    """Make the environment; what is left of an interrupted attempt is made anew."""
    folder = update.versions.folder(update.wheel.name)
    update.versions.remove(update.wheel.name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    has_own = any(update.wheelhouse.glob("cryptography-*.whl"))  # else Debian's stands in
    extras = "agent,certificates" if has_own else "agent"
    venv.create(folder, with_pip=False, symlinks=True, system_site_packages=not has_own)
    pips = sorted(update.wheelhouse.glob("pip-*.whl"))
    pip = [f"{pips[-1]}/pip"] if pips else ["-m", "pip"]
    command = [
        sys.executable, *pip, "--python", str(folder / "bin" / "python"), "install", "--quiet",
        "--disable-pip-version-check", "--no-index", "--find-links", str(update.wheelhouse),
        f"{update.wheel.path}[{extras}]",
    ]  # fmt: skip
    if trouble := _run(command):
        update.versions.remove(update.wheel.name)
        raise DakaError(f"{update.wheel.path.name} cannot be installed: {trouble}")


def _try_out(update: Update) -> None:
    """Let the new version read the settings and the outbox before it is trusted with them."""
    program = update.versions.folder(update.wheel.name) / "bin" / "daka-agent"
    if trouble := _run([str(program), "status", "--config", str(update.config)], allowed=(0, 3)):
        update.versions.remove(update.wheel.name)
        raise DakaError(f"{update.wheel.name} refuses this box's settings or outbox: {trouble}")


def _restart(update: Update) -> str | None:
    update.settings.box.status_file.unlink(missing_ok=True)  # what is written now is the new one's
    return _run(list(update.restart))


def _watch(update: Update, *, was_connected: bool) -> str | None:
    """Return what is wrong with the running version, None when it is well."""
    deadline_s = monotonic() + update.patience_s
    trouble = "it does not report"
    while monotonic() < deadline_s:
        status = read_status(update.settings.box.status_file)
        if status is not None:
            version = status.heartbeat["version"]
            if version != update.wheel.version:
                trouble = f"{version} reports instead"
            elif was_connected and not status.link.is_up:
                trouble = f"it is not connected: {status.link.trouble}"
            else:
                return None
        sleep(LOOK_EVERY_S)
    return f"{trouble} after {update.patience_s:.0f} s"


def _is_connected(settings: Settings) -> bool:
    status = read_status(settings.box.status_file)
    return status is not None and status.link.is_up


def _run(command: Sequence[str], allowed: Sequence[int] = (0,)) -> str | None:
    """Run a command; return what it says when it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - our own commands
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode in allowed:
        return None
    told = (done.stderr or done.stdout).strip().splitlines()
    return told[-1] if told else f"exit code {done.returncode}"
