"""What can be done on the fleet page: claim codes, commands, settings, retired sources, gaps."""

from __future__ import annotations

import io
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import segno
from sqlalchemy import Connection

from cloud_receiver.domain.workday import utc_ms
from cloud_receiver.provisioning.claims import new_claim
from cloud_receiver.store import certificates, control, feed_gaps, fleet
from cloud_receiver.store.engine import write
from cloud_receiver.web.frame import Desk
from cloud_receiver.web.markup import Markup
from cloud_receiver.web.texts import Language, Texts, Words, reason_of
from sync.clock import SystemClock
from sync.control import REMOTE_SETTINGS, Action
from sync.enrolment import ENROL_PATH, ClaimCode
from sync.errors import DakaError, ToldError

TEXTS: Final[Texts] = {
    "claims_need": (
        "请先在 hq.toml 的 [boxes] 中填写 broker 和 web,盒子才知道去哪里。",
        "First set broker and web in [boxes] of hq.toml, so that boxes know where to go.",
    ),
    "did_claim": ("{box} 的接入码已生成", "The code of {box} is ready"),
    "did_withdraw": ("接入码 {claim} 已作废", "Code {claim} is withdrawn"),
    "did_ask": ("已交给 {box},等它回应", "Asked {box}; its answer will show"),
    "did_wish": ("设置第 {n} 版已下发", "Version {n} of the settings is on its way"),
    "did_retire": ("{source} 已停用", "{source} is out of service"),
    "did_restore": ("{source} 已恢复使用", "{source} is back in service"),
    "did_close_gap": ("已核实", "Closed"),
}
HOUR_MS: Final = 3_600_000
EXPIRES_MS: Final = HOUR_MS


@dataclass(frozen=True, slots=True)
class Told:
    """What came of an act.

    Attributes:
        address: of a new claim code, shown this once; its secret half is not kept.
    """

    text: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One act: by whom, when, what about."""

    desk: Desk
    value: str
    author: str
    words: Words

    @property
    def form(self) -> Mapping[str, Any]:
        """Return the value as the form it is."""
        return dict(json.loads(self.value))

    def number(self, name: str, default: int) -> int:
        """Return a whole number of the form.

        Raises:
            ToldError: it is none.
        """
        text = str(self.form.get(name, default)).strip()
        if not re.fullmatch(r"-?\d{1,15}", text, re.ASCII):
            raise ToldError(f"“{text}”不是整数", f"“{text}” is no whole number")
        return int(text)

    @property
    def now_utc_ms(self) -> int:
        """Return the stores' time."""
        return utc_ms(self.desk.now())


def act(desk: Desk, name: str, value: str, author: str, language: Language) -> Told:
    """Do what was asked; return what to tell."""
    asked = _Asked(desk=desk, value=value, author=author, words=Words(TEXTS, language))
    try:
        if name == "claim":
            return _claim(asked)
        if name in _ACTS:
            with write(desk.engine) as connection:
                return Told(_ACTS[name](connection, asked))
    except DakaError as error:
        return Told(reason_of(error, language))
    return Told()


def machine_utc_ms() -> int:
    """Return the machine's own time: certificates and claims go by it."""
    return utc_ms(SystemClock.of_this_boot().now_utc())


def _claim(asked: _Asked) -> Told:
    form, outside = asked.form, asked.desk.outside
    if not (outside.box_web and outside.box_broker):
        return Told(asked.words("claims_need"))
    code = ClaimCode.from_random(secrets.token_bytes(25))
    box_id, hours = str(form.get("box", "")).strip(), asked.number("hours", 72)
    new_claim(
        asked.desk.engine, code, box_id, str(form.get("store", "")), asked.author,
        machine_utc_ms(), max(1, min(hours, 2160)) * HOUR_MS,
    )  # fmt: skip
    text = asked.words("did_claim", box=box_id)
    return Told(text, f"{outside.box_web}{ENROL_PATH}#{code.text()}")


def qr(address: str) -> Markup:
    """Return an address as a QR code, dark on white in either theme."""
    out = io.BytesIO()
    segno.make(address, error="m").save(
        out, kind="svg", scale=5, border=4, light="#fff", xmldecl=False, svgns=False, nl=False
    )
    return Markup(out.getvalue().decode())


def _withdraw(connection: Connection, asked: _Asked) -> str:
    certificates.withdraw_claim(connection, asked.value, machine_utc_ms())
    return asked.words("did_withdraw", claim=asked.value)


def _command(connection: Connection, asked: _Asked, action: Action) -> str:
    form = asked.form
    arguments: dict[str, Any] = {}
    if action is Action.REREAD:
        arguments = {"device": str(form.get("device", "")), "since": str(form.get("since", ""))}
    elif action is Action.REPLAY:
        arguments = {"lane": str(form.get("lane", "")), "first": asked.number("first", 1),
                     "last": asked.number("last", 1)}  # fmt: skip
    box_id, now = str(form.get("box", "")), asked.now_utc_ms
    control.ask(connection, box_id, action.value, arguments, asked.author, now, now + EXPIRES_MS)
    return asked.words("did_ask", box=box_id)


def _settings(connection: Connection, asked: _Asked) -> str:
    form = asked.form
    given = {name: str(form.get(name, "")).strip() for name in REMOTE_SETTINGS}
    changes = {name: asked.number(name, 0) if text else None for name, text in given.items()}
    wished = control.wish(
        connection, str(form.get("box", "")), changes, asked.author, asked.now_utc_ms
    )
    return asked.words("did_wish", n=wished.version)


def _retire(connection: Connection, asked: _Asked) -> str:
    box_id, source_id, back = asked.value.split("\n")
    fleet.retire(connection, box_id, source_id, asked.now_utc_ms, undo=bool(back))
    return asked.words("did_restore" if back else "did_retire", source=source_id)


def _close_gap(connection: Connection, asked: _Asked) -> str:
    feed_gaps.close(connection, asked.value, asked.author, asked.now_utc_ms)
    return asked.words("did_close_gap")


_ACTS: Final[Mapping[str, Callable[[Connection, _Asked], str]]] = {
    "withdraw_claim": _withdraw,
    "reread": partial(_command, action=Action.REREAD),
    "replay": partial(_command, action=Action.REPLAY),
    "diagnose": partial(_command, action=Action.DIAGNOSE),
    "settings": _settings,
    "retire": _retire,
    "close_gap": _close_gap,
}
