"""daka-hq appeal: what people doubt, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cloud_receiver.commands.ledger import fen
from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Config,
    Language,
    local_text,
    transaction,
    words_of,
)
from sync.money import yuan_text

if TYPE_CHECKING:
    from cloud_receiver.store.appeals import AppealView
    from cloud_receiver.words import Words

app = typer.Typer(no_args_is_help=True, help="Appeals: open, add evidence, take back, decide.")
Reasons = Annotated[str, typer.Option(help="the complaint, the evidence or the reasons")]
AppealId = Annotated[str, typer.Argument(help="its number, see list")]


@app.command("list")
def appeal_list(
    employee: Annotated[str, typer.Option(help="of one person only")] = "",
    every: Annotated[bool, typer.Option("--all", help="those that are over, too")] = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """List appeals, the most urgent first; ends with 3 when one is overdue."""
    from cloud_receiver.domain.appeals import State
    from cloud_receiver.store import appeals

    words = words_of(lang)
    with transaction(config) as (connection, now_utc_ms, _):
        state = None if every else State.OPEN
        found = appeals.views(connection, now_utc_ms, state=state, employee_id=employee or None)
    for one in found:
        typer.echo(_line(one, words))
    if any(one.is_overdue for one in found):
        raise typer.Exit(NEEDS_A_LOOK)


@app.command("open")
def appeal_open(
    entry: Annotated[
        str, typer.Argument(help="the ledger entry, as late_standard/E1/2026-11-02#1")
    ],
    text: Reasons,
    author: Annotated[str, typer.Option(help="who appeals")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Open an appeal for somebody; the amount is frozen until it is decided."""
    from cloud_receiver.store import appeals

    with transaction(config) as (connection, now_utc_ms, settings):
        made = appeals.open_for_entry(
            connection, entry, author, text, now_utc_ms,
            terms=settings.appeals, channels=settings.notify.channels,
        )  # fmt: skip
    typer.echo(_line(made, words_of(lang)))


@app.command("add")
def appeal_add(
    appeal: AppealId,
    text: Reasons,
    author: Annotated[str, typer.Option(help="whose evidence it is")],
    attachment: Annotated[list[str] | None, typer.Option(help="sha256 or record id")] = None,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Add evidence to an open appeal."""
    from cloud_receiver.store import appeals

    with transaction(config) as (connection, now_utc_ms, _):
        made = appeals.add_evidence(connection, appeal, author, text, attachment or (), now_utc_ms)
    typer.echo(_line(made, words_of(lang)))


@app.command("withdraw")
def appeal_withdraw(
    appeal: AppealId,
    text: Reasons,
    author: Annotated[str, typer.Option(help="the employee who appealed")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Take an appeal back; the entry stands as it was."""
    from cloud_receiver.store import appeals

    with transaction(config) as (connection, now_utc_ms, settings):
        channels = settings.notify.channels
        made = appeals.withdraw(connection, appeal, author, text, now_utc_ms, channels=channels)
    typer.echo(_line(made, words_of(lang)))


@app.command("decide")
def appeal_decide(
    appeal: AppealId,
    decision: Annotated[str, typer.Argument(help="upheld, reversed or partial")],
    text: Reasons,
    decider: Annotated[str, typer.Option(help="log-in of who decides; see [appeals] deciders")],
    yuan: Annotated[str, typer.Option(help="what shall stand, with partial, as -5.00")] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Decide an appeal as a person, with reasons; the outcome is booked and told."""
    from cloud_receiver.domain.appeals import DECISIONS, State, no_decision
    from cloud_receiver.store import accounts, appeals

    if decision not in DECISIONS:
        raise no_decision(decision)
    with transaction(config) as (connection, now_utc_ms, settings):
        known = accounts.credentials(connection, decider)
        settings.appeals.require_decider(known.reader.role if known else None)
        made = appeals.decide(
            connection, appeal, State(decision), decider, text, now_utc_ms,
            amount_fen=fen(yuan) if yuan else None, channels=settings.notify.channels,
        )  # fmt: skip
    typer.echo(_line(made, words_of(lang)))


def _line(one: AppealView, words: Words) -> str:
    from cloud_receiver.domain.appeals import STATE_NAMES, State

    name = STATE_NAMES[one.state]
    state = name.en if words.language == "en" else name.zh
    told = {"state": state, "amount": yuan_text(one.amount_fen), "due": local_text(one.due_utc_ms)}
    waiting = "appeal_overdue" if one.is_overdue else "appeal_line"
    key = waiting if one.state is State.OPEN else "appeal_over"
    last = one.events[-1].text
    return words.say(key, appeal=one.appeal_id, entry=one.outcome_key, last=last, **told)
