"""How the channels do: up or down and why, what waits, what they have used of their quota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from cloud_receiver.domain.periods import period_of
from cloud_receiver.domain.workday import local_date
from cloud_receiver.store.engine import add_rows, upsert
from cloud_receiver.store.notices import NoticeState
from cloud_receiver.store.tables import IS_WRONG, channel_state, channel_use, notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """One channel as the status command and the pages show it.

    Attributes:
        is_up: None: it has sent nothing and failed at nothing yet.
        last_error: of the channel while it is down, else of the newest failed notice.
        calls, quota: metered calls used this month and allowed; None: not metered.
    """

    channel: str
    is_up: bool | None
    last_error: str
    waiting: int
    failed: int
    sent: int
    last_sent_utc_ms: int | None
    calls: int | None = None
    quota: int | None = None

    @property
    def quota_left(self) -> int | None:
        """Return how many calls are left this month, None where none are counted."""
        if self.calls is None or self.quota is None:
            return None
        return max(0, self.quota - self.calls)


def note_state(
    connection: Connection, channel: str, now_utc_ms: int, *, is_up: bool, detail: str
) -> None:
    """Keep that a channel went up or down."""
    row = {"channel": channel, "is_up": is_up, "detail": detail, "since_utc_ms": now_utc_ms}
    upsert(connection, channel_state, [row])


def month_of(now_utc_ms: int) -> str:
    """Return the month by which Chinese services count."""
    return period_of(local_date(now_utc_ms, "Asia/Shanghai"))


def count_call(connection: Connection, service: str, now_utc_ms: int) -> None:
    """Count a metered call."""
    row = (service, month_of(now_utc_ms), 1)
    add_rows(connection, channel_use, ("service", "month", "calls"), [row])


def calls(connection: Connection, service: str, now_utc_ms: int) -> int:
    """Return how many metered calls were made this month."""
    use = channel_use.c
    this = (use.service == service) & (use.month == month_of(now_utc_ms))
    return connection.scalar(select(use.calls).where(this)) or 0


def views(
    connection: Connection, channels: Sequence[str], quotas: Mapping[str, int], now_utc_ms: int
) -> list[ChannelView]:
    """Return how channels do.

    Args:
        quotas: metered calls a month, by the channel that makes them.
    """
    row = notice.c
    states = {one.channel: one for one in connection.execute(select(channel_state))}
    counted = {
        (channel, kind): (count, last)
        for channel, kind, count, last in connection.execute(
            select(row.channel, row.state, func.count(), func.max(row.sent_utc_ms))
            .group_by(row.channel, row.state)
        )
    }  # fmt: skip

    def view(channel: str) -> ChannelView:
        stands = states.get(channel)
        nothing = (0, None)
        sent, last = counted.get((channel, NoticeState.SENT), nothing)
        error = stands.detail if stands and not stands.is_up else ""
        return ChannelView(
            channel=channel,
            is_up=None if stands is None else bool(stands.is_up),
            last_error=error or _last_error(connection, channel),
            waiting=sum(counted.get((channel, each), nothing)[0] for each in _WAITING),
            failed=counted.get((channel, NoticeState.FAILED), nothing)[0],
            sent=sent,
            last_sent_utc_ms=last,
            calls=calls(connection, channel, now_utc_ms) if channel in quotas else None,
            quota=quotas.get(channel),
        )

    return [view(channel) for channel in channels]


def with_former(connection: Connection, channels: Sequence[str]) -> tuple[str, ...]:
    """Return channels, and after them those that are set no more but had something to send."""
    used = connection.scalars(select(notice.c.channel).distinct()).all()
    return (*channels, *sorted(set(used) - set(channels)))


_WAITING: Final = (NoticeState.GATHERING, NoticeState.PENDING)


def _last_error(connection: Connection, channel: str) -> str:
    row = notice.c
    wrong = select(row.last_error).where(row.channel == channel, IS_WRONG)
    return connection.scalar(wrong.order_by(row.notice_no.desc()).limit(1)) or ""
