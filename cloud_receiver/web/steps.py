"""The steps of the way back from an entry: its rule, its facts, its records, and what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cloud_receiver.domain.outcomes import Text
from cloud_receiver.store.why import RawRecord, Why
from cloud_receiver.web.evidence import draw_record, draw_sales
from cloud_receiver.web.markup import Child, Markup, el
from cloud_receiver.web.phrases import STATUSES, fact_label, fact_text
from cloud_receiver.web.sentences import calculation_text, conditions_text, row_of, row_sentence
from cloud_receiver.web.texts import Language, Texts, Words
from sync.money import yuan_text

_SALES_FACTS: Final = frozenset({"sales_fen", "sales_qty_milli", "target_met", "achievement_bp"})
TEXTS: Final[Texts] = {
    "listing": ("、", ", "),
    "fact_is": ("{label}为{value}", "{label} = {value}"),
    "since_hint": (
        "与入账所依据的数据相比,当天的数据后来变了。",
        "The data of the day is no longer what the booking rested on.",
    ),
    "from_to": ("{then} → {now}", "{then} → {now}"),
    "newer": ("带来变化的记录", "Records that came since"),
    "version": ("第 {n} 版", "version {n}"),
    "in_force": ("自 {date} 起生效", "in force since {date}"),
    "matched_row": ("命中的一行", "The row that matched"),
    "other_rows": ("看完整的规则表", "See the whole table"),
    "rule_lost": (
        "这一版规则的原文不在本库中。",
        "The document of this version is not in this database.",
    ),
    "facts_hint": ("加粗的是规则用到的条件", "What the rule asked about is in bold"),
    "formula": ("计算:", "Calculation:"),
    "cap_rule": ("规则上限", "limit of the rule"),
    "cap_day_floor": ("不超过当日补贴", "never more than the day's subsidy"),
    "cap_campaign_budget": ("活动预算", "the budget of the campaign"),
    "cap_month_law": ("法定的每月上限,其余结转", "the law's monthly limit, the rest deferred"),
    "cap": (
        "{cap}:上限 {limit} 元,少计 {held} 元",
        "{cap}: limit {limit} yuan, {held} yuan held back",
    ),
    "reason": ("金额为 0 的原因", "Why the amount is 0"),
    "no_records": (
        "这个结果不依据任何打卡或销售:正是因为没有记录。",
        "This result rests on no punch and no sale: that is just the point.",
    ),
    "lost": (
        "有 {n} 条依据的记录不在本库的流水中,请联系管理员核对备份。",
        "{n} of the records named are not in this journal; have an administrator check the backup.",
    ),
    "sales": ("当天的 {n} 条销售记录", "{n} sales of the day"),
    "sales_unused": (
        "当天还有 {n} 条销售记录,这条规则没有用到",
        "{n} sales of the day, which this rule does not ask about",
    ),
    "premise": ("适用前提:{conditions}", "Holds where: {conditions}"),
}


def pick(text: Text, language: Language) -> str:
    """Return a text of a rule in the reader's language."""
    return language.pick(text.zh, text.en)


def asked(found: Why) -> list[str]:
    """Return the facts the matched row decided by, else all that were read."""
    rule = found.rule
    row = next((row for row in rule.rows if row.id == found.entry.row_id), None) if rule else None
    facts = found.entry.explanation.facts
    named = [name for name in (row.when if row else {}) if name in facts]
    return named or [
        name for name in (rule.when if rule else {}) if name in facts and name != "final"
    ]


def decisive_text(found: Why, language: Language) -> str:
    """Return the facts the row decided by, in words."""
    words = Words(TEXTS, language)
    facts = found.entry.explanation.facts
    parts = [
        words("fact_is", label=fact_label(name, language),
              value=fact_text(name, facts[name], language, STATUSES[language]))
        for name in asked(found) or facts
    ]  # fmt: skip
    return words("listing").join(parts)


def draw_rule(found: Why, language: Language) -> Child:
    """Return the rule: what it asks, and the row that matched."""
    words = Words(TEXTS, language)
    entry, rule = found.entry, found.rule
    name = el(
        "h3", pick(entry.explanation.rule, language), " · ", words("version", n=entry.rule_version)
    )
    if rule is None:
        return [name, el("p", words("rule_lost"), class_="bad")]
    since = (
        el("p", words("in_force", date=rule.effective_from), class_="muted small")
        if rule.effective_from
        else None
    )
    row = row_of(rule, entry.row_id)
    general = conditions_text(rule.when, language)
    premise = el("p", words("premise", conditions=general), class_="muted") if general else None
    matched = el("div", el("span", words("matched_row"), class_="muted small"),
                 el("p", row_sentence(rule, row, language), class_="quote")) if row else None  # fmt: skip
    rows = [
        el("li", row_sentence(rule, item, language), class_="hit" if item is row else None)
        for item in rule.rows
    ]
    summary = el("summary", words("other_rows"))
    table = el("details", summary, el("ol", rows, class_="rows")) if len(rows) > 1 else None
    return [el("div", name, since), premise, matched, table]


def draw_facts(found: Why, language: Language) -> Child:
    """Return the facts the rule read and how the amount came about."""
    words = Words(TEXTS, language)
    told = found.entry.explanation
    decisive = set(asked(found))
    pairs = [
        el("div", el("dt", fact_label(name, language)),
           el("dd", fact_text(name, value, language, STATUSES[language])),
           class_="used" if name in decisive else None)
        for name, value in told.facts.items()
    ]  # fmt: skip
    row = row_of(found.rule, found.entry.row_id)
    how = calculation_text(row, told.facts, language) if row else told.formula
    formula = (
        el("p", words("formula"), " ", how, " = ", el("b", yuan_text(abs(told.gross_fen))))
        if how
        else None
    )
    caps = [
        el("p", words("cap", cap=words(f"cap_{cap.cap}"), limit=yuan_text(cap.limit_fen),
                      held=yuan_text(cap.suppressed_fen)), class_="warn")
        for cap in told.caps
    ]  # fmt: skip
    reason = (
        el("p", words("reason"), ": ", pick(told.reason.text, language), class_="warn")
        if told.reason
        else None
    )
    return [
        el("p", words("facts_hint"), class_="muted small"),
        el("dl", pairs, class_="pairs"),
        formula,
        caps,
        reason,
    ]


def draw_records(found: Why, language: Language) -> Child:
    """Return the raw records the facts rest on."""
    words = Words(TEXTS, language)
    if not found.records and not found.lost:
        return el("p", words("no_records"), class_="muted")
    sales = [record for record in found.records if record.kind == "sale"]
    asks_sales = not _SALES_FACTS.isdisjoint(found.entry.explanation.facts)
    summary = el("summary", words("sales" if asks_sales else "sales_unused", n=len(sales)))
    return [
        el("p", words("lost", n=len(found.lost)), class_="note bad") if found.lost else None,
        _drawn(found.records, found, language),
        el("details", summary, draw_sales(sales, found.entry.zone, language), open=asks_sales)
        if sales
        else None,
    ]


def _drawn(records: Sequence[RawRecord], found: Why, language: Language) -> Markup | None:
    """Return the cards of all records but sales, which are listed in a table."""
    others = [record for record in records if record.kind != "sale"]
    cards = [draw_record(record, found.entry.zone, language) for record in others]
    return el("div", cards) if cards else None


def draw_since(found: Why, language: Language) -> Child:
    """Return what is otherwise known today."""
    words = Words(TEXTS, language)
    pairs = []
    for name, (then, now) in found.changed.items():
        values = {
            "then": fact_text(name, then, language, STATUSES[language]),
            "now": fact_text(name, now, language, STATUSES[language]),
        }
        value = el("dd", words("from_to", **values))
        pairs.append(el("div", el("dt", fact_label(name, language)), value, class_="used"))
    concerned = "punch" if _SALES_FACTS.isdisjoint(found.changed) else "sale"
    newer = [record for record in found.newer if record.kind == concerned]
    return [
        el("p", words("since_hint"), class_="muted small"),
        el("dl", pairs, class_="pairs"),
        el("h3", words("newer")) if newer else None,
        draw_sales(newer, found.entry.zone, language)
        if newer and concerned == "sale"
        else _drawn(newer, found, language),
    ]
