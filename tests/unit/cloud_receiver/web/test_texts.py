"""Both languages of every page are complete, and no page asks for a text that is not there."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import cloud_receiver.web as web
from cloud_receiver.domain.attendance import DayStatus
from cloud_receiver.domain.outcomes import Account
from cloud_receiver.store.board import Presence
from cloud_receiver.web import fleet, phrases, today
from cloud_receiver.web.texts import Language, Texts, Words
from sync.heartbeat import DeviceStatus

MODULES = [module.name for module in pkgutil.iter_modules(web.__path__)]
WITH_TEXTS = [
    name
    for name in MODULES
    if hasattr(importlib.import_module(f"cloud_receiver.web.{name}"), "TEXTS")
]
SHARED = {
    "schedule_texts": (
        "SCHEDULE",
        ("schedule", "schedule_grid", "schedule_plan", "roster_cell"),
    )
}
"""Tables that several modules read: their name, and those modules."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SAME_IN_BOTH = {"where", "who_when", "from_to", "law1_sum", "other_language"}


@pytest.mark.parametrize("name", [*WITH_TEXTS, *SHARED])
def test_every_text_is_there_in_both_languages(name: str) -> None:
    for key, (zh, en) in _texts(name).items():
        assert zh.strip(), key
        assert en.strip(), key
        assert set(re.findall(r"\{\w+\}", zh)) == set(re.findall(r"\{\w+\}", en)), key
        if key not in SAME_IN_BOTH:
            words = re.sub(r"\{\w+\}", "", zh)
            assert CHINESE.search(zh) or not re.search("[a-z]{2}", words), key
            assert not CHINESE.search(en), key


def _texts(name: str) -> Texts:
    module = importlib.import_module(f"cloud_receiver.web.{name}")
    found: Texts = getattr(module, SHARED[name][0]) if name in SHARED else module.TEXTS
    return found


@pytest.mark.parametrize("name", [*WITH_TEXTS, *SHARED])
def test_every_text_asked_for_is_there_and_every_text_is_asked_for(name: str) -> None:
    texts, askers = _texts(name), SHARED[name][1] if name in SHARED else (name,)
    nodes = [node for asker in askers for node in _nodes(asker)]
    asked = {
        call.args[0].value
        for call in nodes
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        and call.func.id == "words" and isinstance(call.args[0], ast.Constant)
    }  # fmt: skip
    assert asked <= set(texts), "a text is missing"
    named = {node.value for node in nodes if isinstance(node, ast.Constant)}
    composed = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    ends = tuple(str(text) for text in (_ends_of(node) for node in composed) if text)
    for key in texts:
        told_by_value = name in {
            "phrases",
            "reasons",
            "entry_fields",
            "start",
        }  # looked up by what is stored or asked by a page
        is_used = key in named or key.startswith(ends) or key.endswith(ends) or told_by_value
        assert is_used, f"{key} is never asked for"


def _nodes(name: str) -> list[ast.AST]:
    module = importlib.import_module(f"cloud_receiver.web.{name}")
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    code = [statement for statement in tree.body if not _is_the_table(statement)]
    return [node for statement in code for node in ast.walk(statement)]


def _is_the_table(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.target.id == "TEXTS"
    )


def _ends_of(composed: ast.JoinedStr) -> str:
    """Return the fixed beginning or end of a key put together from parts: ``st_``, ``_empty``."""
    for part in (composed.values[0], composed.values[-1]):
        if isinstance(part, ast.Constant) and re.fullmatch("[a-z0-9_]+", str(part.value)):
            return str(part.value)
    return ""


@pytest.mark.parametrize("language", Language)
def test_what_the_database_says_has_a_name(language: Language) -> None:
    for status in DayStatus:
        assert phrases.STATUSES[language][status]
    for account in Account:
        assert phrases.account_text(account, language) != account
    for device_status in DeviceStatus:
        assert Words(fleet.TEXTS, language)(f"st_{device_status}")
    for presence in Presence:
        assert presence is Presence.MISSING or presence in today._TONES
