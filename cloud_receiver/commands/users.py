"""daka-hq user: the people who may log in."""

from __future__ import annotations

from typing import Annotated

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
from cloud_receiver.domain.roles import Reader, Role

app = typer.Typer(no_args_is_help=True, help="The people who may log in.")


RoleOption = Annotated[Role, typer.Option(help="what they may see and change")]
Employee = Annotated[str, typer.Option(help="employee id: whose own data they see")]
Stores = Annotated[list[str] | None, typer.Option(help="a supervisor's store, once for each")]


@app.command("add")
def user_add(
    login: str,
    role: RoleOption = Role.ADMINISTRATOR,
    employee: Employee = "",
    store: Stores = None,
    password_file: PasswordFile = None,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Let somebody log in."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import accounts

    words, settings = words_of(lang), load_settings(config)
    reader = Reader(role, employee or None, tuple(store or ()))
    with database(settings) as engine:
        password, is_made_up = ask_password(password_file, login, words)
        accounts.add(
            engine, login, password, machine_utc_ms(), reader=reader, language=words.language
        )
    typer.echo(words.say("account_made", login=login, role=words.say(f"role_{role}")))
    if is_made_up:
        typer.echo(words.say("password_once", password=password))


@app.command("role")
def user_role(
    login: str,
    role: Annotated[Role, typer.Argument(help="what they may see and change from now on")],
    employee: Employee = "",
    store: Stores = None,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Give somebody another role; they must log in again."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import accounts

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine:
        accounts.change_reader(engine, login, Reader(role, employee or None, tuple(store or ())))
    typer.echo(words.say("role_changed", login=login, role=words.say(f"role_{role}")))


@app.command("list")
def user_list(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """List everybody who may log in."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import accounts
    from cloud_receiver.store.engine import read

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, read(engine) as connection:
        found = accounts.accounts(connection)
    for one in found:
        role = words.say(f"role_{one.reader.role}")
        whose = ", ".join(filter(None, (one.reader.employee_id, *one.reader.store_ids)))
        typer.echo(f"{one.login}  {role}  {whose}".rstrip())


@app.command("remove")
def user_remove(login: str, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Take an account away; what it did keeps its name."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import accounts

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine:
        accounts.remove(engine, login)
    typer.echo(words.say("account_removed", login=login))


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
