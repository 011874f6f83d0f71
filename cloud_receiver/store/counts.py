"""How much there is of everything, for a line that tells what happens."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from cloud_receiver.store.engine import read
from cloud_receiver.store.tables import (
    IS_TROUBLE,
    dead_letter,
    journal,
    ledger,
    notice,
    punch,
    sale,
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals since the database was made.

    Attributes:
        entries: in the ledger.
        notices: that reached their channel.
        problems: troubles of the boxes and dead letters.
    """

    punches: int
    sales: int
    entries: int
    notices: int
    problems: int


def read_counts(engine: Engine) -> Counts:
    """Count everything; for small databases, it looks at each row."""
    queries = {
        "punches": select(func.count()).select_from(punch),
        "sales": select(func.count()).select_from(sale),
        "entries": select(func.count()).select_from(ledger),
        "notices": select(func.count()).where(notice.c.state == "sent"),
        "troubles": select(func.count()).select_from(journal).where(IS_TROUBLE),
        "letters": select(func.count()).select_from(dead_letter),
    }
    with read(engine) as connection:
        found = {name: connection.scalar(query) or 0 for name, query in queries.items()}
    problems = found.pop("troubles") + found.pop("letters")
    return Counts(**found, problems=problems)
