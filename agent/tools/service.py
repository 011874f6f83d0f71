"""daka-agent service: let systemd start the agent and keep it running."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from agent.tools.words import tool_words

NAME: Final = "daka-agent"
app = typer.Typer(no_args_is_help=True, help="Let systemd start the agent and keep it running.")
Config = Annotated[Path, typer.Option("--config", "-c", help="the settings file")]
User = Annotated[str, typer.Option(help="who the agent runs as; made if need be")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only show what would be done")]
Language = Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")]
DEFAULT_CONFIG: Final = Path("/etc/daka/agent.toml")


@app.command()
def install(
    user: User = "daka",
    dry_run: DryRun = False,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Install, enable and start the service; again after an upgrade or a move."""
    from agent.settings import load_settings
    from sync.service_manager import perform_or_show, steps_for

    steps = steps_for(NAME, config, load_settings(config).box.data_dir, user)
    if perform_or_show(steps, dry_run=dry_run, show=typer.echo):
        typer.echo(tool_words(lang).say("service_installed", name=NAME))


@app.command()
def remove(dry_run: DryRun = False, lang: Language = "") -> None:
    """Stop the service for good; data and settings stay."""
    from sync.service_manager import perform_or_show
    from sync.service_unit import remove_steps

    if perform_or_show(remove_steps(NAME), dry_run=dry_run, show=typer.echo):
        typer.echo(tool_words(lang).say("service_removed", name=NAME))
