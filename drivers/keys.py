"""Read a device's table of the configuration; every error names the key and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from drivers.transports import LinkUrl, parse_url
from sync.errors import DakaError, told
from sync.settings_table import Table

AGENT_KEYS: Final = frozenset(("name", "driver", "poll_s"))
"""Keys of a ``[[device]]`` table that belong to the agent, whatever the driver."""


class Keys(Table):
    """A table with what only devices are told: links and patterns.

    Args:
        where: how errors name the place, e.g. ``agent.toml, device 'front door'``.
    """

    def __init__(self, content: object, where: str) -> None:
        super().__init__(content, where, AGENT_KEYS)

    def link(self, name: str, allowed: str, default_port: int = 0) -> LinkUrl:
        """Return a transport URL taken apart; required."""
        try:
            return parse_url(self.address(name, allowed), default_port)
        except DakaError as error:
            zh, en = told(error, "zh"), told(error, "en")
            raise self.refused(name, f"{name}:{zh}", f"{name}: {en}") from error

    def pattern(self, name: str, compiled: Callable[[str], re.Pattern[str]]) -> re.Pattern[str]:
        """Return a regular expression; required. `compiled` says with ValueError why not."""
        text = self.value(name, (str,), "a regular expression")
        return self._compile(name, text, compiled)

    def patterns(
        self, name: str, compiled: Callable[[str], re.Pattern[str]]
    ) -> tuple[re.Pattern[str], ...]:
        """Return a list of regular expressions, empty when the key is missing."""
        texts = self.texts(name, "a list of regular expressions")
        return tuple(self._compile(name, text, compiled) for text in texts)

    def _compile(
        self, name: str, text: str, compiled: Callable[[str], re.Pattern[str]]
    ) -> re.Pattern[str]:
        try:
            return compiled(text)
        except ValueError as error:
            zh = f"{name} = {text!r} 不可用({error});请改写这个正则表达式"
            raise self.refused(name, zh, f"{name} = {text!r} {error}") from error
