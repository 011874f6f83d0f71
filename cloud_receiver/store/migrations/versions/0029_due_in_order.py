"""The queue of days in the order it is worked off: nothing is sorted when a flood came in together."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the index."""
    op.drop_index("ix_dirty_due", "dirty")
    op.create_index("ix_dirty_due", "dirty", ["due_utc_ms", "employee_id", "work_date"])
