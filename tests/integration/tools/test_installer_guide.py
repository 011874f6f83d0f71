"""docs/installer-tools.md shows what the commands really say."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from drivers.simulators.zk_terminal import Person

GUIDE = Path(__file__).parents[3] / "docs" / "installer-tools.md"
TERMINAL = "tcp://192.168.1.201:4370"
FIRST = datetime(2024, 11, 25, 8, 59, 59)
EXPORT = "单号,款台,销售时间,货号,数量,金额,营业员\n" + "".join(
    f"R{n},1,2024-11-25 10:{n:02}:00,69{n},1,{n}.50,P01\n" for n in range(1, 4)
)


def _blocks() -> dict[str, str]:
    """Return each command shown, and what it is shown to say."""
    found = re.findall(r"```console\n\$ (.+?)\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    return {command: _plain(said) for command, said in found}


def _plain(said: str) -> str:
    """Return an output without what depends on the moment: blanks, lane, age, offset."""
    said = re.sub(r"\b(punch|bulk)\b", "lane", said)
    said = re.sub(r"[+-]\d+ s\b", "+0 s", said)
    said = re.sub(r"it shows \S+,", "it shows now,", said)
    lines = (re.sub(r"\s+|─+", " ", line).strip() for line in said.splitlines())
    return "\n".join(line for line in lines if line)


@pytest.fixture
def said(run, open_terminal, tmp_path: Path):
    """Return a function that runs a command of the guide against simulated devices."""
    people = [Person(1, "1042", "王芳".encode()), Person(2, "1043", "李强".encode(), privilege=14)]
    simulator = open_terminal(people=people)
    for number in range(3):
        simulator.terminal.punch("1042", at=FIRST + timedelta(minutes=number), state=number & 1)
    folder = tmp_path / "pos-export"
    folder.mkdir()
    (folder / "day.csv").write_text(EXPORT, encoding="utf-8")
    places = {
        "tcp://192.168.1.201": f"tcp://{simulator.host}",
        "192.168.1.0/24": f"{simulator.host}/32",
        ":4370": f":{simulator.port}",
        "/srv/pos-export": str(folder),
        "/etc/daka/tills.toml": str(tmp_path / "tills.toml"),
    }

    def said(command: str) -> str:
        words = command.removeprefix("daka-agent ").replace('"', "")
        for ours, theirs in places.items():
            words = words.replace(ours, theirs)
        arguments = words.split()
        if arguments[0] == "discover":
            arguments += ["--zk-port", str(simulator.port), "--serial-port", "/dev/ttyUSB0"]
        output = run(*arguments).output
        for ours, theirs in reversed(places.items()):
            output = output.replace(theirs, ours)
        host = "192.168.1.201"
        output = output.replace("192.168.1.0/24 (1 addresses)", "192.168.1.0/24 (256 addresses)")
        return _plain(output.replace(simulator.host, host))

    return said


@pytest.mark.parametrize("command", list(_blocks()))
def test_the_guide_shows_what_a_command_says(said, command: str) -> None:
    assert said(command) == _blocks()[command]


def test_the_guide_names_every_command(run) -> None:
    text = GUIDE.read_text("utf-8")
    for command in ("discover", "probe", "terminal info", "terminal users", "terminal count",
                    "terminal clock", "simulate", "pos learn"):  # fmt: skip
        assert f"daka-agent {command}" in text
        assert run(*command.split(), "--help").exit_code == 0
