"""Pictures of what the installer sees: the wizard run for real, its screen drawn as SVG.

    python -m bench.pictures          writes docs/img/wizard.zh.svg and docs/img/wizard.en.svg

The wizard runs on a terminal of its own against a real broker and a simulated fingerprint terminal on this machine;
only addresses and folders are shown as they would be in a store.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from bench.rig import terminal
from cloud_receiver.demo.broker import broker_command
from cloud_receiver.demo.stage import Stage, answers, free_port

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "img"
WIDTH = 100
PROMPT = re.compile(r"(\]|\)|[^\n]): $")
ANSWER_S = 30.0


def conversation(command: list[str], typed: list[str]) -> str:
    """Run a command on a terminal, type the answers as it asks, and return the screen."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
        env={**os.environ, "LANG": "C.UTF-8", "TERM": "dumb", "COLUMNS": str(WIDTH)},
    )  # fmt: skip
    os.close(theirs)
    screen, answered, waiting = "", 0, list(typed)
    until_s = time.monotonic() + ANSWER_S
    while time.monotonic() < until_s:
        try:
            some = os.read(ours, 65536)
        except OSError:  # it has ended
            break
        screen += some.decode("utf-8", "replace").replace("\r", "")
        if waiting and PROMPT.search(screen[answered:]):
            os.write(ours, f"{waiting.pop(0)}\n".encode())
            answered = len(screen)
            until_s = time.monotonic() + ANSWER_S
    os.close(ours)
    assert process.wait(ANSWER_S) == 0, screen
    assert not waiting, f"never asked for {waiting}:\n{screen}"
    return screen


def drawn(screen: str, title: str) -> str:
    """Return a screen as SVG, with the fonts of whoever looks at it."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(screen.strip()))
    svg = console.export_svg(title=title, unique_id="daka")
    svg = re.sub(r' textLength="[^"]*"', "", svg)  # would squeeze Chinese letters
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)


def wizard(lang: str, places: Mapping[str, str], box: str, name: str) -> str:
    """Return the screen of `daka-agent init`; `places` are the real ones and what is shown."""
    config, broker, door = places
    told = conversation(
        [sys.executable, "-m", "agent", "init", "--config", config, "--lang", lang],
        ["/var/lib/daka", "", box, "acme", "S001", "", broker, "", "n", door, name, "", ""],
    )
    for real, shown in places.items():
        told = told.replace(real, shown)
    return told


def main() -> int:
    """Draw both."""
    with (
        TemporaryDirectory(prefix="daka-pictures-") as folder,
        terminal("--serial", "OID7010068") as door,
    ):
        address = re.search(r"tcp://[^\"]+", door.device)
        assert address is not None
        port = free_port()
        with Stage(Path(folder)) as stage:
            name, command = broker_command(port, Path(folder), embedded=False)
            stage.start("broker", command)
            stage.wait_until(name, lambda: answers(port))
            for lang, door_name in (("zh", "前门"), ("en", "front door")):
                config = Path(folder) / lang / "agent.toml"
                config.parent.mkdir()
                places = {
                    str(config): "/etc/daka/agent.toml",
                    f"mqtt://127.0.0.1:{port}": "mqtt://hq.example.com",
                    address[0]: "tcp://192.168.1.201:4370",
                }
                screen = wizard(lang, places, "box-001", door_name)
                (FOLDER / f"wizard.{lang}.svg").write_text(
                    drawn(screen, "daka-agent init"), encoding="utf-8"
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
