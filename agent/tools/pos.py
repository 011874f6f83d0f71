"""Propose a map for a POS export, show what it reads, and write it down."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import typer

from agent.tools.device_table import device_table
from agent.tools.screen import show_table
from agent.words import Words
from drivers.posfile.learn import SAMPLE_BYTES, Proposal, propose
from sync.errors import DakaError
from sync.money import yuan_text

NEEDS_A_LOOK: Final = 3
_COLUMNS: Final = ("sold_at", "register_id", "receipt_id", "line_no", "line_kind", "item_code")


def learn(export: Path, write_to: Path | None, words: Words) -> int:
    """Show the proposed map of an export and return the exit code.

    Raises:
        DakaError: the export cannot be read, or the map cannot be written.
    """
    proposal = propose(export.name, _sample(export))
    if proposal.toml:
        typer.echo(proposal.toml)
    _show(proposal, words)
    for note in proposal.notes:
        typer.echo(f"* {note}")
    if proposal.toml and write_to is not None:
        _write(write_to, proposal.toml)
        typer.echo(words.say("map_written", path=write_to))
        typer.echo(
            device_table(
                {
                    "name": "tills",
                    "driver": "posfile",
                    "folder": str(export.absolute().parent),
                    "map": str(write_to.absolute()),
                }
            )
        )
    return 0 if proposal.rows and not proposal.rejected else NEEDS_A_LOOK


def _sample(export: Path) -> bytes:
    try:
        with export.open("rb") as file:
            return file.read(SAMPLE_BYTES)
    except OSError as error:
        raise DakaError(f"{export} cannot be read: {error.strerror}") from error


def _show(proposal: Proposal, words: Words) -> None:
    if not proposal.rows:
        typer.echo(words.say("map_reads_nothing"))
    else:
        rows = [
            (
                *(getattr(sale, name) for name in _COLUMNS),
                f"{sale.quantity_milli / 1000:g}",
                yuan_text(sale.amount_fen),
                sale.seller_code,
            )
            for sale in proposal.rows
        ]
        columns = [*_COLUMNS, "quantity", "amount", "seller_code"]
        show_table(words.say("map_reads", count=len(rows)), columns, rows)
    if proposal.rejected:
        columns = [words.say("column_position"), words.say("column_reason")]
        unread = [(piece.position, f"{piece.code}: {piece.detail}") for piece in proposal.rejected]
        show_table(words.say("unread_rows", count=len(unread)), columns, unread)


def _write(path: Path, toml: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(toml)
    except FileExistsError as error:
        raise DakaError(f"{path} exists already; choose another with --write") from error
    except OSError as error:
        raise DakaError(f"{path} cannot be written: {error.strerror}") from error
