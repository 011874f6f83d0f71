"""A box installed from the bundle without a network, updated, and saved from a bad update."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.rig import Rig, rig, wait_until

TOP = Path(__file__).resolve().parents[2]
OFFLINE = ["unshare", "--net"] if os.geteuid() == 0 else []
RESTART = """#!/bin/sh
[ ! -f {folder}/pid ] || kill $(cat {folder}/pid)
{root}/current/bin/daka-agent run --config {config} >> {folder}/agent.log 2>&1 &
echo $! > {folder}/pid
"""


def _run(command: list[str], *, fails: bool = False, cwd: Path = TOP) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout + done.stderr


@dataclass
class Box:
    """A box as `install.sh` made it, its headquarters, and what restarts its agent."""

    root: Path
    folder: Path
    bundle: Path
    hq: Rig

    @property
    def program(self) -> str:
        return str(self.root / "current" / "bin" / "daka-agent")

    @property
    def restart(self) -> Path:
        return self.folder / "restart"

    def reported(self) -> str | None:
        """Return the version the running agent last reported."""
        try:
            text = (self.hq.folder / "box" / "status.json").read_text()
        except OSError:
            return None
        return str(json.loads(text)["heartbeat"]["version"])

    def update(self, wheel: Path, *, fails: bool = False, patience_s: int = 90) -> str:
        command = [
            self.program, "update", str(wheel), "--wheelhouse", str(self.bundle),
            "--root", str(self.root), "--restart", str(self.restart),
            "--patience-s", str(patience_s), "--config", str(self.hq.agent_settings),
            "--lang", "en",
        ]  # fmt: skip
        return _run([*command], fails=fails)

    def stop(self) -> None:
        os.kill(int((self.folder / "pid").read_text()), signal.SIGKILL)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle for this machine and this Python."""
    out = tmp_path_factory.mktemp("bundle")
    python_version = f"3{sys.version_info.minor}"
    arch = platform.machine()
    script = str(TOP / "config" / "bundle" / "build.sh")
    _run([script, sys.executable, str(out), arch, python_version])
    assert (out / f"daka-box-{arch}.tar.gz").exists()
    return out / f"daka-box-{arch}"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("box")
    root = folder / "opt"
    said = _run([*OFFLINE, str(bundle / "install.sh"), str(root)])
    assert "installed" in said
    with rig(lambda _folder: "") as hq:
        for part in ("broker", "hq"):
            hq.start(part)
        built = Box(root, folder, bundle, hq)
        built.restart.write_text(RESTART.format(folder=folder, root=root, config=hq.agent_settings))
        built.restart.chmod(0o755)
        _run([str(built.restart)])
        try:
            wait_until("the first report", lambda: built.reported() is not None, 60)
            yield built
        finally:
            built.stop()


def _wheel(bundle: Path, version: str, folder: Path, *, sabotage: bool = False) -> Path:
    """Return the bundle's wheel as another version, perhaps one whose agent cannot run."""
    (original,) = bundle.glob("daka-*.whl")
    old = original.name.split("-")[1]
    made = folder / original.name.replace(old, version)
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("METADATA"):
                content = content.replace(
                    f"Version: {old}".encode(), f"Version: {version}".encode()
                )
            if sabotage and name == "agent/runtime.py":
                content = b"raise SystemExit('a defect')\n"
            renamed = name.replace(f"daka-{old}.", f"daka-{version}.")
            target.writestr(
                renamed, content.replace(f"daka-{old}.".encode(), f"daka-{version}.".encode())
            )
    return made


def test_a_good_version_is_taken_and_a_bad_one_given_back(box: Box, tmp_path: Path) -> None:
    first = box.reported()
    good = _wheel(box.bundle, "9.0.1", tmp_path)
    assert "9.0.1" in box.update(good)
    assert box.reported() == "9.0.1" != first
    in_use = (box.root / "current").readlink()

    bad = _wheel(box.bundle, "9.0.2", tmp_path, sabotage=True)
    said = box.update(bad, fails=True, patience_s=5)
    assert "9.0.2" in said
    assert "is in use again" in said
    assert (box.root / "current").readlink() == in_use
    wait_until("the good version's report", lambda: box.reported() == "9.0.1", 60)
    assert not list((box.root / "versions").glob("9.0.2*"))


def test_what_is_no_whole_wheel_is_refused_before_anything_changes(
    box: Box, tmp_path: Path
) -> None:
    in_use = (box.root / "current").readlink()
    torn = tmp_path / "daka-9.0.3-py3-none-any.whl"
    (original,) = box.bundle.glob("daka-*.whl")
    torn.write_bytes(original.read_bytes()[:-2000])
    assert "cannot be read" in box.update(torn, fails=True)
    other = tmp_path / "other-1.0-py3-none-any.whl"
    other.write_bytes(original.read_bytes())
    assert "no wheel of Daka" in box.update(other, fails=True)
    assert (box.root / "current").readlink() == in_use


def test_a_damaged_bundle_is_not_installed(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    _run(["cp", "-r", str(bundle), str(copy)])
    (wheel,) = copy.glob("daka-*.whl")
    content = bytearray(wheel.read_bytes())
    content[1000] ^= 1
    wheel.write_bytes(bytes(content))
    said = _run([str(copy / "install.sh"), str(tmp_path / "opt")], fails=True)
    assert "damaged" in said
    assert not (tmp_path / "opt").exists()
