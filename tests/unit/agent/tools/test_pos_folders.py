"""A folder of exports is recognised by the map that reads it."""

from pathlib import Path

import pytest

from agent.tools.device_table import device_table
from agent.tools.pos_folders import find_exports
from drivers.posfile.dialects import load_map
from drivers.posfile.settings import PosFileSettings
from sync.errors import DakaError

KNOWN = "Invoice ID,Branch,Product line,Quantity,Total,Date,Time,Salesperson\n" + "".join(
    f"I{n},A,tea,1,{n}.00,1/5/2019,13:0{n},P01\n" for n in range(1, 6)
)
UNKNOWN = "单号;款台;销售日期;时间;货号;数量;金额\n" + "".join(
    f"R{n};1;2026-11-23;10:0{n}:00;69{n};1;{n}.50\n" for n in range(1, 6)
)


def _put(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_shipped_map_that_reads_it_is_named_with_settings_that_hold(tmp_path: Path) -> None:
    _put(tmp_path / "tills", "sales.csv", KNOWN)
    (found,) = find_exports(tmp_path)
    assert (found.what, found.values["sales"], found.values["rejected"]) == (
        "pos_known_branch",
        5,
        0,
    )
    settings = PosFileSettings.from_table({**found.table, "branch": "A"}, "found")
    assert settings.folder == tmp_path / "tills"
    assert found.table["map"] == "supermarket_sales"
    assert load_map("supermarket_sales").only_branch


def test_an_export_without_a_map_can_be_learned(tmp_path: Path) -> None:
    file = _put(tmp_path, "day.csv", UNKNOWN)
    (found,) = find_exports(tmp_path)
    assert (found.place, found.what, found.values["rows"]) == (str(file), "pos_learn", 5)
    assert not found.table
    assert "pos learn" in found.advice


def test_what_is_no_export_is_passed_over(tmp_path: Path) -> None:
    _put(tmp_path / "a", "letter.txt", "Dear customer,\nthank you\n")
    _put(tmp_path / "b", "photo.jpg", KNOWN)
    _put(tmp_path / "c", "empty.csv", "")
    (tmp_path / "d.csv").mkdir()
    assert find_exports(tmp_path) == []


def test_a_folder_is_told_once_by_its_newest_export(tmp_path: Path) -> None:
    for number in range(3):
        _put(tmp_path, f"sales{number}.csv", KNOWN)
    assert len(find_exports(tmp_path)) == 1


def test_a_missing_root_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DakaError, match="is no folder"):
        find_exports(tmp_path / "nowhere")


def test_a_table_to_paste_is_toml_whatever_the_names() -> None:
    import tomllib

    values: dict[str, str | int] = {"name": 'front "door"\\', "folder": "/srv/导出", "comm_key": 7}
    assert tomllib.loads(device_table(values)) == {"device": [values]}
