"""The page of the table, written from what the runs left; no figure in it is typed by hand."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final

from bench.chaos_table.score import Score

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
RESULTS: Final = "chaos-table.json"
PAGE: Final = "chaos-table.md"
SYSTEMS: Final = {
    "daka": "Daka",
    "gateway": "ThingsBoard Gateway 3.8.5",
    "bridge": "Mosquitto 2.0.11 bridge",
}
MISFORTUNES: Final = {
    "S1": "offline, then the line returns",
    "S2": "booted offline, power off before the first connection",
    "S3": "the sender killed three times while it drains",
    "S4": "the broker killed and wiped three times while it drains",
    "S5": "the receiver away after the broker has acknowledged",
    "S6": "full disk, then room again",
    "S7": "a poison record among the others",
    "S8": "half-open line: the connection leads nowhere and nobody says so",
    "S9": "the sender's clock five years back",
    "S10": "a fleet reconnects at once",
    "S11": "idle for 24 h",
    "S12": "torn tail of the store after a power cut",
}
WAITED: Final = {"S8": "7 min", "S10": "2 min"}
"""How long the quiet lasted before what had not come was given up; it may still stand in the sender's store."""
ABOUT: Final = Path(__file__).with_name("about.md")


def keep(row: str, system: str, score: Score, at_utc: datetime, load: float, docs: Path = DOCS) -> None:  # fmt: skip
    """Put a result beside the others; runs side by side wait for each other."""
    kept = docs / RESULTS
    with (Path(gettempdir()) / "daka-chaos-table.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        results = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        told = {**asdict(score), "at_utc": f"{at_utc:%Y-%m-%d %H:%M}", "load": round(load, 1)}
        results.setdefault(row, {})[system] = told
        told_text = json.dumps(results, ensure_ascii=False, indent=1, sort_keys=True)
        kept.write_text(f"{told_text}\n", encoding="utf-8")


def write(docs: Path = DOCS) -> None:
    """Write the page from the results."""
    results = json.loads((docs / RESULTS).read_text(encoding="utf-8"))
    (docs / PAGE).write_text("\n".join(_lines(results)) + "\n", encoding="utf-8")


def _lines(results: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    yield "# The chaos table"
    yield ""
    yield ABOUT.read_text(encoding="utf-8").strip()
    yield ""
    yield "## Lost"
    yield ""
    yield f"| | misfortune | {' | '.join(SYSTEMS.values())} |"
    yield "|---|---|---|---|---|"
    for row, misfortune in MISFORTUNES.items():
        cells = (_lost(row, results.get(row, {}).get(system)) for system in SYSTEMS)
        yield f"| {row} | {misfortune} | {' | '.join(cells)} |"
    yield ""
    yield "## Everything measured"
    for row, misfortune in MISFORTUNES.items():
        yield from ("", f"### {row}: {misfortune}", "")
        yield (
            "| | records | lost | doubled | out of order | recovery s | CPU s | memory MB |"
            " line KB | disk KB | run (UTC), load |"
        )
        yield "|---|---|---|---|---|---|---|---|---|---|---|"
        found = results.get(row, {})
        yield from (_row(name, found[key]) for key, name in SYSTEMS.items() if key in found)
        yield ""
        for key, name in SYSTEMS.items():
            if key in found:
                yield from _told(name, found[key])


def _lost(row: str, result: Mapping[str, Any] | None) -> str:
    if result is None:
        return "not run"
    doubled = f", {result['doubled']} doubled" if result["doubled"] else ""
    late = f" not there after {WAITED[row]}" if row in WAITED and result["lost"] else ""
    return f"{result['lost']} of {result['records']}{late}{doubled}"


def _row(name: str, result: Mapping[str, Any]) -> str:
    wire = "–" if result["wire_bytes"] is None else f"{result['wire_bytes'] / 1024:.0f}"
    cells = [
        name, result["records"], result["lost"], result["doubled"], result["disordered"],
        f"{result['recovery_s']:.1f}",
        f"{result['cpu_s']:.1f}" if result["cpu_s"] else "–",
        f"{result['rss_mb']:.0f}" if result["rss_mb"] else "–",
        wire, f"{result['written_bytes'] / 1024:.0f}", f"{result['at_utc']}, {result['load']}",
    ]  # fmt: skip
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _told(name: str, result: Mapping[str, Any]) -> Iterator[str]:
    said = str(result["said"]).replace("|", "/").replace("\n", " ")
    note = f" ({result['note']})" if result["note"] else ""
    yield f"- {name} said: {f'“{said}”' if said else 'nothing'}{note}"
