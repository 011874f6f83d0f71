"""What one cell of an export means: fen, thousandths, local time; exact, and pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sync.money import MAX_FEN, parse_fen

_QUANTITY = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d*)(?:\.(\d*))?", re.ASCII)
_DIRECTIVES: Final = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<I>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "f": r"\d{1,9}",
    "p": r"(?P<p>[AaPp][Mm]|上午|下午)",
}
DIRECTIVES: Final = " ".join(f"%{letter}" for letter in _DIRECTIVES)
"""What a time format may hold; as in `datetime.strptime`, day and month with or without zeros."""


def read_milli(text: str) -> int:
    """Read a quantity into thousandths, exactly.

    Raises:
        ValueError: it is no number, or finer than a thousandth.

    >>> read_milli("2"), read_milli("-0.355"), read_milli("1,200.5000")
    (2000, -355, 1200500)
    """
    found = _QUANTITY.fullmatch(text.strip())
    if not found or not (found[2] or found[3]):
        raise ValueError(f"not a quantity: {text[:60]!r}")
    decimals = (found[3] or "").rstrip("0")
    if len(decimals) > 3:
        raise ValueError(f"finer than a thousandth: {text[:60]!r}")
    milli = int((found[2] or "0").replace(",", "") + decimals.ljust(3, "0"))
    if milli > MAX_FEN:
        raise ValueError(f"beyond any quantity: {text[:60]!r}")
    return -milli if found[1] == "-" else milli


def _decimal_point(read: Callable[[str], int], decimal_mark: str) -> Callable[[str], int]:
    assert decimal_mark in {".", ","}, decimal_mark
    if decimal_mark == ".":
        return read
    swap = str.maketrans({".": ",", ",": ".", " ": None, "\u00a0": None})
    return lambda text: read(text.translate(swap))


def amount_reader(decimal_mark: str) -> Callable[[str], int]:
    """Return a reader of amounts in yuan into fen; it raises ValueError."""
    return _decimal_point(parse_fen, decimal_mark)


def quantity_reader(decimal_mark: str) -> Callable[[str], int]:
    """Return a reader of quantities into thousandths; it raises ValueError."""
    return _decimal_point(read_milli, decimal_mark)


def time_pattern(time_format: str) -> re.Pattern[str]:
    """Compile a time format.

    Raises:
        ValueError: it holds a directive outside `DIRECTIVES`, or lacks year, month or day.
    """
    pattern = ""
    pieces = re.split(r"%(.)", time_format)
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            pattern += r"\s+".join(re.escape(word) for word in re.split(r"\s+", piece))
            continue
        if piece not in _DIRECTIVES:
            raise ValueError(f"%{piece} is none of {DIRECTIVES}")
        directive = _DIRECTIVES[piece]
        neighbours = pieces[i - 2 : i - 1] * (not pieces[i - 1] and i > 1)
        neighbours += pieces[i + 2 : i + 3] * (not pieces[i + 1])
        if set(neighbours) - {"p"}:  # 20261123: without separators only full width is sure
            directive = directive.replace(r"\d{1,2}", r"\d{2}")
        pattern += directive
    compiled = re.compile(pattern, re.ASCII)
    names = set(compiled.groupindex)
    if not ({"m", "d"} <= names and names & {"Y", "y"}):
        raise ValueError("year, month and day are needed: %Y %m %d")
    return compiled


def _local_time(found: re.Match[str]) -> str:
    part = found.groupdict()
    year = int(part["Y"]) if "Y" in part else 2000 + int(part["y"])
    hour = int(part.get("H") or part.get("I") or 0)
    half = (part.get("p") or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"{hour} o'clock {half}")
        hour = hour % 12 + (12 if half in {"pm", "下午"} else 0)
    minute, second = int(part.get("M") or 0), int(part.get("S") or 0)
    moment = datetime(year, int(part["m"]), int(part["d"]), hour, minute, second)  # noqa: DTZ001
    return moment.isoformat()


def time_reader(time_formats: Sequence[str]) -> Callable[[str], str]:
    """Return a reader of till times into ``YYYY-MM-DDTHH:MM:SS``; it raises ValueError.

    The first format that fits decides, so that 3/4 is not March today and April tomorrow.
    """
    patterns = [time_pattern(time_format) for time_format in time_formats]
    expected = " or ".join(time_formats)

    def read(text: str) -> str:
        for pattern in patterns:
            found = pattern.fullmatch(text)
            if found:
                try:
                    return _local_time(found)
                except ValueError as error:
                    raise ValueError(f"no such time: {text[:60]!r} ({error})") from error
        raise ValueError(f"{text[:60]!r} is not of the form {expected}")

    return read
