"""Discover says what each thing is and how it knows, and prints settings that hold."""

import socket
import tomllib
from datetime import datetime
from pathlib import Path

from agent.settings import load_settings
from agent.tools.serial_ports import Port, ask_port
from drivers.simulators import anviz, fingermodule, serialline
from drivers.simulators.line import PtyLine, TcpLine
from drivers.zkteco.frames import Command
from sync.clock import SystemClock

CLOCK = SystemClock.of_this_boot()
NOON = datetime(2026, 11, 23, 12)
CLEAR_LOG = 15
BOX = '[box]\nid = "b"\norg = "o"\nstore = "s001"\nzone = "Asia/Shanghai"\ndata_dir = "{folder}"\n[mqtt]\nurl = "mqtt://h"\n'


def test_discover_names_what_stands_on_the_network_and_prints_settings_that_hold(
    open_terminal, tmp_path: Path, run
) -> None:
    first = open_terminal(2, host="127.0.0.2")
    locked = open_terminal(host="127.0.0.3", port=first.port, comm_key=77, serial="LOCKED")
    web = open_terminal(host="127.0.0.4", port=first.port)
    web.faults.arm("http")
    quiet = open_terminal(host="127.0.0.5", port=first.port)
    quiet._listener.shutdown(socket.SHUT_RDWR)  # answers datagrams only, as old terminals do
    machine = anviz.AnvizTerminal(lambda: first.terminal.now_local(), serial="ANV7")
    line = TcpLine(machine)
    line.start()
    try:
        result = run("discover", "--network", "127.0.0.0/29", "--zk-port", first.port,
                     "--anviz-port", line.port)  # fmt: skip
    finally:
        line.stop()
    assert result.exit_code == 0, result.output
    for told in ("8 addresses", "ZKTeco terminal DAKA00000001", "wants its Comm Key",
                 "a web server", f"udp://127.0.0.5:{first.port}", "Anviz terminal ANV7"):  # fmt: skip
        assert told in result.output
    config = tmp_path / "agent.toml"
    tables = result.output[result.output.index("[[device]]") :]
    config.write_text(BOX.format(folder=tmp_path) + tables)
    drivers = [device.driver for device in load_settings(config).devices]
    assert sorted(drivers) == ["anviz", "zkteco", "zkteco", "zkteco"]
    assert not any(
        set(simulator.terminal.commands) & {Command.SET_TIME, CLEAR_LOG, Command.PREPARE_BUFFER}
        for simulator in (first, locked, quiet)
    )
    assert first.clients == 0, "it said goodbye"
    assert [one.connections_made for one in (first, locked, web)] == [1, 1, 1]


def test_discover_asks_serial_ports_only_when_told_to(run) -> None:
    module = PtyLine(fingermodule.Ef01Simulator(frozenset({1})), baud=57600)
    module.start()
    try:
        network = ("--network", "127.0.0.8/32")
        listed = run("discover", *network, "--serial-port", module.path)
        assert module.carried_bytes == 0
        assert "--probe-serial asks" in listed.output
        asked = run("discover", *network, "--serial-port", module.path, "--probe-serial",
                    "--listen-s", 0)  # fmt: skip
        assert "fingerprint module (ef01)" in asked.output
        table = tomllib.loads(asked.output[asked.output.index("[[device]]") :])["device"][0]
        assert table["url"] == f"serial://{module.path}?baud=57600"
    finally:
        module.stop()


def test_discover_finds_the_anviz_terminal_on_a_serial_line() -> None:
    line = PtyLine(anviz.AnvizTerminal(lambda: NOON, device_id=9, serial="ANV9"), baud=9600)
    line.start()
    try:
        found = ask_port(Port(line.path, "-"), CLOCK, 0)
    finally:
        line.stop()
    assert (found.what, found.table["device_id"]) == ("anviz", 9)


def test_discover_hears_which_profile_a_reader_speaks() -> None:
    class Touched(serialline.AsciiTerminal):
        """Somebody touches it again and again."""

        ticks = 0

        def speak(self) -> bytes:
            self.ticks += 1
            if self.ticks % 30 == 0:
                self.touch("1042", NOON)
            return super().speak()

    line = PtyLine(Touched("tr320"))
    line.start()
    try:
        found = ask_port(Port(line.path, "-"), CLOCK, 10)
    finally:
        line.stop()
    assert (found.what, found.table["profile"]) == ("serialline", "tr320")
