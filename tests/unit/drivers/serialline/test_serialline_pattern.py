"""A profile's pattern cannot make the box hang."""

from __future__ import annotations

import pytest

from drivers.serialline.pattern import MAX_PATTERN_CHARS, compile_pattern


@pytest.mark.parametrize(
    "text",
    [
        r"(?P<user>\d{1,10}),(?P<time>.{19})",
        r"(?:[0-9]{1,5}[,;\t])?(?P<user>[0-9A-Za-z_-]+)",
        r"[^)(\]]+;(?:IN|OUT)?",
        r".*,.*",
    ],
)
def test_ordinary_patterns_pass(text: str) -> None:
    assert compile_pattern(text).pattern == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (r"(a+)+b", "itself repeats"),
        (r"(?:,[^,]{0,20}){0,16}", "itself repeats"),
        (r"(?:a|a)*b", "branches"),
        (r"((?:a{1,3}))+b", "itself repeats"),
        (r"(?:a?b*){2,}", "itself repeats"),
        (r"\d*\d*x", "side by side"),
        (r"\d+,?\d+x", "side by side"),
        (r"(\d+)(\d+)x", "side by side"),
        (r"a{0,50}[ab]{0,50}", "side by side"),
        (r".*,.*;.*:.*", "open repeats"),
        (r"(?P<user>\d)(?P=user)", "refers back"),
        (r"(\d)\1", "refers back"),
        (r"(", "not a regular expression"),
        ("x" * (MAX_PATTERN_CHARS + 1), "longer"),
    ],
)
def test_patterns_that_could_hang_or_are_none_are_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        compile_pattern(text)
