"""Who calls the API: a machine by its key, or a person who is logged in by the role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request

from cloud_receiver.domain.scopes import ROLE_SCOPES, Scope
from cloud_receiver.store.api_keys import ApiKey
from cloud_receiver.web.api.refusals import ApiError
from cloud_receiver.web.sessions import Session

API_FOLDER: Final = "/api"
ANY_SCOPE: Final = "any"
"""Stands for the scope of what every key may see."""
_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; `name` stands as the author of what is entered."""

    name: str
    scopes: frozenset[Scope]


def is_api(path: str) -> bool:
    """Tell whether an address is the API's."""
    return path == API_FOLDER or path.startswith(f"{API_FOLDER}/")


def shown_key(authorization: str | None) -> str | None:
    """Return the key of an Authorization header, None when there is none."""
    if authorization is None:
        return None
    scheme, value = authorization[: len(_BEARER)], authorization[len(_BEARER) :]
    return value.strip() if scheme.lower() == _BEARER else ""


def caller_of_key(key: ApiKey) -> Caller:
    """Return a machine."""
    return Caller(f"api:{key.name}", key.scopes)


def caller_of_session(session: Session) -> Caller:
    """Return a person."""
    return Caller(session.login, ROLE_SCOPES.get(session.reader.role, frozenset()))


def caller(request: Request) -> Caller:
    """Return who calls; the gate has admitted it."""
    found = request.state.caller
    assert isinstance(found, Caller), "the gate lets nobody in without a name"
    return found


def admit(request: Request) -> None:
    """Refuse a route whose scope the caller lacks, or that declares none."""
    who, route = caller(request), request.scope["route"]
    needed = (route.openapi_extra or {}).get("x-scope")
    if needed == ANY_SCOPE or needed in who.scopes:
        return
    raise ApiError(
        "forbidden", f"缺少权限范围 {needed}", f"the scope {needed} is missing", field=str(needed)
    )


def needs(scope: Scope | str) -> dict[str, str]:
    """Return what a route declares in ``openapi_extra``."""
    return {"x-scope": str(scope)}
