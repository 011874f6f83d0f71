"""`daka-agent init`: a settings file from answers, asked for or given as options, and tried out.

What an option says is not asked. Unattended nothing is asked: what is missing is an error,
and an answer that does not work ends the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import typer

from agent import enrolment
from agent.new_config import NewBox, Table, pos_table, refuse_existing, terminal_table, write_config
from agent.settings import DeviceSettings, load_settings
from agent.tools.box_checks import look_at
from agent.tools.doctor_words import DOCTOR_WORDS
from agent.tools.findings import Verdict
from agent.tools.found import Found
from agent.tools.line_checks import check_line
from agent.tools.networks import chosen_network, own_networks
from agent.tools.pos_folders import find_exports
from agent.tools.probe import gentle_kind
from agent.tools.terminals import Search, find_terminals
from agent.tools.wizard_words import WIZARD_WORDS
from agent.words import words_for
from sync.clock import SystemClock
from sync.enrolment import ClaimCode, address_of
from sync.errors import DakaError, told
from sync.secret_file import write_secret

SHANGHAI: Final = "Asia/Shanghai"
PASSWORD_FILE: Final = "mqtt.password"  # noqa: S105 - a file's name
LINE_TESTS: Final = ("dns", "tcp", "tls", "connect")
"""Of the chain, what an answer can be blamed for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the options say; empty: not said.

    Attributes:
        claim: a claim code, or the address in its QR code.
        hq: headquarters' address, where the claim is a bare code.
        terminals, pos_folders: as in `agent.new_config`.
        discovers: look for terminals; None: ask.
        networks: where; empty: those this machine stands in.
        zk_port, anviz_port: where terminals are looked for.
    """

    box_id: str = ""
    org: str = ""
    store_id: str = ""
    zone: str = ""
    data_dir: str = ""
    claim: str = ""
    hq: str = ""
    mqtt_url: str = ""
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    terminals: tuple[str, ...] = ()
    pos_folders: tuple[str, ...] = ()
    discovers: bool | None = None
    networks: tuple[str, ...] = ()
    zk_port: int = 4370
    anviz_port: int = 5010


class Wizard:
    """One conversation; see the module.

    Args:
        asks: people are there to be asked.
        tests: what is entered is tried out.
    """

    def __init__(self, config: Path, lang: str, *, asks: bool, tests: bool) -> None:
        self._config = config
        self._lang = lang
        self._words = words_for(lang, WIZARD_WORDS)
        self._asks = asks
        self._tests = tests

    def run(self, given: Answers) -> None:
        """Ask for what is missing, try it, write the file and say what comes next.

        Raises:
            DakaError: an answer is missing or does not hold, or the file exists.
        """
        refuse_existing(self._config)
        self._say("welcome" if self._asks else "unattended", path=self._config)
        new = self._line_tried(self._box(given), given)
        devices = [*map(terminal_table, given.terminals), *map(pos_table, given.pos_folders)]
        devices = [device for device in devices if self._holds(device, new)]
        devices += self._more_devices(given, new, {str(device["name"]) for device in devices})
        write_config(self._config, replace(new, devices=tuple(devices)))
        self._say("written", path=self._config, devices=len(devices))
        self._say("next", config=self._config)

    # ---- the box and its line -------------------------------------------------------------

    def _box(self, given: Answers) -> NewBox:
        data_dir = Path(given.data_dir or self._ask("data_dir", "", "/var/lib/daka"))
        claim = given.claim
        if not claim and not given.mqtt_url and self._asks:
            claim = self._ask("claim", "", "-").removeprefix("-")
        if claim:
            return self._claimed(claim, given, data_dir)
        return NewBox(
            box_id=self._ask("box", given.box_id),
            org=self._ask("org", given.org),
            store_id=self._ask("store", given.store_id),
            zone=self._zone(given.zone),
            data_dir=data_dir,
            mqtt=self._mqtt(given),
        )

    def _claimed(self, claim: str, given: Answers, data_dir: Path) -> NewBox:
        """Redeem the code: it says who the box is and where it belongs."""
        address = (given.hq or address_of(claim) or self._ask("hq", "")).rstrip("/")
        folder = data_dir / enrolment.FOLDER
        admission = enrolment.enrol(address, ClaimCode.parse(claim), folder)
        self._say("claimed", box=admission.box_id, store=admission.store_id, org=admission.org)
        return NewBox(
            box_id=admission.box_id,
            org=admission.org,
            store_id=admission.store_id,
            zone=admission.zone,
            data_dir=data_dir,
            mqtt={
                "url": admission.broker,
                "ca_file": str(folder / enrolment.AUTHORITY),
                "cert_file": str(folder / enrolment.IDENTITY),
            },
            web=address,
        )

    def _zone(self, given: str) -> str:
        while True:
            zone = self._ask("zone", given, SHANGHAI)
            try:
                return ZoneInfo(zone).key
            except (KeyError, ValueError, OSError) as error:
                self._complain(f"{zone!r} is no time zone such as {SHANGHAI}", error)
                given = ""

    def _mqtt(self, given: Answers) -> Table:
        table: dict[str, str | int] = {"url": self._ask("mqtt", given.mqtt_url)}
        files = {"ca_file": given.ca_file, "cert_file": given.cert_file, "key_file": given.key_file}
        table |= files
        table["username"] = given.username
        table["password_file"] = given.password_file
        if self._asks and not (given.username or given.cert_file):
            table["username"] = self._ask("username", "", "-").removeprefix("-")
        if table["username"] and not table["password_file"] and self._asks:
            table["password_file"] = str(self._keep_password())
        return table

    def _keep_password(self) -> Path:
        """Ask for the password and keep it where only its owner reads it."""
        password = typer.prompt(self._words.say("ask_password"), hide_input=True)
        file = self._config.parent.absolute() / PASSWORD_FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        write_secret(file, f"{password}\n".encode())
        return file

    def _line_tried(self, new: NewBox, given: Answers) -> NewBox:
        """Try the way to headquarters until it works or the person keeps it as it is."""
        while self._tests:
            trouble = self._line_trouble(new)
            if not trouble:
                self._say("line_works")
                break
            self._complain(trouble, None)
            if new.web or self._confirm("keep_line"):
                break
            new = replace(new, mqtt=self._mqtt(replace(given, mqtt_url="")))
        return new

    def _line_trouble(self, new: NewBox) -> str:
        """Return what is wrong with the way to the broker; empty: it lets us in."""
        words = words_for(self._lang, DOCTOR_WORDS)
        draft = self._config.with_name(f".{self._config.name}.try")
        try:
            write_config(draft, new)
            for checked in check_line(load_settings(draft)):
                if checked.verdict is Verdict.FAIL and checked.check in LINE_TESTS:
                    said = words.say(checked.say, **checked.values)
                    return f"{said}; {words.say(checked.remedy, **checked.values)}"
        except DakaError as error:
            return told(error, words.language)
        finally:
            draft.unlink(missing_ok=True)
        return ""

    # ---- devices --------------------------------------------------------------------------

    def _more_devices(self, given: Answers, new: NewBox, names: set[str]) -> Iterator[Table]:
        looks = given.discovers
        if looks is None:
            looks = self._asks and not given.terminals and self._confirm("look")
        if looks:
            yield from self._chosen(self._found(given, new), new, names)
        while self._asks and (url := self._ask("terminal", "", "-").removeprefix("-")):
            device = terminal_table(f"{self._name('terminal', names)}={url}")
            if self._holds(device, new):
                yield device
        while self._asks and not given.pos_folders:
            folder = self._ask("pos", "", "-").removeprefix("-")
            if not folder:
                break
            try:
                yield from self._chosen(find_exports(Path(folder)), new, names)
            except DakaError as error:
                self._complain(told(error, self._words.language), error)

    def _found(self, given: Answers, new: NewBox) -> list[Found]:
        own = own_networks()
        networks = [chosen_network(text, own) for text in given.networks] or own
        self._say("looking", networks=", ".join(map(str, networks)) or "-")
        search = Search(
            clock=SystemClock.of_this_boot(),
            zone=ZoneInfo(new.zone),
            zk_port=given.zk_port,
            anviz_port=given.anviz_port,
        )
        found = find_terminals(networks, search)
        if not found:
            self._say("none_found")
        return found

    def _chosen(self, found: Iterable[Found], new: NewBox, names: set[str]) -> Iterator[Table]:
        """Offer what was found, one by one."""
        for one in found:
            if not one.table:
                self._say("unusable", place=one.place, advice=one.advice or "-")
                continue
            if self._asks and not self._confirm("add", place=one.place):
                continue
            device = dict(one.table)
            device["name"] = self._name(str(device["name"]), names)
            if "comm_key" in device and not device["comm_key"] and self._asks:
                device["comm_key"] = typer.prompt(self._words.say("ask_comm_key"), type=int)
            if "folder" in device:
                device.setdefault("poll_s", 5)
            if self._holds(device, new):
                yield device

    def _name(self, proposed: str, names: set[str]) -> str:
        name = self._ask("name", "", proposed) if self._asks else proposed
        while name in names:
            name += "'"
        names.add(name)
        return name

    def _holds(self, device: Table, new: NewBox) -> bool:
        """Try a device; tell whether it goes into the file."""
        if not self._tests:
            return True
        words = words_for(self._lang, DOCTOR_WORDS)
        where = str(device["name"])
        kind = gentle_kind(str(device["driver"]), where)
        options = kind.settings.from_table(device, where)
        clock = SystemClock.of_this_boot()
        make = partial(kind.factory, options, clock, new.zone)
        checked = look_at(
            DeviceSettings(
                name=where,
                driver=str(device["driver"]),
                store_id=new.store_id,
                poll_s=60,
                make_driver=make,
            )
        )
        typer.echo(f"  {words.say(checked.say, **checked.values)}")
        if checked.say != "device_fails":
            return True
        return self._confirm("keep_device", name=where) if self._asks else self._give_up(where)

    # ---- talking --------------------------------------------------------------------------

    def _give_up(self, what: str) -> bool:
        raise DakaError(self._words.say("does_not_work", what=what))

    def _say(self, key: str, **values: object) -> None:
        typer.echo(self._words.say(key, **values))

    def _ask(self, key: str, given: str, default: str | None = None) -> str:
        """Return what was given, else ask; unattended the default stands in, if there is one."""
        if given:
            return given
        if not self._asks:
            if default is None:
                raise DakaError(self._words.say("missing", option=f"--{key}"))
            return default
        return str(typer.prompt(self._words.say(f"ask_{key}"), default=default))

    def _confirm(self, key: str, **values: object) -> bool:
        return typer.confirm(self._words.say(key, **values), default=key != "keep_device")

    def _complain(self, told: str, error: Exception | None) -> None:
        """Say what does not work; unattended that is the end."""
        if not self._asks:
            raise DakaError(told) from error
        self._say("does_not_work", what=told)


def tuple_of(values: Sequence[str] | None) -> tuple[str, ...]:
    """Return the values of an option that may be given often."""
    return tuple(values or ())
