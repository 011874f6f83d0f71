"""Wages of people and the law of stores, from import files; months are booked again."""

from __future__ import annotations

from sqlalchemy import Connection, select

from cloud_receiver.domain.workday import FIRST_DATE
from cloud_receiver.exchange import fields
from cloud_receiver.exchange.fields import CellError
from cloud_receiver.exchange.lines import Cells, Errand, ImportFile, known, person_of, store_of
from cloud_receiver.store import lawbook
from cloud_receiver.store.ledger import book_month_again
from cloud_receiver.store.tables import store_law, wage


def import_wages(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Enter monthly wages; return how many are new or different."""
    named = known(connection)
    own = wage.c
    stored = select(own.employee_id, own.effective_from, own.monthly_fen)
    stands = {(who, since): fen for who, since, fen in connection.execute(stored)}

    def read(_number: int, cells: Cells) -> tuple[tuple[str, str], int]:
        who = person_of(cells, named)
        since = fields.day("since", cells["since"]).isoformat()
        fen = fields.fen("wage_yuan", cells["wage_yuan"])
        if not fen:
            raise CellError("wage_yuan", "请填写月工资", "write the monthly wage")
        return (who, since), fen

    said = dict(file.read(read))
    new = [
        (who, since, fen) for (who, since), fen in said.items() if stands.get((who, since)) != fen
    ]
    if not new:
        return 0
    lawbook.put_wages(connection, new, errand.author, errand.now_utc_ms)
    first: dict[str, str] = {}
    for who, since, _ in new:
        first[who] = min(since, first.get(who, since))
    for who, since in sorted(first.items()):
        book_month_again(
            connection, since, errand.now_utc_ms, employee_id=who, channels=errand.channels
        )
    return len(new)


def import_jurisdictions(connection: Connection, file: ImportFile, errand: Errand) -> int:
    """Say which law holds in stores from a date on; return how many are new or different."""
    named = known(connection)

    def read(_number: int, cells: Cells) -> tuple[tuple[str, str], str]:
        since = fields.day("since", cells["since"]).isoformat()
        return (store_of(cells, named), since), law_of(cells)

    return put(connection, dict(file.read(read)), errand)


def law_of(cells: Cells) -> str:
    """Read the id of a law, or its name.

    Raises:
        CellError: there is none.
    """
    laws = lawbook.laws()
    named = {text: law.id for law in laws.values() for text in (law.name.zh, law.name.en)}
    text = cells["jurisdiction"]
    found = named.get(text, text)
    if found not in laws:
        shown = "、".join(sorted(laws))
        raise CellError(
            "jurisdiction",
            f"没有法规“{text}”,可填:{shown}",
            f"there is no law {text!r}; known: {', '.join(sorted(laws))}",
        )
    return found


def put(connection: Connection, said: dict[tuple[str, str], str], errand: Errand) -> int:
    """Enter (store, first date) -> law and book the months it changes."""
    stands = _stored(connection)
    new = {key: law for key, law in said.items() if stands.get(key) != law}
    for (store_id, since), law in sorted(new.items()):
        lawbook.put_jurisdiction(connection, store_id, law, since, errand.author, errand.now_utc_ms)
        book_month_again(
            connection, since, errand.now_utc_ms, store_id=store_id, channels=errand.channels
        )
    return len(new)


def put_first(connection: Connection, said: dict[str, str], errand: Errand) -> set[str]:
    """Say which law holds in stores of which nothing is known yet, from the beginning on.

    Returns the stores of which something else is known; that needs a date.
    """
    known_laws: dict[str, set[str]] = {}
    for (store_id, _), law in _stored(connection).items():
        known_laws.setdefault(store_id, set()).add(law)
    first = {(shop, FIRST_DATE): law for shop, law in said.items() if shop not in known_laws}
    put(connection, first, errand)
    return {shop for shop, law in said.items() if known_laws.get(shop, {law}) != {law}}


def _stored(connection: Connection) -> dict[tuple[str, str], str]:
    own = store_law.c
    rows = connection.execute(select(own.store_id, own.effective_from, own.jurisdiction))
    return {(row[0], row[1]): row[2] for row in rows}
