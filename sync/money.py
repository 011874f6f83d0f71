"""Money as integer fen (0.01 yuan); no float ever touches an amount."""

from __future__ import annotations

import re
from typing import Final

MAX_FEN: Final = 10**13  # a hundred billion yuan: beyond it is a typing error, and int64 is safe

_AMOUNT = re.compile(r"^([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d+))?$")


def parse_fen(text: str) -> int:
    """Read a decimal amount in yuan into fen, exactly.

    Accepts a sign, thousands commas, a leading currency sign and accounting brackets.
    More than two decimals are accepted only when the rest rounds to a whole fen half up,
    as tills print four (``548.9715``).

    Raises:
        ValueError: the text is no amount, or is beyond `MAX_FEN`.

    >>> parse_fen("¥1,234.50"), parse_fen("(12.3)"), parse_fen("-0.005"), parse_fen("548.9715")
    (123450, -1230, -1, 54897)
    """
    bare = text.strip().lstrip("¥￥$").strip()
    negative = bare.startswith("(") and bare.endswith(")")
    if negative:
        bare = bare[1:-1].strip()
    found = _AMOUNT.match(bare)
    if not found or not (found[2] or found[3]):
        raise ValueError(f"not an amount of money: {text!r}")
    whole = int((found[2] or "0").replace(",", ""))
    decimals = (found[3] or "").ljust(3, "0")
    fen = whole * 100 + int(decimals[:2]) + (1 if decimals[2] >= "5" else 0)
    if fen > MAX_FEN:
        raise ValueError(f"amount beyond {MAX_FEN // 100} yuan: {text!r}")
    return -fen if negative != (found[1] == "-") else fen


def yuan_text(fen: int) -> str:
    """Return fen as yuan with two decimals and a true minus for people.

    >>> yuan_text(-1000), yuan_text(5), yuan_text(123456789)
    ('-10.00', '0.05', '1,234,567.89')
    """
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan:,}.{rest:02d}"


def portion_fen(base_fen: int, rate_bp: int, *, deduction: bool) -> int:
    """Return `rate_bp` basis points of `base_fen`, rounded once in the employee's favour.

    A deduction rounds toward zero, a reward half up; both are returned as non-negative
    amounts for non-negative input.

    >>> portion_fen(9999, 1000, deduction=True), portion_fen(9995, 1000, deduction=False)
    (999, 1000)
    """
    assert base_fen >= 0, f"negative base {base_fen}"
    assert rate_bp >= 0, f"negative rate {rate_bp}"
    product = base_fen * rate_bp
    return product // 10_000 if deduction else (product + 5_000) // 10_000
