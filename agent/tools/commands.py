"""The installer's commands: a thin layer of typer over the modules beside it.

Exit codes: 0 all is well, 1 it could not be done (the message says why), 2 wrong usage,
3 something needs a look; of `probe`, when a device could not be read: 4 it does not
answer, 5 it is busy, 6 it answers nonsense, 7 it refuses until a person changes something.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from agent.tools import service
from agent.tools.enrol import enrol, renew
from agent.tools.init_command import init
from agent.tools.terminal_commands import terminal_commands
from agent.tools.update import update

CONFIG: Final = Path("/etc/daka/agent.toml")
Language = Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")]
Zone = Annotated[str, typer.Option(help="the store's time zone (IANA)")]
SHANGHAI: Final = "Asia/Shanghai"


pos_commands = typer.Typer(no_args_is_help=True, help="Describe the exports of a till.")


def add_tools(app: typer.Typer) -> None:
    """Add the installer's commands to the agent's command line."""
    for command in (init, discover, probe, enrol, renew, update):
        app.command()(command)
    free = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    app.command(context_settings=free)(simulate)
    app.add_typer(terminal_commands, name="terminal")
    app.add_typer(pos_commands, name="pos")
    app.add_typer(service.app, name="service")


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


def discover(
    network: Annotated[
        list[str] | None,
        typer.Option(help="192.168.1.0/24, at most a /22; default: the networks of this machine"),
    ] = None,
    pos: Annotated[
        list[Path] | None, typer.Option(help="a folder to look through for till exports")
    ] = None,
    probe_serial: Annotated[
        bool, typer.Option("--probe-serial", help="ask every serial port what is on it")
    ] = False,
    serial_port: Annotated[
        list[str] | None, typer.Option(help="only this port, such as /dev/ttyUSB0; default: all")
    ] = None,
    listen_s: Annotated[float, typer.Option(help="wait for a touch on each serial port")] = 5.0,
    comm_key: Annotated[int, typer.Option(help="tried on terminals that ask for one")] = 0,
    zk_port: Annotated[int, typer.Option(help="where ZKTeco terminals listen")] = 4370,
    anviz_port: Annotated[int, typer.Option(help="where Anviz terminals listen")] = 5010,
    zone: Zone = SHANGHAI,
    lang: Language = "",
) -> None:
    """Look for terminals, serial ports and till exports; print the settings to paste.

    Looks only at private networks this machine stands in; changes nothing on any device.
    """
    from agent.tools.discover import Wanted, look_around
    from agent.tools.words import tool_words

    wanted = Wanted(
        networks=tuple(network or ()),
        pos_roots=tuple(pos or ()),
        asks_serial=probe_serial,
        ports=tuple(serial_port or ()),
        listen_s=listen_s,
        comm_key=comm_key,
        zk_port=zk_port,
        anviz_port=anviz_port,
        zone=zone,
    )
    look_around(wanted, tool_words(lang))


def simulate(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="see --list; options of its own may follow")] = "",
    names: Annotated[bool, typer.Option("--list", help="the kinds and their faults")] = False,
) -> None:
    """Play a device in the foreground, to try settings or to learn. Ctrl-C ends it.

    daka-agent simulate zkteco --port 4370 --records 100 --fault silent_accept

    daka-agent simulate anviz --port 5010

    daka-agent simulate posfile --folder exports --branch A

    daka-agent simulate KIND --help tells the options of a kind.
    """
    from agent.tools.simulate import list_kinds, play

    if names or not kind or kind == "--help":
        typer.echo(list_kinds() if names else context.get_help())
        return
    raise typer.Exit(play(kind, context.args))


@pos_commands.command()
def learn(
    export: Annotated[Path, typer.Argument(help="one exported file")],
    write: Annotated[
        Path | None, typer.Option(help="save the map here; never over an existing file")
    ] = None,
    lang: Language = "",
) -> None:
    """Propose a map for an export nobody has described, and show what it reads."""
    from agent.tools.pos import learn as learn_map
    from agent.tools.words import tool_words

    raise typer.Exit(learn_map(export, write, tool_words(lang)))
