"""Errors of the command line are told in the language of ``--lang``, else the environment's."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

import agent.cli
import cloud_receiver.cli
from sync.speech import spoken_language

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENGLISH = {"LANG": "en_GB.UTF-8"}


@pytest.mark.parametrize(
    ("arguments", "spoken"),
    [
        (["status"], "en"),
        (["status", "--lang", "zh"], "zh"),
        (["--lang=zh", "status", "--lang=en"], "en"),
        (["status", "--lang"], "en"),
        (["status", "--lang", "fr"], "en"),
        (["status", "--language", "zh"], "en"),
    ],
)
def test_the_last_language_asked_for_counts(arguments: list[str], spoken: str) -> None:
    assert spoken_language(arguments, ENGLISH) == spoken


@pytest.mark.parametrize(
    ("main", "command"),
    [(cloud_receiver.cli.main, "status"), (cloud_receiver.cli.main, "policy show"),
     (agent.cli.main, "diagnose --to x.tar.gz")],
)  # fmt: skip
def test_an_error_follows_lang_and_not_the_environment(
    main: Callable[[], None], command: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for lang, told in (("zh", "没有这个文件"), ("en", "it is not there"), ("", "it is not there")):
        asked = ["--lang", lang] if lang else []
        config = ["--config", str(tmp_path / "none.toml")]
        monkeypatch.setattr(sys, "argv", ["daka", *command.split(), *config, *asked])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 1
        assert told in capsys.readouterr().err
