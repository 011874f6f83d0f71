"""MQTT for the demonstration: Mosquitto when installed, else the embedded broker in its own process."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from pathlib import Path

_MOSQUITTO_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


def broker_command(port: int, folder: Path, *, embedded: bool = False) -> tuple[str, list[str]]:
    """Return (name, command line) of a broker that listens on loopback `port`.

    Args:
        embedded: take the embedded one even if Mosquitto is installed.
    """
    mosquitto = shutil.which("mosquitto") or shutil.which("mosquitto", path=_MOSQUITTO_PLACES)
    if mosquitto is None or embedded:
        return "embedded broker", [sys.executable, "-m", "cloud_receiver.demo.broker", str(port)]
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
        "persistence false\nlog_dest none\n"
        "max_inflight_messages 64\nmax_queued_messages 100000\n"
    )
    return "Mosquitto", [mosquitto, "-c", str(settings)]


async def _serve(port: int) -> None:
    from amqtt.broker import Broker

    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {
                "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
            },
        }
    )
    await broker.start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
