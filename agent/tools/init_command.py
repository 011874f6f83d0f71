"""daka-agent init, as it is typed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Terminals = Annotated[
    list[str] | None, typer.Option(help="NAME=tcp://HOST:4370, once for each terminal")
]
Folders = Annotated[
    list[str] | None, typer.Option(help="NAME=MAP:/FOLDER, once for each POS export folder")
]
Discover = Annotated[
    bool | None, typer.Option("--discover/--no-discover", help="look for terminals")
]
Networks = Annotated[
    list[str] | None, typer.Option(help="where to look; default: this machine's networks")
]


def init(
    box: Annotated[str, typer.Option(help="this box, unique in the organisation")] = "",
    store: Annotated[str, typer.Option(help="the store it stands in")] = "",
    org: Annotated[str, typer.Option(help="the organisation")] = "",
    mqtt: Annotated[str, typer.Option(help="mqtt://host or mqtts://host")] = "",
    claim: Annotated[str, typer.Option(help="claim code, or the address in its QR code")] = "",
    hq: Annotated[str, typer.Option(help="headquarters' pages, with a bare claim code")] = "",
    username: Annotated[str, typer.Option(help="at the broker")] = "",
    password_file: Annotated[str, typer.Option(help="holds nothing but the password")] = "",
    ca_file: Annotated[str, typer.Option(help="whom to trust")] = "",
    cert_file: Annotated[str, typer.Option(help="the box's certificate")] = "",
    key_file: Annotated[str, typer.Option(help="its key")] = "",
    terminal: Terminals = None,
    pos: Folders = None,
    discover: Discover = None,
    network: Networks = None,
    zk_port: Annotated[int, typer.Option(help="where ZKTeco terminals listen")] = 4370,
    anviz_port: Annotated[int, typer.Option(help="where Anviz terminals listen")] = 5010,
    zone: Annotated[str, typer.Option(help="the store's time zone; default: Asia/Shanghai")] = "",
    data_dir: Annotated[str, typer.Option(help="default: /var/lib/daka")] = "",
    unattended: Annotated[
        bool, typer.Option("--unattended", help="ask nothing: options and defaults only")
    ] = False,
    test: Annotated[bool, typer.Option("--test/--no-test", help="try what was entered")] = True,
    config: Annotated[Path, typer.Option("--config", "-c", help="the file to write")] = Path(
        "/etc/daka/agent.toml"
    ),
    lang: Annotated[str, typer.Option("--lang", help="zh or en; default: from LANG")] = "",
) -> None:
    """Set this box up: asks, explains, finds terminals, tries it all; never over a file.

    daka-agent init --unattended --box box-001 --store S001 --org acme
    --mqtt mqtts://hq.example.com --discover
    """
    from agent.tools.wizard import Answers, Wizard, tuple_of

    given = Answers(
        box_id=box,
        org=org,
        store_id=store,
        zone=zone,
        data_dir=data_dir,
        claim=claim,
        hq=hq,
        mqtt_url=mqtt,
        username=username,
        password_file=password_file,
        ca_file=ca_file,
        cert_file=cert_file,
        key_file=key_file,
        terminals=tuple_of(terminal),
        pos_folders=tuple_of(pos),
        discovers=discover,
        networks=tuple_of(network),
        zk_port=zk_port,
        anviz_port=anviz_port,
    )
    Wizard(config, lang, asks=not unattended, tests=test).run(given)
