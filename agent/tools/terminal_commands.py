"""`daka-agent terminal`: what only a terminal's administration knows, through pyzk."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

terminal_commands = typer.Typer(
    no_args_is_help=True,
    help="Ask a ZKTeco terminal through pyzk: who it is, whom it knows, what its clock shows.",
)

_PORT: Final = 4370
Url = Annotated[str, typer.Option(help="tcp://host:4370 or udp://host:4370")]
CommKey = Annotated[int, typer.Option(help="the Comm Key of its menu; 0 is none")]
Timeout = Annotated[float, typer.Option(help="how long it may be silent, in seconds")]
Language = Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")]


@terminal_commands.command()
def info(url: Url, comm_key: CommKey = 0, timeout_s: Timeout = 10.0) -> None:
    """Show serial number, model, firmware, platform and MAC address."""
    for name, value in _asked(url, comm_key, timeout_s, "info").items():
        typer.echo(f"{name}: {value or '-'}")


@terminal_commands.command()
def users(
    url: Url,
    comm_key: CommKey = 0,
    timeout_s: Timeout = 10.0,
    encoding: Annotated[str, typer.Option(help="of the names: utf-8, gb18030 ...")] = "utf-8",
    lang: Language = "",
) -> None:
    """List the people it knows: no passwords, no cards, no fingerprints."""
    from agent.tools.screen import show_table
    from agent.tools.words import tool_words

    words = tool_words(lang)
    people = _asked(url, comm_key, timeout_s, "users", encoding)
    keys = ("column_user", "column_name", "column_number", "column_admin")
    rows = [
        (one["user_id"], one["name"], one["number"], "*" if one["is_admin"] else "")
        for one in people
    ]
    title = words.say("users_title", count=len(rows))
    show_table(title, [words.say(key) for key in keys], rows)


@terminal_commands.command()
def count(url: Url, comm_key: CommKey = 0, timeout_s: Timeout = 10.0, lang: Language = "") -> None:
    """Show how full it says it is."""
    from agent.tools.words import tool_words

    words = tool_words(lang)
    full = _asked(url, comm_key, timeout_s, "count")
    for what in ("records", "users", "fingers"):
        capacity = full[f"{what}_capacity"]
        typer.echo(words.say(f"count_{what}", count=full[what], capacity=capacity))


@terminal_commands.command()
def clock(
    url: Url,
    comm_key: CommKey = 0,
    timeout_s: Timeout = 10.0,
    zone: Annotated[str, typer.Option(help="where it hangs (IANA)")] = "Asia/Shanghai",
    is_set: Annotated[bool, typer.Option("--set", help="set it to this machine's time")] = False,
    is_sure: Annotated[bool, typer.Option("--yes", help="with --set: do not ask")] = False,
    lang: Language = "",
) -> None:
    """Show its clock beside ours; with --set correct it, after a question."""
    from agent.tools.terminal import clock_offset
    from agent.tools.words import tool_words

    words, here = tool_words(lang), ZoneInfo(zone)

    def show(question: str, when: datetime | None = None) -> None:
        asked = _now(here)
        told = _asked(url, comm_key, timeout_s, question, when=when)["time"]
        offset_ms = int(clock_offset(told, asked, _now(here)).total_seconds() * 1000)
        typer.echo(words.say("clock_shows", time=told, offset=words.offset(offset_ms)))

    show("clock")
    if not is_set:
        return
    question = words.say("clock_ask", time=f"{_now(here):%Y-%m-%d %H:%M:%S}", zone=zone)
    if not is_sure and not typer.confirm(question):
        typer.echo(words.say("clock_left"))
        return
    show("set_clock", _now(here))


def _asked(
    url: str,
    comm_key: int,
    timeout_s: float,
    question: str,
    encoding: str = "utf-8",
    when: datetime | None = None,
) -> Any:
    from agent.tools.terminal import TerminalAddress, ask
    from drivers.transports import NETWORK_SCHEMES, parse_url

    link = parse_url(url, _PORT)
    if link.scheme not in NETWORK_SCHEMES:
        raise typer.BadParameter("--url is tcp://host:4370 or udp://host:4370")
    address = TerminalAddress(link=link, comm_key=comm_key, encoding=encoding, timeout_s=timeout_s)
    return ask(address, question, when)


def _now(zone: ZoneInfo) -> datetime:
    return datetime.now(zone).replace(tzinfo=None)
