"""Both commands of the README, as typed, on a machine that has never seen this project.

    python3 -m bench.fresh_machine          a Debian made by debootstrap in a folder, a clean clone in it (root)
    python3 -m bench.fresh_machine --here   on this machine, in this checkout, as continuous integration does

`make demo` runs until the address it printed gives a page, then it gets Ctrl-C; `make test` runs to
its end or its bound. What happened, how long it took and with which versions goes to --record. Packages
come by this machine's own apt and pip settings, which are copied in. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

Running = subprocess.Popen[bytes]

ROOT = Path(__file__).resolve().parents[1]
CHECKOUT = "/root/daka"
LAST_LINES = 15
END_S = 30.0
SETTINGS = (
    "/etc/apt/apt.conf", "/etc/apt/apt.conf.d", "/etc/apt/sources.list", "/etc/apt/sources.list.d",
    "/etc/apt/preferences.d", "/etc/apt/auth.conf.d", "/etc/pip.conf", "/etc/xdg/pip", "/root/.config/pip",
    "/root/.npmrc", "/usr/etc/npmrc", "/etc/npmrc", "/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt",
    "/usr/local/share/ca-certificates",
)  # fmt: skip
"""How a machine reaches its mirrors; nothing else is taken over."""

KEPT_ENVIRONMENT = re.compile(r"(PIP|npm_config)_.+|(https?|no)_proxy", re.IGNORECASE)
ADDRESS = re.compile(r"open\s+(http://\S+)")
SUMMARY = re.compile(r"=+ (.*\b(?:passed|failed|error)\b.*?) =*$")
ENTER = """
set -e
mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; mount -t sysfs -o ro sysfs "$0/sys"
for folder in "${@:2}"; do mkdir -p "$0$folder"; mount --bind "$folder" "$0$folder"; done
exec chroot "$0" /bin/bash -c "$1"
"""
NOTED = "fastapi|nicegui|paho-mqtt|polars|psycopg|sqlalchemy|pytest|playwright|hypothesis"
VERSIONS = (
    ("Debian", "cat /etc/debian_version"),
    ("kernel, cores", "uname -r; nproc"),
    ("Python", ".venv/bin/python --version"),
    ("Mosquitto", "/usr/sbin/mosquitto -h | head -1"),
    ("PostgreSQL", "ls /usr/lib/postgresql"),
    ("Chromium", "chromium --version | cut -d' ' -f1-2"),
    ("Node", "node --version"),
    (
        "Python packages",
        f".venv/bin/python -m pip list --format=freeze | grep -iE '^({NOTED})='",
    ),
)


@dataclass
class Step:
    """One command and what came of it."""

    command: str
    took_s: float
    is_well: bool
    told: str
    last_lines: tuple[str, ...] = ()


class Machine:
    """Where commands run: a root folder of its own, or this machine.

    Args:
        root: None for this machine.
    """

    def __init__(self, root: Path | None) -> None:
        self.root = root

    def start(self, command: str) -> Running:
        """Start a shell command in the checkout; it has a process group of its own."""
        if self.root is None:
            words, folder = ["bash", "-c", command], str(ROOT)
        else:
            inside = f"cd {CHECKOUT} && {command}"
            words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
                     "bash", "-c", ENTER, str(self.root), inside, *_local_sources()]  # fmt: skip
            folder = "/"
        return subprocess.Popen(
            words, cwd=folder, env=self._environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def output(self, command: str) -> str:
        """Return what a short command prints, on one line."""
        process = self.start(f"({command}) 2>/dev/null")
        return ", ".join(process.communicate()[0].decode(errors="replace").split("\n")).strip(", ")

    def _environment(self) -> dict[str, str] | None:
        if self.root is None:
            return None
        kept = {
            name: value for name, value in os.environ.items() if KEPT_ENVIRONMENT.fullmatch(name)
        }
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return {**kept, "PATH": path, "HOME": "/root", "USER": "root", "LANG": "C.UTF-8"}


@contextmanager
def fresh_machine(folder: Path | None) -> Iterator[tuple[Machine, Step]]:
    """Give a new Debian of this machine's release with git, make and a clean clone in it."""
    root = Path(mkdtemp(prefix="daka-fresh-", dir=folder))
    root.chmod(0o755)  # apt reads as a user of its own
    began_s = time.monotonic()
    try:
        release, mirror = _release_and_mirror()
        made = subprocess.run(
            ["debootstrap", "--variant=minbase", "--include=git,make,ca-certificates", release, str(root), mirror],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        lines = tuple(made.stdout.splitlines()[-LAST_LINES:])
        if made.returncode == 0:
            for name in SETTINGS:
                _copy(Path(name), root)
            clone = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), f"{root}{CHECKOUT}"]
            subprocess.run(clone, check=True)
        told = f"Debian {release}, minbase with git and make"
        took_s = time.monotonic() - began_s
        yield Machine(root), Step("debootstrap", took_s, made.returncode == 0, told, lines)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _release_and_mirror() -> tuple[str, str]:
    """Return the release this machine is of and where its own apt gets it."""
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Created-By: Packages"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    release, mirror = listing.stdout.splitlines()[0].split(" ", 1)
    return release, mirror


def _copy(source: Path, root: Path) -> None:
    """Let the new machine have a file or folder as this one has it, or not at all."""
    target = root / source.relative_to("/")
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)


def _local_sources() -> list[str]:
    """Return the folders of this machine that its pip takes packages from."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    words = re.split(r"[\s'=]+", told.stdout.replace("\\n", " "))
    paths = {word.removeprefix("file://") for word in words if word.startswith(("/", "file:///"))}
    # an index names its files beside itself
    folders = {Path(path).parent if Path(path).name == "simple" else Path(path) for path in paths}
    return sorted(str(folder) for folder in folders if folder.is_dir())


def demonstrate(machine: Machine, bound_s: float) -> Step:
    """Run `make demo` until its address gives a page, then end it as Ctrl-C does."""
    began_s, lines, told = time.monotonic(), [], "no address within the bound"
    process = machine.start("make demo")
    is_well = False
    for line in _lines(process, began_s + bound_s):
        lines.append(line)
        if found := ADDRESS.search(line):
            answered_s = time.monotonic() - began_s
            opened, is_well = _open(found[1])
            told = f"{opened} after {answered_s:.0f} s; ended by Ctrl-C"
            os.killpg(process.pid, signal.SIGINT)
            break
    rest, is_ended = _finish(process)
    lines += rest
    if not is_ended:
        is_well, told = False, told.replace("ended by Ctrl-C", "Ctrl-C did not end it")
    return Step("make demo", time.monotonic() - began_s, is_well, told, tuple(lines[-LAST_LINES:]))


def _open(address: str) -> tuple[str, bool]:
    """Ask for a page as a browser does; return what came and whether it is one."""
    asked = urllib.request.Request(address, headers={"Accept": "text/html"})
    try:
        with urllib.request.urlopen(asked, timeout=60) as page:
            return f"a page of {len(page.read())} bytes", page.status == 200
    except OSError as error:
        return f"{address} gave no page ({error})", False


def check(machine: Machine, bound_s: float) -> Step:
    """Run `make test` to its end or its bound; its lines pass through."""
    began_s, lines, told = time.monotonic(), [], ""
    process = machine.start("make test")
    for line in _lines(process, began_s + bound_s):
        print(line, flush=True)
        lines.append(line)
        if found := SUMMARY.search(line):
            told = found[1]
    is_ended = _ends(process)
    is_well = is_ended and process.returncode == 0
    if is_ended and not told:
        told = f"ended with {process.returncode} before the tests"
    told = told or "not over within its bound"
    return Step("make test", time.monotonic() - began_s, is_well, told, tuple(lines[-LAST_LINES:]))


def _lines(process: Running, until_s: float) -> Iterator[str]:
    """Yield what a process prints until it ends or its time is over."""
    assert process.stdout is not None
    pipe, rest = process.stdout.fileno(), b""
    while (left_s := until_s - time.monotonic()) > 0:
        if not select.select([pipe], [], [], min(left_s, 1))[0]:
            continue
        some = os.read(pipe, 65536)
        if not some:
            break
        *whole, rest = (rest + some).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
    if rest:
        yield rest.decode(errors="replace")


def _finish(process: Running) -> tuple[list[str], bool]:
    """Return the last lines of a process and whether it ended by itself."""
    return list(_lines(process, time.monotonic() + END_S)), _ends(process)


def _ends(process: Running) -> bool:
    """Tell whether a process whose output or time is over ends by itself; it is ended else."""
    try:
        process.wait(timeout=END_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False
    return True


def _revision() -> str:
    """Return what is committed here, which is what a clone has."""
    log = ["git", "log", "-1", "--format=%h of %cs"]
    told = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=False)
    return told.stdout.strip()


def record(machine: Machine, steps: Sequence[Step], revision: str) -> str:
    """Return what happened as a page."""
    where = "This checkout, on the machine of continuous integration." if machine.root is None else (
        "A Debian made by `debootstrap` in a folder, this machine's apt and pip settings, a clean clone."
    )  # fmt: skip
    lines = [
        "# Both commands of the README on a fresh machine", "",
        "Written by `make fresh-machine`; do not edit. `.ci/run` writes the same page to `var/ci-record.md`.", "",
        f"{where} Run on {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, revision {revision}.", "",
        "| command | seconds | outcome |", "|---|---|---|",
    ]  # fmt: skip
    lines += [
        f"| `{step.command}` | {step.took_s:.0f} | {'well' if step.is_well else '**not well**'}: {step.told} |"
        for step in steps
    ]
    lines += ["", "| what | version |", "|---|---|"]
    lines += [f"| {name} | {machine.output(command)} |" for name, command in VERSIONS]
    for step in steps:
        if not step.is_well:
            lines += [
                "",
                f"The last lines of `{step.command}`:",
                "",
                *[f"    {line}" for line in step.last_lines],
            ]
    return "\n".join(lines) + "\n"


def _run(machine: Machine, steps: list[Step], chosen: argparse.Namespace) -> int:
    revision = _revision()
    if all(step.is_well for step in steps):
        steps.append(demonstrate(machine, chosen.demo_s))
        print(f"make demo: {steps[-1].told}", flush=True)
    if chosen.test_s:
        steps.append(check(machine, chosen.test_s))
    chosen.record.parent.mkdir(parents=True, exist_ok=True)
    page = record(machine, steps, revision)
    chosen.record.write_text(page, encoding="utf-8")
    print(page)
    return 0 if all(step.is_well for step in steps) else 1


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--here", action="store_true", help="on this machine, in this checkout")
    parser.add_argument(
        "--folder", type=Path, help="where the new Debian is made; default: a temporary folder"
    )
    parser.add_argument("--record", type=Path, help="where to write what happened")
    parser.add_argument("--demo-s", type=float, default=900, help="bound of make demo")
    parser.add_argument(
        "--test-s", type=float, default=5400, help="bound of make test; 0: only the demonstration"
    )
    chosen = parser.parse_args()
    chosen.record = chosen.record or ROOT / (
        "var/ci-record.md" if chosen.here else "docs/fresh-machine.md"
    )
    if chosen.here:
        return _run(Machine(None), [], chosen)
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        print("fresh-machine needs root and debootstrap: apt-get install debootstrap")
        return 2
    with fresh_machine(chosen.folder) as (machine, made):
        return _run(machine, [made], chosen)


if __name__ == "__main__":
    sys.exit(main())
