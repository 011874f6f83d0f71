"""What a person should know of the box itself, whatever its devices do; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from agent.health import LinkReport
from agent.recovery import Opened
from sync.clock import is_set

DAMAGED: Final = "outbox_damaged"
CLOCK_NOT_SET: Final = "clock_not_set"
FULL: Final = "storage_full"
NAME_TAKEN: Final = "name_taken"
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


def alarms_of(damage: str, link: LinkReport, now: datetime, *, is_full: bool) -> dict[str, str]:
    """Return the alarms by code.

    Args:
        damage: what `damage_text` said when the agent started.
    """
    found = {}
    if damage:
        found[DAMAGED] = damage
    if not is_set(now) or NOT_YET_VALID in link.trouble:
        found[CLOCK_NOT_SET] = (
            f"the box's clock is not set, it shows {now:%Y-%m-%d %H:%M} UTC. Records are kept"
            " and dated right afterwards; see that its time service runs and reaches a server"
        )
    if link.has_rival:
        found[NAME_TAKEN] = (
            "another box goes by this box's name: the broker gives the connection now to one, now"
            " to the other. Nothing is mixed or lost, but both are slow. Give each box a name of"
            " its own: daka-agent init --box"
        )
    if is_full:
        found[FULL] = (
            "there is no room for new records: reading has stopped and the devices keep their"
            " own. Free space on the box's disk"
        )
    return found
