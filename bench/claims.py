"""Every claim of the README beside what proves it: writes docs/claims.md.

    python -m bench.claims            after a change of the README

A test holds the page to the README, and every command and test it names to the tree.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "claims.md"
_CODE = re.compile(r"`([^`]+)`")
_DELIVERY = "`python -m bench.simulate`, `tests/simulation/test_simulation.py`"

PROMISED = {
    1: _DELIVERY + ", `tests/integration/whole/test_chaos.py`",
    2: "`python -m bench.powercut --cuts 3000`, `tests/integration/test_power_cut.py`",
    3: _DELIVERY + ", `tests/integration/test_agent_delivery.py`",
    4: "`tests/integration/ingest/test_taking_in.py`, `tests/integration/test_attlogfile_network.py`",
    5: "`tests/integration/evaluate/test_evaluate_completeness.py`",
    6: "`tests/browser/test_why.py`, `tests/integration/evaluate/test_archive.py`",
    7: "`tests/integration/zkpush`, `tests/unit/drivers/zkpush`",
}
"""What proves each promise, by its number."""

SAID = {
    "Every punch and every sale reaches headquarters once": "`python -m bench.chaos`",
    "the person knows within a second why": "`python -m bench.latency`",
    "fingerprint terminals and the POS exports": "`tests/contract/test_driver_contract.py`",
    "keeps everything in SQLite while the line is": "`python -m bench.drain`, `tests/integration/whole/test_chaos.py`",
    "is told at once by DingTalk, WeCom, Feishu, mail or webhook": (
        "`python -m bench.latency`, `tests/contract/test_notifier_contract.py`"
    ),
    "follow an amount down to the touch of the terminal behind it": "`tests/browser/test_why.py`",
    "builds rules by drag and drop, tries them on past data": "`tests/browser/test_designer.py`, `python -m bench.rules`",
    "hands payroll a file": "`tests/acceptance/test_s13_payroll_and_next_month.py`",
    "Chinese and English": "`tests/unit/cloud_receiver/web/test_texts.py`",
    "On a fresh Debian machine": "`make fresh-machine`, [its record](fresh-machine.md)",
    "a day passes in two minutes": "`make demo`, `tests/integration/whole/test_demo.py`",
    "finds terminals, serial ports, POS folders": "`tests/integration/tools/test_installer_discover.py`",
    "simulators that misbehave on purpose": "[hostile inputs](hostile-inputs.md), `python -m bench.fuzz`",
    "clients written by others (pyzk, zkteco-js)": "`tests/integration/test_zk_second_client.py`",
}
"""Claims in the README's prose, verbatim, and what proves each."""


class Claim(NamedTuple):
    """A claim, the command that repeats it, and what was seen."""

    claim: str
    command: str
    seen: str


def measured(readme: str) -> Iterator[Claim]:
    """Yield the rows of the README's table of measurements."""
    table = readme.partition("## Measured")[2].partition("\n## ")[0]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and line.startswith("|") and cells[0] not in {"claim", "---"}:
            yield Claim(*cells)


def promised(readme: str) -> Iterator[Claim]:
    """Yield the README's numbered promises."""
    section = readme.partition("## What it promises")[2].partition("\n## ")[0]
    for number, text in re.findall(r"^(\d+)\. (.+)$", section, re.MULTILINE):
        yield Claim(f"{number}. {text}", PROMISED[int(number)], "asserted")


def said(readme: str) -> Iterator[Claim]:
    """Yield what the README's prose claims.

    Raises:
        ValueError: it does not say so any more.
    """
    flat = " ".join(readme.split())
    for claim, proof in SAID.items():
        if claim not in flat:
            raise ValueError(f"the README does not say {claim!r} any more: change bench/claims.py")
        yield Claim(
            f"… {claim} …", proof, "asserted" if "bench" not in proof else "see the figure above"
        )


def page(readme: str) -> str:
    """Return the page of all claims."""
    found = [*measured(readme), *promised(readme), *said(readme)]
    rows = [
        f"| {one.claim} | {one.command} | {one.seen.replace('](docs/', '](')} |" for one in found
    ]
    lines = [
        "# Every claim of the README, what proves it, what was seen", "",
        "Written by `python -m bench.claims` from the README; `tests/unit/bench/test_claims.py` holds both together. Commands run in a",
        "clone after `make test` has installed what they need; tests run with `.venv/bin/pytest PATH`. `asserted`: a test fails else.", "",
        "| claim | command or test | seen |", "|---|---|---|", *rows,
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def commands(text: str) -> list[str]:
    """Return every command and path a page names."""
    return [
        code for code in _CODE.findall(text) if code.startswith(("python -m ", "make ", "tests/"))
    ]


def main() -> int:
    """Write the page."""
    PAGE.write_text(page((ROOT / "README.md").read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
