"""A probe shows what would be sent and changes nothing."""

from pathlib import Path

import pytest

from agent.ingest import Arrival, Origin, capture_of
from agent.outbox import Outbox
from agent.tools.probe import ENDS, Probed, gentle_kind, option_of, read_once, subject_at
from agent.tools.probe_report import TROUBLES, code_of
from agent.tools.words import TOOL_WORDS
from drivers.errors import DriverError
from drivers.posfile.learn import propose
from sync.clock import SystemClock
from sync.errors import DakaError
from sync.identity import record_id
from sync.records import from_wire

ZONE = "Asia/Shanghai"
HEADER = "小票号,收银机号,销售时间,商品编码,数量,金额,收银员\n"


def _line(number: int) -> str:
    return f"R{number},1,2026-11-23 10:{number:02}:00,69{number:03},1,{number}.50,P01\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [_line(number) for number in range(1, 26)]
    lines.insert(3, "R99,1,2026-11-23 10:00:00,69,1,free,P01\n")
    export = tmp_path / "exports" / "day.csv"
    export.parent.mkdir()
    export.write_text(HEADER + "".join(lines), encoding="utf-8")
    (tmp_path / "map.toml").write_text(propose("day.csv", export.read_bytes()).toml, "utf-8")
    return export.parent


def _subject(folder: Path):
    return subject_at(
        str(folder), "posfile", {"map": str(folder.parent / "map.toml")}, zone=ZONE, store="s001"
    )


def test_a_probe_counts_everything_and_keeps_both_ends(folder: Path) -> None:
    every = []
    probed = read_once(_subject(folder), 0, each=every.append)
    assert (probed.sent, probed.rejected, probed.complete) == (26, 1, True)
    assert probed.first == every[:ENDS]
    assert list(probed.last) == every[-ENDS:]
    (piece,) = probed.unread
    assert b"free" in piece.raw
    assert code_of(probed) == 3, "one line needs a look"


def test_no_record_is_shown_at_both_ends(folder: Path) -> None:
    (folder / "day.csv").write_text(HEADER + "".join(map(_line, range(12))), encoding="utf-8")
    probed = read_once(_subject(folder), 0)
    assert [sent.wire["receipt_id"] for sent in (*probed.first, *probed.last)] == [
        f"R{number}" for number in range(12)
    ]


def test_the_ids_shown_are_those_the_outbox_would_hold(folder: Path, outbox: Outbox) -> None:
    shown = []
    read_once(_subject(folder), 0, each=shown.append)
    assert [sent.record_id for sent in shown] == [record_id(from_wire(s.wire)) for s in shown]
    subject = _subject(folder)
    origin = Origin(subject.device.name, "posfile", "s001")
    arrival = Arrival.now(SystemClock.of_this_boot())
    added = 0
    for reading in subject.device.make_driver().read(None):
        capture = capture_of(reading, origin, arrival, None)
        added += outbox.put(capture).rows
        assert {row.key[-16:].hex() for row in capture.rows} <= {s.record_id for s in shown}
    assert added == len(shown)


def test_a_single_look_sets_no_clock_and_holds_no_session() -> None:
    table = {"url": "tcp://127.0.0.1:1", "set_clock": True, "live": True}
    kind = gentle_kind("zkteco", "test")
    driver = kind.factory(kind.settings.from_table(table, "test"), SystemClock.of_this_boot(), ZONE)
    assert not driver.capabilities.live
    assert not driver._settings.set_clock


def test_each_class_of_trouble_has_its_exit_code() -> None:
    codes = [code_of(Probed(trouble=kind("x", "y", "z"))) for kind, _, _ in TROUBLES]
    assert codes == [4, 5, 6, 7]
    assert set(DriverError.__subclasses__()) == {kind for kind, _, _ in TROUBLES}
    assert code_of(Probed(complete=True)) == 0
    assert code_of(Probed(complete=False)) == 3


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("comm_key=4711", ("comm_key", 4711)),
        ("live=false", ("live", False)),
        ("answer_timeout_s=0.5", ("answer_timeout_s", 0.5)),
        ("map=generic_zh", ("map", "generic_zh")),
        ('map="quoted"', ("map", '"quoted"')),
    ],
)
def test_options_are_numbers_flags_or_texts(text: str, option: tuple[str, object]) -> None:
    assert option_of(text) == option


def test_an_option_without_a_value_is_refused() -> None:
    with pytest.raises(DakaError, match="--set key=value"):
        option_of("comm_key")


def test_every_sentence_exists_in_both_languages() -> None:
    from string import Formatter

    for zh, en in TOOL_WORDS.values():
        assert zh
        assert zh != en
        places = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (zh, en)]
        assert places[0] == places[1], (zh, en)
