"""The reader's choices of language and theme: kept in cookies, changed by a link."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from cloud_receiver.web.texts import Language
from cloud_receiver.web.visit import LANGUAGE_COOKIE, THEME_COOKIE, Theme, own_address

_YEAR_S: Final = 365 * 24 * 3600


def register(app: FastAPI) -> None:
    """Add the two links."""

    @app.get("/prefer/language/{language}")
    def prefer_language(language: Language, next: str = "/") -> RedirectResponse:  # noqa: A002
        return _remembering(LANGUAGE_COOKIE, language, next)

    @app.get("/prefer/theme/{theme}")
    def prefer_theme(theme: Theme, next: str = "/") -> RedirectResponse:  # noqa: A002
        return _remembering(THEME_COOKIE, theme, next)


def _remembering(cookie: str, value: str, back_to: str) -> RedirectResponse:
    answer = RedirectResponse(own_address(back_to), status_code=303)
    answer.set_cookie(cookie, value, max_age=_YEAR_S, httponly=True, samesite="lax")
    return answer
