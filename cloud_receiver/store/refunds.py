"""Refunds, voids and corrections of the till count for whoever sold, on the day of the sale.

The receipt they name says who and when. It may come after them, and its seller may become
known later still: each time a sold line is projected, what refers to its receipt is tied anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from cloud_receiver.domain.outcomes import DayKey
from cloud_receiver.domain.receipts import SoldLine, TillLine, original_of, refers_to
from cloud_receiver.domain.workday import local_date, local_to_utc_ms
from cloud_receiver.store import tables
from cloud_receiver.store.organisation import Site, zone_of
from cloud_receiver.store.questions import Among, OfPairs, Question
from cloud_receiver.store.sheaves import Kept, texts
from sync.records import SaleKind

Line = tuple[str, TillLine]
"""A till line and its record id."""

_read_sale: Final = msgspec.json.Decoder(TillLine).decode
_sale: Final = tables.sale.c
_entry: Final = tables.journal.c
# receipts are numbered anew in every store: of a chain's lines with a number few are of one store
_SOLD: Final = OfPairs(
    select(*[_sale[name] for name in SoldLine._fields]).where(
        _sale.line_kind == SaleKind.SALE.value
    ),
    _sale.store_id,
    _sale.receipt_id,
)
_REFERRING: Final = OfPairs(
    select(_entry.record_id, _entry.seq, _entry.body, _entry.sheaf_no)
    .join(tables.sale, _sale.record_id == _entry.record_id)
    .where(tables.IS_REFUND),
    _sale.store_id,
    _sale.refers_to,
)
_COUNTED: Final = Question(
    select(_sale.employee_id, _sale.work_date).where(
        Among(_sale.record_id, "records"), _sale.employee_id.is_not(None)
    )
)


def tie(connection: Connection, lines: Sequence[Line], sites: Mapping[str, Site]) -> set[DayKey]:
    """Tie what takes back from a receipt to its sold line; return the days that concerns.

    Args:
        lines: that were projected just now, sold ones and others.
    """
    sold = {
        (sale.store_id, sale.receipt_id) for _, sale in lines if sale.line_kind == SaleKind.SALE
    }
    found = {record_id: sale for record_id, sale in lines if refers_to(sale)}
    if sold:
        rows = list(_REFERRING.ask(connection, sorted(sold)))
        told = texts(connection, [Kept(*row[1:]) for row in rows])
        found |= {row[0]: _read_sale(body) for row, body in zip(rows, told, strict=True)}
    if not found:
        return set()
    before = _days(connection, found)
    receipts = sorted({(sale.store_id, refers_to(sale)) for sale in found.values()})
    by_receipt: defaultdict[tuple[str, str], list[SoldLine]] = defaultdict(list)
    for row in _SOLD.ask(connection, receipts):
        line = SoldLine(*row)
        by_receipt[line.store_id, line.receipt_id].append(line)
    ties = []
    for record_id, sale in sorted(found.items()):
        zone = zone_of(sites, sale.store_id)
        at_utc_ms = local_to_utc_ms(sale.sold_at, zone)
        original = original_of(sale, at_utc_ms, by_receipt[sale.store_id, refers_to(sale)])
        if original is not None:
            sold_on = date.fromisoformat(local_date(original.sold_utc_ms, zone))
            ties.append({
                "of_record": record_id,
                "employee_id": original.employee_id,
                "work_date": original.work_date,
                "original_id": original.record_id,
                "days_after": (date.fromisoformat(sale.sold_at[:10]) - sold_on).days,
            })  # fmt: skip
    if ties:
        this = _sale.record_id == bindparam("of_record")
        connection.execute(update(tables.sale).where(this), ties)
    return before | _days(connection, found)


def _days(connection: Connection, record_ids: Iterable[str]) -> set[DayKey]:
    return {(row[0], row[1]) for row in _COUNTED.ask(connection, records=sorted(record_ids))}
