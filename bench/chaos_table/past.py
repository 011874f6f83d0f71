"""A wall clock five years back for one program; what measures how long it waits stays right.

`libfaketime` is not used: under it `time.sleep` of Python 3.11 fails, which breaks the gateway for
another reason than its clock.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("past.c")


def five_years_back(folder: Path) -> dict[str, str]:
    """Return the environment in which a program lives five years ago; takes a C compiler.

    Args:
        folder: where the shim is put.
    """
    shim = folder / "past.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, SOURCE, "-ldl"], check=True)
    return {"LD_PRELOAD": str(shim)}
