"""Pages are declared in one way, which gives them the time a busy machine needs."""

from __future__ import annotations

from pathlib import Path

from cloud_receiver import web
from cloud_receiver.web.frame import page_at

WEB = Path(web.__file__).parent


def test_a_page_has_a_minute_to_be_built() -> None:
    assert page_at("/anywhere").response_timeout == 60


def test_every_page_is_declared_so() -> None:
    declared = [path.name for path in WEB.glob("*.py") if "@ui.page(" in path.read_text("utf-8")]
    assert declared == []
