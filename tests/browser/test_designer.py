"""An HR manager makes the shipped rules from empty: by dragging, by touch, by keyboard; no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from cloud_receiver.store.rulebook import shipped_rules
from tests.browser.conftest import PHONE, Headquarters, Witness, looking

SHIPPED = {rule.id: json.loads(rule.to_json()) for rule in shipped_rules()}
CENTRE = "place => place.scrollIntoView({block: 'center'})"
BY_SCRIPT = """() => {
    window.byScript = [];
    for (const kind of ["pointerdown", "pointermove", "pointerup", "click", "keydown", "touchstart", "touchmove"])
        window.addEventListener(kind, (event) => event.isTrusted || window.byScript.push(kind), true);
}"""
"""Notes every event of mouse, finger or key that a script made: hands make trusted ones."""
SCALES = {"fen": 100, "bp": 100, "milli": 1000}


class Designer:
    """A pair of hands at the designer."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(f"{url}/rules/new")
        expect(page.locator("daka-designer[data-state]")).to_be_attached()
        setup = json.loads(str(page.locator("daka-designer").get_attribute("data-setup")))
        self.facts = {fact["name"]: fact for fact in setup["facts"]}
        page.evaluate(BY_SCRIPT)

    def document(self) -> dict[str, Any]:
        """Return what was made so far."""
        made: dict[str, Any] = self.page.evaluate("document.querySelector('daka-designer').rule")
        return made

    def drag(self, block: str, place: Locator) -> None:
        """Take a block of the palette and let it go in the middle of a place, as a mouse does."""
        place.evaluate(CENTRE)
        source = self.page.locator(f'.palette [data-drag="{block}"]')
        source.scroll_into_view_if_needed()
        start, end = source.bounding_box(), place.bounding_box()
        assert start is not None
        assert end is not None
        mouse = self.page.mouse
        mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
        mouse.down()
        mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=4)
        mouse.up()

    def zone(self, name: str) -> Locator:
        """Return a place blocks are let go in: ``when:-1``, ``when:0``, ``then:0``."""
        return self.page.locator(f'[data-zone="{name}"]')

    def choose(self, key: str, value: str) -> None:
        """Choose in a list."""
        self.page.locator(f'[data-key="{key}"]').select_option(value)

    def write(self, key: str, value: object) -> None:
        """Fill in a field and leave it; numbers are typed key by key."""
        field = self.page.locator(f'[data-key="{key}"]')
        if isinstance(value, str) and value:
            field.fill(value)
        else:
            field.click()
            self.page.keyboard.press("Control+a")
            self.page.keyboard.press("Delete")
            self.page.keyboard.type(str(value))
        field.blur()

    def condition(self, row: int, name: str, asked: Any) -> None:
        """Drag a condition into a row and set what it asks."""
        if self.zone(f"when:{row}").locator(f'[data-drag="fact:{name}:{row}"]').count() == 0:
            self.drag(f"fact:{name}", self.zone(f"when:{row}"))
        if isinstance(asked, bool):
            return self.choose(f"{row}-{name}", str(asked).lower())
        ((operator, value),) = asked.items()
        unit, key = self.facts[name]["unit"], f"{row}-{name}"
        self.choose(f"{key}-op", operator)
        if operator != "range":
            return self.write(key, value / SCALES.get(unit, 1))
        for end, bound in zip(("low", "high"), value, strict=True):
            self.write(f"{key}-{end}", "" if bound is None else bound / SCALES.get(unit, 1))
        return None

    def outcome(self, row: int, grant: Mapping[str, Any]) -> None:
        """Drag the outcomes of a row and set their numbers and words."""
        place = self.zone(f"then:{row}")
        if "amount_fen" in grant:
            self.drag("outcome:amount", place)
            self.write(f"amount-{row}", grant["amount_fen"] / 100)
        if "rate_bp" in grant:
            self.drag("outcome:rate", place)
            self.choose(f"of-{row}", grant["of"])
            self.write(f"rate-{row}", grant["rate_bp"] / 100)
        if "half_points" in grant:
            self.drag("outcome:points", place)
            self.write(f"points-{row}", grant["half_points"] / 2)
        for kind in ("none", "tag", "task"):
            if kind in grant:
                self.drag(f"outcome:{kind}", place)
                self.write(f"{kind}-{row}", grant[kind]["zh"])

    def make(self, rule: Mapping[str, Any]) -> None:
        """Make a whole rule from empty."""
        self.write("name-zh", rule["name"]["zh"])
        self.write("name-en", rule["name"]["en"])
        self.choose("effect", rule["effect"])
        self.choose("grain", rule["grain"])
        if rule["account"] == "instant":
            self.choose("account", "instant")
        if "every" in rule:
            self.write("every", rule["every"])
        for scene in rule.get("scope", {}).get("scenes", []):
            self.page.locator(f'[data-key="scene-{scene}"]').check()
        self._pool(rule.get("pool", {}))
        locked = self.document()["when"]
        for name in set(locked) - set(rule["when"]):
            self.zone("when:-1").locator(f'[data-drag="fact:{name}:-1"] .x').click()
        for name, asked in rule["when"].items():
            if name not in locked:
                self.condition(-1, name, asked)
        for number, row in enumerate(rule["rows"]):
            self.drag("row:new", self.page.locator(".hint"))
            for name, asked in row["when"].items():
                self.condition(number, name, asked)
            self.outcome(number, row["outcome"])

    def _pool(self, pool: Mapping[str, Any]) -> None:
        for key in ("end", "rounding", "ties"):
            if key in pool:
                self.choose(f"pool-{key}", pool[key])
        if pool:
            self.choose("pool-by", pool["by"])
            self.write("pool-share", pool["share_bp"] / 100)


def essence(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides: not the numbering of rows and the words of texts."""
    kept = {
        key: rule[key] for key in ("grain", "effect", "account", "when", "every", "scope", "pool")
        if rule.get(key) not in (None, {}, [])
    }  # fmt: skip
    return kept | {"rows": [(row["when"], _numbers(row["outcome"])) for row in rule["rows"]]}


def _numbers(grant: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value["zh"] if isinstance(value, dict) else value for key, value in grant.items()}


def test_every_shipped_rule_is_made_from_empty_by_dragging(
    reader: Page, headquarters: Headquarters
) -> None:
    for rule_id, rule in SHIPPED.items():
        hands = Designer(reader, headquarters.url)
        hands.make(rule)
        assert essence(hands.document()) == essence(rule), rule_id
        expect(reader.locator("daka-designer")).to_have_attribute("data-state", "sound")
        expect(reader.locator(".sentence").first).not_to_be_empty()
        assert reader.evaluate("window.byScript") == [], "everything was done by hand"


def test_rows_are_ordered_by_dragging_and_by_keys(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/rules/late_standard")
    lines = reader.locator(".line .sentence")
    expect(lines.nth(0)).to_contain_text("不超过 15 分钟")
    grip, target = reader.locator(".grip").nth(0), reader.locator(".line").nth(2)
    target.evaluate(CENTRE)
    start, end = grip.bounding_box(), target.bounding_box()
    assert start is not None
    assert end is not None
    reader.mouse.move(start["x"] + 8, start["y"] + 8)
    reader.mouse.down()
    reader.mouse.move(end["x"] + 60, end["y"] + end["height"] - 6, steps=5)
    reader.mouse.up()
    expect(lines.nth(2)).to_contain_text("不超过 15 分钟")
    reader.locator(".grip").nth(2).focus()
    reader.keyboard.press("ArrowUp")
    reader.keyboard.press("ArrowUp")
    expect(lines.nth(0)).to_contain_text("不超过 15 分钟")
    reader.keyboard.press("Control+z")
    expect(lines.nth(1)).to_contain_text("不超过 15 分钟")


def test_a_day_is_tried_and_an_empty_row_is_said(reader: Page, headquarters: Headquarters) -> None:
    reader.goto(f"{headquarters.url}/rules/late_standard")
    reader.get_by_label("迟到分钟 (分钟)").fill("20")
    expect(reader.locator(".try-said")).to_contain_text("-10.00")
    expect(reader.locator(".try-said")).to_contain_text("您今日迟到20分钟,扣减10%补贴(10.00元)")
    reader.locator('.palette [data-drag="row:new"]').focus()
    reader.keyboard.press("Enter")
    expect(reader.locator(".lint")).to_contain_text("第 5 行还没有结果")
    reader.locator('.palette [data-drag="outcome:rate"]').focus()
    reader.keyboard.press("Enter")
    expect(reader.locator(".lint")).not_to_contain_text("第 5 行还没有结果")


def test_a_finger_makes_a_rule_on_a_phone(
    browser: Browser, headquarters: Headquarters, witness: Witness
) -> None:
    with looking(browser, headquarters.url, witness, size=PHONE) as page:
        page.goto(f"{headquarters.url}/rules/new")
        page.evaluate(BY_SCRIPT)
        line = page.locator(".hint")
        line.evaluate(CENTRE)
        start = page.locator('.palette [data-drag="outcome:amount"]').bounding_box()
        end = line.bounding_box()
        assert start is not None
        assert end is not None
        finger = page.context.new_cdp_session(page)

        def touch(kind: str, x: float, y: float) -> None:
            points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        x, y = start["x"] + 20, start["y"] + 10
        touch("touchStart", x, y)
        for step in range(1, 9):
            touch("touchMove", x + step * 5, y + (end["y"] + 20 - y) * step / 8)
        touch("touchEnd", 0, 0)
        expect(page.locator(".line")).to_have_count(1)
        expect(page.locator(".line .sentence")).to_contain_text("奖励50 元")
        assert page.evaluate("window.byScript") == [], "the finger was a finger"
