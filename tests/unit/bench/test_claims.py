"""No claim of the README without what proves it, and no proof that is not there."""

from __future__ import annotations

import re

import pytest

from bench import claims

README = (claims.ROOT / "README.md").read_text(encoding="utf-8")
PAGE = claims.PAGE.read_text(encoding="utf-8")


def test_the_page_says_what_the_readme_says() -> None:
    assert claims.page(README) == PAGE, "run python -m bench.claims"


def test_every_figure_of_the_readme_has_a_command() -> None:
    rows = list(claims.measured(README))
    assert len(rows) > 10
    assert [row for row in rows if not claims.commands(row.command)] == []
    assert len(list(claims.promised(README))) == len(claims.PROMISED)


@pytest.mark.parametrize("command", sorted(set(claims.commands(PAGE))))
def test_what_a_claim_names_is_there(command: str) -> None:
    words = command.split()
    if words[0] == "make":
        targets = (claims.ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{words[1]}:", targets, re.MULTILINE)
    elif words[0] == "python":
        place = claims.ROOT / words[2].replace(".", "/")
        source = place / "__main__.py" if place.is_dir() else place.with_suffix(".py")
        text = source.read_text(encoding="utf-8")
        assert all(f'"{word}"' in text for word in words[3:] if word.startswith("--"))
    else:
        assert (claims.ROOT / command).exists()
