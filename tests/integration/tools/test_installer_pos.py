"""`daka-agent pos learn` proposes a map that the agent then reads with."""

import tomllib
from pathlib import Path

import pytest

from sync.errors import DakaError

EXPORT = "单号,款台,销售时间,货号,数量,金额,营业员\n" + "".join(
    f"R{n},1,2026-11-23 10:{n:02}:00,69{n},1,{n}.50,P01\n" for n in range(1, 26)
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "exports" / "day.csv"
    path.parent.mkdir()
    path.write_text(EXPORT, encoding="gb18030")
    return path


def test_the_proposed_map_is_shown_with_the_rows_it_reads(run, export: Path) -> None:
    result = run("pos", "learn", export)
    assert result.exit_code == 0, result.output
    assert 'receipt_id = "单号"' in result.output
    assert "the first 10 rows this map reads" in result.output
    assert "2026-11-23T10:01:00" in result.output
    assert not list(export.parent.glob("*.toml"))


def test_a_written_map_and_the_printed_table_are_read_by_probe(
    run, export: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    written = run("pos", "learn", export, "--write", own)
    (device,) = tomllib.loads(written.output[written.output.rindex("[[device]]") :])["device"]
    assert device["map"] == str(own)
    result = run("probe", device["folder"], "--driver", "posfile", "--set", f"map={device['map']}")
    assert "25 records would be sent, 0 of them unreadable" in result.output
    assert result.exit_code == 0, result.output


def test_a_map_is_never_written_over_another(run, export: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("mine")
    refused = run("pos", "learn", export, "--write", own)
    assert isinstance(refused.exception, DakaError)
    assert own.read_text() == "mine"


def test_what_cannot_be_learned_needs_a_look(run, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear customer,\nthank you\n")
    result = run("pos", "learn", letter, lang="zh")
    assert result.exit_code == 3
    assert "还读不出任何一行" in result.output
    missing = run("pos", "learn", tmp_path / "nowhere.csv")
    assert isinstance(missing.exception, DakaError)
