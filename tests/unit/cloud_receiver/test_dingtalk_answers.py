"""An answer of DingTalk's is told from any other JSON by what its records are told by."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_receiver.exchange.dingtalk import records_of
from sync.errors import DakaError


def test_another_file_is_refused_and_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "leaves.json"
    path.write_text('[{}, [{"h": true}], 4]', encoding="utf-8")
    with pytest.raises(DakaError, match="no record in it has a field biz_type"):
        list(records_of(path, "biz_type"))


def test_an_answer_without_records_is_none_the_less_one(tmp_path: Path) -> None:
    path = tmp_path / "leaves.json"
    path.write_text("[]", encoding="utf-8")
    assert list(records_of(path, "biz_type")) == []
    path.write_text('[{"biz_type": 1}, 7, {}]', encoding="utf-8")
    assert list(records_of(path, "biz_type")) == [(1, {"biz_type": 1}), (3, {})]
