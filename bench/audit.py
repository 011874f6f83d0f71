"""What is installed with the agent and headquarters: under which licences, with which known flaws.

    python -m bench.audit [--record docs/dependencies.md]

Licences are those the installed packages declare; one that is not known to go with GPL-2.0-or-later is
named. Advisories are asked of pip-audit's database by this machine's own pip settings; where it does
not answer for a package, that is said, never taken for a clean bill. Exit codes: 0 well, 1 a licence or
an advisory, 3 nothing known against them, but the database did not answer for all.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

SHIPPED = ("agent", "certificates", "hq", "demo")
COMPATIBLE = re.compile(
    r"MIT|BSD|ISC|Apache|PSF|Python Software Foundation|MPL|Mozilla|LGPL|GPL-2.0-or-later|GPL-3"
    r"|GPLv2\+|v2 or later|Public Domain|Unlicense|HPND|EPL-2.0 OR BSD|0BSD|Zope",
)
"""Licences of what a GPL-2.0-or-later program may use (Apache-2.0 by way of version 3)."""

DECLARED_ELSEWHERE = {"pyzk": "GPL, by its LICENSE.txt; in a process of its own (docs/adr/0007)"}
"""Of packages whose metadata does not name it."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package that is shipped with."""

    name: str
    version: str
    licence: str

    @property
    def is_compatible(self) -> bool:
        """Tell whether its licence is known to go with ours."""
        return self.name in DECLARED_ELSEWHERE or COMPATIBLE.search(self.licence) is not None


def shipped(root: str = "daka") -> list[Package]:
    """Return what the extras of the project bring in, by name."""
    found: dict[str, Package] = {}
    waiting = list(_needed(distribution(root), SHIPPED))
    while waiting:
        name = waiting.pop()
        key = name.lower().replace("_", "-")
        if key in found:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:  # for another system or Python
            continue
        found[key] = Package(package.name, package.version, _licence(package))
        waiting += _needed(package, ())
    return [found[key] for key in sorted(found)]


def _needed(package: Distribution, extras: Iterable[str]) -> Iterator[str]:
    for line in package.requires or ():
        extra = _EXTRA.search(line)
        name = _NAME.match(line)
        if name and (extra is None or extra[1] in extras):
            yield name[0]


def _licence(package: Distribution) -> str:
    if package.name in DECLARED_ELSEWHERE:
        return DECLARED_ELSEWHERE[package.name]
    told = package.metadata
    classifiers = told.get_all("Classifier") or []
    of_classifiers = [
        one.rsplit("::", 1)[1].strip() for one in classifiers if one.startswith("License")
    ]
    first_line = (told.get("License") or "").strip().split("\n")[0]
    return (
        told.get("License-Expression") or "; ".join(of_classifiers) or first_line or "none declared"
    )


def advisories(packages: Iterable[Package]) -> tuple[list[str], list[str]]:
    """Return the known flaws, and the packages the database did not answer for."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pinned:
        pinned.write("".join(f"{one.name}=={one.version}\n" for one in packages))
        pinned.flush()
        asked = subprocess.run(
            [sys.executable, "-m", "pip_audit", "--requirement", pinned.name, "--no-deps", "--disable-pip",
             "--progress-spinner", "off", "--timeout", "15", "--format", "json"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    try:
        answers = {one["name"].lower(): one for one in json.loads(asked.stdout)["dependencies"]}
    except (ValueError, KeyError):
        return [], [one.name for one in packages]
    flaws = [
        f"{one['name']} {one['version']}: {flaw['id']}"
        for one in answers.values()
        for flaw in one.get("vulns", ())
    ]
    return flaws, [
        one.name for one in packages if "version" not in answers.get(one.name.lower(), {})
    ]


def page(packages: list[Package], flaws: list[str], unanswered: list[str]) -> str:
    """Return what was found as a page."""
    told = f"{len(flaws)} known flaws." if flaws else "no flaw known."
    if unanswered:
        told = (
            f"**the database could not be asked** about {len(unanswered)} of {len(packages)} packages; "
            + told
        )
    lines = [
        "# What is shipped with: licences and advisories", "",
        "Written by `make audit`; do not edit.", "",
        f"Advisories (pip-audit): {told}", *[f"- {flaw}" for flaw in flaws], "",
        "| package | version | licence |", "|---|---|---|",
        *[f"| {one.name} | {one.version} | {one.licence} |" for one in packages],
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--record", type=Path, help="write the page there")
    chosen = parser.parse_args()
    packages = shipped()
    flaws, unanswered = advisories(packages)
    strange = [one for one in packages if not one.is_compatible]
    for one in strange:
        print(f"licence of {one.name} {one.version}: {one.licence}; is it compatible with ours?")
    for flaw in flaws:
        print(f"advisory: {flaw}")
    if unanswered:
        print(
            f"the advisory database could not be asked about {len(unanswered)} of {len(packages)} packages"
        )
    if chosen.record:
        chosen.record.write_text(page(packages, flaws, unanswered), encoding="utf-8")
    print(f"{len(packages)} packages, {len(strange)} licences to look at, {len(flaws)} advisories")
    if strange or flaws:
        return 1
    return 3 if unanswered else 0


if __name__ == "__main__":
    sys.exit(main())
