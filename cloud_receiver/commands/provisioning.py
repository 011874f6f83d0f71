"""daka-hq broker-config, claim, certificate: who may come in."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Final

import typer

from cloud_receiver.commands.options import (
    DEFAULT_CONFIG,
    Config,
    Language,
    machine_utc_ms,
    words_of,
)
from cloud_receiver.domain.workday import instant
from sync.enrolment import ENROL_PATH, ClaimCode
from sync.errors import DakaError

HOUR_MS: Final = 3_600_000
claims = typer.Typer(no_args_is_help=True, help="One-time codes that let a new box in.")
certificates = typer.Typer(no_args_is_help=True, help="Certificates of boxes and receivers.")


def add_provisioning(app: typer.Typer) -> None:
    """Add these commands to `daka-hq`."""
    app.add_typer(claims, name="claim")
    app.add_typer(certificates, name="certificate")
    app.command("broker-config")(broker_config)


def broker_config(
    folder: Annotated[Path, typer.Option(help="where Mosquitto will read it")],
    host: Annotated[list[str], typer.Option(help="a name or address stores reach the broker by")],
    port: Annotated[int, typer.Option(help="of the broker")] = 8883,
    receiver: Annotated[
        list[str] | None, typer.Option(help="receiver_id of each receiver; default: this one")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Write Mosquitto's settings, its certificate and access list, and receivers' certificates.

    Makes the certificate authority when there is none. Safe to repeat: keys stay.
    """
    from cloud_receiver.main import database
    from cloud_receiver.provisioning.authority import Authority
    from cloud_receiver.provisioning.broker import BrokerFiles, write_broker
    from cloud_receiver.settings import load_settings

    words, settings = words_of(lang), load_settings(config)
    now_utc = instant(machine_utc_ms())
    receivers = tuple(receiver or [settings.receiver_id])
    with database(settings) as engine:
        authority = Authority.found(settings.authority_dir, settings.org, now_utc)
        files = BrokerFiles(folder.resolve())
        write_broker(
            engine,
            authority,
            files,
            org=settings.org,
            hosts=tuple(host),
            port=port,
            receivers=receivers,
            now_utc=now_utc,
        )
    typer.echo(words.say("broker_written", settings=files.settings))
    for one in receivers:
        at = settings.authority_dir / f"receiver-{one}"
        typer.echo(words.say("receiver_keys", receiver=one))
        typer.echo(f'  ca_file = "{authority.certificate_file}"')
        typer.echo(f'  cert_file = "{at}.pem"\n  key_file = "{at}.key"')


@claims.command("new")
def claim_new(
    box: Annotated[str, typer.Argument(help="what the box will be called, e.g. box-001")],
    store: Annotated[str, typer.Option(help="the store it will stand in")],
    hours: Annotated[int, typer.Option(help="how long the code is good", min=1, max=2160)] = 72,
    author: Annotated[str, typer.Option(help="who is answerable for it")] = "daka-hq claim",
    svg: Annotated[Path | None, typer.Option(help="write the QR code to this file too")] = None,
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Make a one-time code for a box, as text and as a QR code."""
    import segno

    from cloud_receiver.main import database
    from cloud_receiver.provisioning.claims import new_claim
    from cloud_receiver.settings import load_settings

    words, settings = words_of(lang), load_settings(config)
    if not settings.boxes.broker or not settings.boxes.web:
        raise DakaError(f"{config}, [boxes]: set broker and web, so that boxes know where to go")
    code = ClaimCode.from_random(secrets.token_bytes(25))
    with database(settings) as engine:
        new_claim(engine, code, box, store, author, machine_utc_ms(), hours * HOUR_MS)
    address = f"{settings.boxes.web}{ENROL_PATH}#{code.text()}"
    drawing = segno.make(address, error="m")
    drawing.terminal(compact=True)
    if svg is not None:
        drawing.save(str(svg), kind="svg", scale=6, border=4)
    typer.echo(words.say("claim_made", box=box, store=store, hours=hours))
    typer.echo(f"  {code.text()}")
    typer.echo(words.say("claim_use", command=f"daka-agent init --claim '{address}'"))


@claims.command("list")
def claim_list(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """List codes, the newest first; the secret half is not kept and not shown."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import certificates as stored
    from cloud_receiver.store.engine import read

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, read(engine) as connection:
        found = stored.claims(connection)
    now_utc_ms = machine_utc_ms()
    for one in found:
        state = (
            "redeemed" if one.redeemed_utc_ms is not None
            else "withdrawn" if one.withdrawn_utc_ms is not None
            else "expired" if one.expires_utc_ms <= now_utc_ms
            else "open"
        )  # fmt: skip
        told = words.say(f"claim_{state}")
        made = instant(one.created_utc_ms).strftime("%Y-%m-%d %H:%M UTC")
        typer.echo(f"{one.claim_id}  {one.box_id}  {one.store_id}  {made}  {one.author}  {told}")
    if not found:
        typer.echo(words.say("no_claims"))


@claims.command("withdraw")
def claim_withdraw(claim_id: str, config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """Make a code useless that was not used yet; give its first five letters."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import certificates as stored
    from cloud_receiver.store.engine import write

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, write(engine) as connection:
        is_done = stored.withdraw_claim(connection, claim_id.upper(), machine_utc_ms())
    if not is_done:
        raise DakaError(f"there is no open claim {claim_id}; see daka-hq claim list")
    typer.echo(words.say("claim_gone", claim=claim_id.upper()))


@certificates.command("list")
def certificate_list(config: Config = DEFAULT_CONFIG, lang: Language = "") -> None:
    """List every certificate that was issued, and until when it is good."""
    from cloud_receiver.main import database
    from cloud_receiver.settings import load_settings
    from cloud_receiver.store import certificates as stored
    from cloud_receiver.store.engine import read

    words, settings = words_of(lang), load_settings(config)
    with database(settings) as engine, read(engine) as connection:
        found = stored.certificates(connection)
    for one in found:
        until = instant(one.not_after_utc_ms).date().isoformat()
        state = words.say("revoked", why=one.revoked_why) if one.revoked_utc_ms else until
        typer.echo(f"{one.subject}  {one.role}  {one.serial_hex[:16]}  {state}  {one.issued_for}")


@certificates.command("revoke")
def certificate_revoke(
    subject: Annotated[str, typer.Argument(help="the box whose certificates are good no longer")],
    why: Annotated[str, typer.Option(help="is kept with it")],
    folder: Annotated[Path, typer.Option(help="of broker-config: gets the new list")],
    config: Config = DEFAULT_CONFIG,
    lang: Language = "",
) -> None:
    """Shut a box out: a stolen or cloned one. The broker must be restarted afterwards."""
    from cloud_receiver.main import database
    from cloud_receiver.provisioning.admission import revoke
    from cloud_receiver.provisioning.authority import Authority
    from cloud_receiver.provisioning.broker import BrokerFiles, write_revoked
    from cloud_receiver.settings import load_settings

    words, settings = words_of(lang), load_settings(config)
    now_utc = instant(machine_utc_ms())
    with database(settings) as engine:
        authority = Authority(settings.authority_dir)
        count = revoke(engine, subject, why, now_utc)
        write_revoked(engine, authority, BrokerFiles(folder), now_utc)
    if not count:
        raise DakaError(f"{subject} has no good certificate; see daka-hq certificate list")
    typer.echo(words.say("revoked_now", subject=subject, count=count))
