"""Shared fixtures: headquarters' database, on SQLite and on a PostgreSQL of our own.

`hq_engine` runs a test on both. The PostgreSQL server is Debian's, started once for the
session on a unix socket in a temporary folder and stopped at its end; each test gets a
fresh database copied from one that was migrated once.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher

from cloud_receiver.store import accounts
from cloud_receiver.store.engine import open_engine, sqlite_url, upgrade

if TYPE_CHECKING:
    from sqlalchemy import Engine

# no test is timed: machines are noisy
hypothesis.settings.register_profile("daka", deadline=None)
hypothesis.settings.load_profile("daka")

START_DEADLINE_S = 30.0
CHROMIUM = "/usr/bin/chromium"
NEEDED_BYTES = 2**30

TESTS = Path(__file__).resolve().parent
SHARED = TESTS.parents[1] / "shared"
"""Captured frames, decided cases and a real export, beside the checkout where there are any."""

collect_ignore = (
    []
    if SHARED.is_dir()
    else [
        str(path.relative_to(TESTS))
        for path in sorted(TESTS.rglob("test_*.py"))
        if re.search(r'"shared["/]', path.read_text(encoding="utf-8"))
    ]
)


def pytest_report_header() -> list[str]:
    """Say which tests are left out because the captures are not here."""
    return [f"left out, {SHARED} is not here: {path}" for path in collect_ignore]


_numbers = count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running server and how to reach its databases."""

    folder: Path
    user: str
    template: str

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg://{self.user}@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        """Run an administrator's statement."""
        where = f"host={self.folder} user={self.user} dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    assert found, "PostgreSQL is not installed: apt-get install postgresql (make packages-test)"
    return found[-1].parent


def _quick_folder() -> Path:
    """Return where a database that may be lost is fastest; short, a socket path has 107 bytes."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > NEEDED_BYTES
    return memory if roomy and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def _wait_until_up(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        try:
            server.execute("SELECT 1")
        except psycopg.OperationalError:
            log = (server.folder / "log").read_text(errors="replace")
            assert process.poll() is None, f"PostgreSQL ended at once:\n{log}"
            assert time.monotonic() < deadline, f"PostgreSQL did not come up:\n{log}"
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this session, with a migrated template database."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="daka-pg-", dir=_quick_folder()))
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()  # it refuses to run as root
    as_user = {"user": user, "group": user} if os.geteuid() == 0 else {}
    if as_user:
        shutil.chown(folder, user, user)
    initdb = [binaries / "initdb", "-D", folder / "data", "-U", user, "-A", "trust", "-N"]
    subprocess.run([*initdb, "-E", "UTF8", "--no-locale"], check=True, capture_output=True,
                   cwd=folder, **as_user)  # fmt: skip
    options = ["-k", str(folder), "-F", "-c", "listen_addresses=", "-c", "max_connections=50"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", *options],
            stdout=log, stderr=log, cwd=folder, **as_user,
        )  # fmt: skip
    try:
        server = PostgresServer(folder, user, "daka_template")
        _wait_until_up(server, process)
        server.execute(f"CREATE DATABASE {server.template}")
        engine = open_engine(server.url(server.template))
        upgrade(engine)
        engine.dispose()
        yield server
    finally:
        process.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown
        process.wait(START_DEADLINE_S)
        shutil.rmtree(folder)


@pytest.fixture(scope="session", autouse=True)
def shipped_hasher() -> Iterator[PasswordHasher]:
    """Let passwords cost next to nothing here; give what they are hashed with outside."""
    shipped = accounts.HASHER
    accounts.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # type: ignore[misc]
    yield shipped
    accounts.HASHER = shipped  # type: ignore[misc]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "hq.sqlite"
    engine = open_engine(sqlite_url(path))
    upgrade(engine)
    engine.dispose()  # the last connection to close folds the WAL into the file
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def hq_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database: each test runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "hq.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield sqlite_url(path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"daka_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {server.template}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def hq_engine(hq_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database, SQLite and PostgreSQL in turn."""
    engine = open_engine(hq_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Use Debian's chromium and keep it from calling home."""
    assert Path(CHROMIUM).exists(), "chromium is not installed: make packages-test"
    quiet = ("background-networking", "component-update", "sync", "quic", "gpu")
    args = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)]
    return {"executable_path": CHROMIUM, "args": args}
