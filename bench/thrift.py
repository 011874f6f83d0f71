"""What a record costs a store: bytes on its line and bytes written to its disk, in bulk.

    python -m bench.thrift [--records 100000]

A simulated terminal holds the records, a real box reads them while there is no broker, then
empties into headquarters through a wire that counts. Counted are all bytes of TCP both ways,
with MQTT, births, heartbeats, receipts and acknowledgements, and all the kernel wrote to disk
for the box's process, write-ahead log, checkpoints and marks included. Beside them stand the
targets, and as floors the records' JSON as it is and the same in one deflated piece.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path

from bench.drain import newest, waiting
from bench.meter import metered
from bench.rig import Rig, rig, terminal, wait_until

TARGET_WIRE_BYTES = 15
TARGET_DISK_BYTES = 3 * 1024


def written_bytes(pid: int) -> int:
    """Return what the kernel has written, or will write, to disk for a process."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(dict(line.split(": ", 1) for line in lines)["write_bytes"])


def measure(records: int) -> None:
    """Run once and print."""
    held = ("--serial", "THRIFT1", "--users", "500", "--records", str(records))
    with terminal(*held) as door, rig(lambda _: door.device) as built:
        with metered(built.broker_port) as meter:
            settings = built.agent_settings.read_text()
            ours, theirs = f':{meter.port}"', f':{built.broker_port}"'
            built.agent_settings.write_text(settings.replace(theirs, ours))
            built.start("hq")
            built.start("agent")
            wait_until("everything to be read", lambda: waiting(built) >= records, 180)
            read_bytes = written_bytes(built.pid("agent"))
            up, down = meter.up_bytes, meter.down_bytes
            built.start("broker")
            wait_until("the last row", lambda: newest(built) >= records, 180)
            wait_until("the last receipt", lambda: waiting(built) == 0, 60)
            disk_bytes = written_bytes(built.pid("agent"))
            wire = meter.up_bytes - up, meter.down_bytes - down
        tell(built, records, wire, (read_bytes, disk_bytes))


def tell(built: Rig, records: int, wire: tuple[int, int], disk: tuple[int, int]) -> None:
    """Print what was counted, for each record, beside targets and floors."""
    plain = "\n".join(text for _, text in built.texts()).encode()
    least = len(zlib.compress(plain, 9)) / records
    up, down = (count / records for count in wire)
    print(
        f"{records} records: {up + down:.1f} bytes on the wire a record ({up:.1f} up, {down:.2f}"
        f" down), {(up + down) / TARGET_WIRE_BYTES:.2f} of the target of {TARGET_WIRE_BYTES};"
        f" as JSON {len(plain) / records:.0f}, in one deflated piece {least:.1f},"
        f" ratio to that {(up + down) / least:.2f}"
    )
    read_bytes, all_bytes = (count / records for count in disk)
    print(
        f"{all_bytes:.0f} bytes written to disk a record ({read_bytes:.0f} while reading),"
        f" {all_bytes / TARGET_DISK_BYTES:.2f} of the target of {TARGET_DISK_BYTES};"
        f" ratio to the JSON {all_bytes * records / len(plain):.1f}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=100_000)
    measure(parser.parse_args().records)
    return 0


if __name__ == "__main__":
    sys.exit(main())
