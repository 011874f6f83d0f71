"""What is looked for on every page: nothing sticks out, and nothing that axe finds."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).resolve().parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    .then(found => found.violations.map(one =>
        `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(node => node.target).join(" | ")}`))"""
# on a phone the palette of blocks and the week of a store scroll sideways on purpose
_SPILLING = """[...document.querySelectorAll('.card:not(.palette), .store-people, .scroll:not(:has(.grid-week))')]
    .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.className)"""


def violations(page: Page) -> list[str]:
    """Return what axe finds by the rules of WCAG 2.1 AA."""
    assert _AXE.exists(), "axe-core is not installed: make tests/node/node_modules"
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(_RUN)
    return found


def overflow_px(page: Page) -> int:
    """Return by how much a page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def spilling(page: Page) -> list[str]:
    """Return what is wider than its card."""
    found: list[str] = page.evaluate(_SPILLING)
    return found
