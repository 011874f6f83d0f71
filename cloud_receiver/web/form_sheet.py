"""The fields of a form: what stands in them, what is wrong beneath the one it is about; its end. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cloud_receiver.web.markup import Attribute, Markup, el
from cloud_receiver.web.phrases import icon
from cloud_receiver.web.texts import Language, Texts, Words

TEXTS: Final[Texts] = {"close": ("取消", "Cancel"), "save": ("保存", "Save")}


def save_or_close(language: Language) -> Markup:
    """Return the buttons at the end of a form that can be left without saving."""
    words = Words(TEXTS, language)
    close = el("button", words("close"), class_="button", type="button", data_act="close",
               data_escape=True)  # fmt: skip
    save = el("button", icon("check"), words("save"), class_="button main", type="submit")
    return el("div", close, save, class_="row")


@dataclass(frozen=True, slots=True)
class FormSheet:
    """Draws fields.

    Attributes:
        shown: what stands in them, by their names.
        wrong: what to tell beneath them, by their names.
        words: holds the label of each under its name.
    """

    shown: Mapping[str, str]
    wrong: Mapping[str, str]
    words: Words

    def box(self, name: str, label: str = "", **more: Attribute) -> Markup:
        """Return a field to type into."""
        given = {"value": self.shown.get(name, ""), "maxlength": "200", **more}
        control = el("input", name=name, autocomplete="off", **given, **self._marks(name))
        return self._labelled(name, label, control)

    def choice(self, name: str, options: Sequence[tuple[str, str]]) -> Markup:
        """Return a field to choose in, of values and what they are called."""
        listed = [
            el("option", text, value=value, selected=value == self.shown.get(name, ""))
            for value, text in options
        ]
        return self._labelled(name, "", el("select", listed, name=name, **self._marks(name)))

    def _marks(self, name: str) -> dict[str, Attribute]:
        is_wrong = name in self.wrong
        return {"aria_invalid": "true", "aria_describedby": f"wrong-{name}"} if is_wrong else {}

    def _labelled(self, name: str, label: str, control: Markup) -> Markup:
        caption = el("label", self.words(label or name), control)
        if name not in self.wrong:
            return el("div", caption, class_="field")
        told = el("span", self.wrong[name], class_="wrong", id=f"wrong-{name}")
        return el("div", caption, told, class_="field")
