"""The gateway's process, run by the gateway's own Python: ``thingsboard_box.py <tb_gateway.json>``.

A number on standard input makes its one connector hand over that many punches, as a connector
that reads a terminal would; ``poison`` makes it hand over bytes that are no text.
"""

from __future__ import annotations

import sys
from threading import Thread

from thingsboard_gateway.connectors.connector import Connector
from thingsboard_gateway.gateway.entities.converted_data import ConvertedData
from thingsboard_gateway.gateway.entities.telemetry_entry import TelemetryEntry
from thingsboard_gateway.gateway.tb_gateway_service import TBGatewayService
from thingsboard_gateway.tb_utility.tb_loader import TBModuleLoader
from thingsboard_gateway.tb_utility.tb_updater import TBUpdater

FIRST_TS_MS = 1_700_000_000_000
TEXT_CHARS = 158  # with its time and its name, one punch is 200 bytes of JSON


class PunchConnector(Connector):
    """Hands over numbered punches of one device, as many as standard input asks for."""

    def __init__(self, gateway: TBGatewayService, config: dict[str, str], kind: str) -> None:
        self.name = config["name"]
        self._gateway = gateway
        self._config = config
        self._kind = kind
        self._handed_over = int(config.get("from", 0))

    def open(self) -> None:
        """Begin to listen."""
        Thread(target=self._obey, daemon=True).start()

    def _obey(self) -> None:
        for line in sys.stdin:
            if line == "poison\n":
                try:
                    self._hand_over(b"\xff\xfe\x00\x81")
                except TypeError as error:  # a connector that is well written goes on
                    print(f"the gateway refused a value: {error}", file=sys.stderr, flush=True)
                continue
            for _ in range(int(line)):
                self._hand_over(f"{self._handed_over:09d}".ljust(TEXT_CHARS, "."))
                self._handed_over += 1

    def _hand_over(self, content: str | bytes) -> None:
        punch = ConvertedData(device_name="door")
        ts_ms = FIRST_TS_MS + self._handed_over
        punch.add_to_telemetry(TelemetryEntry({"punch": content}, ts_ms))
        self._gateway.send_to_storage(self.name, self.get_id(), punch)

    def close(self) -> None:
        """Do nothing: the process ends with its connector."""

    def get_id(self) -> str:
        """Return the identity the settings give."""
        return self._config["id"]

    def get_name(self) -> str:
        """Return the name the settings give."""
        return self.name

    def get_type(self) -> str:
        """Return the kind the settings give."""
        return self._kind

    def get_config(self) -> dict[str, str]:
        """Return the settings."""
        return self._config

    def is_connected(self) -> bool:
        """Tell that its terminal always answers."""
        return True

    def is_stopped(self) -> bool:
        """Tell that it never stops."""
        return False

    def on_attributes_update(self, content: object) -> None:
        """Ignore what the server sets: a punch has no settings."""

    def server_side_rpc_handler(self, content: object) -> None:
        """Ignore what the server asks: the stub asks nothing."""


if __name__ == "__main__":
    # The benchmark stays on loopback, so the gateway must not ask for updates.
    TBUpdater.check_for_new_version = lambda _: None
    TBModuleLoader.LOADED_CONNECTORS["benchPunchConnector"] = PunchConnector
    TBGatewayService(sys.argv[1])
