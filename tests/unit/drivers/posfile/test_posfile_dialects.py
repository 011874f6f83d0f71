"""A map says how a till writes, or says to an installer what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.posfile.dialects import Constant, FileFormat, load_map, parse_map, shipped_maps
from sync.errors import DakaError

MINIMAL = """
[columns]
register_id = "till"
receipt_id = "receipt"
sold_at = "time"
quantity = { constant = "1" }
amount = "amount"
"""


def test_every_shipped_map_holds() -> None:
    assert {"supermarket_sales", "generic_zh", "generic_en"} <= set(shipped_maps())
    for name in shipped_maps():
        assert load_map(name).at_branch("A").time_formats


def test_a_map_can_be_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "till.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    assert load_map(str(path)).format is FileFormat.CSV


def test_a_missing_map_names_the_shipped_ones() -> None:
    with pytest.raises(DakaError, match="generic_zh"):
        load_map("no_such_till")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[columns", ["till.toml", "no TOML file"]),
        ('[file]\nformat = "xls"' + MINIMAL, ["till.toml, file", "format", "'xls'", "dbf"]),
        ('[file]\nencoding = "utf-7"' + MINIMAL, ["encoding", "utf-7", "gb18030"]),
        ('[file]\ndelimiter = "ab"' + MINIMAL, ["delimiter", "'ab'"]),
        ("[file]\nheader_line = 0" + MINIMAL, ["width", "without header line"]),
        ('[file]\nnmaes = ["*"]' + MINIMAL, ["unknown key 'nmaes'", "names"]),
        (MINIMAL + 'seller = "x"', ["columns", "unknown key 'seller'", "seller_code"]),
        (MINIMAL + "seller_code = { form = 1 }", ["columns: seller_code", "first_of"]),
        (MINIMAL + 'seller_code = { constant = "a\\nb" }', ["columns: seller_code"]),
        (MINIMAL.replace('amount = "amount"', ""), ["columns: amount", "constant"]),
        (MINIMAL + 'kind = "type"', ["kinds: sale"]),
        (MINIMAL + '[kinds]\nsale = ["S"]\nvoid = ["s"]', ["kinds: void", "'s'"]),
        (MINIMAL + '[values]\ntime_formats = ["%H"]', ["time_formats", "%Y"]),
        (MINIMAL + '[values]\nsign = "minus"', ["values: sign", "as_printed, by_kind"]),
        (MINIMAL + '[only]\ncolumn = "shop"', ["only: values", "setting"]),
        (MINIMAL + '[only]\nvalues = ["A"]', ["only: column"]),
    ],
)
def test_a_wrong_map_names_the_place_and_what_is_allowed(text: str, words: list[str]) -> None:
    with pytest.raises(DakaError) as caught:
        parse_map(text, "till.toml")
    for word in words:
        assert word in str(caught.value)


def test_a_map_for_a_branch_refuses_a_box_without_one() -> None:
    dialect = parse_map(MINIMAL + 'item_code = { setting = "branch" }', "till.toml")
    with pytest.raises(DakaError, match="branch ="):
        dialect.at_branch("")
    assert dialect.at_branch("A").origin["item_code"] == Constant("A")


def test_the_digest_tells_maps_apart_and_not_their_places() -> None:
    one, same = parse_map(MINIMAL, "a.toml"), parse_map(MINIMAL, "b.toml")
    other = parse_map(MINIMAL + '[values]\nsign = "as_printed"', "a.toml")
    assert one.digest == same.digest
    assert other.digest != one.digest
