"""Whatever a settings file may be refused for is told in Chinese as well as in English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.settings import load_settings as box_settings
from agent.words import words_for
from cloud_receiver.settings import load_settings as hq_settings
from drivers.keys import Keys
from drivers.posfile.dialects import parse_map
from drivers.registry import KINDS, kind_of
from sync.allowed import FORMS, PHRASES, in_chinese
from sync.broker import BROKER_FORMS
from sync.errors import DakaError, ToldError, told, within

ROOT = Path(__file__).resolve().parents[3]
READERS = ("sync/settings_table.py", "sync/mqtt_settings.py", "agent/settings.py", "drivers/keys.py",
           "drivers/posfile/dialects.py", "cloud_receiver/settings.py", "cloud_receiver/channels/settings.py",
           *(f"drivers/{kind}/settings.py" for kind in KINDS))  # fmt: skip
ASKING = {"text": 1, "address": 1, "texts": 1, "mapping": 1, "wrong": 1, "link": 1, "value": 2}
"""Where in a call of these what is allowed stands."""
CHINESE = re.compile("[\u4e00-\u9fff]")


def _said(path: str) -> Iterator[str]:
    """Yield every phrase a reader gives for what is allowed; ``7`` stands for its values."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    constants = {
        target.id: node.value
        for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and node.value is not None
    }  # fmt: skip
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            place = ASKING.get(call.func.attr)
            if place is not None and len(call.args) > place:
                phrase = call.args[place]
                if isinstance(phrase, ast.Name):
                    phrase = constants.get(phrase.id, phrase)
                if (text := _text(phrase)) is not None:
                    yield text


def _text(phrase: ast.expr) -> str | None:
    if isinstance(phrase, ast.Constant):
        return str(phrase.value)
    if isinstance(phrase, ast.JoinedStr):
        return "".join(
            str(one.value) if isinstance(one, ast.Constant) else "7" for one in phrase.values
        )
    return None


@pytest.mark.parametrize("path", READERS)
def test_everything_a_reader_asks_for_is_there_in_chinese(path: str) -> None:
    said = [one for one in _said(path) if not one.startswith("7 (")]
    assert said or path.endswith(("anviz/settings.py", "zkpush/settings.py"))
    for one in said:
        assert in_chinese(one) != one or one in PHRASES, one


def test_no_phrase_is_left_over() -> None:
    sources = "".join((ROOT / path).read_text(encoding="utf-8") for path in READERS)
    told_there = sources.replace('"\n    "', "").replace("'\n    '", "").replace("\"\n    '", "")
    for phrase in PHRASES:
        if phrase != BROKER_FORMS:
            assert phrase[:30] in told_there, phrase
    assert all(CHINESE.search(zh) for _, zh in FORMS)


def _refusal(table: dict[str, object]) -> ToldError:
    keys = Keys(table, "agent.toml, [[device]] '前门'")
    try:
        keys.whole("port", 1, 65535, 80)
        keys.text("serial", "the number on the terminal's label")
        keys.finish()
    except ToldError as error:
        return error
    raise AssertionError("nothing was refused")


def test_a_wrong_value_names_file_table_key_value_and_what_is_allowed() -> None:
    error = _refusal({"port": 70000})
    assert error.zh == "agent.toml, [[device]] '前门':port = 70000;应是1 到 65535 的整数"
    assert str(error) == (
        "agent.toml, [[device]] '前门': port = 70000; it must be a whole number, 1 to 65535"
    )


def test_a_missing_and_an_unknown_key_are_named() -> None:
    assert _refusal({}).zh.endswith("缺少 serial;应是打卡机标签上的序列号")
    assert "不认识 prot;可用的有:" in _refusal({"serial": "a", "prot": 1}).zh


@pytest.mark.parametrize(
    ("content", "zh", "en"),
    [
        (b"[box]\nid = box-1\n", "第 2 行第", "(at line 2, column"),
        ("[box]\nid = '盒'\n".encode("gb18030"), "第 2 行不是 UTF-8", "line 2 is not in UTF-8"),
        (b"[box]\n[till]\n", "不认识表 [till]", "unknown table [till]"),
        (b"device = 1\n[box]\n", "应是", "must be"),
    ],
)
def test_a_file_that_does_not_hold_says_where(
    tmp_path: Path, content: bytes, zh: str, en: str
) -> None:
    file = tmp_path / "agent.toml"
    file.write_bytes(content)
    with pytest.raises(ToldError) as caught:
        box_settings(file)
    assert str(file) in caught.value.zh
    assert zh in caught.value.zh
    assert en in str(caught.value)


def test_a_file_that_is_not_there_says_what_writes_it(tmp_path: Path) -> None:
    for read, zh in ((box_settings, "daka-agent init"), (hq_settings, "hq.example.toml")):
        with pytest.raises(ToldError) as caught:
            read(tmp_path / "none.toml")
        assert "没有这个文件" in caught.value.zh
        assert zh in caught.value.zh


def test_an_error_is_told_in_the_language_of_who_reads_it() -> None:
    error = within("a.toml", ToldError("不行", "it does not do"))
    assert (told(error, "zh"), told(error, "en")) == ("a.toml: 不行", "a.toml: it does not do")
    assert told(DakaError("as it is"), "zh") == "as it is"
    table = {"why": ("因为{why}", "because {why}")}
    assert words_for("zh", table).say("why", why=error) == "因为a.toml: 不行"
    with pytest.raises(ToldError, match="must be one of") as caught:
        kind_of("abacus", "a.toml")
    assert "应是其中之一" in caught.value.zh
    with pytest.raises(ToldError) as caught:
        parse_map("[file]\nformat = 'abacus'\n", "my.toml")
    assert "应是其中之一:csv" in caught.value.zh
