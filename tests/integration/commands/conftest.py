"""A headquarters in a folder, and its commands as a person types them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud_receiver.cli import NEEDS_A_LOOK, app
from sync.errors import DakaError


@pytest.fixture
def settings(tmp_path: Path, sqlite_template: Path) -> Path:
    """The settings of a headquarters whose database is there and empty."""
    shutil.copy(sqlite_template, tmp_path / "hq.db")
    path = tmp_path / "hq.toml"
    path.write_text(
        f'[hq]\norg = "acme"\nreceiver_id = "hq-1"\ndata_dir = "{tmp_path}"\n'
        '[mqtt]\nurl = "mqtt://127.0.0.1:1"\n[boxes]\nweb = "https://hq.example"\n',
        encoding="utf-8",
    )
    return path


@pytest.fixture
def daka(settings: Path) -> Callable[..., Result]:
    """Run a command; errors of the world come through, and it ends well or needs a look."""

    def call(*words: str, lang: str = "en") -> Result:
        result = CliRunner().invoke(app, [*words, "--config", str(settings), "--lang", lang])
        if isinstance(result.exception, DakaError):
            raise result.exception
        assert result.exit_code in {0, NEEDS_A_LOOK}, result.output
        return result

    return call
