"""daka-agent enrol and renew: the box's certificate, from a claim code to its successor."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Annotated, Final

import typer

from agent.tools.words import tool_words
from sync.enrolment import ClaimCode, address_of
from sync.errors import DakaError

IDENTITY_DIR: Final = Path("/var/lib/daka/identity")
"""In the data folder, which the service may write: it renews the certificate by itself."""
CONFIG: Final = Path("/etc/daka/agent.toml")


def enrol(
    claim: Annotated[str, typer.Argument(help="the code, or the address in the QR code")],
    hq: Annotated[str, typer.Option(help="headquarters' address; the QR code holds it")] = "",
    folder: Annotated[Path, typer.Option(help="where key and certificate go")] = IDENTITY_DIR,
    lang: Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")] = "",
) -> None:
    """Redeem a claim code: make the box's key, get its certificate, say what to put where."""
    enrolment = _library()
    words = tool_words(lang)
    address = hq or address_of(claim)
    if not address:
        raise DakaError("the code alone does not say where headquarters is: give --hq too")
    admission = enrolment.enrol(address.rstrip("/"), ClaimCode.parse(claim), folder)
    until = enrolment.life_of(folder / enrolment.IDENTITY).not_after_utc.date().isoformat()
    typer.echo(words.say("enrolled", box=admission.box_id, store=admission.store_id, until=until))
    typer.echo(
        f'[box]\nid = "{admission.box_id}"\norg = "{admission.org}"\n'
        f'store = "{admission.store_id}"\nzone = "{admission.zone}"\n\n'
        f'[mqtt]\nurl = "{admission.broker}"\nca_file = "{folder / enrolment.AUTHORITY}"\n'
        f'cert_file = "{folder / enrolment.IDENTITY}"\n\n[identity]\nweb = "{address}"'
    )


def renew(
    config: Annotated[Path, typer.Option("--config", "-c", help="the settings file")] = CONFIG,
    lang: Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")] = "",
) -> None:
    """Renew the certificate now; the agent does so by itself when a third of its life is left."""
    from agent.settings import load_settings

    enrolment = _library()
    settings = load_settings(config)
    identity, authority = settings.mqtt.cert_file, settings.mqtt.ca_file
    if not settings.identity.web or identity is None or authority is None:
        raise DakaError(f"{config}: renewal needs web in [identity], cert_file, ca_file in [mqtt]")
    until = (
        enrolment.renew(settings.identity.web, identity, authority).not_after_utc.date().isoformat()
    )
    typer.echo(tool_words(lang).say("renewed", until=until))


def _library() -> ModuleType:
    """Return `agent.enrolment`, which needs a library that a box without certificates lacks."""
    try:
        return importlib.import_module("agent.enrolment")
    except ModuleNotFoundError as error:
        raise DakaError(
            f"certificates need {error.name}: apt-get install python3-cryptography, "
            "or install Daka with [agent,certificates]"
        ) from error
