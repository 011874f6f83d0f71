"""A name is text wherever it is shown: whoever may name a store or a person runs nothing by it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from cloud_receiver.store import tables
from cloud_receiver.store.engine import write
from cloud_receiver.web.report_kinds import KINDS
from tests.browser.conftest import Headquarters

SCRIPT = "<img class=evil src=x onerror=\"document.title='owned'\">"
PAGES = ("/", "/people", "/people/E101", "/ledger", "/schedule", "/decide", "/payroll", "/campaigns",
         "/fleet", "/problems", "/rules", "/audit", "/store", "/why/late_standard/E202/2026-11-22%231")  # fmt: skip
SHOW_TIPS = """() => {
  const place = document.querySelector(".nicegui-echart");
  if (!place) return 0;
  const chart = getElement(place.id.slice(1)).chart;
  chart.getOption().series.forEach((one, number) =>
    chart.dispatchAction({ type: "showTip", seriesIndex: number, dataIndex: 0 }));
  return chart.getOption().series.length;
}"""


@pytest.fixture
def named(headquarters: Headquarters) -> Headquarters:
    """Headquarters whose stores and people are all called by a script."""
    with write(headquarters.engine) as connection:
        connection.execute(update(tables.store).values(name=SCRIPT + "店"))
        connection.execute(update(tables.employee).values(name=SCRIPT + "人"))
    return headquarters


@pytest.mark.parametrize("report", ["anomaly", "person_anomaly"])
def test_the_tip_of_a_dot_shows_a_name_as_text(
    named: Headquarters, reader: Page, report: str
) -> None:
    reader.goto(f"{named.url}/reports?report={report}")
    reader.wait_for_selector(".nicegui-echart canvas")
    assert reader.evaluate(SHOW_TIPS) > 3
    expect(reader.locator(".nicegui-echart")).to_contain_text(SCRIPT)
    assert reader.locator("img.evil").count() == 0


def test_no_page_runs_a_name(named: Headquarters, reader: Page) -> None:
    for address in (*PAGES, *(f"/reports?report={kind}" for kind in KINDS)):
        reader.goto(f"{named.url}{address}")
        reader.wait_for_selector("main, .report")
        reader.wait_for_load_state("networkidle")
        reader.evaluate(SHOW_TIPS)
        assert reader.locator("img.evil").count() == 0, address
        assert reader.title() != "owned", address
