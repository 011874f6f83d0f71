"""daka-hq rule and daka-hq backtest: rules from a file into force, by two people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Author,
    Config,
    Language,
    now_of,
    print_lines,
    words_of,
)
from sync.errors import DakaError

if TYPE_CHECKING:
    from cloud_receiver.domain.backtest import Comparison
    from cloud_receiver.domain.documents import Rule
    from cloud_receiver.domain.remarks import Remark
    from cloud_receiver.words import Words

app = typer.Typer(no_args_is_help=True, help="The rules of rewards and penalties.")
_BACK_DAYS = 90

RuleFile = Annotated[Path, typer.Argument(help="a rule document, see docs/rules.md")]
First = Annotated[str, typer.Option("--from", help="first work date; default: 90 days ago")]
Last = Annotated[str, typer.Option("--to", help="last work date, included; default: yesterday")]


@app.command("list")
def rule_list(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """List the rules in force and the drafts on their way."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import drafts
    from cloud_receiver.store.engine import read

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, read(engine) as connection:
        rules = sorted(drafts.rules_now(connection), key=lambda rule: rule.id)
        waiting = drafts.every(connection)
    for rule in rules:
        name = rule.name.zh if words.language == "zh" else rule.name.en
        since, until = rule.effective_from or "", rule.effective_to or "…"
        typer.echo(
            words.say("rule_line", rule=rule.id, version=rule.version, name=name, since=since,
                      until=until)
        )  # fmt: skip
    for draft in waiting:
        typer.echo(
            words.say("draft_line", number=draft.draft_no, rule=draft.rule.id,
                      state=draft.state.value, author=draft.author)
        )  # fmt: skip


@app.command("lint")
def rule_lint(file: RuleFile, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Say what a careful colleague would ask before a rule is published."""
    from cloud_receiver.domain.lint import is_publishable
    from cloud_receiver.domain.rules import failed_examples
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import drafts, rulebook
    from cloud_receiver.store.engine import read

    words, settings, rule = words_of(lang), load_settings(config), read_rule(file)
    with database(settings) as engine, read(engine) as connection:
        remarks = drafts.examined(connection, rule, rulebook.today(now_of(settings)))
    failures = failed_examples(rule)
    print_lines(_remark_lines(remarks, words))
    print_lines(failures)
    if not remarks and not failures:
        typer.echo(words.say("rule_is_sound", rule=rule.id))
    if failures or not is_publishable(remarks):
        raise typer.Exit(NEEDS_A_LOOK)


@app.command("publish")
def rule_publish(
    file: RuleFile,
    author: Author = "daka-hq",
    first: First = "",
    last: Last = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Draft a rule, try it on history and put it before a second person."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import drafts
    from cloud_receiver.store.engine import write

    words, settings, rule = words_of(lang), load_settings(config), read_rule(file)
    now_utc_ms = now_of(settings)
    span = _span(first, last, now_utc_ms)
    with database(settings) as engine, write(engine) as connection:
        draft = drafts.save(connection, rule, author, now_utc_ms)
        print_lines(_remark_lines(draft.remarks, words))
        comparison = drafts.back_test(connection, rule, *span)
        drafts.propose(connection, draft.draft_no, comparison, now_utc_ms)
    print_lines(_comparison_lines(comparison, words))
    typer.echo(words.say("draft_proposed", number=draft.draft_no))


@app.command("approve")
def rule_approve(
    number: int,
    approver: Annotated[str, typer.Option(help="who approves; not who wrote it")],
    retroactive: Annotated[
        bool, typer.Option("--retroactive", help="approve the past too")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Approve a proposed draft: it comes into force and is announced."""
    from cloud_receiver.domain.notices import GroupNews
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import drafts
    from cloud_receiver.store.engine import write

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, write(engine) as connection:
        rule = drafts.approve(
            connection, number, approver, now_of(settings), retroactive=retroactive,
            channels=settings.notify.reach.channels_for(GroupNews.RULES),
        )  # fmt: skip
    told = {"rule": rule.id, "version": rule.version, "since": rule.effective_from}
    typer.echo(words.say("rule_published", **told))


@app.command("export-jdm")
def rule_export_jdm(
    rule_id: Annotated[str, typer.Argument(help="a rule in force, or a file")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Write a rule as a GoRules decision table to standard output."""
    from cloud_receiver.domain.jdm import jdm
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import drafts
    from cloud_receiver.store.engine import read

    words = words_of(lang)
    if Path(rule_id).is_file():
        rule = read_rule(Path(rule_id))
    else:
        with database(load_settings(config)) as engine, read(engine) as connection:
            found = {one.id: one for one in drafts.rules_now(connection)}.get(rule_id)
        if found is None:
            raise DakaError(words.say("no_such_rule", rule=rule_id))
        rule = found
    typer.echo(json.dumps(jdm(rule), ensure_ascii=False, indent=2))


@app.command("schema")
def rule_schema() -> None:
    """Write the JSON Schema of rule documents to standard output."""
    from cloud_receiver.domain.documents import schema

    typer.echo(json.dumps(schema(), ensure_ascii=False, indent=2))


def backtest(
    file: RuleFile,
    first: First = "",
    last: Last = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Say what a rule would have cost, whom, and where, against the rules in force."""
    from rich.console import Console
    from rich.progress import Progress

    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import drafts
    from cloud_receiver.store.engine import read

    words, settings, rule = words_of(lang), load_settings(config), read_rule(file)
    span = _span(first, last, now_of(settings))
    with (
        database(settings) as engine,
        read(engine) as connection,
        Progress(console=Console(stderr=True), transient=True) as bar,
    ):
        task = bar.add_task(rule.id, total=None)

        def show(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        comparison = drafts.back_test(connection, rule, *span, show)
    print_lines(_comparison_lines(comparison, words))


def read_rule(file: Path) -> Rule:
    """Read a rule document.

    Raises:
        DakaError: the file cannot be read.
        RuleError: it is no sound document.
    """
    from cloud_receiver.domain.documents import parse_rule

    try:
        return parse_rule(file.read_bytes(), file.name)
    except OSError as error:
        raise DakaError(f"{file} cannot be read: {error}") from error


def _span(first: str, last: str, now_utc_ms: int) -> tuple[str, str]:
    from cloud_receiver.store import rulebook

    today = date.fromisoformat(rulebook.today(now_utc_ms))
    begin = first or (today - timedelta(days=_BACK_DAYS)).isoformat()
    return begin, last or (today - timedelta(days=1)).isoformat()


def _remark_lines(remarks: tuple[Remark, ...] | list[Remark], words: Words) -> Iterator[str]:
    for one in remarks:
        text = one.zh if words.language == "zh" else one.en
        place = f" [{one.row_id}]" if one.row_id else ""
        yield f"{words.say(one.severity.value)}: {text}{place} ({one.code})"


def _comparison_lines(one: Comparison, words: Words) -> Iterator[str]:
    from sync.money import yuan_text

    def change(before_fen: int, after_fen: int) -> dict[str, str]:
        return {
            "before": yuan_text(before_fen),
            "after": yuan_text(after_fen),
            "change": yuan_text(after_fen - before_fen),
        }

    yield words.say(
        "tried", first=one.first_date, last=one.last_date, days=one.days, people=one.people
    )
    yield words.say(
        "own", hits=one.own.hits, rewards=yuan_text(one.own.rewards_fen),
        deductions=yuan_text(one.own.deductions_fen),
    )  # fmt: skip
    before_fen = one.before.rewards_fen + one.before.deductions_fen
    after_fen = one.after.rewards_fen + one.after.deductions_fen
    yield words.say("cost", **change(before_fen, after_fen))
    yield words.say("people_changed", winners=one.winners, losers=one.losers)
    for side in (*one.most_up, *one.most_down):
        yield words.say("side", id=side.id, **change(side.before_fen, side.after_fen))
    for side in one.stores:
        yield words.say("store_side", id=side.id, **change(side.before_fen, side.after_fen))
    for day in one.examples:
        told = change(day.before_fen, day.after_fen)
        yield words.say("day_side", id=day.employee_id, date=day.work_date, **told)
