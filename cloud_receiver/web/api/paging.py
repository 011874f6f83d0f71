"""Lists by pages: each names a cursor after which the next begins; nothing is skipped or doubled."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, Row, Select, tuple_

from cloud_receiver.web.api.refusals import ApiError, not_found

T = TypeVar("T")
MAX_ITEMS: Final = 500
MAX_NUMBER: Final = 2**53 - 1
CLEAN: Final = r"^[^\x00-\x1f\x7f]*$"

After = Annotated[
    str, Query(max_length=1000, pattern=CLEAN, description="`next` of the page before")
]
Limit = Annotated[int, Query(ge=1, le=MAX_ITEMS)]
IdFilter = Annotated[str | None, Query(min_length=1, max_length=200, pattern=CLEAN)]
IdPath = Annotated[str, Path(min_length=1, max_length=200, pattern=CLEAN)]
DateFilter = Annotated[str | None, Query(pattern=r"^\d{4}-\d\d-\d\d$")]
DatePath = Annotated[str, Path(pattern=r"^\d{4}-\d\d-\d\d$")]
PeriodFilter = Annotated[str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
PeriodPath = Annotated[str, Path(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class Shown(BaseModel):
    """What the API shows; made from rows and views by their names."""

    model_config = ConfigDict(from_attributes=True)


class Page(BaseModel, Generic[T]):
    """Part of a list; `next` is None on the last page."""

    items: list[T]
    next: str | None


def narrowed(
    query: Select[Any], *wanted: tuple[ColumnElement[Any], str, str | None]
) -> Select[Any]:
    """Narrow a query by (column, ``=``, ``>=`` or ``<=``, value); a value of None asks nothing."""
    for column, relation, value in wanted:
        if value is not None:
            query = query.where(column.op(relation)(value))
    return query


def page(
    connection: Connection,
    query: Select[Any],
    key: Sequence[ColumnElement[Any]],
    after: str,
    limit: int,
    show: Callable[[Any], T],
    elsewhere: Sequence[Any] = (),
) -> Page[T]:
    """Run a query in the order of a unique key, from a cursor on.

    Args:
        elsewhere: rows that are not in the table, shown among the others.
    """
    names = [str(column.key) for column in key]
    place = attrgetter(*names) if len(names) > 1 else lambda row: (getattr(row, names[0]),)
    values = position(after, key)
    if values:
        query = query.where(tuple_(*key) > tuple_(*values))
        elsewhere = [row for row in elsewhere if place(row) > tuple(values)]
    rows: list[Any] = list(connection.execute(query.order_by(*key).limit(limit + 1)))
    if elsewhere:
        rows = sorted((*rows, *elsewhere), key=place)
    shown, more = rows[:limit], len(rows) > limit
    cursor = _cursor([getattr(shown[-1], name) for name in names]) if more else None
    return Page(items=[show(row) for row in shown], next=cursor)


def position(after: str, key: Sequence[ColumnElement[Any]]) -> list[Any]:
    """Return the key a cursor stands at; nothing on the first page.

    Raises:
        ApiError: it is no cursor of such a list.
    """
    return _values(after, [column.type.python_type for column in key]) if after else []


def only(
    connection: Connection, query: Select[Any], what_zh: str, what_en: str, key: str
) -> Row[Any]:
    """Return the one row of a query.

    Raises:
        ApiError: there is nothing of that id.
    """
    row = connection.execute(query).one_or_none()
    if row is None:
        raise not_found(what_zh, what_en, key)
    return row


def _cursor(values: Sequence[Any]) -> str:
    return urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def _values(after: str, types: Sequence[type]) -> list[Any]:
    try:
        raw = urlsafe_b64decode(after.encode("ascii") + b"=" * (-len(after) % 4))
        values = msgspec.json.decode(raw, type=list[str | int])
    except (ValueError, msgspec.DecodeError) as error:
        raise _no_cursor() from error
    sound = len(values) == len(types) and all(
        type(value) is kind and "\x00" not in str(value) and value != ""
        for value, kind in zip(values, types, strict=False)
    )
    if not sound or any(isinstance(one, int) and abs(one) > MAX_NUMBER for one in values):
        raise _no_cursor()
    return values


def _no_cursor() -> ApiError:
    zh, en = "不是上一页给出的 next", "this is no `next` of a page before"
    return ApiError("invalid", zh, en, field="after")
