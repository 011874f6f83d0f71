"""What a program's log says of trouble."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

_TROUBLE: Final = re.compile(
    r"error|lost|drop|fail|refus|denied|closed|exceed|corrupt|full|space|unable|timeout|malformed|locked",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(r"^[\d:.,\-\sTZ|]+")
MOST_CHARS: Final = 110


def trouble_in(log: Path) -> str:
    """Return how many lines tell of trouble and the one most often said; empty: none."""
    if not log.exists():
        return ""
    text = log.read_text(encoding="utf-8", errors="replace")
    lines = [_LEADING.sub("", line) for line in text.splitlines() if _TROUBLE.search(line)]
    if not lines:
        return ""
    ((most, _),) = Counter(lines).most_common(1)
    return f"{len(lines)} lines in its log, such as: {most.strip()[:MOST_CHARS]}"
