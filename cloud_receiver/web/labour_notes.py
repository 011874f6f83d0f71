"""What of a roster asks more than the law does, to be opened by whoever lays it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cloud_receiver.domain.labour import LabourNote
from cloud_receiver.web.markup import Markup, el
from cloud_receiver.web.phrases import icon
from cloud_receiver.web.texts import Language, Texts, Words

SHOWN: Final = 50
TEXTS: Final[Texts] = {
    "labour": ("用工时间提示({n})", "Working hours ({n})"),
    "labour_lead": ("只提示,不阻止排班。", "Warnings only; nothing is blocked."),
    "more": ("另有 {n} 条", "{n} more"),
}


def notes(
    found: Sequence[LabourNote], people: Mapping[str, str], language: Language
) -> Markup | None:
    """Return what asks more than the law does; None: nothing does."""
    if not found:
        return None
    words = Words(TEXTS, language)
    lines = [
        el("li", el("b", people.get(one.employee_id, one.employee_id)), f" {one.month} ",
           language.pick(one.text.zh, one.text.en))
        for one in found[:SHOWN]
    ]  # fmt: skip
    hidden = len(found) - SHOWN
    more = el("li", words("more", n=hidden), class_="muted") if hidden > 0 else None
    summary = el("summary", icon("gavel", "warn"), " ", words("labour", n=len(found)))
    lead = el("p", words("labour_lead"), class_="muted")
    return el("details", summary, lead, el("ul", lines, more), class_="card-body small notes")
