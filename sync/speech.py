"""Which language a program speaks on the command line: that of ``--lang``, else the environment's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

LANGUAGES: Final = ("zh", "en")
_OPTION: Final = "--lang"


def language_of(locale: str) -> str:
    """Return the language for a value of ``LANG``: Chinese for ``zh_CN.UTF-8``, else English."""
    return "zh" if locale.lower().startswith("zh") else "en"


def environment_language(environment: Mapping[str, str]) -> str:
    """Return the language a program was started in."""
    return language_of(environment.get("LC_ALL") or environment.get("LANG", ""))


def spoken_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language errors are told in: that of the last ``--lang``, if it is one.

    >>> spoken_language(["user", "add", "--lang", "zh"], {"LANG": "en_GB.UTF-8"})
    'zh'
    >>> spoken_language(["status", "--lang=fr"], {"LANG": "zh_CN.UTF-8"})
    'zh'
    """
    asked = ""
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == _OPTION:
            asked = value or next(iter(arguments[place + 1 : place + 2]), "")
    return asked if asked in LANGUAGES else environment_language(environment)
