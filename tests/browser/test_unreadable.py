"""A hostile frame, a bad line, an unknown person and an undecodable batch: kept raw, on a page, in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from playwright.sync_api import Browser, Page

from bench.rig import BOX, ORG, STORE, Rig, rig, terminal, wait_until
from cloud_receiver.demo.stage import answers
from sync import topics
from sync.topics import Lane

PASSWORD = "a long enough password"
HEADER = "Register,Receipt,Line,Sold at,Cashier,Item,Quantity,Amount,Type,Original receipt\n"
GOOD = "1,R1,1,2026-03-02 10:00:00,C1,SKU1,1,12.50,sale,\n"
BAD = "1,R2,1,2026-03-02 10:00:01,C1,SKU1,1,twelve,sale,\n"
BEHIND = "1,R3,1,2026-03-02 10:00:02,C1,SKU1,1,13.50,sale,\n"


def _devices(folder: Path, door: str) -> str:
    pos = folder / "pos"
    pos.mkdir()
    (pos / "till.csv").write_text(HEADER + GOOD + BAD + BEHIND)
    tills = (
        f'[[device]]\nname = "tills"\ndriver = "posfile"\nfolder = "{pos}"\nmap = "generic_en"\n'
    )
    return door + tills


@pytest.fixture
def broken_store() -> Iterator[Rig]:
    """A store where four things went wrong, and its headquarters."""
    with (
        terminal("--serial", "T1", "--user-ids", "1001,4711") as door,
        rig(lambda folder: _devices(folder, door.device), hq_command="run") as built,
    ):
        secret = built.folder / "password"
        secret.write_text(PASSWORD)
        built.run_hq("init", "--password-file", str(secret))
        stores = built.folder / "stores.csv"
        stores.write_text(f"store_id,name,zone,scene\n{STORE},Corner,Asia/Shanghai,community\n")
        built.run_hq("import", "stores", str(stores))
        door.obey(["fault bad_checksum 1"])
        for part in ("broker", "hq", "agent"):
            built.start(part)
        wait_until("the pages", lambda: answers(built.web_port), 60)
        wait_until("the receiver", lambda: built.query("SELECT count(*) FROM box") == [(1,)], 60)
        _publish_junk(built)
        door.obey(["punch 4711"])
        wait_until("everything", lambda: _has_arrived(built), 90)
        yield built


def _publish_junk(built: Rig) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", built.broker_port)
    client.loop_start()
    client.publish(topics.up(ORG, BOX, Lane.PUNCH), b"Jthis is no batch", qos=1).wait_for_publish(
        20
    )
    client.loop_stop()
    client.disconnect()


def _has_arrived(built: Rig) -> bool:
    kinds = dict(built.query("SELECT kind, count(*) FROM journal GROUP BY kind"))
    letters = built.query("SELECT count(*) FROM dead_letter")[0][0]
    projected = built.query("SELECT count(*) FROM punch")[0][0]
    troubles = int(str(kinds.get("trouble", 0)))
    return (kinds.get("sale"), letters, projected) == (2, 1, 1) and troubles >= 2


def test_what_cannot_be_read_is_kept_and_shown_and_blocks_nothing(
    broken_store: Rig, browser: Browser
) -> None:
    troubles = broken_store.query("SELECT body FROM journal WHERE kind = 'trouble'")
    codes = " ".join(str(row[0]) for row in troubles)
    assert "checksum" in codes
    assert "twelve" in codes or "amount" in codes
    (raw,) = broken_store.query("SELECT raw FROM dead_letter")[0]
    assert raw == b"Jthis is no batch"
    page = browser.new_page(locale="zh-CN")
    try:
        _log_in(page, f"http://127.0.0.1:{broken_store.web_port}")
        page.goto(f"http://127.0.0.1:{broken_store.web_port}/problems")
        missing = {"till.csv", "T1", "4711", "this is no batch"}
        wait_until("all four on the page", lambda: not _look_for(page, missing), 30)
    finally:
        page.close()


def _log_in(page: Page, base: str) -> None:
    page.goto(f"{base}/login")
    page.locator("input[name=login]").fill("admin")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")


def _look_for(page: Page, missing: set[str]) -> set[str]:
    """Walk the tabs and take out of `missing` what is seen on one of them."""
    for tab in page.locator("[role=tab], .tabs a").all():
        tab.click()
        page.wait_for_timeout(300)
        shown = page.content()
        missing -= {sign for sign in missing if sign in shown}
    return missing
