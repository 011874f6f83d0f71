"""Two versions of a rule side by side, each row a sentence: what came, went, moved and changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import partial
from typing import Final

from cloud_receiver.domain.documents import Row, Rule
from cloud_receiver.domain.messages import read_out
from cloud_receiver.web.markup import Markup, el, join
from cloud_receiver.web.phrases import chip, fact_label
from cloud_receiver.web.rule_texts import CHOICES, DESIGNER, SCENES
from cloud_receiver.web.sentences import conditions_text, row_sentence
from cloud_receiver.web.texts import Language, Texts, Words
from sync.money import yuan_text


class Sign(StrEnum):
    """What became of a part."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


TEXTS: Final[Texts] = {
    "part": ("部分", "Part"),
    "before": ("第 {n} 版", "Version {n}"),
    "after": ("改为", "New"),
    "row": ("第 {n} 行", "Row {n}"),
    "name": ("名称", "Name"),
    "where": ("适用", "Where"),
    "everywhere": ("所有门店", "everywhere"),
    "same": ("不变", "same"),
    "added": ("新增", "added"),
    "removed": ("删除", "removed"),
    "moved": ("换位", "moved"),
    "changed": ("改动", "changed"),
    "nothing": ("两个版本一样。", "The two versions are the same."),
    "label": ("与现行版本的差别", "What differs"),
}
_LOOK: Final = {
    Sign.SAME: ("", "drag_handle"),
    Sign.ADDED: ("good", "add"),
    Sign.REMOVED: ("bad", "remove"),
    Sign.MOVED: ("wait", "swap_vert"),
    Sign.CHANGED: ("warn", "edit"),
}
_WORD: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9.,]*[0-9]%?|[A-Za-z]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Change:
    """A part of a rule in both versions; empty where a version has it not."""

    label: str
    signs: tuple[Sign, ...]
    old: str
    new: str


def compare(before: Rule, after: Rule, language: Language) -> list[Change]:
    """Return the settings that differ, then every row in order, removed ones where they stood."""
    old, new = dict(_settings(before, language)), dict(_settings(after, language))
    settings = [
        Change(label, (_sign(old.get(label, ""), text),), old.get(label, ""), text)
        for label, text in (dict.fromkeys(old, "") | new).items()
        if old.get(label, "") != text
    ]
    return [*settings, *_rows(before, after, Words(TEXTS, language))]


def _sign(old: str, new: str) -> Sign:
    if old == new:
        return Sign.SAME
    return Sign.CHANGED if old and new else Sign.ADDED if new else Sign.REMOVED


def _settings(rule: Rule, language: Language) -> Iterator[tuple[str, str]]:
    """Yield what stands around the rows, by the name the designer gives it."""
    says, choices = Words(DESIGNER, language), Words(CHOICES, language)
    words = Words(TEXTS, language)
    yield words("name"), language.pick(rule.name.zh, rule.name.en)
    yield says("effect"), choices(f"effect_{rule.effect}")
    yield says("grain"), choices(f"grain_{rule.grain}")
    if rule.every is not None:
        yield says("every_streak"), f"{rule.every}"
    if rule.counts:
        yield says("counts"), fact_label(rule.counts, language)
    if rule.pool is not None:
        end = choices(f"end_{rule.pool.end}")
        by = fact_label(rule.pool.by, language)
        yield says("pool_by"), f"{by} · {end} {rule.pool.share_bp / 100:g}%"
    scenes = [language.pick(*SCENES[one]) if one in SCENES else one for one in rule.scope.scenes]
    scope = rule.scope
    places = [*scenes, *scope.stores, *scope.campaigns, *scope.teams, *scope.employees]
    yield words("where"), language.pick("、", ", ").join(places) or words("everywhere")
    yield says("given"), conditions_text(rule.when, language) or says("always")
    if rule.group:
        yield says("group"), rule.group
    if rule.priority:
        yield says("priority"), f"{rule.priority}"
    if rule.cap is not None:
        fact = fact_label(rule.cap.fact, language) if rule.cap.fact else ""
        fen = yuan_text(rule.cap.amount_fen) if rule.cap.amount_fen is not None else ""
        yield says("cap"), " · ".join(filter(None, (fen, fact)))
    if rule.sticky_days is not None:
        yield says("sticky"), f"{rule.sticky_days}"
    said = language.pick(rule.message.zh, rule.message.en)
    yield says("message"), read_out(said, partial(_field_name, language=language))
    yield says("effective"), rule.effective_from or "—"


def _field_name(name: str, language: Language) -> str:
    """Return what a field of a message is called, the same words the designer offers it by."""
    key = f"field_{name}"
    return Words(CHOICES, language)(key) if key in CHOICES else fact_label(name, language)


def _rows(before: Rule, after: Rule, words: Words) -> list[Change]:
    language = words.language
    old = {row.id: row for row in before.rows}
    kept = [row.id for row in after.rows if row.id in old]
    stood = [row.id for row in before.rows if row.id in kept]
    blocks = SequenceMatcher(None, stood, kept, autojunk=False).get_matching_blocks()
    in_place = {one for block in blocks for one in kept[block.b : block.b + block.size]}

    def sentence(rule: Rule, row: Row) -> str:
        return row_sentence(rule, row, language)

    found: list[tuple[str, Change]] = []
    for number, row in enumerate(after.rows, 1):
        label, new = words("row", n=number), sentence(after, row)
        if row.id not in old:
            found.append((row.id, Change(label, (Sign.ADDED,), "", new)))
            continue
        was = sentence(before, old[row.id])
        signs = [] if row.id in in_place else [Sign.MOVED]
        signs += [Sign.CHANGED] if was != new else []
        found.append((row.id, Change(label, tuple(signs) or (Sign.SAME,), was, new)))
    places = [row.id for row in before.rows]
    for place, row in enumerate(before.rows):
        if row.id in kept:
            continue
        gone = Change(words("row", n=place + 1), (Sign.REMOVED,), sentence(before, row), "")
        above = places[place - 1] if place else ""
        at = next((at for at, (one, _) in enumerate(found, 1) if one == above), 0)
        found.insert(at, (row.id, gone))
    return [change for _, change in found]


def draw_changes(before: Rule, after: Rule, language: Language) -> Markup:
    """Draw two versions side by side."""
    words = Words(TEXTS, language)
    changes = compare(before, after, language)
    if all(one.signs == (Sign.SAME,) for one in changes):
        return el("p", words("nothing"), class_="muted small")
    titles = (words("part"), words("before", n=before.version), words("after"))
    head = el("tr", [el("th", title, scope="col") for title in titles])
    rows = [_row(one, titles, words) for one in changes]
    table = el("table", el("thead", head), el("tbody", rows), class_="cards changes",
               aria_label=words("label"))  # fmt: skip
    return el("div", table, class_="scroll")


def _row(one: Change, titles: Sequence[str], words: Words) -> Markup:
    chips = [chip(words(sign), *_LOOK[sign]) for sign in one.signs]
    old, new = _marked(one.old, one.new) if one.old and one.new else (one.old, one.new)
    same = one.signs == (Sign.SAME,)
    return el(
        "tr",
        el("td", el("span", one.label, " ", chips, class_="row"), class_="lead"),
        el("td", el("span", el("del", old) if not one.new else old), data_label=titles[1]),
        el("td", el("span", el("ins", new) if not one.old else new), data_label=titles[2]),
        class_="muted" if same else None,
    )  # fmt: skip


def _marked(old: str, new: str) -> tuple[Markup, Markup]:
    """Return both texts with the words that differ struck out and underlined.

    >>> _marked("扣减 10%。", "扣减 20%。")
    ('扣减 <del>10%</del>。', '扣减 <ins>20%</ins>。')
    """
    a, b = _WORD.findall(old), _WORD.findall(new)
    left, right = [], []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        was, now = "".join(a[a1:a2]), "".join(b[b1:b2])
        left.append(was if kind == "equal" else el("del", was) if was else None)
        right.append(now if kind == "equal" else el("ins", now) if now else None)
    return join(left), join(right)
