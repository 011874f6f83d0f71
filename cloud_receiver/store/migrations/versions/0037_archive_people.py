"""Which people a file of archived days holds, so that others need not be opened for one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of files written before it is not known; `daka-hq archive verify` reads and notes it."""
    for name in ("first_who", "last_who"):
        op.add_column("archive_part", sa.Column(name, sa.Text()))
