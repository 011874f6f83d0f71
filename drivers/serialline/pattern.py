"""Compile a profile's regular expression, refusing those that could run for hours; pure.

Python's engine backtracks: a repeated group that repeats inside takes exponential time on
a line that almost matches, and whatever hangs on the cable can send such lines. Lines are
short, so what passes these rules is fast.
"""

from __future__ import annotations

import re
from typing import Final

MAX_PATTERN_CHARS: Final = 300
MAX_OPEN_REPEATS: Final = 12
MAX_WILD_REPEATS: Final = 3
WIDE_REPEAT: Final = 32
"""A bounded repeat this wide counts as an open one."""

_TOKEN: Final = re.compile(
    r"(?P<open>\((?:\?(?:P<\w+>|:|<?[=!]))?)"
    r"|(?P<alternative>\|)"
    r"|(?P<atom>\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|[^()])"
    r"(?P<repeat>(?:[*+?]|\{\d*,?\d*\})?[?+]?)"
    r"|(?P<close>\))(?P<group_repeat>(?:[*+?]|\{\d*,?\d*\})?[?+]?)",
    re.DOTALL,
)
_BOUNDS: Final = re.compile(r"\{(\d*)(,?)(\d*)\}")
_BACK_REFERENCE: Final = re.compile(r"\\[1-9]|\(\?P=|\(\?\(")


def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern for use with `fullmatch` on short lines.

    Raises:
        ValueError: it is no regular expression, or it could take too long; says why.
    """
    if len(text) > MAX_PATTERN_CHARS:
        raise ValueError(f"is longer than {MAX_PATTERN_CHARS} characters")
    try:
        compiled = re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    if _BACK_REFERENCE.search(text):
        raise ValueError("refers back to a group; write it out instead")
    _refuse_slow(text)
    return compiled


def _refuse_slow(text: str) -> None:
    open_repeats = wild_repeats = 0
    stands_after_open = False
    is_branching = [False]  # for each group around this place: does it repeat or branch?
    for token in _TOKEN.finditer(text):
        if token["open"]:
            is_branching.append(False)
        elif token["alternative"]:
            is_branching[-1] = True
            stands_after_open = False
        elif token["close"]:
            is_inner_branching = is_branching.pop()
            is_repeated = token["group_repeat"] not in ("", "?")
            if is_inner_branching and is_repeated:
                raise ValueError("repeats a group that itself repeats or branches")
            is_branching[-1] |= is_inner_branching or is_repeated
        else:
            fewest, is_open = _bounds(token["repeat"])
            if is_open and stands_after_open:
                raise ValueError(
                    f"has two open repeats side by side before character {token.end()}"
                )
            stands_after_open = is_open or (stands_after_open and fewest == 0)
            is_branching[-1] |= token["repeat"] not in ("", "?")
            open_repeats += is_open
            wild_repeats += is_open and token["atom"] == "."
    if open_repeats > MAX_OPEN_REPEATS or wild_repeats > MAX_WILD_REPEATS:
        raise ValueError(
            f"has {open_repeats} open repeats, {wild_repeats} of '.'; allowed are "
            f"{MAX_OPEN_REPEATS} and {MAX_WILD_REPEATS}"
        )


def _bounds(repeat: str) -> tuple[int, bool]:
    """Return how often at least, and whether it is open upwards."""
    if not repeat:
        return 1, False
    if repeat[0] in "*+":
        return (0 if repeat[0] == "*" else 1), True
    if repeat[0] == "?":
        return 0, False
    match = _BOUNDS.match(repeat)
    if match is None:
        return 1, False
    fewest = int(match[1] or 0)
    most = int(match[3]) if match[3] else (None if match[2] else fewest)
    return fewest, most is None or most >= WIDE_REPEAT
