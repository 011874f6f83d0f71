"""NiceGUI's start page made ours: its scripts carry the word of the answer, it speaks the reader's language."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import nicegui
from fastapi import Request
from jinja2 import DictLoader
from nicegui import client

from cloud_receiver.web.scripts import STATE
from cloud_receiver.web.texts import Texts, Words
from cloud_receiver.web.visit import language_of

_NAME: Final = "index.html"
TEXTS: Final[Texts] = {
    "connection_lost": ("与总部的连接断了。", "The line to headquarters is down."),
    "trying_to_reconnect": (
        "正在重新连接,页面上的数字可能是旧的。",
        "Trying again; what the page shows may be old.",
    ),
    "message_too_long": ("内容太长,没有送出。", "That was too long and was not sent."),
    "message_too_long_body": ("请分成几次。", "Do it in parts."),
}


def _says(request: Request, key: str) -> str:
    return Words(TEXTS, language_of(request))(key)


def make_ours() -> None:
    """Change the start page of every page from now on."""
    page = (Path(nicegui.__file__).parent / "templates" / _NAME).read_text(encoding="utf-8")
    page = page.replace("<script", f'<script nonce="{{{{ request.state.{STATE} }}}}"')
    for key in TEXTS:
        page = page.replace(f"translations.{key} ", f"says(request, '{key}') ")
    environment = client.templates.env
    environment.loader = DictLoader({_NAME: page})
    environment.globals["says"] = _says
