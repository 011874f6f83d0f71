"""daka-hq service: let systemd start headquarters and keep it running."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Config,
    Language,
    words_of,
)

NAME: Final = "daka-hq"
app = typer.Typer(no_args_is_help=True, help="Let systemd start headquarters and keep it running.")
DryRun = Annotated[bool, typer.Option("--dry-run", help="only show what would be done")]


@app.command()
def install(
    user: Annotated[str, typer.Option(help="who it runs as; made if need be")] = NAME,
    dry_run: DryRun = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Install, enable and start the service; again after an upgrade or a move."""
    from cloud_receiver.settings import load_settings
    from sync.service_manager import perform_or_show, steps_for

    steps = steps_for(NAME, config, load_settings(config).data_dir, user)
    if perform_or_show(steps, dry_run=dry_run, show=typer.echo):
        typer.echo(words_of(lang).say("service_installed", name=NAME))


@app.command()
def remove(dry_run: DryRun = False, lang: Language = "") -> None:
    """Stop the service for good; data and settings stay."""
    from sync.service_manager import perform_or_show
    from sync.service_unit import remove_steps

    if perform_or_show(remove_steps(NAME), dry_run=dry_run, show=typer.echo):
        typer.echo(words_of(lang).say("service_removed", name=NAME))
