"""daka-hq user: the people who may log in."""

from __future__ import annotations

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Config,
    Language,
    PasswordFile,
    ask_password,
    machine_utc_ms,
    words_of,
)

app = typer.Typer(no_args_is_help=True, help="The people who may log in.")


@app.command("add")
def user_add(
    login: str,
    password_file: PasswordFile = None,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Let somebody log in."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import accounts

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine:
        password, is_made_up = ask_password(password_file, login, words)
        accounts.add(engine, login, password, machine_utc_ms(), language=words.language)
    typer.echo(words.say("administrator_made", login=login))
    if is_made_up:
        typer.echo(words.say("password_once", password=password))


@app.command("password")
def user_password(
    login: str,
    password_file: PasswordFile = None,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Change a password and unlock the account."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import accounts

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine:
        password, is_made_up = ask_password(password_file, login, words)
        accounts.change_password(engine, login, password)
    typer.echo(words.say("password_changed", login=login))
    if is_made_up:
        typer.echo(words.say("password_once", password=password))
