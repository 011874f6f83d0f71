"""What a report is asked for, and addresses that keep it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from cloud_receiver.store.reports import Stretch
from cloud_receiver.web.texts import Language


@dataclass(frozen=True, slots=True)
class Asked:
    """What one wants to see."""

    stretch: Stretch
    language: Language


def address(path: str, asked: Asked, **more: str) -> str:
    """Return an address with the same stretch and store, and what is given beside."""
    given = {"from": asked.stretch.first, "to": asked.stretch.last, "store": asked.stretch.store_id}
    return f"{path}?{urlencode({key: value for key, value in (given | more).items() if value})}"
