"""What `discover` found: a place, what is there, how that is known, and the settings for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that was found.

    Attributes:
        place: an address, a port or a file, as people write it.
        what: key of the sentence that says what it is and how that is known.
        values: of that sentence.
        table: the ``[[device]]`` table to paste; empty when there is none to give.
        advice: a command to run first; may be empty.
    """

    place: str
    what: str
    values: Mapping[str, object] = field(default_factory=dict)
    table: Mapping[str, str | int] = field(default_factory=dict)
    advice: str = ""
