"""daka-hq user: the people who may log in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    NEEDS_A_LOOK,
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


@app.command("import")
def user_import(
    file: Annotated[Path, typer.Argument(help="login, employee_id, role, stores, language")],
    url: Annotated[str, typer.Option(help="address of the pages; default: [boxes] web")] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Make accounts for staff from a table, each with a link to choose a password.

    Only employee_id is needed: the login is then the employee's id and the role salesperson.
    Accounts that are there are left as they are.
    """
    from cloud_receiver.exchange.accounts import import_accounts
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings

    words, settings = words_of(lang), load_settings(config)
    base = (url or settings.boxes.web).rstrip("/")
    with database(settings) as engine:
        made, stood, errors = import_accounts(engine, file, machine_utc_ms(), words.language)
    for login, token in made:
        typer.echo(words.say("invited", login=login, url=base, token=token))
    for line, text in errors:
        typer.echo(
            words.say("line_error", source=file.name, line=line, field="", text=text), err=True
        )
    typer.echo(words.say("accounts_made", made=len(made), stood=stood), err=True)
    if errors:
        raise typer.Exit(NEEDS_A_LOOK)


@app.command("invite")
def user_invite(
    login: str,
    url: Annotated[str, typer.Option(help="address of the pages; default: [boxes] web")] = "",
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Give somebody who lost the password a link to choose another."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import accounts, activations
    from cloud_receiver.store.engine import write
    from sync.errors import DakaError

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, write(engine) as connection:
        if accounts.credentials(connection, login) is None:
            raise DakaError(f"there is no login {login!r}")
        token = activations.invite(connection, login, machine_utc_ms())
    base = (url or settings.boxes.web).rstrip("/")
    typer.echo(words.say("invited", login=login, url=base, token=token))
