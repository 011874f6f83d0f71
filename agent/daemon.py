"""The process that runs: ``python -m agent.daemon SETTINGS VERSION``.

`daka-agent run` becomes this process: the command line's libraries weigh 10 MB, a quarter
of what the agent may take on a small box, and are of no use to it.
"""

from __future__ import annotations

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from agent import runtime
from agent.settings import load_settings
from sync.errors import DakaError, told
from sync.speech import environment_language

LOG_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
LOG_BYTES: Final = 256 * 1024


def main(config: str, version: str) -> int:
    """Run until stopped and return the exit code."""
    logging.basicConfig(
        level=logging.INFO,
        format=LOG_FORMAT,
        stream=sys.stderr,
    )
    try:
        settings = load_settings(Path(config))
        _keep_log(settings.box.log_file)
        runtime.run(settings, version)
    except DakaError as error:
        sys.stderr.write(f"daka-agent: {told(error, environment_language(os.environ))}\n")
        return 1
    return 0


def _keep_log(file: Path) -> None:
    """Keep the last of the log beside the status file, for a diagnosis; bounded.

    A disk that does not take it costs nothing but this copy.
    """
    logging.raiseExceptions = False
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        logging.getLogger("daka").warning("no_log_file error=%s", error)
        return
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    logging.getLogger().addHandler(handler)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
