"""Places in a ranking, as frame expressions: ties, shares of a pool and pools too small.

Competition ranks: of 95, 90, 90, 88 the places are 1, 2, 2, 4. A share of a pool becomes a
whole number of places first, then equals across the last place are included or not.
"""

from __future__ import annotations

from typing import Literal

import narwhals as nw

from cloud_receiver.domain.clauses import End, Pool, Rounding, Ties

_HALVES_UP = {Rounding.FLOOR: 0, Rounding.NEAREST: 5_000, Rounding.CEIL: 9_999}


def places(pool_size: nw.Expr, pool: Pool) -> nw.Expr:
    """Return how many places a share of a pool has; a pool too small has none."""
    share = pool_size * _int(pool.share_bp) + _int(_HALVES_UP[pool.rounding])
    return (
        nw.when(pool_size >= _int(pool.min_people)).then(share // _int(10_000)).otherwise(_int(0))
    )


def is_chosen(pool: Pool) -> nw.Expr:
    """Return whether a row's place is among those a rule is about, over the whole frame."""
    size = nw.col(pool.by).count().over(*pool.within).cast(nw.Int64)
    return place(pool) <= places(size, pool)


def place(pool: Pool) -> nw.Expr:
    """Return the place of a row among its pool, the last of equals when they are excluded.

    Ranks are whole numbers on every engine, though some give them as another type.
    """
    from_top = pool.end is End.TOP
    method: Literal["max", "min"] = "max" if pool.ties is Ties.EXCLUDE else "min"
    rank = nw.col(pool.by).rank(method, descending=from_top).over(*pool.within).cast(nw.Int64)
    if pool.ties is not Ties.BREAK:
        return rank
    assert pool.break_by is not None, "ties are broken by a fact"
    among = nw.col(pool.break_by).rank("min", descending=from_top)
    return rank + among.over(*pool.within, pool.by).cast(nw.Int64) - _int(1)


def _int(value: int) -> nw.Expr:
    return nw.lit(value, nw.Int64)
