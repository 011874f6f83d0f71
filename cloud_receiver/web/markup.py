"""HTML built from data: every text is escaped unless it is already `Markup`."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]
Attribute = str | int | bool | None


def el(tag: str, *children: Child, **attributes: Attribute) -> Markup:
    """Return one element.

    Args:
        children: texts are escaped, markup is kept, None is left out, iterables are flattened.
        attributes: ``class_`` is ``class`` and ``data_key`` is ``data-key``; True stands
            without a value, None and False are left out.

    >>> el("a", "<me> & you", href="/?a=1&b=2", class_="x", hidden=False)
    '<a href="/?a=1&amp;b=2" class="x">&lt;me&gt; &amp; you</a>'
    """
    opening = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        assert not children, f"<{tag}> holds nothing"
        return Markup(f"<{tag}{opening}>")
    return Markup(f"<{tag}{opening}>{join(children)}</{tag}>")


def join(children: Child) -> Markup:
    """Return children one after the other, escaped where they are plain text.

    >>> join(["a<", None, [el("b", "c")], 3])
    'a&lt;<b>c</b>3'
    """
    if children is None:
        return Markup("")
    if isinstance(children, Markup):
        return children
    if isinstance(children, str | int):
        return Markup(escape(str(children)))
    return Markup("".join(join(child) for child in children))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    spelled = name.rstrip("_").replace("_", "-")
    return f" {spelled}" if value is True else f' {spelled}="{escape(str(value))}"'
