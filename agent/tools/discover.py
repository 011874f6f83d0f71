"""Look around a shop and say what there is, how that is known, and what to paste."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from agent.tools.device_table import device_table
from agent.tools.found import Found
from agent.tools.networks import chosen_network, own_networks
from agent.tools.pos_folders import find_exports
from agent.tools.serial_ports import Port, ask_port, list_found, ports
from agent.tools.terminals import Search, find_terminals
from agent.words import Words
from sync.clock import SystemClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person wants looked at; see the options of the command."""

    networks: tuple[str, ...]
    pos_roots: tuple[Path, ...]
    asks_serial: bool
    ports: tuple[str, ...]
    listen_s: float
    comm_key: int
    zk_port: int
    anviz_port: int
    zone: str


def look_around(wanted: Wanted, words: Words) -> None:
    """Look at networks, ports and folders and tell what was found as it is found.

    Raises:
        DakaError: a network or a folder that was asked for may or can not be looked at.
    """
    tables = []
    count = 0
    for found in _all(wanted, words):
        count += 1
        typer.echo(f"- {found.place}\n  {words.say(found.what, **found.values)}")
        if found.advice:
            typer.echo(words.say("do_first", advice=found.advice))
        if found.table:
            tables.append(device_table(found.table))
    if not count:
        typer.echo(words.say("found_nothing"))
    if tables:
        typer.echo("\n" + words.say("paste", path="/etc/daka/agent.toml") + "\n")
        typer.echo("\n".join(tables))


def _all(wanted: Wanted, words: Words) -> Iterator[Found]:
    yield from _terminals(wanted, words)
    yield from _ports(wanted, words)
    for root in wanted.pos_roots:
        typer.echo(words.say("looking_folder", path=root))
        yield from find_exports(root)


def _terminals(wanted: Wanted, words: Words) -> list[Found]:
    own = own_networks()
    networks = [chosen_network(text, own) for text in wanted.networks] or own
    count = sum(network.num_addresses for network in networks)
    listed = ", ".join(str(network) for network in networks) or "-"
    typer.echo(words.say("looking_network", networks=listed, count=count))
    search = Search(
        clock=SystemClock.of_this_boot(),
        zone=ZoneInfo(wanted.zone),
        comm_key=wanted.comm_key,
        zk_port=wanted.zk_port,
        anviz_port=wanted.anviz_port,
    )
    return find_terminals(networks, search)


def _ports(wanted: Wanted, words: Words) -> Iterator[Found]:
    listed = [Port(path, "-") for path in wanted.ports] or ports()
    if not wanted.asks_serial:
        yield from list_found(listed)
        return
    clock = SystemClock.of_this_boot()
    for port in listed:
        typer.echo(words.say("looking_port", path=port.path, seconds=f"{wanted.listen_s:g}"))
        yield ask_port(port, clock, wanted.listen_s)
