"""What the keyboard search finds: pages, people and stores, as JSON for ``static/search.js``."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from cloud_receiver.domain.roles import Role
from cloud_receiver.store import names
from cloud_receiver.store.engine import read
from cloud_receiver.web import navigation
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.texts import Language, Words
from cloud_receiver.web.visit import visit_of

MAX_PER_KIND: Final = 8
MAX_QUERY_CHARS: Final = 60


def register(app: FastAPI, desk: Desk) -> None:
    """Add the address the search asks."""

    @app.get("/search")
    def search(request: Request, q: str = "") -> JSONResponse:
        visit = visit_of(request)
        text = q.strip()[:MAX_QUERY_CHARS]
        return JSONResponse(find(desk, text, visit.language, visit.session.reader.role))


def find(desk: Desk, text: str, language: Language, role: Role) -> list[dict[str, str]]:
    """Return what goes by `text`, pages first; an empty text finds every page."""
    words = Words(navigation.TEXTS, language)
    wanted = text.casefold()
    found = [
        {"icon": area.picture, "title": words(area.name), "sub": "", "href": area.address}
        for area in navigation.areas(role)
        if any(wanted in name.casefold() for name in navigation.TEXTS[area.name])
    ]
    if not text:
        return found
    with read(desk.engine) as connection:
        shops = {shop.store_id: shop for shop in names.stores(connection)}
        people = names.people_like(connection, text, MAX_PER_KIND)
    matching = [
        shop for shop in shops.values()
        if wanted in shop.name.casefold() or wanted in shop.store_id.casefold()
    ]  # fmt: skip
    found += [
        {"icon": "person", "title": person.name, "href": f"/people/{quote(person.employee_id)}",
         "sub": f"{person.employee_id} · {_shop_name(shops, person.store_id)}"}
        for person in people
    ]  # fmt: skip
    found += [
        {"icon": "storefront", "title": shop.name, "sub": shop.store_id,
         "href": f"/?store={quote(shop.store_id)}"}
        for shop in matching[:MAX_PER_KIND]
    ]  # fmt: skip
    return found


def _shop_name(shops: dict[str, names.Store], store_id: str) -> str:
    return shops[store_id].name if store_id in shops else store_id
