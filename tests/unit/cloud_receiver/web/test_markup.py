"""Nothing that came from outside becomes HTML."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud_receiver.web.markup import Markup, el, join


@given(st.text())
def test_text_cannot_open_a_tag_or_leave_its_attribute(text: str) -> None:
    drawn = el("p", text, title=text)
    assert drawn.count("<") == drawn.count(">") == 2
    assert drawn.count('"') == 2


def test_markup_is_kept_and_joining_flattens() -> None:
    inner = el("b", "x & y")
    assert join([inner, None, [inner, 3]]) == "<b>x &amp; y</b><b>x &amp; y</b>3"
    assert isinstance(el("p", inner), Markup)


def test_attributes_are_spelled_as_in_html() -> None:
    drawn = el("input", type="date", class_="x", data_key="k", required=True, hidden=False)
    assert drawn == '<input type="date" class="x" data-key="k" required>'
