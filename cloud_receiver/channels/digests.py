"""What several groups are told at the same time becomes one message where they share a robot.

Two stores may share a robot, and recipients of mail: each hears its own, in one message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cloud_receiver.domain.notices import Notice, Target
from cloud_receiver.store.notices import QueuedNotice


@dataclass(frozen=True, slots=True)
class Parcel:
    """Queued notices that are sent as one message; all of them share its fate.

    Attributes:
        ones: at most one of each addressee, so that none overtakes another.
    """

    ones: tuple[QueuedNotice, ...]

    @property
    def attempts(self) -> int:
        """Return how often sending any of it was tried."""
        return max(one.attempts for one in self.ones)

    @property
    def created_utc_ms(self) -> int:
        """Return how old the oldest of it is."""
        return min(one.created_utc_ms for one in self.ones)

    @property
    def targets(self) -> set[Target]:
        """Return whom it is for."""
        return {one.notice.target for one in self.ones}

    def message(self, names: Mapping[str, str]) -> Notice:
        """Return what is said; a store is named before its own words when there are several.

        Args:
            names: of stores, by id.
        """
        first = self.ones[0].notice
        if len(self.ones) == 1:
            return first
        notices = [one.notice for one in self.ones]
        heads = [names.get(one.target.id, one.target.id) for one in notices]
        return replace(
            first,
            notice_id="+".join(one.notice_id for one in notices),
            text_zh="\n".join(f"【{head}】{one.text_zh}" for head, one in zip(heads, notices, strict=True)),
            text_en="\n".join(f"[{head}] {one.text_en}" for head, one in zip(heads, notices, strict=True)),
            document=f'{{"kind":"several","items":[{",".join(one.document for one in notices)}]}}',
        )  # fmt: skip


def parcels(
    due: Iterable[QueuedNotice], room_of: Callable[[Target], str | None]
) -> Sequence[Parcel]:
    """Return what is due as messages, in order.

    Args:
        room_of: where an addressee's messages are read; None: nowhere that others share.
    """
    made: list[list[QueuedNotice]] = []
    filling: dict[str, list[QueuedNotice]] = {}
    for one in due:
        room = room_of(one.notice.target)
        begun = filling.get(room) if room is not None else None
        if begun is None or one.notice.target in {each.notice.target for each in begun}:
            begun = []
            made.append(begun)
        begun.append(one)
        if room is not None:
            filling[room] = begun
    return [Parcel(tuple(some)) for some in made]
