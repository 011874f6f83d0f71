"""Put tables on the screen, as wide as it is; into a pipe without cutting anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_COLUMNS: Final = 200


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; what a device said is shown as text, never taken for markup."""
    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    screen = Console()
    (screen if screen.is_terminal else Console(width=PIPE_COLUMNS)).print(table)
