"""Which sale a refund takes back; pure.

A till prints the number of the receipt it refunds, not the line. Numbers start anew on many
tills and a refund desk is another register, so what agrees most is taken: the article, the
amount, the register, and of several receipts of that number the last before the refund.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from sync.records import Sale, SaleKind


class SoldLine(NamedTuple):
    """A line of a receipt that is in the books.

    Attributes:
        employee_id: who is credited; None: nobody is bound to the code yet.
        work_date: the date it counts on.
        sold_utc_ms: when it was sold.
    """

    record_id: str
    store_id: str
    register_id: str
    receipt_id: str
    line_no: int
    item_code: str
    employee_id: str | None
    work_date: str
    sold_utc_ms: int
    amount_fen: int


class TillLine(msgspec.Struct, frozen=True, gc=False):
    """A `sync.records.Sale` as far as headquarters counts it; read much faster than all of it."""

    store_id: str
    register_id: str
    receipt_id: str
    line_no: int
    line_kind: str
    sold_at: str
    seller_code: str
    item_code: str
    quantity_milli: int
    amount_fen: int
    original_receipt_id: str


def refers_to(sale: Sale | TillLine) -> str:
    """Return the receipt a line takes something back from; empty: it says of none.

    A void cancels a line of its own receipt, whether it names that or not.
    """
    if sale.line_kind == SaleKind.SALE:
        return ""
    if sale.original_receipt_id:
        return sale.original_receipt_id
    return sale.receipt_id if sale.line_kind == SaleKind.VOID else ""


def original_of(
    refund: Sale | TillLine, at_utc_ms: int, lines: Iterable[SoldLine]
) -> SoldLine | None:
    """Return the sold line a refund belongs to; None while none is known.

    The same lines in any order give the same answer (law 6).

    Args:
        lines: of sales, of any store and receipt.
    """
    receipt_id = refers_to(refund)
    of_receipt = [
        line
        for line in lines
        if line.store_id == refund.store_id
        and line.receipt_id == receipt_id
        and line.sold_utc_ms <= at_utc_ms
    ]

    def agreement(line: SoldLine) -> tuple[bool, bool, bool, int, int, str]:
        return (
            bool(refund.item_code) and line.item_code == refund.item_code,
            line.amount_fen == -refund.amount_fen,
            line.register_id == refund.register_id,
            line.sold_utc_ms,
            -line.line_no,
            line.record_id,
        )

    return max(of_receipt, key=agreement, default=None)


def days_until_lost(target_fen: int, sold: Sequence[tuple[int, int]]) -> int:
    """Return how many days after the sales a target that was reached was lost again.

    0: it was never reached, or stands, or was lost on the very day.

    Args:
        sold: (days after the work date, signed fen) of everything that counts on the date.

    >>> days_until_lost(100, [(0, 120), (9, -50), (2, -10)])
    9
    """
    if target_fen <= 0 or not sold:
        return 0
    total_fen = sum(fen for _, fen in sold)
    if total_fen >= target_fen:
        return 0
    for day in sorted({day for day, _ in sold}, reverse=True):
        total_fen -= sum(fen for own, fen in sold if own == day)
        if total_fen >= target_fen:
            return day
    return 0
