"""The process that runs: ``python -m agent.daemon SETTINGS VERSION``.

`daka-agent run` becomes this process: the command line's libraries weigh 10 MB, a quarter
of what the agent may take on a small box, and are of no use to it.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from agent import runtime
from agent.settings import load_settings
from sync.errors import DakaError


def main(config: str, version: str) -> int:
    """Run until stopped and return the exit code."""
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    try:
        runtime.run(load_settings(Path(config)), version)
    except DakaError as error:
        sys.stderr.write(f"daka-agent: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
