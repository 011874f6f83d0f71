"""Whatever a driver says is wrong with a device has a sentence in Chinese."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from cloud_receiver.web.device_troubles import SENTENCES, device_text
from cloud_receiver.web.texts import Language
from drivers import transports
from drivers.errors import LinkDownError
from drivers.zkteco.attlog import UnknownLayoutError

DRIVERS = Path(__file__).resolve().parents[4] / "drivers"
ERRORS = {
    "LinkDownError", "BusyError", "MalformedError", "RefusedError", "DriverError", "SilentError",
    "_malformed",
}  # fmt: skip


def _codes() -> Iterator[str]:
    yield from (code for code, _ in transports._REMEDIES.values())
    yield UnknownLayoutError(b"").code
    for path in sorted(DRIVERS.rglob("*.py")):
        if "simulators" in path.parts:
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                first = call.args[0] if call.args else None
                if call.func.id in ERRORS and isinstance(first, ast.Constant):
                    yield str(first.value)


def test_every_trouble_of_a_driver_is_told() -> None:
    codes = set(_codes())
    assert len(codes) > 40
    assert codes <= set(SENTENCES), codes - set(SENTENCES)
    assert set(SENTENCES) - codes <= {"link"}, "nobody says it any more"


def test_the_code_is_found_in_what_a_box_says() -> None:
    said = str(LinkDownError("refused", "10.0.0.9:4370: Connection refused", "Check the port."))
    assert device_text(said, Language.ZH) == SENTENCES["refused"]
    assert device_text(said, Language.EN) == said
    assert device_text("something new (later). Do this.", Language.ZH).startswith("something")
    assert device_text("", Language.ZH) == ""
