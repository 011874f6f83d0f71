"""Phone pages: consents, photos, wishes, doors for customers, first passwords, retention."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _text(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _serial(name: str) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=True, nullable=False)


def _table(name: str, key: tuple[str, ...], *columns: sa.Column[Any], counts: bool = False) -> None:
    primary = sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}"))
    op.create_table(name, *columns, primary, sqlite_autoincrement=counts)


def upgrade() -> None:
    """Add what is new; nothing there is touched."""
    _table(
        "consent", ("consent_no",), _serial("consent_no"),
        *_text("employee_id", "purpose", "version"),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        *_text("language", "author"), _instant("at_utc_ms"), counts=True,
    )  # fmt: skip
    op.create_index("ix_consent_employee", "consent", ["employee_id", "purpose"])
    _table(
        "photo", ("sha256", "employee_id"),
        *_text("sha256", "employee_id", "store_id", "purpose", "original_sha256", "oddities"),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        _instant("received_utc_ms"), _instant("deleted_utc_ms", nullable=True),
    )  # fmt: skip
    op.create_index("ix_photo_received", "photo", ["received_utc_ms"])
    _table(
        "correction_wish", ("wish_id",),
        *_text("wish_id", "employee_id", "store_id", "work_date", "check_type"),
        _instant("at_utc_ms"), *_text("reason"), _instant("asked_utc_ms"), *_text("state"),
        *_text("decided_by", nullable=True), _instant("decided_utc_ms", nullable=True),
        *_text("record_id", nullable=True),
    )  # fmt: skip
    op.create_index("ix_correction_wish_store", "correction_wish", ["store_id", "state"])
    op.create_index("ix_correction_wish_employee", "correction_wish", ["employee_id", "work_date"])
    _table(
        "feedback_door", ("token",), *_text("token", "store_id", "employee_id"),
        _instant("created_utc_ms"), _instant("closed_utc_ms", nullable=True),
    )  # fmt: skip
    _table(
        "feedback_tag", ("record_id", "tag"), *_text("record_id", "tag", "author"),
        _instant("at_utc_ms"),
    )  # fmt: skip
    _table(
        "activation", ("token_sha256",), *_text("token_sha256", "login"),
        _instant("expires_utc_ms"), _instant("used_utc_ms", nullable=True),
    )  # fmt: skip
    _table(
        "retention_run", ("run_no",), _serial("run_no"), _instant("at_utc_ms"),
        *_text("document"), counts=True,
    )  # fmt: skip
    _table(
        "photo_view", ("view_no",), _serial("view_no"), *_text("sha256", "employee_id", "login"),
        _instant("at_utc_ms"), counts=True,
    )  # fmt: skip
