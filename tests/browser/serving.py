"""The web server of the browser tests: the real one, with an evaluator beside it as in production.

Run as a process: ``serving.py <database url> <data folder> <port>``. What routes there are
is written to ``routes.json`` in the data folder.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud_receiver.evaluate import Evaluator
from cloud_receiver.store.engine import open_engine
from cloud_receiver.web import app as web
from cloud_receiver.web.frame import Outside
from sync.clock import ScaledClock
from tests.browser.seeding import NOW


@dataclass(frozen=True)
class Web:
    host: str
    port: int
    behind_tls: bool = False
    idle_min: int = 120


@dataclass(frozen=True)
class Settings:
    data_dir: Path
    web: Web


def routes_of(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield every path and its methods, mounted applications and included routers too.

    A kind of route it does not know is an error: it would stand outside every walk.
    """
    for route in routes:
        if isinstance(route, Mount):
            yield prefix + route.path + "/", ["GET"]
            yield from routes_of(list(route.routes), prefix + route.path)
        elif isinstance(route, Route):
            yield prefix + route.path, sorted(route.methods or {"GET"})
        elif hasattr(route, "original_router"):  # FastAPI keeps an included router as it is
            inner = prefix + route.include_context.prefix
            yield from routes_of(route.original_router.routes, inner)
        else:
            assert isinstance(route, WebSocketRoute), f"what is {route!r}, and who may?"


def main() -> None:
    url, data_dir, port = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    engine = open_engine(url)
    clock = ScaledClock(NOW, time.time(), 1.0)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    create_app = web.create_app

    def create_and_tell(*args: Any) -> Any:
        app = create_app(*args)
        (data_dir / "routes.json").write_text(json.dumps(list(routes_of(app.routes))))
        return app

    web.create_app = create_and_tell
    evaluator = threading.Thread(target=Evaluator(engine, clock).run, args=(stop,))
    evaluator.start()
    outside = Outside(box_web="https://hq.example", box_broker="mqtts://hq.example")
    web.serve(Settings(data_dir, Web("127.0.0.1", port)), engine, clock, stop, outside=outside)
    stop.set()
    evaluator.join()


if __name__ == "__main__":
    main()
