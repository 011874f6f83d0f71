"""What the designer asks while one works: is it sound, how does it read, what would it say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from cloud_receiver.domain import messages
from cloud_receiver.domain.clauses import PERIODIC
from cloud_receiver.domain.decision_table import facts_of
from cloud_receiver.domain.documents import Rule, rule_problems
from cloud_receiver.domain.facts import CATALOGUE, FactType, FactValue
from cloud_receiver.domain.lint import lint
from cloud_receiver.domain.remarks import Remark
from cloud_receiver.domain.rules import RuleSet, failed_examples
from cloud_receiver.store import drafts
from cloud_receiver.store.engine import read
from cloud_receiver.web.bodies import read_body
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.phrases import signed_yuan
from cloud_receiver.web.rule_problems import in_words
from cloud_receiver.web.rule_setup import read_document
from cloud_receiver.web.sentences import row_sentence
from cloud_receiver.web.texts import Language
from cloud_receiver.web.visit import language_of

MAX_BODY_BYTES: Final = 256 * 1024
Look = Callable[[Rule], Sequence[Remark]]
_TRIED_SUBSIDY_FEN: Final = 10_000
_NOT_ASKED: Final = frozenset({"employee_id", "work_date"})


def register(app: FastAPI, desk: Desk) -> None:
    """Add the address that checks a document; it changes nothing."""

    @app.post("/rules/check")
    async def check_rule(request: Request) -> JSONResponse:
        asked = await body_of(request)
        answer = await run_in_threadpool(check, asked, language_of(request), partial(_look, desk))
        return JSONResponse(answer)


async def body_of(request: Request) -> dict[str, Any]:
    """Return a small JSON object a page sent, empty when it is none."""
    try:
        raw = await read_body(request, MAX_BODY_BYTES)
    except ClientDisconnect:  # the page was left while it asked
        return {}
    if raw is None:
        return {}
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):  # no JSON, or one without a bottom
        return {}


def _look(desk: Desk, rule: Rule) -> Sequence[Remark]:
    """Return what is to be said of a draft among the rules and stores there are; reads."""
    with read(desk.engine) as connection:
        return drafts.examined(connection, rule, desk.today())


def check(
    asked: Mapping[str, Any],
    language: Language,
    look: Look = lint,
) -> dict[str, Any]:
    """Say what is wrong with a document, how its rows read and what it says about a day."""
    try:
        rule = read_document(asked.get("document"))
    except msgspec.ValidationError as error:
        said = in_words([str(error)], language)
        return {
            "problems": said,
            "hints": [],
            "failed": [],
            "rows": [],
            "facts": [],
            "values": {},
            "trial": None,
        }
    found = list(rule_problems(rule))
    failed = [] if found else failed_examples(rule)
    hints = in_words(failed, language)
    hints += [] if found else [language.pick(one.zh, one.en) for one in look(rule)]
    rows = [
        {"zh": row_sentence(rule, row, Language.ZH), "en": row_sentence(rule, row, Language.EN)}
        if row.outcome != type(row.outcome)() else {"zh": "", "en": ""}
        for row in rule.rows
    ]  # fmt: skip
    facts = [] if rule.grain in PERIODIC and rule.pool else _asked_facts(rule)
    values = _day(rule, facts, asked.get("facts") or {})
    return {
        "problems": in_words(found, language, nameless=not (rule.name.zh and rule.name.en)),
        "hints": hints,
        "failed": [int(one[one.index("[") + 1 : one.index("]")]) for one in failed],
        "rows": rows,
        "facts": facts,
        "values": values,
        "trial": None if found or not facts else _trial(rule, values, language),
    }


def _asked_facts(rule: Rule) -> list[str]:
    wanted = (facts_of(rule) | {"subsidy_fen"}) - _NOT_ASKED
    locked = {name for name, cell in rule.when.items() if cell is True}
    if not any(row.outcome.rate_bp for row in rule.rows) and rule.sign > 0:
        wanted -= {"subsidy_fen"}
    return [name for name in CATALOGUE if name in wanted - locked]


def _day(rule: Rule, facts: Sequence[str], given: Mapping[str, Any]) -> dict[str, FactValue]:
    """Return a day on which the rule's own conditions hold, changed as the reader wishes."""
    values: dict[str, FactValue] = {
        name: True for name, cell in rule.when.items() if cell is True and name in CATALOGUE
    }
    values["subsidy_fen"] = _TRIED_SUBSIDY_FEN
    kinds = {FactType.INT: int, FactType.BOOL: bool, FactType.TEXT: str}
    fitting = {
        name: given[name] for name in facts if type(given.get(name)) is kinds[CATALOGUE[name].type]
    }
    values.update(fitting)
    return values


def _trial(
    rule: Rule, values: Mapping[str, FactValue], language: Language
) -> dict[str, Any] | None:
    day = {"employee_id": "", "work_date": "2026-01-01", **values}
    for facts, hit in RuleSet([rule]).weigh([day]):
        full = {name: fact.default for name, fact in CATALOGUE.items()} | dict(facts)
        amount = rule.sign * hit.net_fen
        told = messages.fill(
            rule.message, full, amount_fen=amount, rate_bp=hit.row.outcome.rate_bp or 0,
            half_points=hit.row.outcome.half_points,
        ) if amount or hit.row.outcome.has_more_than_money else None  # fmt: skip
        return {
            "amount_fen": amount,
            "amount": signed_yuan(amount),
            "row": row_sentence(rule, hit.row, language),
            "row_id": hit.row.id,
            "message": language.pick(told.zh, told.en) if told else None,
        }
    return None
