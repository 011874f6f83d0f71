"""What headquarters keeps of people is closed to others on its machine, before any service is installed."""

from __future__ import annotations

from pathlib import Path

from cloud_receiver.main import database
from cloud_receiver.settings import load_settings


def test_the_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    config = tmp_path / "hq.toml"
    folder = tmp_path / "hq"
    config.write_text(
        f'[hq]\norg = "acme"\nreceiver_id = "hq-1"\ndata_dir = "{folder}"\n'
        '[mqtt]\nurl = "mqtt://localhost"\n'
    )
    with database(load_settings(config)):
        assert (folder / "hq.db").exists()
    assert folder.stat().st_mode & 0o007 == 0
