"""What a person should know of the box itself, whatever its devices do; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from agent.recovery import Opened
from sync.clock import is_set

DAMAGED: Final = "outbox_damaged"
CLOCK_NOT_SET: Final = "clock_not_set"
FULL: Final = "storage_full"
NOT_YET_VALID: Final = "not yet valid"
"""What OpenSSL says of a certificate whose time has not come: here it is the clock's fault."""


def damage_text(opened: Opened) -> str:
    """Return what is to be said of an outbox that was set aside; empty: it was sound."""
    if opened.set_aside is None:
        return ""
    return (
        f"the outbox was damaged ({opened.damage}) and is kept as {opened.set_aside.name};"
        " a new one was begun and all devices are read again. Look at the disk or card; what"
        " the devices no longer held and headquarters did not have yet is only in that file"
    )


def alarms_of(damage: str, link_trouble: str, now: datetime, *, is_full: bool) -> dict[str, str]:
    """Return the alarms by code.

    Args:
        damage: what `damage_text` said when the agent started.
        link_trouble: why there is no connection; may be empty.
    """
    found = {}
    if damage:
        found[DAMAGED] = damage
    if not is_set(now) or NOT_YET_VALID in link_trouble:
        found[CLOCK_NOT_SET] = (
            f"the box's clock is not set, it shows {now:%Y-%m-%d %H:%M} UTC. Records are kept"
            " and dated right afterwards; see that its time service runs and reaches a server"
        )
    if is_full:
        found[FULL] = (
            "there is no room for new records: reading has stopped and the devices keep their"
            " own. Free space on the box's disk"
        )
    return found
