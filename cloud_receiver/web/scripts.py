"""Which scripts a browser may run on our pages: the Content-Security-Policy of each answer.

Light pages run files of ours and nothing else. NiceGUI's start is a few inline scripts: each
answer names them by a word used once, which a script that got into a page cannot know. Vue
compiles templates in the browser, so these pages, and only these, may evaluate as well.
"""

from __future__ import annotations

import secrets
from typing import Final

STATE: Final = "nonce"
"""Where an answer's word stands in the state of its request."""
_EVERYWHERE: Final = (
    "default-src 'none'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


class Nonce:
    """A word used once; it is made when a page first asks for it."""

    def __init__(self) -> None:
        self._word = ""

    def __str__(self) -> str:
        """Return the word."""
        self._word = self._word or secrets.token_urlsafe(16)
        return self._word

    def policy(self) -> str:
        """Return the policy of the answer: what it allows beyond files is what it asked for."""
        if not self._word:
            return f"{_EVERYWHERE}; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'"
        scripts = f"script-src 'self' 'nonce-{self._word}' 'unsafe-eval'"
        return f"{_EVERYWHERE}; {scripts}; style-src 'self' 'unsafe-inline'"
