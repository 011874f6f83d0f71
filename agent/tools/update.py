"""daka-agent update: a new version, with the old one back when the new one is not well."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Final

import typer

from agent.tools.words import tool_words

ROOT: Final = Path("/opt/daka")
CONFIG: Final = Path("/etc/daka/agent.toml")


def update(
    wheel: Annotated[Path, typer.Argument(help="daka-VERSION-py3-none-any.whl, from the bundle")],
    wheelhouse: Annotated[
        Path | None, typer.Option(help="folder of the wheels it needs; default: beside the wheel")
    ] = None,
    root: Annotated[Path, typer.Option(help="where versions are kept")] = ROOT,
    restart: Annotated[str, typer.Option(help="what starts the agent again")] = (
        "systemctl restart daka-agent"
    ),
    patience_s: Annotated[
        float, typer.Option(help="how long the new version may take to be well", min=1)
    ] = 120.0,
    config: Annotated[Path, typer.Option("--config", "-c", help="the settings file")] = CONFIG,
    lang: Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")] = "",
) -> None:
    """Install a version beside the one in use, switch, watch, and go back if it is not well.

    Needs no internet: everything comes from the bundle.
    """
    from agent.settings import load_settings
    from agent.update import Update, apply
    from agent.versions import Versions, Wheel

    words = tool_words(lang)
    wanted = Update(
        wheel=Wheel.at(wheel),
        wheelhouse=(wheelhouse or wheel.parent).absolute(),
        versions=Versions(root.absolute()),
        settings=load_settings(config),
        config=config,
        restart=shlex.split(restart),
        patience_s=patience_s,
    )
    apply(wanted, lambda key, **values: typer.echo(words.say(key, **values)))
