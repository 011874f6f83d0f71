"""A sheet of another system, looked into by its headings, wherever the heading row stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cloud_receiver.exchange.sheets import Line, Sheet, unusable
from sync.errors import ToldError

_ROWS_SEARCHED = 10


@dataclass(frozen=True, slots=True)
class HeadedLine:
    """A line with its cells by heading; empty for headings it does not reach."""

    number: int
    cells: Mapping[str, str]

    def first(self, *headings: str) -> str:
        """Return the first cell that says something, of several headings."""
        return next((self.cells[name] for name in headings if self.cells.get(name)), "")


def has_heading(sheet: Sheet, needed: Collection[str]) -> bool:
    """Tell whether one of the headings stands in one of the first rows."""
    rows = [sheet.headings, *(line.cells for line in sheet.lines[:_ROWS_SEARCHED])]
    return any(set(needed) & set(cells) for cells in rows)


def headed(sheet: Sheet, needed: Collection[str], source: str) -> Iterator[HeadedLine]:
    """Yield the lines below the row that holds one of the headings needed.

    Titles above it are passed over. A row right below that is empty in the first column
    holds the second half of a two-storey heading.

    Raises:
        DakaError: no such row is among the first.
    """
    rows = [Line(0, sheet.headings), *sheet.lines]
    found = (at for at, row in enumerate(rows[:_ROWS_SEARCHED]) if set(needed) & set(row.cells))
    at = next(found, None)
    if at is None:
        raise no_heading(source, needed)
    names = list(rows[at].cells)
    below = rows[at + 1 :]
    if below and not below[0].cells[0]:
        for place, text in enumerate(below[0].cells):
            if text and place < len(names) and not names[place]:
                names[place] = text
        below = below[1:]
    for line in below:
        yield HeadedLine(line.number, dict(zip(names, line.cells, strict=False)))


def no_heading(source: str, needed: Iterable[str]) -> ToldError:
    """Return that none of the headings needed stands where headings stand."""
    names = " / ".join(needed)
    zh = f"前几行里没有表头 {names},是不是另一种导出?"
    return unusable(source, zh, f"no row with the heading {names}; is it another export?")


def ours(headings: Sequence[str], rows: Collection[tuple[int, Sequence[str]]]) -> Sheet:
    """Return a sheet of ours from numbered rows."""
    return Sheet(tuple(headings), tuple(Line(number, tuple(cells)) for number, cells in rows))
