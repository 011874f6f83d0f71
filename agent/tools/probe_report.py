"""Show what a probe gave: to a person, or as JSON lines to a program."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

import typer

from agent.lock import is_running
from agent.tools.probe import Probed, Sent, Subject, read_once
from agent.tools.screen import show_table
from agent.words import Words
from drivers.errors import BusyError, DriverError, LinkDownError, MalformedError, RefusedError
from sync.money import yuan_text

NEEDS_A_LOOK: Final = 3
TROUBLES: Final[tuple[tuple[type[DriverError], str, int], ...]] = (
    (LinkDownError, "down", 4),
    (BusyError, "busy", 5),
    (MalformedError, "malformed", 6),
    (RefusedError, "refused", 7),
)
"""Class of trouble, the key of its words, the exit code."""


def as_text(subject: Subject, listen_s: float, words: Words) -> int:
    """Read a device, tell a person about it and return the exit code."""
    device = subject.device
    typer.echo(words.say("reading", name=device.name, driver=device.driver))
    probed = read_once(
        subject,
        listen_s,
        on_listen=lambda: typer.echo(
            words.say("listening", name=device.name, seconds=f"{listen_s:g}")
        ),
    )
    if probed.source_id:
        _tell(probed, words)
    if probed.trouble is not None:
        typer.echo(_diagnosis(subject, probed.trouble, words), err=True)
    return code_of(probed)


def as_json_lines(subject: Subject, listen_s: float, words: Words) -> int:
    """Read a device, write every record and a summary as JSON, return the exit code."""
    probed = read_once(subject, listen_s, each=_write_record)
    trouble = probed.trouble
    summary = {
        "device": subject.device.name,
        "driver": subject.device.driver,
        "source_id": probed.source_id,
        "facts": probed.facts,
        "clock_offset_ms": probed.clock_offset_ms,
        "device_records": probed.device_records,
        "sent": probed.sent,
        "rejected": probed.rejected,
        "complete": probed.complete,
        "trouble": trouble and {"code": trouble.code, "message": str(trouble)},
    }
    typer.echo(json.dumps(summary, ensure_ascii=False))
    if trouble is not None:
        typer.echo(_diagnosis(subject, trouble, words), err=True)
    return code_of(probed)


def code_of(probed: Probed) -> int:
    """Return the exit code that tells a script what a person reads."""
    for kind, _, code in TROUBLES:
        if isinstance(probed.trouble, kind):
            return code
    return NEEDS_A_LOOK if probed.rejected or not probed.complete else 0


def _diagnosis(subject: Subject, trouble: DriverError, words: Words) -> str:
    key = next(key for kind, key, _ in TROUBLES if isinstance(trouble, kind))
    told = f"{words.say(key, name=subject.device.name)}\n  {trouble}"
    if subject.data_dir is not None and is_running(subject.data_dir):
        told += f"\n  {words.say('agent_holds')}"
    return told


def _write_record(sent: Sent) -> None:
    line = {"lane": sent.lane, "record_id": sent.record_id, "record": sent.wire}
    typer.echo(json.dumps(line, ensure_ascii=False))


def _tell(probed: Probed, words: Words) -> None:
    typer.echo(words.say("source", source_id=probed.source_id))
    for name, value in probed.facts.items():
        typer.echo(f"  {name}: {value}")
    if probed.clock_offset_ms is None:
        typer.echo(words.say("clock_unknown"))
    else:
        typer.echo(words.say("clock_offset", offset=words.offset(probed.clock_offset_ms)))
    if probed.device_records is not None:
        typer.echo(words.say("device_records", count=probed.device_records))
    typer.echo(words.say("would_send", count=probed.sent, rejected=probed.rejected))
    if not probed.complete:
        typer.echo(words.say("incomplete"))
    _show_records("first_rows", probed.first, words)
    _show_records("last_rows", probed.last, words)
    if probed.unread:
        columns = [words.say("column_position"), words.say("column_reason")]
        rows = [(piece.position, f"{piece.code}: {piece.detail}") for piece in probed.unread]
        show_table(words.say("unread_rows", count=len(rows)), columns, rows)


def _show_records(title: str, records: Iterable[Sent], words: Words) -> None:
    rows = [(*_cells(sent), sent.lane, sent.record_id) for sent in records]
    if rows:
        keys = ("column_time", "column_who", "column_what", "column_lane", "column_id")
        show_table(words.say(title, count=len(rows)), [words.say(key) for key in keys], rows)


def _cells(sent: Sent) -> tuple[str, str, str]:
    """Return when, who and what of a record, as short as a line of a table."""
    wire = sent.wire
    if wire["kind"] == "punch":
        what = f"state {wire['state_code']}, verify {wire['verify_code']}"
        again = f", again {wire['occurrence']}" if wire["occurrence"] else ""
        return wire["device_time"], wire["user_id"], what + again
    if wire["kind"] == "sale":
        money = yuan_text(wire["amount_fen"])
        receipt = f"{wire['register_id']} {wire['receipt_id']} / {wire['line_no']}"
        what = f"{wire['line_kind']} {money} {wire['item_code']} {wire['seller_code']}"
        return wire["sold_at"], receipt, what.rstrip()
    return "", wire["position"], f"{wire['code']}: {wire['detail']}"[:80]
