"""A picture of few bytes may claim many pixels: it is refused before it is unpacked."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from PIL import Image

from cloud_receiver.domain import photographs
from cloud_receiver.domain.photographs import Moment, PhotoError, prepared

MOMENT = Moment(local=datetime(2026, 11, 26, 9, 0))


def _picture(form: str, side_px: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (side_px, side_px)).save(file, form)
    return file.getvalue()


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_what_is_unpacked_whole_may_have_fewer_pixels(
    monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(photographs, "MAX_PLAIN_PIXELS", 100 * 100)
    assert prepared(_picture(form, 100), MOMENT, "S001", None).content
    with pytest.raises(PhotoError, match="too many pixels"):
        prepared(_picture(form, 101), MOMENT, "S001", None)
    assert prepared(_picture("JPEG", 101), MOMENT, "S001", None).content
