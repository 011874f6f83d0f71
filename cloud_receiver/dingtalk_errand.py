"""A round to DingTalk: what it answers is kept as evidence, and comes in as a file does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cloud_receiver.exchange.foreign import Form
from cloud_receiver.exchange.headings import ImportKind
from cloud_receiver.exchange.importing import Report, import_file
from sync.errors import DakaError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from cloud_receiver.channels.dingtalk.app import DingTalkApp

AUTHOR: Final = "dingtalk"
USERS_A_CALL: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Where things come from, where answers are kept, and whether it is a trial."""

    engine: Engine
    app: DingTalkApp
    folder: Path
    now_utc_ms: int
    dry_run: bool = False

    def bring(self, kind: ImportKind, name: str, records: Sequence[Mapping[str, Any]]) -> Report:
        """Keep records and take them in, or say what that would do.

        Raises:
            DakaError: the folder cannot be written.
        """
        path = self.folder / f"dingtalk-{name}.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
        except OSError as error:
            raise DakaError(f"{path} cannot be written: {error.strerror}") from error
        return import_file(
            self.engine, kind, path, AUTHOR, self.now_utc_ms, form=Form.DINGTALK,
            dry_run=self.dry_run,
        )  # fmt: skip
