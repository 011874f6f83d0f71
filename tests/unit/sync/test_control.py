"""Wishes, commands and their answers on the wire: what holds, what is refused and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync import control
from sync.control import (
    REMOTE_SETTINGS,
    Command,
    Desired,
    Echo,
    Outcome,
    Reply,
    Reported,
    encode,
    refusal_of,
)
from sync.envelope import encode_body
from sync.errors import WireError

AT = "2026-11-23T08:00:00.000Z"
DOCUMENTS: list[tuple[Any, Callable[[bytes], Any]]] = [
    (Desired(3, {"poll_s": 30}), control.decode_desired),
    (
        Reported(version=3, reason="", settings={"poll_s": 30}, at_utc=AT),
        control.decode_reported,
    ),
    (Command("c1", "reread", {"device": "前门"}, AT), control.decode_command),
    (
        Reply(command_id="c1", outcome=Outcome.DONE, detail="好", result={"n": 1}, at_utc=AT),
        control.decode_reply,
    ),
    (Echo("n1"), control.decode_echo),
]


@pytest.mark.parametrize(("document", "decode"), DOCUMENTS)
def test_a_document_comes_back_as_it_was(document: Any, decode: Callable[[bytes], Any]) -> None:
    assert decode(encode(document)) == document


@pytest.mark.parametrize(("document", "decode"), DOCUMENTS)
def test_another_version_and_junk_are_refused(
    document: Any, decode: Callable[[bytes], Any]
) -> None:
    with pytest.raises(WireError, match="version"):
        decode(encode(document).replace(b'"v":1', b'"v":2'))
    for junk in (b"", b"[]", b"J\xff", b'{"v":1}', encode(document)[:-2]):
        with pytest.raises(WireError):
            decode(junk)


def test_a_box_may_report_what_could_not_be_set_from_afar() -> None:
    told = Reported(version=0, reason="", settings={"heartbeat_s": 1}, at_utc=AT)
    assert refusal_of(told.settings)
    assert control.decode_reported(encode(told)) == told
    later = Reported(version=0, reason="", settings={"heartbeat_s": 1, "mood": 1}, at_utc=AT)
    assert control.decode_reported(encode(later)) == told, "a newer box may know more"
    with pytest.raises(WireError, match="poll_s"):
        control.decode_reported(
            encode(Reported(version=0, reason="", settings={"poll_s": -1}, at_utc=AT))
        )


def test_what_may_be_set_from_afar_is_a_list_with_bounds() -> None:
    for name, (low, high) in REMOTE_SETTINGS.items():
        assert refusal_of({name: low}) is refusal_of({name: high}) is None
        for bad in (low - 1, high + 1, True, 1.5, "1", None):
            assert "it must be a whole number" in str(refusal_of({name: bad}))
    refusal = refusal_of({"password": 1})
    assert refusal is not None
    assert "cannot be set from headquarters" in str(refusal)
    assert "不能由总部设置" in refusal.zh


def test_a_result_is_bounded() -> None:
    wire = {
        "v": 1, "id": "c", "outcome": "done", "detail": "", "at_utc": AT,
        "result": {"log": "x" * control.MAX_RESULT_CHARS},
    }  # fmt: skip
    with pytest.raises(WireError, match="at most"):
        control.decode_reply(encode_body(wire).encode())
