"""Daka, ThingsBoard Gateway and the Mosquitto bridge in the same misfortunes.

    python -m bench.peers.thingsboard --install       # once, into var/peers
    python -m bench.chaos_table [--records 5000] [--only daka,bridge,gateway]

Prints a row a scenario; what it printed is kept in `docs/chaos-table.md`.
"""

from __future__ import annotations

import argparse
import sys

from bench.chaos_table import bridge, daka, gateway
from bench.peers import thingsboard

SCENARIOS = {
    "S1": "offline, then the broker returns",
    "S2": "booted offline, power off before the first connection",
    "S3": "the sender killed three times while it drains",
    "S4": "the broker killed and wiped while it drains",
    "S5": "the receiver away after the broker has acknowledged",
}
SYSTEMS = {"daka": daka, "gateway": gateway, "bridge": bridge}


def main() -> int:
    """Run the scenarios one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=5000)
    parser.add_argument("--only", default=",".join(SYSTEMS))
    options = parser.parse_args()
    for name in options.only.split(","):
        system = SYSTEMS[name]
        if system is gateway and not thingsboard._python(thingsboard.PEERS).exists():
            print(f"{system.NAME}: not installed here ({thingsboard.HOW})")
            continue
        for number, scenario in SCENARIOS.items():
            try:
                told = str(getattr(system, number.lower())(options.records))
            except TimeoutError as error:
                told = f"not finished: {error}"
            print(f"{number} {scenario}: {system.NAME}: {told}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
