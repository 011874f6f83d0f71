"""Each decision has a number of its own, and its heading carries it."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "adr"


def test_no_two_decisions_share_a_number() -> None:
    numbers = [path.name[:4] for path in sorted(FOLDER.glob("*.md"))]
    assert len(numbers) > 1
    assert len(set(numbers)) == len(numbers), numbers


def test_each_heading_carries_the_number_of_its_file() -> None:
    wrong = [
        path.name
        for path in sorted(FOLDER.glob("*.md"))
        if not path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]} ")
    ]
    assert wrong == []
