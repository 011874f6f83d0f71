"""Kill the agent, the broker and headquarters at random while records flow; lose nothing.

    python -m bench.chaos [--records 100000] [--kills 5] [--seed 1]

Till lines are appended to an export and touches are made on a simulated terminal while each
part is killed with SIGKILL `--kills` times; the broker forgets everything each time. At the
end the journal must hold every record exactly once. Prints what was done and found.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from bench.rig import Rig, rig, terminal, wait_until

PARTS: Final = ("agent", "broker", "hq")
PUNCH_SHARE: Final = 10  # one touch for so many records; the rest are till lines
SETTLE_WITHIN_S: Final = 180.0
HEADER: Final = "Register,Receipt,Line,Sold at,Cashier,Item,Quantity,Amount,Type,Original receipt\n"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did and what the journal held afterwards."""

    records: int
    kills: dict[str, int]
    seconds: float
    journaled: int
    sales: int
    punches: int
    dead_letters: int

    @property
    def is_exact(self) -> bool:
        """Tell whether every record is there once."""
        return self.journaled == self.records and self.dead_letters == 0


def run(records: int, kills_each: int, seed: int) -> Outcome:
    """Let `records` flow while each part is killed `kills_each` times."""
    punches = records // PUNCH_SHARE
    sales = records - punches
    chance = random.Random(seed)
    victims = [part for part in PARTS for _ in range(kills_each)]
    chance.shuffle(victims)
    with (
        terminal("--serial", "CHAOS1", "--users", "500") as door,
        rig(lambda folder: door.device + _pos_folder(folder)) as built,
    ):
        for part in ("broker", "hq", "agent"):
            built.start(part)
        began_s = monotonic()
        parts = len(victims) + 1
        for part, victim in enumerate([*victims, None]):
            _sell(built.folder / "pos" / "till.csv", _portion(sales, part, parts))
            door.obey(f"punch {1001 + number % 500}" for number in _portion(punches, part, parts))
            sleep(chance.uniform(0.2, 1.0))
            if victim is not None:
                built.kill(victim)
                sleep(chance.uniform(0.0, 0.5))
                built.start(victim)
        wait_until("every record", lambda: built.journaled() >= records, SETTLE_WITHIN_S)
        sleep(1.0)  # whatever would still come twice has come by now
        seconds = monotonic() - began_s
        return _outcome(built, records, dict.fromkeys(PARTS, kills_each), seconds)


def _outcome(built: Rig, records: int, kills: dict[str, int], seconds: float) -> Outcome:
    by_kind = dict(built.query("SELECT kind, count(*) FROM journal GROUP BY kind"))
    letters = built.query("SELECT count(*) FROM dead_letter")[0][0]
    return Outcome(
        records=records,
        kills=kills,
        seconds=seconds,
        journaled=built.journaled(),
        sales=int(str(by_kind.get("sale", 0))),
        punches=int(str(by_kind.get("punch", 0))),
        dead_letters=int(str(letters)),
    )


def _pos_folder(folder: Path) -> str:
    (folder / "pos").mkdir()
    return (
        f'[[device]]\nname = "tills"\ndriver = "posfile"\nfolder = "{folder / "pos"}"\n'
        'map = "generic_en"\npoll_s = 1\n'
    )


def _portion(total: int, part: int, parts: int) -> range:
    return range(total * part // parts, total * (part + 1) // parts)


def _sell(path: Path, numbers: Iterable[int]) -> None:
    with path.open("a", encoding="utf-8") as till:
        if till.tell() == 0:
            till.write(HEADER)
        for number in numbers:
            minute, second = divmod(number // 200 % 3600, 60)
            till.write(
                f"1,R{number:07d},1,2026-03-02 10:{minute:02d}:{second:02d},C{number % 7},"
                f"SKU{number % 90},1,{number % 300}.50,sale,\n"
            )


def main() -> int:
    """Run once and say what was found; exit code 1 when a record is missing or double."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=5, help="of each part")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcome = run(options.records, options.kills, options.seed)
    print(json.dumps({name: getattr(outcome, name) for name in outcome.__slots__}))
    verdict = "every record once" if outcome.is_exact else "NOT EXACT"
    print(
        f"{outcome.journaled} of {outcome.records} in the journal, {outcome.dead_letters} dead letters: {verdict}"
    )
    return 0 if outcome.is_exact else 1


if __name__ == "__main__":
    sys.exit(main())
