"""`daka-agent doctor`: the whole chain from a finger to headquarters' database, link by link."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import typer

from agent.settings import load_settings
from agent.tools.box_checks import check_clock, check_devices, check_disk, check_outbox
from agent.tools.doctor_words import DOCTOR_WORDS
from agent.tools.findings import Checked, Verdict, failed, passed
from agent.tools.line_checks import check_line
from agent.tools.probe import gentle_kind
from agent.words import Words, words_for
from sync.errors import DakaError

NEEDS_A_LOOK: Final = 3


def examine(config: Path) -> Iterator[Checked]:
    """Yield what is found, in the order a record travels; nothing is changed anywhere.

    The broker is told two words: one on the box's own topic, one on a topic it must refuse.
    """
    try:
        settings = load_settings(config, gentle_kind)
    except DakaError as error:
        yield failed("settings", "settings_fail", "settings_remedy", path=config, why=error)
        return
    yield passed("settings", "settings_hold", path=config)
    yield check_disk(settings)
    yield check_clock(settings)
    yield from check_outbox(settings)
    yield from check_devices(settings)
    yield from check_line(settings)


def run(config: Path, lang: str, *, as_json: bool) -> int:
    """Examine, print a line a link and return the exit code."""
    words = words_for(lang, DOCTOR_WORDS)
    lines = []
    for checked in examine(config):
        lines.append(checked)
        if not as_json:
            _print(checked, words)
    failures = sum(one.verdict is Verdict.FAIL for one in lines)
    if as_json:
        told = {"well": not failures, "lines": [_to_json(one, words) for one in lines]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        typer.echo(words.say("trouble" if failures else "all_well", count=failures))
    return NEEDS_A_LOOK if failures else 0


def _print(checked: Checked, words: Words) -> None:
    mark = words.say(f"verdict_{checked.verdict}")
    typer.echo(f"{mark} {words.say(checked.say, **checked.values)}")
    if checked.remedy:
        typer.echo(f"     {words.say(checked.remedy, **checked.values)}")


def _to_json(checked: Checked, words: Words) -> dict[str, str]:
    return {
        "check": checked.check,
        "verdict": checked.verdict,
        "detail": words.say(checked.say, **checked.values),
        "remedy": words.say(checked.remedy, **checked.values) if checked.remedy else "",
    }
