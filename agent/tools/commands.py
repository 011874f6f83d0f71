"""The installer's commands: a thin layer of typer over the modules beside it.

Exit codes: 0 all is well, 1 it could not be done (the message says why), 2 wrong usage,
3 something needs a look; of `probe`, when a device could not be read: 4 it does not
answer, 5 it is busy, 6 it answers nonsense, 7 it refuses until a person changes something.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

CONFIG: Final = Path("/etc/daka/agent.toml")
Language = Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")]
Zone = Annotated[str, typer.Option(help="the store's time zone (IANA)")]
SHANGHAI: Final = "Asia/Shanghai"


def add_tools(app: typer.Typer) -> None:
    """Add the installer's commands to the agent's command line."""
    app.command()(probe)


def probe(
    target: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|URL|FOLDER]", help="one device; default: all of the file"),
    ] = None,
    driver: Annotated[
        str, typer.Option(help="zkteco, anviz, posfile ...: for a URL or folder in no file")
    ] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="with --driver: more of its settings"),
    ] = None,
    config: Annotated[Path, typer.Option("--config", "-c", help="the settings file")] = CONFIG,
    zone: Zone = SHANGHAI,
    store: Annotated[str, typer.Option(help="with --driver: the store's id")] = "store",
    listen_s: Annotated[
        float, typer.Option(help="how long to wait for a touch where none is kept")
    ] = 15.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="every record, one a line, then a summary")
    ] = False,
    lang: Language = "",
) -> None:
    """Read a device once and show what would be sent. Writes nothing, anywhere.

    daka-agent probe "front door"

    daka-agent probe tcp://192.168.1.201:4370 --driver zkteco --set comm_key=4711

    daka-agent probe /srv/pos-export --driver posfile --set map=generic_zh --set branch=001
    """
    from agent.tools.probe import option_of, subject_at, subjects_of
    from agent.tools.probe_report import as_json_lines, as_text
    from agent.tools.words import tool_words

    if driver:
        if target is None:
            raise typer.BadParameter("--driver needs the URL or folder of the device")
        options = dict(option_of(text) for text in settings or ())
        subjects = [subject_at(target, driver, options, zone=zone, store=store)]
    else:
        subjects = subjects_of(config, target)
    show = as_json_lines if as_json else as_text
    codes = [show(subject, listen_s, tool_words(lang)) for subject in subjects]
    raise typer.Exit(max(codes))
