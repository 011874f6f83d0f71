"""daka-hq ledger: proof, balances, the close of a month, withdrawals, exports."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
    Author,
    Config,
    Language,
    transaction,
    words_of,
)
from sync.errors import DakaError
from sync.money import parse_fen, yuan_text

app = typer.Typer(no_args_is_help=True, help="The ledger: proof, balances, closing, withdrawals.")


def fen(yuan: str) -> int:
    """Return fen of an amount as people type it.

    Raises:
        DakaError: it is no amount.
    """
    try:
        return parse_fen(yuan)
    except ValueError as error:
        raise DakaError(f"{yuan!r} is no amount like 50.00") from error


@app.command("verify")
def ledger_verify(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Check every entry, the end of the chain, the anchors and the kept balances."""
    from cloud_receiver.store import verification

    words = words_of(lang)
    with transaction(config) as (connection, _, _settings):
        proof = verification.verify_all(connection)
    for trouble in proof.troubles:
        typer.echo(words.say("ledger_trouble", trouble=trouble), err=True)
    if proof.troubles:
        raise typer.Exit(1)
    typer.echo(words.say("ledger_holds", entries=proof.verified))


@app.command("balance")
def ledger_balance(
    employee: Annotated[str, typer.Option(help="of one person only")] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """List what stands in every account that is not empty."""
    from cloud_receiver.domain.accounts import ACCOUNT_NAMES
    from cloud_receiver.store import balances

    words = words_of(lang)
    with transaction(config) as (connection, _, _settings):
        found = balances.all_of(connection)
    for owner, account, amount_fen in found:
        if not employee or owner == employee:
            name = ACCOUNT_NAMES.get(account)
            text = (name.en if words.language == "en" else name.zh) if name else account
            typer.echo(f"{owner}\t{text}\t{yuan_text(amount_fen)}")


@app.command("close")
def ledger_close(
    period: Annotated[str, typer.Argument(help="the month, as 2026-11")],
    author: Author = "daka-hq ledger",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Close a month; it cannot be opened again."""
    from cloud_receiver.store.closing import close_period

    words = words_of(lang)
    with transaction(config) as (connection, now_utc_ms, settings):
        channels = settings.notify.channels
        closed = close_period(connection, period, author, now_utc_ms, channels=channels)
    for one in closed.payments:
        amounts = {
            name: yuan_text(getattr(one, f"{name}_fen"))
            for name in ("bonus", "subsidy", "carried_forward", "deferred", "held")
        }
        typer.echo(words.say("ledger_payment", employee=one.employee_id, **amounts))
    typer.echo(words.say("ledger_closed", period=period, people=len(closed.payments)))
    if closed.open_days or closed.open_appeals or closed.without_wage:
        typer.echo(words.say(
            "ledger_close_look", days=closed.open_days, appeals=closed.open_appeals,
            wages=", ".join(closed.without_wage) or "0"), err=True)  # fmt: skip
        raise typer.Exit(NEEDS_A_LOOK)


@app.command("paid")
def ledger_paid(
    period: Annotated[str, typer.Argument(help="a closed month, as 2026-11")],
    author: Author = "daka-hq ledger",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Say that payroll settled what a close handed over."""
    from cloud_receiver.store.closing import payroll_paid

    with transaction(config) as (connection, now_utc_ms, _):
        entries = payroll_paid(connection, period, author, now_utc_ms)
    typer.echo(words_of(lang).say("ledger_paid", period=period, people=len(entries)))


@app.command("withdraw")
def ledger_withdraw(
    employee: str,
    yuan: Annotated[str, typer.Argument(help="the amount, as 50.00")],
    request: Annotated[str, typer.Option(help="its id; the same again changes nothing")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Ask for an amount of the instant account; `settle` says what became of it."""
    from cloud_receiver.store.withdrawals import withdraw

    with transaction(config) as (connection, now_utc_ms, _):
        made = withdraw(connection, employee, fen(yuan), request, now_utc_ms)
    say = {"request": made.request_id, "amount": yuan_text(made.amount_fen), "state": made.state}
    typer.echo(words_of(lang).say("ledger_withdrawal", employee=made.employee_id, **say))


@app.command("settle")
def ledger_settle(
    request: str,
    paid: Annotated[bool, typer.Option("--paid/--return", help="paid out, or given back")],
    reason: Annotated[str, typer.Option(help="told to the person")] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Say whether a withdrawal was paid out or is given back."""
    from cloud_receiver.store.withdrawals import settle_withdrawal

    with transaction(config) as (connection, now_utc_ms, settings):
        made = settle_withdrawal(
            connection, request, now_utc_ms, paid=paid, reason=reason,
            channels=settings.notify.channels,
        )  # fmt: skip
    say = {"request": made.request_id, "amount": yuan_text(made.amount_fen), "state": made.state}
    typer.echo(words_of(lang).say("ledger_withdrawal", employee=made.employee_id, **say))


@app.command("export-beancount")
def ledger_export_beancount(config: Config = DEFAULT_CONFIG) -> None:
    """Write the whole ledger as beancount text to standard output."""
    from cloud_receiver.exchange import beancount

    with transaction(config) as (connection, _, _settings):
        for line in beancount.lines(connection):
            typer.echo(line)


@app.command("anchor")
def ledger_anchor(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Keep and print today's end of the chain; keep a copy where the database is not."""
    from cloud_receiver.domain.workday import local_date
    from cloud_receiver.store.verification import make_anchor

    with transaction(config) as (connection, now_utc_ms, _):
        date = local_date(now_utc_ms, "UTC")
        head, _is_new = make_anchor(connection, date, now_utc_ms)
    typer.echo(
        words_of(lang).say("ledger_anchor", date=date, entries=head.entry_no, hash=head.hash)
    )


@app.command("statement")
def ledger_statement(
    employee: str,
    period: Annotated[str, typer.Argument(help="the month, as 2026-11")],
    form: Annotated[str, typer.Option(help="csv, xlsx or html")] = "csv",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Write a person's itemised statement to standard output."""
    from cloud_receiver.exchange import statement_files
    from cloud_receiver.store.account_statement import account_statement

    language = words_of(lang).language
    with transaction(config) as (connection, _, _settings):
        statement = account_statement(connection, employee, period)
    if form == "csv":
        content = statement_files.to_csv(statement, language)
    elif form == "xlsx":
        content = statement_files.to_xlsx(statement, language)
    elif form == "html":
        content = statement_files.to_html(statement, language).encode()
    else:
        raise DakaError(f"--form {form}: it is csv, xlsx or html")
    sys.stdout.buffer.write(content)


@app.command("wage")
def ledger_wage(
    employee: str,
    since: Annotated[str, typer.Argument(help="first date, as 2026-11-01")],
    yuan: Annotated[str, typer.Argument(help="of a month, as 5000.00")],
    author: Author = "daka-hq ledger",
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Enter a person's monthly wage, by which the law limits deductions."""
    from cloud_receiver.store.lawbook import put_wages
    from cloud_receiver.store.ledger import book_month_again

    with transaction(config) as (connection, now_utc_ms, settings):
        put_wages(connection, [(employee, since, fen(yuan))], author, now_utc_ms)
        book_month_again(
            connection, since, now_utc_ms, employee_id=employee, channels=settings.notify.channels
        )


@app.command("law")
def ledger_law(
    store: str,
    jurisdiction: Annotated[str, typer.Argument(help="the id of a file in config/law")],
    since: Annotated[str, typer.Argument(help="first date, as 2026-11-01")],
    author: Author = "daka-hq ledger",
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Say which place's law holds in a store."""
    from cloud_receiver.store.lawbook import put_jurisdiction
    from cloud_receiver.store.ledger import book_month_again

    with transaction(config) as (connection, now_utc_ms, settings):
        put_jurisdiction(connection, store, jurisdiction, since, author, now_utc_ms)
        book_month_again(
            connection, since, now_utc_ms, store_id=store, channels=settings.notify.channels
        )
