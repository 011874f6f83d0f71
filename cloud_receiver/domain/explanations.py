"""From the numbers of a weighed rule to an outcome that explains itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloud_receiver.domain.documents import SUBSIDY_FACT, Row, Rule
from cloud_receiver.domain.facts import CATALOGUE, FactValue
from cloud_receiver.domain.messages import fill
from cloud_receiver.domain.outcomes import (
    CapApplied,
    Evidence,
    Explanation,
    Outcome,
    Reason,
    Text,
)
from sync.money import yuan_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """The numbers of one rule on one day, as the frame gave them; fen, not negative.

    Attributes:
        reads: the facts the rule reads, sorted, the day's subsidy among them.
        blocker: the rule of the same group that excludes this one.
        capped_fen: after exclusion and the rule's cap.
        net_fen: after the day floor: what counts.
    """

    rule: Rule
    row: Row
    reads: tuple[str, ...]
    gross_fen: int
    blocker: Rule | None
    capped_fen: int
    net_fen: int


def outcome_of(weighing: Weighing, facts: Mapping[str, FactValue], evidence: Evidence) -> Outcome:
    """Return the outcome of a rule that hit, with its way back to facts and records."""
    rule, row = weighing.rule, weighing.row
    assert 0 <= weighing.net_fen <= weighing.gross_fen, f"{rule.id} gives more than its formula"
    used = {name: _value(facts, name) for name in weighing.reads}
    amount_fen = rule.sign * weighing.net_fen
    reason = _reason(weighing)
    explanation = Explanation(
        rule=rule.name,
        row=row.text,
        facts=used,
        formula=_formula(weighing, used),
        gross_fen=rule.sign * weighing.gross_fen,
        caps=tuple(_caps(weighing, used)),
        reason=reason,
        evidence={kind: tuple(ids) for kind, ids in evidence.items()},
        message=_message(weighing, used, reason, amount_fen),
    )
    return Outcome(
        rule_id=rule.id,
        rule_version=rule.version,
        row_id=row.id,
        employee_id=str(_value(facts, "employee_id")),
        work_date=str(_value(facts, "work_date")),
        store_id=str(_value(facts, "store_id")),
        account=rule.account,
        amount_fen=amount_fen,
        explanation=explanation,
        campaign_id=str(facts.get("campaign_id", "")),
        half_points=0 if weighing.blocker else row.outcome.half_points,
        tag=None if weighing.blocker else row.outcome.tag,
        task=None if weighing.blocker else row.outcome.task,
    )


def _message(
    weighing: Weighing, facts: Mapping[str, FactValue], reason: Reason | None, amount_fen: int
) -> Text:
    rule = weighing.rule
    if reason is None:
        rate_bp = weighing.row.outcome.rate_bp or 0
        half_points = weighing.row.outcome.half_points
        return fill(
            rule.message, facts, amount_fen=amount_fen, rate_bp=rate_bp, half_points=half_points
        )
    return Text(
        zh=f"{facts['work_date']} {rule.name.zh}:0元,{reason.text.zh}",
        en=f"{facts['work_date']} {rule.name.en}: 0 yuan, {reason.text.en}",
    )


def _value(facts: Mapping[str, FactValue], name: str) -> FactValue:
    return facts.get(name, CATALOGUE[name].default)


def _formula(weighing: Weighing, facts: Mapping[str, FactValue]) -> str:
    grant = weighing.row.outcome
    if grant.amount_fen is None and grant.rate_bp is None:
        return "0"
    if grant.of is None:
        return f"{weighing.gross_fen} fen"
    return f"{grant.of} {facts[grant.of]} x {grant.rate_bp} / 10000 = {weighing.gross_fen} fen"


def _caps(weighing: Weighing, facts: Mapping[str, FactValue]) -> list[CapApplied]:
    applied = []
    if weighing.blocker is None and weighing.capped_fen < weighing.gross_fen:
        held_back = weighing.gross_fen - weighing.capped_fen
        applied.append(CapApplied("rule", weighing.capped_fen, held_back))
    if weighing.net_fen < weighing.capped_fen:
        subsidy_fen = int(facts[SUBSIDY_FACT])
        applied.append(CapApplied("day_floor", subsidy_fen, weighing.capped_fen - weighing.net_fen))
    return applied


def _reason(weighing: Weighing) -> Reason | None:
    """Say why the amount is 0; None when there is an amount."""
    if weighing.net_fen:
        return None
    if weighing.blocker is not None:
        return _blocked_reason(weighing.rule, weighing.blocker)
    if weighing.row.outcome.has_more_than_money:
        return None
    if weighing.row.outcome.none is not None:
        return Reason("row", weighing.row.outcome.none)
    if weighing.gross_fen == 0:
        return Reason("nothing_due", Text(zh="按公式计算为0元", en="the formula gives 0"))
    if weighing.capped_fen == 0:
        return Reason("rule_cap", Text(zh="规则上限为0元", en="the rule's own limit is 0"))
    return Reason(
        "day_floor",
        Text(
            zh=f"当日扣减不超过当日补贴,未执行{yuan_text(weighing.capped_fen)}元",
            en=f"deductions never exceed the day's subsidy; {yuan_text(weighing.capped_fen)}"
            " yuan not taken",
        ),
    )


def _blocked_reason(rule: Rule, blocker: Rule) -> Reason:
    name = blocker.name
    if rule.group is not None and rule.group == blocker.group:
        return Reason(
            "superseded",
            Text(
                zh=f"同组只取一项:已按“{name.zh}”执行",
                en=f'one of a group counts: "{name.en}" goes first',
            ),
        )
    return Reason(
        "punished_already",
        Text(
            zh=f"同一行为不重复处罚:已按“{name.zh}”扣减",
            en=f'one act is punished once: "{name.en}" took money for it already',
        ),
    )
