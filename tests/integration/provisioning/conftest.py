"""A headquarters with its own authority, and Mosquitto that lets in who has a certificate."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.rig import wait_until
from cloud_receiver.demo.stage import answers, free_port

ORG = "acme"
STORES = (
    "store_id,name,zone,scene\nS001,Corner,Asia/Shanghai,community\n"
    "S002,Market,Asia/Shanghai,supermarket\n"
)


@dataclass
class Secured:
    """Headquarters and a broker, both real processes, and the folder they live in."""

    folder: Path
    broker_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def settings(self) -> Path:
        return self.folder / "hq.toml"

    @property
    def broker_folder(self) -> Path:
        return self.folder / "broker"

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def write_settings(self, certificates: str = "") -> None:
        self.settings.write_text(
            f'[hq]\norg = "{ORG}"\nreceiver_id = "hq-1"\ndata_dir = "{self.folder / "hq"}"\n'
            f'[mqtt]\nurl = "mqtts://localhost:{self.broker_port}"\n{certificates}\n'
            f"[web]\nport = {self.web_port}\n"
            f'[boxes]\nbroker = "mqtts://localhost:{self.broker_port}"\nweb = "{self.web}"\n'
        )

    def hq(self, *arguments: str, fails: bool = False) -> str:
        command = [sys.executable, "-m", "cloud_receiver", *arguments]
        done = subprocess.run(
            [*command, "--config", str(self.settings)], capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def agent(self, *arguments: str, fails: bool = False) -> str:
        command = [sys.executable, "-m", "agent", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def claim(self, box: str, store: str = "S001") -> str:
        """Return the address a claim's QR code holds."""
        said = self.hq("claim", "new", box, "--store", store, "--lang", "en")
        found = re.search(r"'(http[^']+)'", said)
        assert found, said
        return found.group(1)

    def enrol(self, box: str, store: str = "S001") -> Path:
        """Let a box in and return its folder."""
        folder = self.folder / box
        self.agent("enrol", self.claim(box, store), "--folder", str(folder))
        return folder

    def start(self, name: str, command: list[str]) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        log.close()

    def start_broker(self) -> None:
        settings = self.broker_folder / "daka.conf"
        text = settings.read_text()
        if os.geteuid() == 0:  # the test's folder is closed to every other user
            text += "user root\n"
        own = self.folder / "mosquitto.conf"
        own.write_text(text)
        self.start("broker", ["/usr/sbin/mosquitto", "-c", str(own)])
        wait_until("the broker", lambda: answers(self.broker_port), 30)

    def start_hq(self) -> None:
        command = [sys.executable, "-m", "cloud_receiver", "run", "--config", str(self.settings)]
        self.start("hq", command)
        wait_until("the pages", lambda: answers(self.web_port), 60)

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Headquarters as an administrator sets it up by the guide."""
    built = Secured(tmp_path_factory.mktemp("secured"))
    built.write_settings()
    password = built.folder / "password"
    password.write_text("a long enough password")
    built.hq("init", "--password-file", str(password))
    stores = built.folder / "stores.csv"
    stores.write_text(STORES)
    built.hq("import", "stores", str(stores))
    said = built.hq(
        "broker-config", "--folder", str(built.broker_folder), "--host", "localhost",
        "--port", str(built.broker_port), "--lang", "en",
    )  # fmt: skip
    built.write_settings("\n".join(re.findall(r"^  (\w+_file = .+)$", said, re.MULTILINE)))
    try:
        built.start_broker()
        built.start_hq()
        yield built
    finally:
        for name in list(built.processes):
            built.stop(name)
